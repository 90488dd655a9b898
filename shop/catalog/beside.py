"""What stands below a product: goods like it, and what the visitor looked at before. One statement for both."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import BigInteger, Select, bindparam, func, literal, select, union_all
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import aliased

from shop.catalog.models import Product
from shop.catalog.queries import Card, card_columns, cheapest_of, stock_of
from shop.core.db import session

RELATED = 4
LAST = 10  # the rank of what was seen; lower ones are related


@dataclass(frozen=True, slots=True)
class Beside:
    related: tuple[Card, ...]
    seen: tuple[Card, ...]


@functools.cache
def _statement() -> Select[*tuple[Any, ...]]:
    ids = bindparam("seen", type_=ARRAY(BigInteger))
    seen = func.unnest(ids).column_valued("seen_id")
    other = aliased(Product)
    same = (other.category_id == bindparam("category"), other.cooperative_id == bindparam("coop"))
    # its cooperative's own of the kind, others of the kind, others of the cooperative: each the newest, from an index
    kinds = [
        select(other.id, literal(rank).label("rank"))
        .where(*conditions, other.id != bindparam("present"), other.published_at.is_not(None))
        .order_by(other.published_at.desc(), other.id.desc())
        .limit(RELATED + 1)
        for rank, conditions in enumerate((same, (same[0], ~same[1]), (~same[0], same[1])))
    ]
    wanted = union_all(*(kind.subquery().select() for kind in kinds), select(seen, literal(LAST))).subquery(
        "wanted"
    )
    on_sale, cheapest = stock_of(Product.produce_id), cheapest_of(Product.id)
    return card_columns(on_sale, cheapest).add_columns(wanted.c.rank).join(wanted, wanted.c.id == Product.id)


def beside(present: Any, seen: Sequence[int], today: date, viewer: int | None = None) -> Beside:
    """`present` is product_page's row. What can be had stands first; what was seen in the order given, newest first."""
    values = {
        "today": today, "viewer": viewer, "seen": list(seen), "present": present.id,
        "category": present.category_id, "coop": present.cooperative_id,
    }  # fmt: skip
    rows = list(session().execute(_statement(), values))
    near = sorted(
        (row for row in rows if row.rank < LAST),
        key=lambda row: (row.available < row.smallest, row.rank, -row.id),
    )
    known = {row.id: Card._make(row[:-1]) for row in rows if row.rank == LAST}
    return Beside(
        tuple(Card._make(row[:-1]) for row in near[:RELATED]),
        tuple(known[one] for one in seen if one in known),
    )
