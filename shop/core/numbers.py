"""The one strict reader of decimal numbers that people type. Pure; no binary fractions anywhere."""

from __future__ import annotations

import re
from typing import NamedTuple

from shop.core.text import N_, OUTER_BLANKS, BadInput, excerpt

MAX_CHARACTERS = 30

_PLAIN = re.compile(r"(?P<whole>0|[1-9][0-9]*|[1-9][0-9]{0,2}(?:,[0-9]{3})+)(?:\.(?P<fraction>[0-9]+))?")
_SIGNS = ("+", "-", "\u2212", "\u2010", "\u2011", "\u2012", "\u2013", "\u2014")
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20, 0xFFE5: 0xA5}
_COUNT_ZH = "零一两三四五六七八九"


class BadNumber(BadInput):
    """A number refused; the sentence says what is wrong and shows what was typed."""


class PlainNumber(NamedTuple):
    """digits ÷ 10^places, exactly: '12.50' is (1250, 2)."""

    digits: int
    places: int


def fold(text: str) -> str:
    """Full-width characters as a Chinese keyboard types them (１２．５￥) to plain ones; outer blanks go.

    The same as NFKC on these characters. NFKC on all would also turn 1² and ⑫ into 12: never with money.
    """
    return text.translate(_FULL_WIDTH).strip(OUTER_BLANKS)


def read_decimal(text: str, *, label: str, max_places: int) -> PlainNumber:
    """Read '12', '1,234' or '12.50': no sign, exponent, hexadecimal, underscore or superfluous zero.

    Raises BadNumber.
    """
    plain = fold(text)
    if not plain:
        raise BadNumber(N_("请填写%(label)s"), label=label)
    if len(plain) > MAX_CHARACTERS:
        raise BadNumber(N_("%(label)s太长了，最多 %(limit)d 个字符"), label=label, limit=MAX_CHARACTERS)
    if plain.startswith(_SIGNS):
        raise BadNumber(N_("%(label)s不能带正负号，现在是“%(text)s”"), label=label, text=excerpt(plain))
    match = _PLAIN.fullmatch(plain)
    if match is None:
        raise BadNumber(
            N_("%(label)s请只写普通数字，例如 12 或 1,200.5，现在是“%(text)s”"),
            label=label,
            text=excerpt(plain),
        )
    fraction = match["fraction"] or ""
    if len(fraction) > max_places:
        raise _too_many_places(plain, label, max_places)
    return PlainNumber(int(match["whole"].replace(",", "") + fraction), len(fraction))


def _too_many_places(plain: str, label: str, max_places: int) -> BadNumber:
    if max_places == 0:
        return BadNumber(N_("%(label)s要写整数，现在是“%(text)s”"), label=label, text=excerpt(plain))
    return BadNumber(
        N_("%(label)s最多%(places)s位小数，现在是“%(text)s”"),
        label=label,
        places=_COUNT_ZH[max_places],
        text=excerpt(plain),
    )


def half_up(numerator: int, denominator: int) -> int:
    """numerator ÷ denominator to the nearest whole number, halves away from zero; denominator > 0."""
    if denominator <= 0:
        raise ValueError("denominator must be positive")
    size = (2 * abs(numerator) + denominator) // (2 * denominator)
    return size if numerator >= 0 else -size


def trimmed(scaled: int, places: int) -> str:
    """scaled ÷ 10^places with thousands commas and without superfluous zeros: (186000, 4) is '18.6'."""
    whole, fraction = divmod(abs(scaled), 10**places)
    tail = f"{fraction:0{places}d}".rstrip("0") if places else ""
    return ("-" if scaled < 0 else "") + f"{whole:,}" + (f".{tail}" if tail else "")


def percent_of(rate: str) -> str:
    """A stored decimal rate for people: '0.08' is 8%."""
    number = read_decimal(rate, label="", max_places=20)
    return trimmed(number.digits * 100, number.places) + "%"


def row_id(text: object) -> int | None:
    """The id of a row as a form, an address or another system sends it; None where it cannot be one."""
    plain = isinstance(text, str) and text.isascii() and text.isdigit() and len(text) < 19
    return int(str(text)) or None if plain else None


def read_percent(text: str, *, label: str) -> str:
    """Percent as typed ('8.5', '8.5%'), at most 100, to the decimal that is stored: '0.085'. Raises BadNumber."""
    number = read_decimal(fold(text).removesuffix("%"), label=label, max_places=2)
    ten_thousandths = number.digits * 10 ** (2 - number.places)
    if ten_thousandths > 10_000:
        raise BadNumber(N_("%(label)s不能超过 100%%"), label=label)
    return trimmed(ten_thousandths, 4)
