"""Goods: whole grams or whole pieces. Pure; the only place that reads or writes quantities as text."""

from __future__ import annotations

from typing import Literal

from shop.core.numbers import BadNumber, fold, read_decimal, trimmed
from shop.core.text import N_, excerpt

UnitKind = Literal["g", "piece"]

UNIT_GRAMS = {"斤": 500, "市斤": 500, "公斤": 1000, "千克": 1000, "kg": 1000, "克": 1, "g": 1}
MAX_GRAMS = 10**12
MAX_PIECES = 10**9

_LONGEST_FIRST = sorted(UNIT_GRAMS, key=len, reverse=True)


def parse_weight(
    text: str, unit: str | None = None, *, label: str = "重量", zero_allowed: bool = False
) -> int:
    """'10斤', '2.5 kg', or '10' with `unit` from the form's choice, to grams. Raises BadNumber.

    Decimals are taken only where the result is whole grams; a typed unit must not contradict the chosen one.
    """
    number, typed = _split_unit(fold(text))
    per_unit = _grams_per_unit(typed, unit, label)
    value = read_decimal(number, label=label, max_places=6)
    scale: int = 10**value.places
    grams, rest = divmod(value.digits * per_unit, scale)
    if rest:
        raise BadNumber(N_("%(label)s要精确到整克，现在是“%(text)s”"), label=label, text=excerpt(fold(text)))
    _check_range(grams, MAX_GRAMS, label, fold(text), zero_allowed)
    return grams


def parse_pieces(
    text: str, count_word: str = "件", *, label: str = "数量", zero_allowed: bool = False
) -> int:
    """'12' or '12件' (the product's own count word) to whole pieces. Raises BadNumber with a sentence."""
    plain = fold(text)
    number = read_decimal(plain.removesuffix(count_word), label=label, max_places=0)
    _check_range(number.digits, MAX_PIECES, label, plain, zero_allowed)
    return number.digits


def format_weight(grams: int) -> str:
    """500克; from one kilogram on 1.5千克."""
    if abs(grams) < 1000:
        return f"{grams}克"
    return trimmed(grams, 3) + "千克"


def format_quantity(number: int, unit_kind: UnitKind, count_word: str = "件") -> str:
    """A stored quantity: weight for 'g', number and count word (件 只 盒) for 'piece'."""
    return format_weight(number) if unit_kind == "g" else f"{number:,}{count_word}"


def echo_weight(grams: int) -> str:
    """What a form shows back beside a typed weight: '10斤 = 5千克'."""
    return f"{trimmed(grams * 2, 3)}斤 = {trimmed(grams, 3)}千克"


def _split_unit(plain: str) -> tuple[str, str | None]:
    for unit in _LONGEST_FIRST:
        tail = plain[-len(unit) :]
        if tail == unit or (tail.isascii() and tail.lower() == unit):
            return plain[: -len(unit)], unit
    return plain, None


def _grams_per_unit(typed: str | None, chosen: str | None, label: str) -> int:
    if chosen is not None and chosen not in UNIT_GRAMS:
        raise BadNumber(N_("重量单位只能选斤、公斤或克，现在是“%(text)s”"), text=excerpt(chosen))
    unit = typed or chosen
    if unit is None:
        raise BadNumber(N_("请写明%(label)s的单位：斤、公斤或克"), label=label)
    if typed and chosen and UNIT_GRAMS[typed] != UNIT_GRAMS[chosen]:
        raise BadNumber(
            N_("%(label)s里写的是“%(typed)s”，选的单位却是“%(chosen)s”，请改成一样"),
            label=label,
            typed=typed,
            chosen=chosen,
        )
    return UNIT_GRAMS[unit]


def _check_range(number: int, maximum: int, label: str, plain: str, zero_allowed: bool) -> None:
    if number == 0 and not zero_allowed:
        raise BadNumber(N_("%(label)s要大于 0"), label=label)
    if number > maximum:
        raise BadNumber(N_("%(label)s太大了，请检查，现在是“%(text)s”"), label=label, text=excerpt(plain))
