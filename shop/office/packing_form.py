"""What the sender typed: company, number, and how many packs of each line go in this parcel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import request
from flask_babel import gettext as _

from shop.core import typed
from shop.core.errors import Refused
from shop.core.numbers import read_decimal
from shop.core.text import N_
from shop.orders import picking, work

Takes = Mapping[int, Sequence[picking.Take]]


def posted(
    job: work.Job, takes: Takes, labels: Mapping[str, str]
) -> tuple[typed.Form, dict[int, int] | None]:
    """The form, and grams or pieces by line; None (everything) where it names no line. What is wrong stands in the form."""
    left = {line.id: sum(take.left for take in takes.get(line.id, ())) for line in job.part.lines}
    lines = [line for line in job.part.lines if left[line.id] and f"line-{line.id}" in request.form]
    names = {f"line-{line.id}": f"{line.name} {line.spec}" for line in lines}
    form = typed.posted({**labels, "goods": _("这个包裹里的货"), **names}, {"company", "number"})
    if not lines:
        return form, None
    goods: dict[int, int] = {}
    for line in lines:
        most = -(-left[line.id] // line.unit_quantity)
        packs = form.read(f"line-{line.id}", lambda typed_in, most=most: _packs(typed_in, most))  # type: ignore[misc]
        goods[line.id] = left[line.id] if packs == most else (packs or 0) * line.unit_quantity
    if not form.problems and not any(goods.values()):
        form.refuse("goods", _("这个包裹里还没有货，请至少填一样"))
    return form, goods


def _packs(text: str, most: int) -> int:
    """A whole number of packs, 0 to `most`; empty is 0. Raises BadInput, Refused."""
    if not text.strip():
        return 0
    packs = read_decimal(text, label=N_("份数"), max_places=0).digits
    if packs > most:
        raise Refused("最多还能发 %(most)d 份", most=most)
    return packs
