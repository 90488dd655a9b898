"""Reviews as pages show them: a product's, a cooperative's, a region's, a buyer's; one statement each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from flask import request
from flask_babel import gettext as _
from sqlalchemy import Row, select, text

from shop.core.db import session
from shop.core.numbers import half_up
from shop.core.pages import Page, here
from shop.core.text import N_
from shop.orders.reviews.hiding import WHY
from shop.orders.reviews.models import ProductRating, Review, ReviewHiding, ReviewPicture
from shop.orders.reviews.writing import BY_STARS

NEWEST = 3  # on the product's page
SIZE = 20
LOW = 2  # stars of a bad review, at most

FILTERS = {
    "": N_("全部"),
    "pictures": N_("有图"),
    "low": N_("差评"),
    "waiting": N_("待回复"),
    "hidden": N_("已隐藏"),
}
_ONLY = {
    "": "true",
    "pictures": "r.pictures > 0 and not coalesce(h.hidden, false)",
    "low": f"r.stars <= {LOW}",
    "waiting": "not exists (select from review_reply where review_id = r.id)",
    "hidden": "coalesce(h.hidden, false)",
}
_SCOPES = {
    "product": "r.product_id = :scope",
    "cooperative": "r.cooperative_id = :scope",
    "region": "starts_with(v.region_code, :scope)",
    "buyer": "o.buyer_id = :scope",
    "review": "r.id = :scope",
}
_SELECT = """
    select r.id, r.line_id, r.product_id, p.name as product, l.spec, c.name as cooperative, o.number,
           r.signed, r.stars, r.words, r.at,
           a.words as added, a.at as added_at, h.hidden, h.why, h.note, h.at as hidden_at, h.seq as steps,
           (select jsonb_agg(id order by seq) from review_picture where review_id = r.id) as photos,
           (select jsonb_agg(jsonb_build_array(words, at) order by seq desc) from review_reply where review_id = r.id) as replies,
           o.buyer_id, count(*) over () as total
      from review r
      join product p on p.id = r.product_id
      join order_line l on l.id = r.line_id
      join suborder s on s.id = l.suborder_id
      join customer_order o on o.id = s.order_id
      join cooperative c on c.id = r.cooperative_id
      join village v on v.id = c.village_id
      left join review_addition a on a.review_id = r.id
      left join lateral (select hidden, why, note, at, seq from review_hiding where review_id = r.id order by seq desc limit 1) h
        on true
     where {scope} and {only}
     order by r.id desc limit :limit offset :offset
"""
_STATEMENTS = {
    (scope, only): text(_SELECT.format(scope=within, only=which))
    for scope, within in _SCOPES.items()
    for only, which in _ONLY.items()
}
_OPEN = text("""
    select l.id, l.product_id, l.product_name, l.spec, o.number, s.received_at, count(*) over () as total,
           coalesce((select i.id::text from product_picture i join product p on p.id = i.product_id
                      where i.product_id = l.product_id and i.seq = 1 and i.large_id is not null
                        and p.published_at is not null), l.picture) as picture
      from customer_order o
      join suborder s on s.order_id = o.id
      join order_line l on l.suborder_id = s.id
     where o.buyer_id = :buyer and o.state = 'paid' and s.state = 'received'
       and not exists (select from review where line_id = l.id)
       and (select sum(quantity) from attribution where line_id = l.id) > 0
     order by s.received_at desc, l.id desc limit :limit offset :offset
""")
_OF_LINES = text("""
    select l.id as line_id, r.id as review_id
      from order_line l join suborder s on s.id = l.suborder_id left join review r on r.line_id = l.id
     where s.order_id = :order and s.state = 'received'
       and (r.id is not null or (select sum(quantity) from attribution where line_id = l.id) > 0)
""")


class Rating(NamedTuple):
    """How many reviews gave how many stars; hidden ones count."""

    one: int
    two: int
    three: int
    four: int
    five: int
    pictured: int

    @property
    def number(self) -> int:
        return sum(self[: len(BY_STARS)])

    @property
    def average(self) -> str:
        """To one decimal, halves up: '4.7'. Only where there is a review."""
        total = sum(place * number for place, number in enumerate(self[: len(BY_STARS)], start=1))
        tenths = half_up(10 * total, self.number)
        return f"{tenths // 10}.{tenths % 10}"

    @property
    def steps(self) -> list[tuple[int, int]]:
        """(stars, how many), five first."""
        return [(place, self[place - 1]) for place in range(len(BY_STARS), 0, -1)]


class Reply(NamedTuple):
    """One version of the cooperative's answer."""

    words: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Shown:
    """A review with all that belongs to it. Public pages print `words`, `added` and `photos` only where it is not hidden."""

    row: Row[*tuple[Any, ...]]
    photos: tuple[int, ...]
    replies: tuple[Reply, ...]  # the one in force first

    @property
    def hidden(self) -> bool:
        return bool(self.row.hidden)

    @property
    def why(self) -> str:
        """The public reason, in Chinese; empty where it is not hidden."""
        return WHY.get(self.row.why, "") if self.hidden else ""


def chosen(names: Sequence[str]) -> tuple[str, list[dict[str, Any]]]:
    """Which of these filters the address asks for, and the tabs that lead to each."""
    asked = request.args.get("only", "")
    only = asked if asked in names else ""
    return only, [
        {"label": _(FILTERS[name]), "url": here(only=name, page=None), "on": name == only} for name in names
    ]


def picture_of(picture_id: int, *, small: bool) -> tuple[int, int] | None:
    """Attachment and cooperative of a review's picture; None where there is none or its review is hidden. One statement."""
    last = (
        select(ReviewHiding.hidden)
        .where(ReviewHiding.review_id == Review.id)
        .order_by(ReviewHiding.seq.desc())
        .limit(1)
        .scalar_subquery()
    )
    row = (
        session()
        .execute(
            select(ReviewPicture.thumb_id if small else ReviewPicture.attachment_id, Review.cooperative_id)
            .join(Review, Review.id == ReviewPicture.review_id)
            .where(ReviewPicture.id == picture_id, last.is_not(True))
        )
        .one_or_none()
    )
    return None if row is None else (row[0], row[1])


def rating_of(product_id: int) -> Rating | None:
    """None where nobody has written. One statement."""
    table = ProductRating.__table__.c
    row = (
        session()
        .execute(
            select(*(table[name] for name in (*BY_STARS, "pictured"))).where(table.product_id == product_id)
        )
        .one_or_none()
    )
    return None if row is None else Rating(*row)


def reviews(scope: str, of: int | str, only: str = "", page: int = 1, size: int = SIZE) -> Page[Shown]:
    """Newest first. `scope`: product | cooperative | region | buyer | review; `only`: of FILTERS. One statement."""
    values = {"scope": of, "limit": size, "offset": (page - 1) * size}
    rows = session().execute(_STATEMENTS[scope, only], values).all()
    return Page([_shown(row) for row in rows], page, size, rows[0].total if rows else 0)


def newest(product_id: int) -> Sequence[Shown]:
    """For the product's page. One statement."""
    return reviews("product", product_id, size=NEWEST).items


def to_review(buyer_id: int, page: int = 1, size: int = SIZE) -> Page[Row[*tuple[Any, ...]]]:
    """待评价: received lines of the buyer without a review, last received first. One statement."""
    rows = session().execute(_OPEN, {"buyer": buyer_id, "limit": size, "offset": (page - 1) * size}).all()
    return Page(rows, page, size, rows[0].total if rows else 0)


def of_order(order_id: int) -> dict[int, int | None]:
    """Line id → its review, or None where one can be written; other lines are not there. One statement."""
    return {row.line_id: row.review_id for row in session().execute(_OF_LINES, {"order": order_id})}


def _shown(row: Row[*tuple[Any, ...]]) -> Shown:
    replies = tuple(Reply(words, datetime.fromisoformat(at)) for words, at in row.replies or ())
    return Shown(row, tuple(row.photos or ()), replies)
