"""Writing an order down: goods held, then order, suborders, lines, allocations and event by ONE statement."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from flask_babel import gettext as _
from sqlalchemy import BigInteger, DateTime, Interval, Text, bindparam, text

from shop.cooperatives.produce import stock
from shop.core import clock, faults
from shop.core.db import session
from shop.core.errors import Conflict, Refused
from shop.core.money import format_yuan
from shop.core.privacy import Encrypted
from shop.orders.pricing import Freight, Line, Quote, quote

HOLD_ONLINE = timedelta(minutes=30)
HOLD_TRANSFER = timedelta(days=7)
MAX_TOTAL_FEN = 99_999_999  # the provider takes eight digits

# suborder and lines are found again by (cooperative, seq): both are unique inside an order
_WRITE = text("""
with moment as (
  select coalesce(:placed_at, now()) as at, nextval('order_number_seq')::text as n
), o as (
  insert into customer_order (number, request_key, buyer_id, buyer_kind, buyer_label, channel, pay_method, recipient, phone,
    region_text, address, goods_fen, freight_fen, discount_fen, town_borne_fen, total_fen, note, placed_at, expires_at, evidence,
    invoice_kind, invoice_title, invoice_tax_code, greeting)
  select to_char(at at time zone 'Asia/Shanghai', 'YYMMDD') || lpad(n, greatest(6, length(n)), '0'), :request_key, :buyer_id,
    :buyer_kind, :buyer_label, :channel, :pay_method, :recipient, :phone, :region_text, :address, :goods_fen, :freight_fen,
    :discount_fen, :town_borne_fen, :total_fen, :note, at, at + :hold, :evidence,
    :invoice_kind, :invoice_title, :invoice_tax_code, :greeting
  from moment
  on conflict (request_key) do nothing
  returning id, number, placed_at
), s as (
  insert into suborder (order_id, cooperative_id, number, goods_fen, freight_fen, discount_fen, town_borne_fen, note,
    delivery, freight_basis)
  select o.id, p.cooperative_id, o.number || '-' || p.seq, p.goods_fen, p.freight_fen, p.discount_fen, p.town_borne_fen, p.note,
    p.delivery, p.freight_basis
  from o, jsonb_to_recordset(cast(:parts as jsonb)) as p(cooperative_id bigint, seq int, goods_fen bigint,
    freight_fen bigint, discount_fen bigint, town_borne_fen bigint, note text, delivery text, freight_basis jsonb)
  order by p.seq
  returning id, cooperative_id
), l as (
  insert into order_line (suborder_id, cooperative_id, seq, product_id, sku_id, produce_id, product_name, category_name, spec,
    picture, certified, unit_kind, unit_quantity, unit_price_fen, count, quantity, discount_fen, net_fen, town_borne_fen,
    ships_from)
  select s.id, s.cooperative_id, i.seq, i.product_id, i.sku_id, i.produce_id, i.product_name, i.category_name, i.spec,
    i.picture, i.certified, i.unit_kind, i.unit_quantity, i.unit_price_fen, i.count, i.count * i.unit_quantity,
    i.discount_fen, i.count * i.unit_price_fen - i.discount_fen, i.town_borne_fen, i.ships_from
  from s join jsonb_to_recordset(cast(:lines as jsonb)) as i(cooperative_id bigint, seq int, product_id bigint, sku_id bigint,
    produce_id bigint, product_name text, category_name text, spec text, picture text, certified boolean, unit_kind text,
    unit_quantity bigint, unit_price_fen bigint, count bigint, discount_fen bigint, town_borne_fen bigint,
    ships_from date)
    on i.cooperative_id = s.cooperative_id
  order by s.id, i.seq
  returning id, cooperative_id, seq
), a as (
  insert into lot_allocation (line_id, cooperative_id, lot_id, quantity, at)
  select l.id, l.cooperative_id, t.lot_id, t.quantity, o.placed_at
  from o, l join jsonb_to_recordset(cast(:taken as jsonb)) as t(cooperative_id bigint, seq int, lot_id bigint, quantity bigint)
    on t.cooperative_id = l.cooperative_id and t.seq = l.seq
  order by l.id, t.lot_id
), e as (
  insert into order_event (order_id, event, actor_id, at) select id, 'placed', :buyer_id, placed_at from o
)
select id, number from o
""").bindparams(
    bindparam("placed_at", type_=DateTime(timezone=True)),
    bindparam("hold", type_=Interval()),
    bindparam("buyer_id", type_=BigInteger()),
    bindparam("evidence", type_=Text()),
    bindparam("invoice_tax_code", type_=Text()),
    *(bindparam(name, type_=Encrypted()) for name in ("recipient", "phone", "address", "invoice_title")),
)


@dataclass(frozen=True, slots=True)
class Item:
    """A line to be sold, as the catalogue has it now."""

    cooperative_id: int
    product_id: int
    sku_id: int
    produce_id: int
    product_name: str
    category_name: str
    spec: str
    picture: str
    certified: bool
    unit_kind: str
    unit_quantity: int
    unit_price_fen: int
    count: int
    discount_fen: int = 0
    ships_from: str | None = None  # 预售: the first day of dispatch, ISO
    town_borne_fen: int = 0  # of the net: the town pays it instead of the buyer


@dataclass(frozen=True, slots=True)
class Recipient:
    """Where it goes, as text that stays with the order."""

    name: str
    phone: str
    region_text: str
    address: str


class Invoice(NamedTuple):
    """The heading an invoice is asked for; `tax_code` for units only."""

    kind: str
    title: str
    tax_code: str | None


@dataclass(frozen=True, slots=True)
class NewOrder:
    """Everything about an order but its lines. `placed_at` None: the database's now. `notes` by cooperative id."""

    request_key: str
    to: Recipient
    buyer_id: int | None = None
    buyer_kind: str = "person"
    buyer_label: str = ""
    channel: str = "online"
    pay_method: str = "online"
    note: str = ""
    notes: Mapping[int, str] = field(default_factory=dict)
    placed_at: datetime | None = None
    hold: timedelta | None = HOLD_ONLINE
    evidence: str | None = None
    invoice: Invoice | None = None
    greeting: str = ""


class Placed(NamedTuple):
    """`fresh` is false when the same request had been made before: this is the order it made then."""

    order_id: int
    number: str
    fresh: bool


def record(new: NewOrder, items: Sequence[Item], rules: Mapping[int, Freight]) -> Placed:
    """Hold the goods and write the order. Three statements.

    Raises OutOfStock's sentence as Refused naming the product and what is left, Refused for an amount that nobody can pay at
    once, Conflict when another request with this key was written at the same moment.
    """
    priced = quote([Line(i.cooperative_id, i.unit_price_fen, i.count, i.discount_fen) for i in items], rules)
    to_pay = priced.total_fen - sum(item.town_borne_fen for item in items)
    if to_pay > MAX_TOTAL_FEN and new.pay_method == "online":
        raise Refused(_("一张订单最多 %(limit)s，请分成几单", limit=format_yuan(MAX_TOTAL_FEN)))
    taken = _hold(items, clock.shanghai_day(new.placed_at or clock.now()))
    faults.point("placing:held")
    row = session().execute(_WRITE, _values(new, items, rules, priced, taken)).one_or_none()
    if row is None:
        raise Conflict(_("这张订单正在提交，请稍等几秒后在“我的订单”里查看"))
    faults.point("placing:written")
    return Placed(row.id, row.number, True)


def _hold(items: Sequence[Item], today: Any) -> list[stock.Taken]:
    wants = [
        stock.Want(place, item.produce_id, item.count * item.unit_quantity)
        for place, item in enumerate(items)
    ]
    try:
        return stock.reserve(wants, today)
    except stock.OutOfStock as short:
        item = items[short.key]
        left = short.available // item.unit_quantity
        name = f"{item.product_name} {item.spec}"
        sentence = (
            _("“%(name)s”只剩 %(left)d 份，请改少后再提交", name=name, left=left)
            if left
            else _("“%(name)s”已经卖完，请从购物车中移除后再提交", name=name)
        )
        raise Refused(sentence, field=f"sku-{item.sku_id}") from short


def _values(
    new: NewOrder,
    items: Sequence[Item],
    rules: Mapping[int, Freight],
    priced: Quote,
    taken: Sequence[stock.Taken],
) -> dict[str, object]:
    seqs: list[int] = []
    last: dict[int, int] = {}
    discounts: dict[int, int] = {}
    town: dict[int, int] = {}
    for item in items:
        seqs.append(last.get(item.cooperative_id, 0) + 1)
        last[item.cooperative_id] = seqs[-1]
        discounts[item.cooperative_id] = discounts.get(item.cooperative_id, 0) + item.discount_fen
        town[item.cooperative_id] = town.get(item.cooperative_id, 0) + item.town_borne_fen
    parts = [
        {
            "cooperative_id": part.cooperative_id,
            "seq": seq,
            "goods_fen": part.goods_fen + discounts[part.cooperative_id],
            "freight_fen": part.freight_fen,
            "discount_fen": discounts[part.cooperative_id],
            "town_borne_fen": town[part.cooperative_id],
            "note": new.notes.get(part.cooperative_id, ""),
            "delivery": rules[part.cooperative_id].method,
            "freight_basis": rules[part.cooperative_id].basis,
        }
        for seq, part in enumerate(priced.parts, start=1)
    ]
    lines = [
        {name: getattr(item, name) for name in Item.__slots__} | {"seq": seq}
        for item, seq in zip(items, seqs, strict=True)
    ]
    held = [
        {
            "cooperative_id": part.cooperative_id,
            "seq": seqs[part.key],
            "lot_id": part.lot_id,
            "quantity": part.quantity,
        }
        for part in taken
    ]
    discount_fen = sum(discounts.values())
    return {
        "request_key": new.request_key,
        "buyer_id": new.buyer_id,
        "buyer_kind": new.buyer_kind,
        "buyer_label": new.buyer_label,
        "channel": new.channel,
        "pay_method": new.pay_method,
        "recipient": new.to.name,
        "phone": new.to.phone,
        "region_text": new.to.region_text,
        "address": new.to.address,
        "goods_fen": priced.goods_fen + discount_fen,
        "freight_fen": priced.freight_fen,
        "discount_fen": discount_fen,
        "town_borne_fen": sum(town.values()),
        "total_fen": priced.total_fen - sum(town.values()),
        "note": new.note,
        "placed_at": new.placed_at,
        "hold": new.hold,
        "evidence": new.evidence,
        "invoice_kind": new.invoice.kind if new.invoice else "",
        "invoice_title": new.invoice.title if new.invoice else None,
        "invoice_tax_code": new.invoice.tax_code if new.invoice else None,
        "greeting": new.greeting,
        "parts": json.dumps(parts),
        "lines": json.dumps(lines),
        "taken": json.dumps(held),
    }
