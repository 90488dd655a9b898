"""What everybody may know of a lot by its trace code: where and when its goods came from, of how many households.

Households are a number only from ten on, and named only among so many and with their consent (PIPL art. 25).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by

from shop.cooperatives.people.consents import may_be_named
from shop.cooperatives.people.models import Cooperative, Household, Region, Village
from shop.cooperatives.produce.models import IntakeReceipt, Lot, LotPart, Produce, StockMove
from shop.cooperatives.produce.transformations import line_of, steps_behind
from shop.core import activity, pictures
from shop.core.db import session
from shop.core.errors import NotFound, Refused
from shop.core.privacy import SMALLEST_PUBLIC_GROUP, Encrypted, mask_name
from shop.core.text import N_

CERTIFICATE = "lot_certificate"  # subject of the attachments
NAMES_SHOWN = 6
MOST_CERTIFICATES = 10  # of a lot, corrected ones among them


@dataclass(frozen=True, slots=True)
class Traced:
    """A closed lot in public. `row` has produce, cooperative, village and the spans of days; `households` is 0 below ten."""

    row: Row[*tuple[Any, ...]]
    villages: tuple[str, ...]
    households: int
    names: tuple[str, ...]
    outside: bool
    steps: Sequence[Row[*tuple[Any, ...]]] = ()  # work that led to it, oldest first: kind, at, went, came


def traced(code: str, today: date) -> Traced:
    """The lot of a trace code in its stored form. Three statements. Raises NotFound, also for a lot still being filled."""
    row = session().execute(_lot(code)).one_or_none()
    if row is None:
        raise NotFound(N_("没有这个追溯码"))
    parties = session().execute(_parties(row.id, today)).all()
    households = sum(party.households for party in parties)
    enough = households >= SMALLEST_PUBLIC_GROUP
    names = [mask_name(name) for party in parties for name in party.names or ()] if enough else []
    return Traced(
        row,
        villages=tuple(party.name for party in parties if party.name is not None),
        households=households if enough else 0,
        names=tuple(names[:NAMES_SHOWN]),
        outside=any(party.outside for party in parties),
        steps=steps_behind(row.id),
    )


def _lot(code: str) -> Any:
    """Its goods came in with its own receipts, or with those of the lots it was made of."""
    line = line_of(select(Lot.id).where(Lot.trace_code == code)).subquery()
    came = select(IntakeReceipt.received_on).where(
        IntakeReceipt.id == LotPart.receipt_id, LotPart.lot_id == line.c.lot_id, line.c.of == Lot.id
    )
    went = select(StockMove.at).where(StockMove.lot_id == Lot.id, StockMove.kind == "shipped")
    first_in, last_in = (
        came.with_only_columns(edge(IntakeReceipt.received_on)).correlate(Lot).scalar_subquery()
        for edge in (func.min, func.max)
    )
    first_out, last_out = (
        went.with_only_columns(edge(StockMove.at)).correlate(Lot).scalar_subquery()
        for edge in (func.min, func.max)
    )
    return (
        select(
            Lot.id, Lot.code, Lot.trace_code, Lot.closed_at, Lot.best_before, Lot.recalled_at, Lot.cooperative_id, Lot.produce_id,
            Produce.name.label("produce"), Cooperative.code.label("cooperative_code"),
            Cooperative.name.label("cooperative"), Cooperative.phone, Cooperative.supervision_phone,
            Village.code.label("village_code"), Village.name.label("village"), Region.name.label("region"),
            first_in.label("first_in"), last_in.label("last_in"), first_out.label("first_out"), last_out.label("last_out"),
        )
        .join(Produce, Produce.id == Lot.produce_id)
        .join(Cooperative, Cooperative.id == Lot.cooperative_id)
        .join(Village, Village.id == Cooperative.village_id)
        .join(Region, Region.code == Village.region_code)
        .where(Lot.closed_at.is_not(None), Lot.trace_code == code)
    )  # fmt: skip


def _parties(lot_id: int, today: date) -> Any:
    """A row for each village, the one with most households first; outside suppliers are a row without a village."""
    party = (
        select(LotPart.household_id, LotPart.supplier_id.is_not(None).label("outside"))
        .where(LotPart.lot_id == lot_id)
        .distinct()
        .subquery("party")
    )
    households = func.count(Household.id)
    named = func.array_agg(aggregate_order_by(Household.head_name, Household.id), type_=ARRAY(Encrypted))
    return (
        select(
            Village.name,
            households.label("households"),
            func.bool_or(party.c.outside).label("outside"),
            named.filter(may_be_named(today))[1:NAMES_SHOWN].label("names"),
        )
        .select_from(party)
        .outerjoin(Household, Household.id == party.c.household_id)
        .outerjoin(Village, Village.id == Household.village_id)
        .group_by(Village.id)
        .order_by(households.desc(), Village.id)
    )


def certificate_of(lot_id: int, cooperative_id: int) -> int | None:
    """The attachment that shows the lot's certificate: the newest one, which replaces those before it."""
    papers = pictures.papers_of(CERTIFICATE, lot_id, cooperative_id)
    return int(papers[-1].id) if papers else None


def show_certificate(lot_id: int, cooperative_id: int, paper: pictures.Paper, by: int) -> None:
    """Show a picture of the certificate on the lot's public page instead of an earlier one. Raises NotFound, Refused."""
    lot = session().execute(
        select(Lot.id).where(Lot.id == lot_id, Lot.cooperative_id == cooperative_id).with_for_update(key_share=True)
    ).one_or_none()  # fmt: skip
    if lot is None:
        raise NotFound(N_("没有找到这个批次"))
    if paper.media_type != pictures.WEBP:
        raise Refused(N_("追溯页上只放照片，请拍一张合格证的照片"), "certificate")
    if len(pictures.papers_of(CERTIFICATE, lot_id, cooperative_id)) >= MOST_CERTIFICATES:
        raise Refused(N_("这一批已经换过很多次照片，不能再换"), "certificate")
    pictures.store(paper, subject_type=CERTIFICATE, subject_id=lot_id, cooperative_id=cooperative_id, by=by)
    activity.record("lot.certificate_shown", "lot", lot_id, cooperative_id=cooperative_id, actor_id=by)
