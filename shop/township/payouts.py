"""付款 and 钱在哪里 of the region's cooperatives: read only, names masked, no account numbers."""

from __future__ import annotations

from flask import abort, render_template
from sqlalchemy import select

from shop.accounts import guards
from shop.cooperatives.people.models import Cooperative, Village
from shop.core import clock, pages
from shop.core.db import session
from shop.core.privacy import mask_name
from shop.payments import payout_queries, whereabouts
from shop.township.blueprint import bp

SIZE = 30


def cooperatives_of(region: str) -> dict[int, tuple[str, str]]:
    """Id → code and name of the region's cooperatives, by code."""
    rows = session().execute(
        select(Cooperative.id, Cooperative.code, Cooperative.name)
        .join(Village, Village.id == Cooperative.village_id)
        .where(Village.region_code.startswith(region))
        .order_by(Cooperative.code)
    )
    return {row.id: (row.code, row.name) for row in rows}


@bp.get("/<region>/payouts")
@guards.staff
def payouts(region: str) -> str:
    number = pages.page_number()
    ids = list(cooperatives_of(region))
    rows = payout_queries.batches(ids, limit=SIZE, offset=(number - 1) * SIZE)
    return render_template(
        "township/payouts.html",
        page=pages.Page(rows, number, SIZE, rows[0].total if rows else 0),
        now=clock.now(),
    )


@bp.get("/<region>/payouts/<int:batch_id>")
@guards.staff
def payout(region: str, batch_id: int) -> str:
    batch = payout_queries.batch(batch_id, list(cooperatives_of(region)))
    number = pages.page_number()
    rows = payout_queries.payments_of(batch_id, limit=SIZE, offset=(number - 1) * SIZE)
    return render_template(
        "township/payout.html",
        batch=batch,
        page=pages.Page(rows, number, SIZE, rows[0].total if rows else 0),
        answers=payout_queries.answers_of(batch_id),
        mask_name=mask_name,
    )


@bp.get("/<region>/money")
@guards.staff
def money(region: str) -> str:
    """All cooperatives side by side."""
    found = whereabouts.side_by_side(list(cooperatives_of(region)))
    return render_template("township/money.html", found=found, one=None, now=clock.now())


@bp.get("/<region>/money/<code>")
@guards.staff
def money_of(region: str, code: str) -> str:
    own = {known: (row_id, name) for row_id, (known, name) in cooperatives_of(region).items()}
    if code not in own:
        abort(404)
    row_id, name = own[code]
    return render_template(
        "township/money.html", found=[], one=whereabouts.of(row_id), name=name, now=clock.now()
    )
