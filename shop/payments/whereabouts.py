"""钱在哪里: every fen between buyer and household in exactly one place, from the books and the rows of payments.

Two sides that must be equal: where the money is, and whose it is. What households are owed is said twice, by the books and
by the settlements and payments; the two must agree to the fen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from shop.cooperatives.ledger.accounts import Account
from shop.cooperatives.ledger.queries import PAYOUT_KINDS
from shop.core.db import session
from shop.core.text import N_
from shop.payments import platform
from shop.payments.payout_models import DEAD
from shop.payments.provider import queries as provider_queries
from shop.payments.tying import Place, Tie, total

# Not in the books yet, or promised back: asked of orders and refunds.
_OUTSIDE = text(
    """
    select coalesce(sum(s.fen) filter (where s.state = 'pending' and not s.door), 0)::bigint as buyer_fen,
           count(*) filter (where s.state = 'pending' and not s.door) as buyer_rows,
           coalesce(sum(s.fen) filter (where s.state = 'pending' and s.door), 0)::bigint as door_fen,
           count(*) filter (where s.state = 'pending' and s.door) as door_rows,
           coalesce(sum(s.fen) filter (where s.state <> 'pending'), 0)::bigint as unbooked_fen,
           count(*) filter (where s.state <> 'pending') as unbooked_rows,
           (select coalesce(sum(r.amount_fen), 0)::bigint from refund r join suborder p on p.id = r.suborder_id
             where p.cooperative_id = :cooperative and r.state in ('created', 'pending')) as refund_fen,
           (select count(*) from refund r join suborder p on p.id = r.suborder_id
             where p.cooperative_id = :cooperative and r.state in ('created', 'pending')) as refund_rows
      from (select o.state, o.pay_method = 'cash' as door,
                   p.goods_fen - p.discount_fen - p.town_borne_fen + p.freight_fen as fen
              from suborder p join customer_order o on o.id = p.order_id
             where p.cooperative_id = :cooperative and o.attributed_at is null and o.state in ('pending', 'paid')) s
    """
)
_BALANCES = text(
    """
    select e.account, (e.household_id is not null or e.supplier_id is not null) as of_party,
           sum(e.fen)::bigint as fen, count(*) as entries
      from ledger_entry e where e.cooperative_id = :cooperative group by 1, 2
    """
)
# Owed for goods, by how far it came: entries in no settlement, lines of approved ones, payments.
_GOODS = text(
    """
    select 'open' as place, coalesce(-sum(e.fen), 0)::bigint as fen, count(e.id) as found
      from ledger_entry e join ledger_transaction t on t.id = e.transaction_id
     where e.cooperative_id = :cooperative and e.account in ('114.payable', '211') and t.kind <> all(:paid_out)
       and (e.household_id is not null or e.supplier_id is not null)
       and not exists (select 1 from settlement_entry s where s.ledger_entry_id = e.id)
    union all
    select case when l.state = 'paying' then 'batch.' || coalesce(p.state, 'none') else l.state end,
           sum(l.due_fen)::bigint, count(*)
      from settlement_line l join settlement s on s.id = l.settlement_id
      left join payout p on p.settlement_line_id = l.id and p.state in ('waiting', 'sent')
     where l.cooperative_id = :cooperative and s.state <> 'draft' and l.state not in ('paid', 'carried')
     group by 1
    union all
    select 'carried', coalesce(sum(l.due_fen) filter (where l.state = 'carried'), 0)::bigint
                      - coalesce(sum(l.carried_in_fen), 0)::bigint, count(*) filter (where l.state = 'carried')
      from settlement_line l join settlement s on s.id = l.settlement_id
     where l.cooperative_id = :cooperative and s.state <> 'draft'
    """
)
_YEAR = text(
    """
    select case when p.state in ('waiting', 'sent') then 'batch.' || p.state
                when f.id is not null then 'failed' else 'due' end as place,
           sum(l.patronage_fen + l.residual_fen - l.converted_fen)::bigint as fen, count(*) as found
      from distribution_line l join distribution d on d.id = l.distribution_id
      left join payout p on p.distribution_line_id = l.id and p.state <> all(:dead)
      left join lateral (select id from payout where distribution_line_id = l.id
                          and state in ('failed', 'returned') limit 1) f on true
     where d.cooperative_id = :cooperative and d.state in ('posted', 'paying', 'paid')
       and coalesce(p.state, '') <> 'paid' and l.patronage_fen + l.residual_fen - l.converted_fen > 0
     group by 1
    union all
    select 'opening', coalesce(-sum(e.fen), 0)::bigint, count(e.id)
      from ledger_entry e join ledger_transaction t on t.id = e.transaction_id
     where e.cooperative_id = :cooperative and e.account in ('221', '222')
       and t.kind not in ('distribution', 'conversion') and t.kind <> all(:paid_out)
    """
)
_MONEY = (
    (Account.CLEARING_PROVIDER, N_("在支付平台"), N_("已付款、平台还没转给合作社的")),
    (Account.IN_TRANSIT, N_("平台转款，在途"), N_("平台已转出，还没对上镇代收账户的银行流水")),
    (Account.COLLECTED, N_("在镇代收账户"), N_("平台转款已到镇里的账户，还没转到合作社的")),
    (Account.CONNECTED, N_("在本社的平台账户"), N_("平台已分账给本社、本社还没转到自己银行的")),
    (Account.CLEARING_TRANSFER, N_("对公转账，在途"), N_("买家已转账，还没记到合作社银行账户的")),
    (Account.CLEARING_TOWN, N_("镇里要付的"), N_("消费券等由镇里承担、还没付的")),
    (Account.CASH, N_("现金"), N_("合作社库存现金")),
    (Account.BANK, N_("银行存款"), N_("合作社银行账户，按账面")),
)
_STEPS = (
    ("opening", N_("期初余额转来的"), N_("建账以前分配、还没发的，不在系统的分配表里")),
    ("open", N_("还没结算"), N_("这些货款还不在已审批的结算单里")),
    ("due", N_("该付，等付款"), N_("已审批，还没做成付款批次")),
    ("batch.waiting", N_("在付款批次里，还没给银行"), ""),
    ("batch.sent", N_("已给银行，等回单"), ""),
    ("batch.none", N_("在付款中，但没有付款记录"), ""),
    ("failed", N_("银行没付成或退回，等重付"), ""),
    ("carried", N_("金额太小，结转下月"), N_("不到起付额，或退货多于货款")),
)
_GOODS_ACCOUNTS = (Account.MEMBER_PAYABLE, Account.OUTSIDE_PAYABLE)
_YEAR_ACCOUNTS = (Account.PATRONAGE_PAYABLE, Account.RESIDUAL_PAYABLE)


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """`outside` is not in the books; `money` is where the books' money is, `provider` its part there by the provider's own
    entries; the rest is whose it is, and sums to it."""

    outside: Sequence[Place]
    money: Sequence[Place]
    provider: Sequence[Place]
    goods: Sequence[Place]
    year: Sequence[Place]
    others: Sequence[Place]
    ties: Sequence[Tie]

    @property
    def money_fen(self) -> int:
        return total(self.money)

    @property
    def holds(self) -> bool:
        return all(tie.holds for tie in self.ties)


def of(cooperative_id: int) -> Whereabouts:
    """One cooperative's money at this moment. Five statements."""
    scope = {"cooperative": cooperative_id, "paid_out": list(PAYOUT_KINDS), "dead": list(DEAD)}
    outside = session().execute(_OUTSIDE, scope).one()
    balances = list(session().execute(_BALANCES, scope))
    goods = _steps(session().execute(_GOODS, scope).all())
    year = _steps(session().execute(_YEAR, scope).all())
    money = [_place(balances, account, name, note) for account, name, note in _MONEY]
    money = [place for place in money if place.rows or place.code != Account.CONNECTED]
    owed = -_sum(balances, _GOODS_ACCOUNTS, of_party=True)
    dues = -_sum(balances, _YEAR_ACCOUNTS)
    creditors = -_sum(balances, (Account.OUTSIDE_PAYABLE,), of_party=False)
    named = {str(account) for account, _name, _note in _MONEY} | {*map(str, _GOODS_ACCOUNTS + _YEAR_ACCOUNTS)}
    own = -sum(row.fen for row in balances if row.account not in named)
    others = (
        Place("creditors", N_("欠快递等往来单位"), N_("应付款里不是交货户的"), creditors, 0, "211"),
        Place("own", N_("合作社自己的"), N_("收入、股金、公积金、借款，减去存货和资产"), own, 0),
    )
    at_provider = provider_queries.by_cooperative([cooperative_id])[0]
    ties = (
        Tie(N_("账上欠交货户的 = 各步合计"), owed, total(goods)),
        Tie(N_("账上欠成员的盈余 = 各步合计"), dues, total(year)),
        Tie(N_("钱在哪里 = 是谁的"), total(money), total(goods) + total(year) + total(others)),
        *platform.ties_of(at_provider),
    )
    provider = platform.places(at_provider)
    return Whereabouts(_outside(outside), money, provider, goods, year, others, ties)


def broken(cooperative_ids: Sequence[int]) -> list[dict[str, Any]]:
    """Sums that do not agree, for the conscience."""
    return [
        {"cooperative": cooperative_id, "sum": tie.name, "books": tie.left_fen, "rows": tie.right_fen}
        for cooperative_id in cooperative_ids
        for tie in of(cooperative_id).ties
        if not tie.holds
    ]


def _outside(row: Any) -> list[Place]:
    return [
        Place("buyer", N_("还在买家手里"), N_("下了单、没付款的"), row.buyer_fen, row.buyer_rows),
        Place("door", N_("货到付款，还没收"), N_("货在打包或在路上，送到时收现金"), row.door_fen, row.door_rows),
        Place("unbooked", N_("刚付款，正在记账"), N_("一般一分钟内归属到户并入账"), row.unbooked_fen, row.unbooked_rows),
        Place("refund", N_("退给买家，在路上"), N_("账上已冲减，平台或合作社还没退出去"), row.refund_fen, row.refund_rows),
    ]  # fmt: skip


def _steps(rows: Sequence[Any]) -> list[Place]:
    """In the order of the way; steps without rows are left out."""
    found: Mapping[str, Any] = {row.place: row for row in rows}
    return [
        Place(code, name, note, int(found[code].fen), int(found[code].found))
        for code, name, note in _STEPS
        if code in found and (found[code].fen or found[code].found)
    ]


def _place(balances: Sequence[Any], account: Account, name: str, note: str) -> Place:
    rows = [row for row in balances if row.account == account]
    return Place(
        str(account), name, note, sum(row.fen for row in rows), sum(row.entries for row in rows), str(account)
    )


def _sum(balances: Sequence[Any], accounts: Sequence[Account], of_party: bool | None = None) -> int:
    return sum(
        int(row.fen)
        for row in balances
        if row.account in {*map(str, accounts)} and of_party in (None, row.of_party)
    )


_SIDE_BY_SIDE = text(
    """
    select c.code, c.name,
           coalesce(sum(e.fen) filter (where e.account in ('101', '102')), 0)::bigint as held_fen,
           coalesce(sum(e.fen) filter (where e.account like '113.%' or e.account like '102.%'), 0)::bigint as coming_fen,
           coalesce(-sum(e.fen) filter (where e.account in ('114.payable', '211')), 0)::bigint as goods_fen,
           coalesce(-sum(e.fen) filter (where e.account in ('221', '222')), 0)::bigint as year_fen
      from cooperative c left join ledger_entry e on e.cooperative_id = c.id
     where c.id = any(:ids) group by c.id order by c.id
    """
)


def side_by_side(cooperative_ids: Sequence[int]) -> Sequence[Any]:
    """Several cooperatives' sums by what the books hold, in one statement; the tie is on each one's own page."""
    return session().execute(_SIDE_BY_SIDE, {"ids": list(cooperative_ids)}).all()
