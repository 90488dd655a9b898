"""The price list in the intake form: filled in, kept apart from what was typed, and never left behind by another grade."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from shop.core.money import format_plain, format_yuan, parse_yuan
from shop.core.numbers import percent_of
from shop.core.text import BadInput
from shop.office.intake_form import GRADES, PRICED, Entry


def row_of(entry: Entry) -> Any:
    """The list's row for the grade, mode and day on the page; None where nothing is listed."""
    return entry.listed.get((entry.form.text("grade") or GRADES[0], entry.form.text("mode")))


def begin(entry: Entry) -> None:
    """A fresh form: the list's price where none is kept from the receipt before; a kept one that is the list's counts as its."""
    row = row_of(entry)
    if row is not None and row.price_fen and _typed(entry) == row.price_fen:
        entry.filled = str(row.price_fen)
    follow(entry)


def follow(entry: Entry) -> None:
    """Put the list's price into an empty field, or in the place of one that the list had put there."""
    if not _untouched(entry):
        return
    row = row_of(entry)
    if row is None or not row.price_fen:
        if entry.filled:
            entry.form.values["price"] = ""
        entry.filled = ""
        return
    unit = entry.form.text("price_unit")
    if unit not in entry.price_units or row.price_fen % PRICED.get(unit, 1):
        unit = entry.price_units[0]
    entry.form.values |= {"price": format_plain(row.price_fen // PRICED.get(unit, 1)), "price_unit": unit}
    entry.filled = str(row.price_fen)


def settle(entry: Entry) -> None:
    """Before saving: a price that the list put there for another grade, mode or day is not taken unseen."""
    if entry.form.text("mode") == "consign_commission":
        follow(entry)
        return
    row = row_of(entry)
    if not _untouched(entry) or (entry.filled and row is not None and str(row.price_fen) == entry.filled):
        return
    if row is not None:
        follow(entry)
        entry.form.refuse("price", _("已按价目填成 %(price)s，请核对后再按一次保存", price=spoken(entry)))
    elif entry.filled:
        entry.filled = ""
        entry.form.refuse("price", _("价目里没有这个等级和方式的价；这个单价对，就再按一次保存"))


def spoken(entry: Entry) -> str:
    """The listed price or rate for people; empty where nothing is listed."""
    row = row_of(entry)
    if row is None:
        return ""
    if row.commission_rate is not None:
        return percent_of(row.commission_rate)
    return f"{format_yuan(row.price_fen)}/{_('公斤') if entry.by_weight else entry.produce.count_word}"


def differs(entry: Entry) -> bool:
    """A price is typed, and the list has another one."""
    row, typed = row_of(entry), _typed(entry)
    return bool(row is not None and row.price_fen and typed is not None and typed != row.price_fen)


def _untouched(entry: Entry) -> bool:
    if not entry.form.text("price").strip():
        return True
    return bool(entry.filled) and str(_typed(entry)) == entry.filled


def _typed(entry: Entry) -> int | None:
    """Fen per kilogram or piece as it stands in the form; None where there is no price that can be read."""
    try:
        fen = parse_yuan(entry.form.text("price"))
    except BadInput:
        return None
    return fen * PRICED.get(entry.form.text("price_unit"), 1)
