"""Hiding a review: only with a reason, only by the township, never for good; every step is kept.

What is hidden are words and pictures. The stars stay in the average, so that hiding can never better it.
"""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy import select

from shop.cooperatives.people.models import Cooperative, Village
from shop.core import activity, clock
from shop.core.db import insert_rows, session
from shop.core.errors import NotFound, Refused
from shop.core.text import N_, clean_line
from shop.orders.reviews.models import Review, ReviewHiding

WHY = {
    "advert": N_("含有广告"),
    "abuse": N_("辱骂他人"),
    "privacy": N_("泄露他人信息"),
    "unrelated": N_("与商品无关"),
    "unlawful": N_("违反法律"),
}
SHOWN = "shown"
MOST_NOTE = 200


def hide(review_id: int, region_code: str, why: str, note: str, by: int) -> bool:
    """Hide a review of a cooperative in the region; `note` is kept for the township. False: it was hidden already.

    Raises NotFound (another region's), Refused (no such reason), BadText (no note).
    """
    return _turn(review_id, region_code, why if why != SHOWN else "", note, by)


def show(review_id: int, region_code: str, note: str, by: int) -> bool:
    """Show it again, with why. False: it was not hidden. Raises NotFound, BadText (no note)."""
    return _turn(review_id, region_code, SHOWN, note, by)


def _turn(review_id: int, region_code: str, why: str, note: str, by: int) -> bool:
    cooperative_id = (
        session()
        .execute(
            select(Review.cooperative_id)
            .join(Cooperative, Cooperative.id == Review.cooperative_id)
            .join(Village, Village.id == Cooperative.village_id)
            .where(Review.id == review_id, Village.region_code.startswith(region_code, autoescape=True))
            .with_for_update(of=Review)
        )
        .scalar()
    )
    if cooperative_id is None:
        raise NotFound
    if why != SHOWN and why not in WHY:
        raise Refused(N_("请选择隐藏的原因"), field="why")
    note = clean_line(note, label=_("说明"), max_length=MOST_NOTE)
    last = (
        session()
        .execute(
            select(ReviewHiding.seq)
            .where(ReviewHiding.review_id == review_id)
            .order_by(ReviewHiding.seq.desc())
            .limit(1)
        )
        .scalar()
        or 0
    )
    hidden = last % 2 == 1
    if hidden == (why != SHOWN):
        return False
    row = {
        "review_id": review_id, "seq": last + 1, "hidden": not hidden, "why": why, "note": note, "by": by,
        "at": clock.now(),
    }  # fmt: skip
    insert_rows(ReviewHiding, [row])
    activity.record(
        "review.show" if why == SHOWN else "review.hide", "review", review_id,
        cooperative_id=cooperative_id, after={"why": why}, actor_id=by,
    )  # fmt: skip
    return True
