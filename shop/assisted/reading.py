"""帮助销售 as lists and sums: assisted sales, and those made elsewhere, of a region; proven and not proven counted apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, text

from shop.assisted.selling import SUBJECT
from shop.core.db import session
from shop.orders import facts_sql

# an order of these channels has one line and one cooperative when it is entered here; history may have more of both
_FROM = """
    from customer_order o
    join suborder s on s.order_id = o.id
    join cooperative c on c.id = s.cooperative_id
    join village v on v.id = c.village_id and v.region_code like :prefix
    left join assisted_sale a on a.order_id = o.id
    left join trade_contact t on t.id = a.contact_id
    left join user_account u on u.id = a.entered_by
    cross join lateral (select string_agg(distinct l.product_name, '、') as goods, min(l.unit_kind) as unit_kind,
                               sum(l.quantity)::bigint as quantity
                          from order_line l where l.suborder_id = s.id) l
    cross join lateral (select coalesce(sum(b.fen), 0)::bigint as booked from attribution b
                          join order_line m on m.id = b.line_id where m.suborder_id = s.id) b
    cross join lateral (select coalesce(o.paid_on, (o.placed_at at time zone 'Asia/Shanghai')::date) as day) d
   where o.channel in ('assisted', 'imported')
"""
_FEN = "case when o.attributed_at is not null then b.booked when o.state = 'closed' then 0 else s.goods_fen - s.discount_fen end"
_DOUBTFUL = "o.evidence is null and o.state <> 'closed'"
_OWED = "o.state = 'pending'"
_LIST = f"""
    select o.id, o.number, o.channel, o.state, o.pay_method, d.day, o.evidence, o.recipient,
           t.name as contact,
           a.platform, a.platform_number, a.platform_line, c.name as cooperative, v.name as village, l.goods, l.unit_kind,
           l.quantity, {_FEN} as fen, count(*) over () as total,
           coalesce(sum({_FEN}) over (), 0)::bigint as total_fen,
           count(*) filter (where {_DOUBTFUL}) over () as unproven,
           coalesce(sum({_FEN}) filter (where {_DOUBTFUL}) over (), 0)::bigint as unproven_fen,
           count(*) filter (where {_OWED}) over () as unpaid,
           coalesce(sum({_FEN}) filter (where {_OWED}) over (), 0)::bigint as unpaid_fen
    {_FROM} and d.day between :first and :last
"""
# the days' facts, or their rows where a day was touched since; whether an order is proven, it says itself
_SUMS = text(
    f"""
    with place as materialized (
      select c.id from cooperative c join village v on v.id = c.village_id and v.region_code like :prefix),
    touched as materialized (
      select distinct f.cooperative_id, f.day from fact_touched f join place p on p.id = f.cooperative_id
       where f.day between :first and :last),
    sold as (
      select s.order_id, s.fen from assisted_day s join place p on p.id = s.cooperative_id
       where s.day between :first and :last and not exists (
             select from touched t where t.cooperative_id = s.cooperative_id and t.day = s.day)
      union all select order_id, fen from ({facts_sql.assisted("touched")}) as live)
    select coalesce(sum(s.fen), 0)::bigint as fen, count(distinct o.id) as orders,
           coalesce(sum(s.fen) filter (where o.evidence is not null), 0)::bigint as proven_fen,
           count(distinct o.id) filter (where o.evidence is not null) as proven_orders
      from sold s join customer_order o on o.id = s.order_id
    """  # noqa: S608 (constant fragments)
)
_ONE = text(
    f"""
    select o.id, o.number, o.channel, o.state, o.pay_method, o.close_reason, o.placed_at, o.paid_on, o.paid_at, o.evidence,
           o.recipient, o.note, o.total_fen, s.id as suborder_id, s.state as part_state, t.id as contact_id,
           t.name as contact, a.order_id as entered, a.entered_by, a.entered_at, a.platform, a.platform_number,
           a.platform_line, a.match_id, u.name as entered_name, c.name as cooperative, c.code as cooperative_code,
           v.name as village, l.goods, l.unit_kind, l.quantity, {_FEN} as fen
    {_FROM} and o.id = :order limit 1
    """
)


@dataclass(frozen=True, slots=True)
class Slice:
    """Which sales: of a region and some days; of one village, contact, proof state or channel where given."""

    region_code: str
    first: date
    last: date
    village_id: int | None = None
    contact: str = ""
    proof: str = ""
    channel: str = ""


@dataclass(frozen=True, slots=True)
class Sums:
    """Attributed sales of channel assisted (fen), and what of it is proven; orders likewise."""

    fen: int
    orders: int
    proven_fen: int
    proven_orders: int


def sales(part: Slice, limit: int, offset: int) -> list[Row[*tuple[Any, ...]]]:
    """The newest first, with the sums of all of them on every row; `recipient` is sealed. One statement."""
    conditions, values = [], {"prefix": part.region_code + "%", "first": part.first, "last": part.last}
    if part.village_id is not None:
        conditions.append("v.id = :village")
        values["village"] = part.village_id
    if part.contact:
        conditions.append("t.search_text like :contact escape '\\'")
        plain = "".join(part.contact.lower().split())
        for sign in "\\%_":
            plain = plain.replace(sign, "\\" + sign)
        values["contact"] = f"%{plain}%"
    if part.proof:
        conditions.append("(o.evidence is null) = :unproven")
        values["unproven"] = part.proof == "unproven"
    if part.channel:
        conditions.append("o.channel = :channel")
        values["channel"] = part.channel
    more = "".join(f" and {one}" for one in conditions)
    statement = text(f"{_LIST}{more} order by d.day desc, o.id desc limit :limit offset :offset")
    return list(session().execute(statement, values | {"limit": limit, "offset": offset}))


def one(order_id: int, region_code: str) -> Row[*tuple[Any, ...]] | None:
    """One sale of the region, whatever its day; None for any other. One statement."""
    values = {"prefix": region_code + "%", "order": order_id}
    return session().execute(_ONE, values).one_or_none()


def proofs(order_id: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """What was said of it, oldest first: state, note, attachment_id, at, name. One statement."""
    statement = text(
        "select p.state, p.note, p.attachment_id, p.at, u.name from assisted_proof p"
        " join user_account u on u.id = p.by where p.order_id = :order order by p.seq"
    )
    return session().execute(statement, {"order": order_id}).all()


def papers(order_id: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """Its pictures and papers: id, media_type, uploaded_at. One statement."""
    statement = text(
        "select id, media_type, uploaded_at from attachment where subject_type = :kind and subject_id = :order order by id"
    )
    return session().execute(statement, {"kind": SUBJECT, "order": order_id}).all()


def sums(region_code: str, first: date, last: date) -> Sums:
    """What 总览 says of assisted sales: of the attributed ones, how much is proven. One statement."""
    row = session().execute(_SUMS, {"prefix": region_code + "%", "first": first, "last": last}).one()
    return Sums(*row)
