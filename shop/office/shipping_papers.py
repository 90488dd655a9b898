"""拣货单: what to take from which lot for one day's parcels, on A4. Names stay masked: the parcel's label has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from flask import g, render_template, request, url_for
from flask_babel import gettext as _

from shop.accounts import guards
from shop.core import clock, typed
from shop.core.errors import said
from shop.core.text import N_, BadInput
from shop.office.blueprint import bp
from shop.orders import pick_days, picking, states, work
from shop.orders.parts import Line

MOST = 200
KINDS = {pick_days.SEND: N_("按该发货的日期"), pick_days.PAID: N_("按付款日期")}


@dataclass
class Sum:
    """How much of one lot, or of one spec, the whole list takes."""

    name: str
    unit_kind: str
    count_word: str
    lot_code: str = ""
    spec: str = ""
    unit_quantity: int = 1
    quantity: int = 0


@dataclass
class Picked:
    """One parcel's lines that belong to the day."""

    job: work.Job
    lines: list[Line]


@dataclass
class PickList:
    """The parcels of the day and what they take, by lot and by spec."""

    parcels: list[Picked] = field(default_factory=list)
    lots: dict[tuple[str, int], Sum] = field(default_factory=dict)
    specs: dict[int, Sum] = field(default_factory=dict)


@bp.get("/<coop>/shipping/pick-list")
@guards.manager
def pick_list(coop: str) -> str:
    today = clock.today()
    by = request.args.get("by", pick_days.SEND)
    by = by if by in KINDS else pick_days.SEND
    asked = request.args.get("day", "")[:60].strip()
    day, problem = _day(asked) if asked else (today, "")
    chosen = pick_days.PickDay(by, day, today)
    page = work.jobs(g.cooperative_id, states.TO_SHIP, 1, MOST, day=chosen)
    takes = picking.takes([line.id for job in page.items for line in job.part.lines])
    listed = _listed(page.items, takes, chosen)
    return render_template(
        "office/pick_list.html",
        page=page,
        takes=takes,
        parcels=listed.parcels,
        lots=sorted(listed.lots.values(), key=lambda one: (one.name, one.lot_code)),
        specs=sorted(listed.specs.values(), key=lambda one: (one.name, one.unit_quantity, one.spec)),
        chosen=chosen,
        kinds=KINDS,
        asked=asked or day.isoformat(),
        problem=problem,
        now=clock.now(),
        back_url=url_for("office.shipping"),
    )


def _day(text: str) -> tuple[date, str]:
    """The day asked for and nothing; today and a sentence where it cannot be read."""
    try:
        return typed.day(text, label=_("日期")), ""
    except BadInput as refusal:
        return clock.today(), said(refusal)


def _listed(
    jobs: Sequence[work.Job], takes: Mapping[int, list[picking.Take]], chosen: pick_days.PickDay
) -> PickList:
    """Only lines of the day of which something still lies in the store."""
    listed = PickList()
    for job in jobs:
        lines = [
            line for line in job.part.lines
            if chosen.has(line.ships_from, job.paid_at or job.placed_at) and any(take.left for take in takes.get(line.id, []))
        ]  # fmt: skip
        if lines:
            listed.parcels.append(Picked(job, lines))
        for line in lines:
            _add(listed, line, [take for take in takes[line.id] if take.left])
    return listed


def _add(listed: PickList, line: Line, takes: Sequence[picking.Take]) -> None:
    for take in takes:
        of_lot = Sum(line.name, line.unit_kind, take.count_word, lot_code=take.lot_code)
        of_spec = Sum(line.name, line.unit_kind, take.count_word, spec=line.spec, unit_quantity=line.unit_quantity)  # fmt: skip
        listed.lots.setdefault((line.name, take.lot_id), of_lot).quantity += take.left
        listed.specs.setdefault(line.sku_id, of_spec).quantity += take.left
