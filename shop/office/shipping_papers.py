"""拣货单: what to take from which lot for today's parcels, on A4. Names stay masked: the parcel's label has them."""

from __future__ import annotations

from dataclasses import dataclass

from flask import g, render_template, url_for

from shop.accounts import guards
from shop.core import clock
from shop.office.blueprint import bp
from shop.orders import picking, states, work

MOST = 200


@dataclass
class Sum:
    """How much of one lot the whole list takes."""

    name: str
    unit_kind: str
    count_word: str
    lot_code: str
    quantity: int = 0


@bp.get("/<coop>/shipping/pick-list")
@guards.manager
def pick_list(coop: str) -> str:
    page = work.jobs(g.cooperative_id, states.TO_SHIP, 1, MOST)
    takes = picking.takes([line.id for job in page.items for line in job.part.lines])
    sums: dict[tuple[str, int], Sum] = {}
    for job in page.items:
        for line in job.part.lines:
            for take in filter(lambda take: take.left, takes.get(line.id, [])):
                one = sums.setdefault(
                    (line.name, take.lot_id), Sum(line.name, line.unit_kind, take.count_word, take.lot_code)
                )
                one.quantity += take.left
    return render_template(
        "office/pick_list.html",
        page=page,
        takes=takes,
        sums=sorted(sums.values(), key=lambda one: (one.name, one.lot_code)),
        now=clock.now(),
        back_url=url_for("office.shipping"),
    )
