"""What buyers and cooperatives write: a review once for a line that was received, one addition, and replies.

Who bought is asked of the order, so a guest's review is a buyer's, and one that was taken over is the account's.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from flask_babel import gettext as _
from sqlalchemy import Row, func, select
from sqlalchemy.dialects.postgresql import insert

from shop.accounts.models import User
from shop.catalog.gallery import on_sale_photo
from shop.cooperatives.income.models import Attribution
from shop.core import activity, clock, pictures
from shop.core.contact import refuse_contacts
from shop.core.db import insert_rows, session
from shop.core.errors import Conflict, NotFound, Refused
from shop.core.numbers import row_id
from shop.core.pictures import Paper
from shop.core.text import N_, clean_paragraphs
from shop.orders import states
from shop.orders.guest import is_guest
from shop.orders.models import Order, OrderLine, Suborder
from shop.orders.reviews.models import ProductRating, Review, ReviewAddition, ReviewPicture, ReviewReply

MOST_WORDS = 500
MOST_PICTURES = 3
BY_STARS = ("one", "two", "three", "four", "five")
GUEST = N_("游客")


class Photo(NamedTuple):
    """A picture that was sent, and the small one that lists show."""

    large: Paper
    small: Paper


def stars(text: str) -> int:
    """How many the form says. Raises Refused."""
    number = row_id(text)
    if number is None or number > len(BY_STARS):
        raise Refused(N_("请选几颗星，1 颗最差，5 颗最好"), field="stars")
    return number


def words(text: str, label: str = "") -> str:
    """What may stand in public. Raises BadInput."""
    name = label or str(_("评价"))
    return refuse_contacts(clean_paragraphs(text, label=name, max_length=MOST_WORDS), label=name)


def write(
    line_id: int,
    buyer_id: int,
    given: int,
    said: str,
    photos: Sequence[Photo] = (),
    at: datetime | None = None,
) -> int:
    """Keep a review (stars, words and photos as read above; `at`: now); returns its id. Seven statements.

    Two tabs: the line's uniqueness lets one through. Raises NotFound (also for anybody else's line), Refused (not received,
    or gone back), Conflict (written before).
    """
    line = bought(line_id, buyer_id)
    if line is None:
        raise NotFound
    if line.received_at is None:
        raise Refused(N_("收到货以后才能评价"))
    if not line.kept:
        raise Refused(N_("这件商品已经退货退款，不能再评价"))
    values = {
        "line_id": line_id, "cooperative_id": line.cooperative_id, "product_id": line.product_id, "by": buyer_id,
        "signed": GUEST if is_guest(line.phone) else line.name[:1] + "**", "stars": given, "words": said,
        "pictures": len(photos), "at": at or clock.now(),
    }  # fmt: skip
    statement = insert(Review).values(values).on_conflict_do_nothing(index_elements=["line_id"])
    review_id = session().execute(statement.returning(Review.id)).scalar()
    if review_id is None:
        raise Conflict(N_("这件商品已经评价过了，想补充可以追评"))
    _keep(review_id, line.cooperative_id, photos, buyer_id)
    _count(line.product_id, given, bool(photos))
    activity.record(
        "review.write", "review", review_id, cooperative_id=line.cooperative_id, actor_id=buyer_id
    )
    return int(review_id)


def bought(line_id: int, buyer_id: int) -> Row[*tuple[Any, ...]] | None:
    """A buyer's own line with what decides whether it can be reviewed: received_at, kept (not all of it went back), review_id.

    None for anybody else's. One statement.
    """
    return (
        session()
        .execute(
            select(
                OrderLine.id, OrderLine.cooperative_id, OrderLine.product_id, OrderLine.product_name, OrderLine.spec,
                func.coalesce(on_sale_photo(OrderLine.product_id), OrderLine.picture).label("picture"),
                OrderLine.suborder_id, Suborder.received_at, kept().label("kept"), User.name,
                User.phone, Order.number, Review.id.label("review_id"),
            )
            .join(Suborder, Suborder.id == OrderLine.suborder_id)
            .join(Order, Order.id == Suborder.order_id)
            .join(User, User.id == Order.buyer_id)
            .outerjoin(Review, Review.line_id == OrderLine.id)
            .where(OrderLine.id == line_id, Order.buyer_id == buyer_id, Order.state == states.PAID)
        )
        .one_or_none()
    )  # fmt: skip


def kept() -> Any:
    """Of the line's goods something stayed with the buyer: reversals mirror what went back."""
    left = select(func.coalesce(func.sum(Attribution.quantity), 0)).where(Attribution.line_id == OrderLine.id)
    return left.correlate(OrderLine).scalar_subquery() > 0


def add(review_id: int, buyer_id: int, typed: str, at: datetime | None = None) -> None:
    """追评, once; `at`: now. Raises NotFound (also for anybody else's review), BadInput (its words), Conflict (added before)."""
    cooperative_id = (
        session()
        .execute(
            select(Review.cooperative_id)
            .join(OrderLine, OrderLine.id == Review.line_id)
            .join(Suborder, Suborder.id == OrderLine.suborder_id)
            .join(Order, Order.id == Suborder.order_id)
            .where(Review.id == review_id, Order.buyer_id == buyer_id)
        )
        .scalar()
    )
    if cooperative_id is None:
        raise NotFound
    said = words(typed, _("追评"))
    statement = insert(ReviewAddition).values(review_id=review_id, words=said, at=at or clock.now())
    added = session().execute(
        statement.on_conflict_do_nothing(index_elements=["review_id"]).returning(ReviewAddition.id)
    )
    if added.scalar() is None:
        raise Conflict(N_("这条评价已经追评过了，只能追评一次"))
    activity.record("review.add", "review", review_id, cooperative_id=cooperative_id, actor_id=buyer_id)


def reply(review_id: int, cooperative_id: int, typed: str, by: int, at: datetime | None = None) -> bool:
    """The cooperative's answer; a later one stands in its place, the earlier ones stay readable. False: said so already.

    Raises NotFound (also for another cooperative's review), BadInput (what may not stand in public).
    """
    found = session().execute(
        select(Review.id)
        .where(Review.id == review_id, Review.cooperative_id == cooperative_id)
        .with_for_update()
    )
    if found.scalar() is None:
        raise NotFound
    said = words(typed, _("回复"))
    last = (
        session()
        .execute(
            select(ReviewReply.seq, ReviewReply.words)
            .where(ReviewReply.review_id == review_id)
            .order_by(ReviewReply.seq.desc())
            .limit(1)
        )
        .one_or_none()
    )
    if last is not None and last.words == said:
        return False
    seq = 1 if last is None else last.seq + 1
    insert_rows(
        ReviewReply, [{"review_id": review_id, "seq": seq, "words": said, "by": by, "at": at or clock.now()}]
    )
    activity.record("review.reply", "review", review_id, cooperative_id=cooperative_id, actor_id=by)
    return True


def _keep(review_id: int, cooperative_id: int, photos: Sequence[Photo], by: int) -> None:
    """Each picture under the review, its thumbnail beside it."""
    rows = []
    for seq, photo in enumerate(photos, start=1):
        large, small = (
            pictures.store(
                paper, subject_type=kind, subject_id=review_id, cooperative_id=cooperative_id, by=by
            )
            for paper, kind in ((photo.large, "review"), (photo.small, "review_thumb"))
        )
        rows.append({"review_id": review_id, "seq": seq, "attachment_id": large, "thumb_id": small})
    insert_rows(ReviewPicture, rows)


def _count(product_id: int, given: int, pictured: bool) -> None:
    """The product's kept counts, one more; two writers at once add up."""
    one_more = {name: int(place == given) for place, name in enumerate(BY_STARS, start=1)} | {
        "pictured": int(pictured)
    }
    table = ProductRating.__table__.c
    session().execute(
        insert(ProductRating)
        .values(product_id=product_id, **one_more)
        .on_conflict_do_update(
            index_elements=["product_id"],
            set_={name: table[name] + more for name, more in one_more.items() if more},
        )
    )
