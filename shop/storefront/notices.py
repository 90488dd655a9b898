"""公示栏: the public's view of a posted distribution — totals, masked names with consent only, never in small groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import abort, g, render_template
from sqlalchemy import select

from shop.accounts import guards
from shop.cooperatives.income import notices as posted
from shop.cooperatives.income.lifecycle_models import Notice
from shop.cooperatives.income.models import Distribution, DistributionLine
from shop.cooperatives.people.consents import may_be_named
from shop.cooperatives.people.models import Cooperative, Household, Member
from shop.core import clock
from shop.core.db import session
from shop.core.privacy import SMALLEST_PUBLIC_GROUP, mask_name
from shop.storefront.blueprint import bp


@bp.get("/notices")
@guards.public
def notices() -> str:
    g.private = False
    rows = session().execute(
        select(Notice.code, Notice.starts_on, Notice.ends_on, Distribution.year, Cooperative.name)
        .join(Distribution, Distribution.id == Notice.distribution_id)
        .join(Cooperative, Cooperative.id == Notice.cooperative_id)
        .where(Notice.withdrawn_at.is_(None))
        .order_by(Notice.starts_on.desc(), Notice.id)
        .limit(100)
    )
    return render_template("storefront/notices.html", rows=rows.all())


@dataclass(frozen=True)
class Named:
    """A member who agreed to be named, masked."""

    name: str
    patronage_fen: int
    residual_fen: int

    @property
    def total_fen(self) -> int:
        return self.patronage_fen + self.residual_fen


@bp.get("/notices/<code>")
@guards.public
def notice(code: str) -> str:
    g.private = False
    found = posted.live(code[:20])
    if found is None:
        abort(404)
    head = found.Distribution
    lines = _lines(head.id)
    named = [
        Named(mask_name(row.head_name), row.patronage_fen, row.residual_fen) for row in lines if row.consents
    ]
    others = [row for row in lines if not row.consents]
    if len(lines) < SMALLEST_PUBLIC_GROUP or 0 < len(others) < SMALLEST_PUBLIC_GROUP:
        named, others = [], lines  # a small remainder would tell what its few households got
    return render_template(
        "storefront/notice.html",
        notice=found.Notice,
        head=head,
        cooperative=session().get(Cooperative, head.cooperative_id),
        named=named,
        others=len(others),
        others_fen=sum(row.patronage_fen + row.residual_fen for row in others),
        members=len(lines),
    )


def _lines(distribution_id: int) -> list[Any]:
    statement = (
        select(
            Household.head_name,
            DistributionLine.patronage_fen,
            DistributionLine.residual_fen,
            may_be_named(clock.today()).label("consents"),
        )
        .join(Member, Member.id == DistributionLine.member_id)
        .join(Household, Household.id == Member.household_id)
        .where(DistributionLine.distribution_id == distribution_id)
        .order_by(DistributionLine.number)
    )
    return list(session().execute(statement))
