"""Papers of parcels: delivery note, address labels, hand-over list. They show names in full; who printed them is kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import segno
from flask import g, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.cooperatives.people import candidates
from shop.core import activity, clock
from shop.core.db import transaction
from shop.core.errors import NotFound
from shop.core.numbers import row_id
from shop.office.blueprint import bp
from shop.office.gifts import gift_notes
from shop.orders import packing_view, picking, states, work

MOST = 200
LABELS = 48
OWN_WAYS = ("town", "pickup")


class Row(NamedTuple):
    """A line of a delivery note, in grams or pieces."""

    name: str
    spec: str
    unit_kind: str
    unit_quantity: int
    count_word: str
    quantity: int


@bp.get("/<coop>/shipping/<int:suborder_id>/note")
@guards.manager
def delivery_note(coop: str, suborder_id: int) -> str | Response:
    """What is to go now, or, with ?parcel=, what went with that one; a gift has one for each recipient. No prices: it lies in
    the box. Raises NotFound."""
    job, _steps = work.job(picking.number_of(suborder_id, g.cooperative_id), g.cooperative_id)
    wanted = row_id(request.args.get("parcel"))
    bill = next((parcel for parcel in job.part.parcels if parcel.seq == wanted), None)
    if job.part.delivery == "gift":
        notes: str | Response = gift_notes(coop, suborder_id)
        return notes
    if "parcel" in request.args and bill is None:
        raise NotFound(_("没有找到这个包裹"))
    if bill is None:
        rows = [
            Row(line.name, line.spec, line.unit_kind, line.unit_quantity, line.count_word, line.left)
            for line in packing_view.lines_to_pack(suborder_id)
        ]
    else:
        words = {row.id: row.count_word for row in packing_view.words_of(suborder_id)}
        rows = [
            Row(one.name, one.spec, one.unit_kind, one.unit_quantity, words[one.line_id], one.quantity)
            for one in bill.contents
        ]
    _shown([job])
    return render_template(
        "office/delivery_note.html",
        job=job,
        rows=rows,
        bill=bill,
        seq=bill.seq if bill else len(job.part.parcels) + 1,
        now=clock.now(),
        back_url=url_for("office.parcel", suborder_id=suborder_id),
    )


@bp.get("/<coop>/shipping/address-labels")
@guards.manager
def address_labels(coop: str) -> str:
    """One label for each order that waits, or only for ?suborder=; the code holds the order's number and nothing else."""
    wanted = request.args.get("suborder")
    more = False
    if wanted is None:
        page = work.jobs(g.cooperative_id, states.TO_SHIP, 1, LABELS)
        found, more = page.items, (page.total or 0) > len(page.items)
    else:
        number = picking.number_of(row_id(wanted) or 0, g.cooperative_id)
        found = [work.job(number, g.cooperative_id)[0]]
    jobs = [job for job in found if job.part.delivery != "gift"]
    _shown(jobs)
    return render_template(
        "office/address_labels.html",
        jobs=jobs,
        codes={job.id: _code(job.number) for job in jobs},
        gifts=len(found) - len(jobs),
        more=more,
        back_url=url_for("office.shipping")
        if wanted is None
        else url_for("office.parcel", suborder_id=found[0].id),
    )


def _code(number: str) -> Markup:
    """As a full QR code: a short text would become a Micro QR code, which hardly any phone reads."""
    drawn = segno.make_qr(number, error="m").svg_inline(scale=3, border=2, svgclass="qr", omitsize=True)
    return Markup(drawn)  # noqa: S704 (drawn by the library)


@bp.get("/<coop>/shipping/hand-over")
@guards.manager
def hand_over(coop: str) -> str:
    """What the cooperative brings itself or keeps to be fetched, by village or place, with a column to sign in."""
    page = work.jobs(g.cooperative_id, states.TO_SHIP, 1, MOST, delivery=OWN_WAYS)
    takes = picking.takes([line.id for job in page.items for line in job.part.lines])
    _shown(page.items)
    return render_template(
        "office/hand_over.html",
        groups=_by_place(page.items),
        left={line_id: sum(take.left for take in rows) for line_id, rows in takes.items()},
        total=page.total,
        shown=len(page.items),
        more=(page.total or 0) > len(page.items),
        now=clock.now(),
        back_url=url_for("office.shipping"),
    )


def _by_place(jobs: Sequence[work.Job]) -> list[tuple[str, list[work.Job]]]:
    """Deliveries by the village of the township that the address names, else by its region; then what is fetched, by place."""
    names = sorted((name for _id, name in candidates.villages(g.cooperative_id)), key=len, reverse=True)
    groups: dict[tuple[bool, str], list[work.Job]] = {}
    for job in jobs:
        fetched = job.part.delivery == "pickup"
        where = f"{job.region_text} {job.address}"
        village = next((name for name in names if name in where), job.region_text)
        place = _("自提：%(place)s", place=job.part.pickup) if fetched else village
        groups.setdefault((fetched, place), []).append(job)
    return [(place, rows) for (_fetched, place), rows in sorted(groups.items(), key=lambda item: item[0])]


def _shown(jobs: Sequence[work.Job]) -> None:
    if jobs:
        with transaction():
            activity.record(
                "suborder.address_shown", "cooperative", g.cooperative_id, cooperative_id=g.cooperative_id,
                after={"numbers": [job.number for job in jobs]},
            )  # fmt: skip
