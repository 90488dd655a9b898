"""Goods as a page takes them: a number and a unit that fits how the produce is counted."""

from __future__ import annotations

from flask_babel import gettext as _

from shop.core.quantity import parse_pieces, parse_weight
from shop.core.typed import Form

WEIGHTS = ("斤", "公斤", "克")


def units_of(unit_kind: str, count_word: str) -> tuple[str, ...]:
    """The units that goods counted so are typed in."""
    return WEIGHTS if unit_kind == "g" else (count_word,)


def read_goods(
    form: Form, name: str, unit_name: str, *, produce: str, unit_kind: str, count_word: str, label: str = "",
    zero_allowed: bool = False,
) -> int | None:  # fmt: skip
    """Grams or pieces; a unit that the page does not offer is refused beside the field, never replaced."""
    unit, units = form.text(unit_name), units_of(unit_kind, count_word)
    if unit and unit not in units:
        form.refuse(name, _("%(produce)s的单位只能选%(units)s", produce=produce, units="、".join(units)))
        return None
    if unit_kind == "g":
        return form.read(
            name,
            lambda text: parse_weight(
                text, unit or None, label=label or _("重量"), zero_allowed=zero_allowed
            ),
        )
    return form.read(
        name, lambda text: parse_pieces(text, count_word, label=label or _("数量"), zero_allowed=zero_allowed)
    )
