"""Money: whole fen of CNY. Pure; the only place that reads or writes amounts as text."""

from __future__ import annotations

from typing import NewType

from shop.core.numbers import BadNumber, fold, half_up, read_decimal, trimmed
from shop.core.text import N_, excerpt

Fen = NewType("Fen", int)

MAX_FEN = 10**13

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")


def parse_yuan(text: str, *, label: str = "金额", zero_allowed: bool = False) -> Fen:
    """Yuan as typed ('1,234.50', '￥６８', '68元') to fen, at most 10^13. Raises BadNumber."""
    plain = fold(text).removeprefix("¥").removesuffix("元")
    number = read_decimal(plain, label=label, max_places=2)
    fen = number.digits * 10 ** (2 - number.places)
    if fen == 0 and not zero_allowed:
        raise BadNumber(N_("%(label)s要大于 0"), label=label)
    if fen > MAX_FEN:
        raise BadNumber(
            N_("%(label)s不能超过 %(limit)s，现在是“%(text)s”"),
            label=label,
            limit=format_wan(Fen(MAX_FEN)),
            text=excerpt(plain),
        )
    return Fen(fen)


def format_yuan(fen: int) -> str:
    """¥1,234.00; a reversal shows as -¥1,234.00."""
    return ("-¥" if fen < 0 else "¥") + format_plain(abs(fen))


def format_plain(fen: int) -> str:
    """1,234.00, for table columns headed 元."""
    yuan, rest = divmod(abs(fen), 100)
    return f"{'-' if fen < 0 else ''}{yuan:,}.{rest:02d}"


def format_wan(fen: int) -> str:
    """18.6万元: ten thousands of yuan, at most two decimals, half up. Only beside the exact figure."""
    return trimmed(half_up(fen, 10_000), 2) + "万元"


def price_times_quantity(price_fen_per_kg: int, grams: int) -> Fen:
    """What `grams` cost at a price per kilogram: rounded once, half up (docs/money.md)."""
    _refuse_negative(price_fen_per_kg, grams)
    return Fen(half_up(price_fen_per_kg * grams, 1000))


def per_500g(price_fen: int, grams: int) -> Fen:
    """The price of 500 g of a pack that holds `grams` (> 0) for `price_fen`, half up; to compare packs."""
    _refuse_negative(price_fen, grams)
    return Fen(half_up(price_fen * 500, grams))


def chinese_capital(fen: int) -> str:
    """大写 for vouchers and receipts: 18600000 is 壹拾捌万陆仟元整. 0 to 10^15 fen; else ValueError.

    Form of 《正确填写票据和结算凭证的基本规定》: 整 after 元 and 角, never after 分.
    """
    if not 0 <= fen <= 10**15:
        raise ValueError("chinese_capital takes 0 to 10^15 fen")
    yuan, cents = divmod(fen, 100)
    jiao, rest = divmod(cents, 10)
    words = _spell(yuan) + "元" if yuan or not cents else ""
    if jiao:
        words += _DIGITS[jiao] + "角"
    elif rest and yuan:
        words += "零"
    return words + (_DIGITS[rest] + "分" if rest else "整")


def _spell(number: int) -> str:
    """A whole number in capital numerals; 亿 and 万 split it, one 零 stands for any gap."""
    for size, name in ((10**8, "亿"), (10**4, "万")):
        if number >= size:
            high, low = divmod(number, size)
            gap = "零" if 0 < low < size // 10 else ""
            return _spell(high) + name + gap + (_spell(low) if low else "")
    words = ""
    for place, digit in enumerate(map(int, reversed(str(number)))):
        if digit:
            words = _DIGITS[digit] + _PLACES[place] + words
        elif words and not words.startswith("零"):
            words = "零" + words
    return words or "零"


def _refuse_negative(*values: int) -> None:
    if min(values) < 0:
        raise ValueError("a price and a quantity are never negative")
