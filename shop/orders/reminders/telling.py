"""Words for the buyer, noted in the transaction of what they tell, each cause once by its key; reminding.py sends them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from shop.core.db import session
from shop.core.terms import AUTO_RECEIVE_DAYS
from shop.core.text import N_

# kind → the sentence; its places are filled from the reminder's details, `number` with the order's
WORDS = {
    "expiring": N_("订单 %(number)s 还没有付款，%(at)s 前不付会自动关闭。"),
    "transfer_waiting": N_("订单 %(number)s 的转账还没有对上。请核对附言里的识别码；货为你留到 %(at)s。"),
    "shipped": N_("订单 %(number)s 已发货：%(company)s %(bill)s"),
    "part_shipped": N_("订单 %(number)s 发出一个包裹：%(company)s %(bill)s。其余的备好再发。"),
    "waybill": N_("订单 %(number)s 的快递单号更正为：%(company)s %(bill)s"),
    "confirming": N_("订单 %(number)s 明天会自动确认收货。还没收到，请先联系合作社。"),
    "recalled": N_("订单 %(number)s 里有一批货已召回，请先不要食用。打开订单看怎么办。"),
    "recall_lifted": N_("订单 %(number)s 里先前召回的一批货，复查后已解除召回。打开订单看说明。"),
    "refunded": N_("订单 %(number)s 的退款 %(fen)s 已退回。"),
}
UNPAID = ("expiring", "transfer_waiting")  # true only while the order waits for its payment

# Only whom we can reach: a buyer of the shop itself. `source` gives key, kind, order_id and details.
_REMEMBER = """
insert into reminder (key, channel, kind, order_id, details)
select s.key, c.channel, s.kind, s.order_id, s.details
  from ({source}) s
  join customer_order o on o.id = s.order_id and o.buyer_id is not null and o.channel in ('online', 'institution')
 cross join (values ('sms'), ('email')) as c(channel)
 where (c.channel = 'sms' or exists (select from reminder_email e where e.user_id = o.buyer_id))
   and not exists (select from reminder r where r.key = s.key and r.channel = c.channel)
    on conflict (key, channel) do nothing
"""
_OF_PARCEL = """
select :key as key, :kind as kind, p.order_id, cast(:details as jsonb) as details
  from shipment h join suborder p on p.id = h.suborder_id where h.id = :shipment
"""
_DUE = """
select 'expiring:' || o.id || ':' || extract(epoch from o.expires_at)::bigint as key,
       case when o.pay_method = 'transfer' then 'transfer_waiting' else 'expiring' end as kind, o.id as order_id,
       jsonb_build_object('at', o.expires_at) as details
  from customer_order o
 where o.state = 'pending' and o.expires_at > now()
   and o.expires_at < now() + case when o.pay_method = 'transfer' then interval '2 days' else interval '10 minutes' end
union all
select 'confirming:' || p.id, 'confirming', p.order_id, '{}'::jsonb
  from suborder p
 where p.state = 'shipped' and p.shipped_at < now() - cast(:almost as interval)
   and p.shipped_at > now() - cast(:days as interval)
"""


def remember(source: str, values: Mapping[str, object] | None = None) -> None:
    """Note the messages of a statement that gives key, kind, order_id, details. What was noted before stays. One statement."""
    session().execute(text(_REMEMBER.format(source=source)), dict(values or {}))


def remember_due() -> None:
    """Payments that end soon, receipts that confirm themselves tomorrow. One statement."""
    remember(
        _DUE, {"almost": timedelta(days=AUTO_RECEIVE_DAYS - 1), "days": timedelta(days=AUTO_RECEIVE_DAYS)}
    )


def parcel_sent(shipment_id: int, company: str, number: str, *, rest: bool) -> None:
    """A parcel went; `rest`: more of it follows."""
    _of_parcel(f"parcel:{shipment_id}", "part_shipped" if rest else "shipped", shipment_id, company, number)


def waybill_corrected(shipment_id: int, seq: int, company: str, number: str) -> None:
    """Its number was wrong."""
    _of_parcel(f"waybill:{shipment_id}:{seq}", "waybill", shipment_id, company, number)


def _of_parcel(key: str, kind: str, shipment_id: int, company: str, number: str) -> None:
    statement = text(_REMEMBER.format(source=_OF_PARCEL)).bindparams(bindparam("details", type_=JSONB))
    details = {"company": company, "bill": number}
    session().execute(statement, {"key": key, "kind": kind, "shipment": shipment_id, "details": details})
