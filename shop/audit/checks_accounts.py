"""Invariants of accounts: nothing of a person is left where an account was closed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import or_, select, text

from shop.audit.check import Check
from shop.core.db import session
from shop.core.text import N_
from shop.orders.models import Order
from shop.personal.leaving import GONE
from shop.personal.models import AccountClosure

_LEFT = """
    select u.id as account, 'account' as item from account_closure c join user_account u on u.id = c.user_id
     where u.active or u.phone not like 'gone:%' or u.password_hash is not null or u.totp_secret is not null
        or u.unit_name is not null or u.unit_tax_code is not null
    union all
    select c.user_id, 'session' from account_closure c join user_session s on s.user_id = c.user_id and s.revoked_at is null
    union all
    select c.user_id, 'address' from account_closure c join address a on a.user_id = c.user_id
    union all
    select c.user_id, 'heading' from account_closure c join invoice_heading h on h.user_id = c.user_id
    union all
    select c.user_id, 'basket' from account_closure c join basket b on b.user_id = c.user_id
    union all
    select c.user_id, 'copy' from account_closure c join data_export e on e.user_id = c.user_id and e.body is not null
    union all
    select c.user_id, 'invitation' from account_closure c join duty_invitation i on i.accepted_by = c.user_id and i.phone <> ''
    union all
    select c.user_id, s.number from account_closure c join customer_order o on o.buyer_id = c.user_id
      join suborder s on s.order_id = o.id where s.note <> ''
"""


def _left() -> list[dict[str, Any]]:
    """What stands in clear, by SQL; what is sealed must be opened to be looked at."""
    found = [dict(row) for row in session().execute(text(_LEFT)).mappings()]
    orders = session().execute(
        select(Order.buyer_id, Order.number, Order.recipient, Order.phone, Order.address)
        .join(AccountClosure, AccountClosure.user_id == Order.buyer_id)
        .execution_options(yield_per=1000)
    )
    found += [
        {"account": row.buyer_id, "item": row.number}
        for row in orders
        if (row.recipient, row.phone, row.address) != (GONE, "", GONE)
    ]
    words = select(Order.buyer_id, Order.number).join(
        AccountClosure, AccountClosure.user_id == Order.buyer_id
    )
    found += [
        {"account": row.buyer_id, "item": row.number}
        for row in session().execute(words.where(or_(Order.note != "", Order.greeting != "")))
    ]
    return found


_DUTIES = """
    select coalesce(i.region_code, i.cooperative_id::text) as place, 'invitation ' || i.id as item from duty_invitation i
     where i.accepted_at is not null and not exists (select from role_grant g where g.user_id = i.accepted_by
           and g.role = case when i.region_code is null then 'manager' else 'staff' end
           and g.cooperative_id is not distinct from i.cooperative_id and g.region_code is not distinct from i.region_code
           and g.granted_at >= i.invited_at)
    union all
    select c.id::text, 'chair' from cooperative c
     where exists (select from role_grant g where g.cooperative_id = c.id and g.duty = 'chair' and g.ended_at is not null)
       and not exists (select from role_grant g where g.cooperative_id = c.id and g.duty = 'chair' and g.valid_to is null)
"""
_STAFF = """
    select g.region_code as region, 'grant ' || g.id as item, g.duty from role_grant g
     where g.role = 'staff' and coalesce(g.duty, '') not in ('clerk', 'approver', 'county', 'leader')
    union all
    select r.code, 'approver', '' from region r
     where exists (select from role_grant g where g.region_code = r.code and g.duty = 'approver' and g.ended_at is not null)
       and not exists (select from role_grant g where g.region_code = r.code and g.duty = 'approver' and g.valid_to is null)
"""

CHECKS = (
    Check(
        "duties",
        N_("合作社的职务"),
        N_("接受的邀请都有对应的职务；换过或移除过理事长的合作社仍有理事长"),
        _DUTIES,
    ),
    Check(
        "staff-duties",
        N_("镇村工作人员的职务"),
        N_("每个工作人员的职务都是经办、审核、领导、区县之一；换过或移除过审核岗的地区仍有审核岗"),
        _STAFF,
    ),
    Check(
        "closed-accounts",
        N_("已注销的账号"),
        N_("账号注销后：不能登录，没有地址、抬头和副本，订单上没有收货人、电话、地址和留言"),
        _left,
    ),
)
