"""爱心证明: what a buyer may show the world of a paid order, and never about a household.

The card travels further than any page of ours. It names the villages, and counts households only in groups of at least
SMALLEST_PUBLIC_GROUP, the bound of all public totals: first those whom the order paid, else those who delivered into the same
lots, else none. The amount is the buyer's own, what the goods cost, never a village's or a household's part.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import text

from shop.core.db import session
from shop.core.errors import NotFound
from shop.core.privacy import SMALLEST_PUBLIC_GROUP
from shop.core.text import N_

_FACTS = text("""
    with left_over as (
      select a.household_id, a.lot_id, sum(a.fen)::bigint as fen
        from attribution a
        join order_line l on l.id = a.line_id
        join suborder s on s.id = l.suborder_id
        join customer_order o on o.id = s.order_id
       where o.number = :number and o.buyer_id = :buyer
       group by 1, 2 having sum(a.quantity) > 0
    ), village_part as (
      select v.name, sum(p.fen) as fen from left_over p join household h on h.id = p.household_id
        join village v on v.id = h.village_id group by v.id
    )
    select o.paid_on, (o.placed_at at time zone 'Asia/Shanghai')::date as placed_on,
           (select coalesce(sum(fen), 0)::bigint from left_over) as fen,
           (select count(distinct household_id) from left_over) as paid,
           (select count(distinct household_id) from lot_part where lot_id in (select lot_id from left_over)) as together,
           (select jsonb_agg(name order by fen desc, name) from village_part) as villages,
           (select l.product_id from order_line l join suborder s on s.id = l.suborder_id
             where s.order_id = o.id order by l.id limit 1) as product_id
      from customer_order o where o.number = :number and o.buyer_id = :buyer
""")


@dataclass(frozen=True, slots=True)
class Card:
    """`fen`: what the goods cost that stayed with the buyer. `paid` and `together` are 0 where they are too few to be told."""

    number: str
    day: date
    fen: int
    villages: tuple[str, ...]
    paid: int
    together: int
    product_id: int


def card_of(number: str, buyer_id: int) -> Card:
    """One statement. Raises NotFound: anybody else's order, not attributed yet, gone back, or of no village's household."""
    row = session().execute(_FACTS, {"number": number, "buyer": buyer_id}).one_or_none()
    if row is None or not row.villages or not row.fen:
        raise NotFound(N_("这张订单还没有爱心证明：付款后几秒钟记完账才有，全部退掉的没有"))
    return Card(
        number=number,
        day=row.placed_on,
        fen=row.fen,
        villages=tuple(row.villages),
        paid=_told(row.paid),
        together=_told(row.together),
        product_id=row.product_id,
    )


def _told(households: int) -> int:
    return households if households >= SMALLEST_PUBLIC_GROUP else 0
