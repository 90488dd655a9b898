"""An unpaid order of several cooperatives becomes one order for each: each seller is then paid by itself, in its own way.

What was ordered, its prices, freight and held goods stay as they are; only which order they stand in changes.
"""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy import func, select, text

from shop.core import faults
from shop.core.db import session
from shop.core.errors import Refused
from shop.orders import states
from shop.orders.models import Order, Suborder
from shop.orders.moving import tell

# the first part stays; every other one moves into a new order that copies all but the sums
_MOVE = text("""
with rest as (
  select s.id, s.cooperative_id, s.goods_fen, s.freight_fen, nextval('order_number_seq')::text as n
    from suborder s where s.order_id = :order and s.id <> (select min(id) from suborder where order_id = :order)
   order by s.id
), made as (
  insert into customer_order (number, request_key, buyer_id, buyer_kind, buyer_label, channel, pay_method, recipient, phone,
    region_text, address, goods_fen, freight_fen, total_fen, note, placed_at, expires_at, evidence, invoice_kind,
    invoice_title, invoice_tax_code, greeting)
  select to_char(o.placed_at at time zone 'Asia/Shanghai', 'YYMMDD') || lpad(r.n, greatest(6, length(r.n)), '0'),
    o.request_key || '/' || r.cooperative_id, o.buyer_id, o.buyer_kind, o.buyer_label, o.channel, 'online', o.recipient,
    o.phone, o.region_text, o.address, r.goods_fen, r.freight_fen, r.goods_fen + r.freight_fen, o.note, o.placed_at,
    o.expires_at, o.evidence, o.invoice_kind, o.invoice_title, o.invoice_tax_code, o.greeting
  from rest r, customer_order o where o.id = :order
  returning id, number, request_key, placed_at
), placed as (
  insert into order_event (order_id, event, actor_id, at) select id, 'placed', :buyer, placed_at from made
), moved as (
  update suborder s set order_id = m.id, number = m.number || '-1'
    from rest r, made m, customer_order o
   where s.id = r.id and o.id = :order and m.request_key = o.request_key || '/' || r.cooperative_id
  returning s.id
), less as (
  update customer_order o set goods_fen = s.goods_fen, freight_fen = s.freight_fen, total_fen = s.goods_fen + s.freight_fen
    from suborder s where o.id = :order and s.id = (select min(id) from suborder where order_id = :order)
)
select id, number from made where exists (select from moved) order by id
""")


def part(order_id: int, buyer_id: int) -> list[str]:
    """The numbers of the orders that it is now, the old number first; one number where it had one seller only.

    The caller holds the order's lock and has seen that it is unpaid and has no open payment. Raises Refused where a discount
    was reckoned over the whole order.
    """
    order = session().execute(
        select(Order.number, Order.discount_fen, Order.town_borne_fen, func.count(Suborder.id).label("parts"))
        .join(Suborder, Suborder.order_id == Order.id)
        .where(Order.id == order_id, Order.state == states.PENDING)
        .group_by(Order.id)
    ).one()  # fmt: skip
    if order.parts == 1:
        return [order.number]
    if order.discount_fen or order.town_borne_fen:
        raise Refused(_("用了优惠的订单不能分开：优惠是按整张订单算的。请网上付款，或者按合作社重新下单"))
    made = session().execute(_MOVE, {"order": order_id, "buyer": buyer_id}).all()
    faults.point("parting:moved")
    numbers = [order.number, *(row.number for row in made)]
    told = [(order_id, None), *((row.id, None) for row in made)]
    tell("parted", told, actor_id=buyer_id, note="、".join(numbers))
    return numbers
