"""Reading the provider's side of the money: by cooperative against the books, the town's part, payouts, entries. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Row, cast, func, select, text

from shop.cooperatives.people.models import Cooperative, Village
from shop.core.db import session
from shop.core.errors import NotFound
from shop.core.text import N_
from shop.payments import meeting
from shop.payments.models import BankStatementLine
from shop.payments.provider.models import ProviderBalance, ProviderEntry, ProviderPayout, ProviderShare

# One row a cooperative. Books: 113.provider, 102.transit, 102.collected, 102.connected. Rows: its shares of the provider's
# entries. What lies between the two has a name: sales whose entry has not come, refunds on their way, refunds that failed,
# opening balances.
_BY_COOPERATIVE = text(
    """
    select c.id, c.code, c.name, b.books_fen, b.transit_fen, b.collected_fen, b.opening_fen,
           s.held_fen as provider_fen, s.out_fen as transit_rows_fen, s.met_fen - f.fen as collected_rows_fen,
           f.fen as forwarded_fen, b.connected_fen, s.connected_fen - f.connected_fen as connected_rows_fen,
           p.sold_fen + b.fee_fen - s.charged_fen as fresh_fen, r.way_fen as refund_way_fen, r.failed_fen as refund_failed_fen
      from cooperative c
      join lateral (
        select coalesce(sum(e.fen) filter (where e.account = '113.provider'), 0)::bigint as books_fen,
               coalesce(sum(e.fen) filter (where e.account = '102.transit'), 0)::bigint as transit_fen,
               coalesce(sum(e.fen) filter (where e.account = '102.collected'), 0)::bigint as collected_fen,
               coalesce(sum(e.fen) filter (where e.account = '102.connected'), 0)::bigint as connected_fen,
               coalesce(sum(e.fen) filter (where e.account = '113.provider' and t.kind = 'opening'), 0)::bigint as opening_fen,
               coalesce(sum(e.fen) filter (where e.account = '113.provider' and t.kind = 'fee'), 0)::bigint as fee_fen
          from ledger_entry e join ledger_transaction t on t.id = e.transaction_id
         where e.cooperative_id = c.id
           and e.account in ('113.provider', '102.transit', '102.collected', '102.connected')) b on true
      join lateral (
        select coalesce(sum(h.fen), 0)::bigint as held_fen,
               coalesce(sum(h.fen) filter (where n.kind in ('charge', 'payment')), 0)::bigint as charged_fen,
               coalesce(-sum(h.fen) filter (where n.kind in ('transfer', 'transfer_refund')), 0)::bigint as connected_fen,
               coalesce(-sum(h.fen) filter (where n.kind = 'payout' and o.met_at is null and o.returned_at is null), 0)::bigint
                 as out_fen,
               coalesce(-sum(h.fen) filter (where n.kind = 'payout' and o.met_at is not null), 0)::bigint as met_fen
          from provider_share h join provider_entry n on n.id = h.entry_id
          left join provider_payout o on o.id = n.moved_payout_id
         where h.cooperative_id = c.id) s on true
      join lateral (
        select coalesce(sum(l.amount_fen) filter (where e.account = '102.collected'), 0)::bigint as fen,
               coalesce(sum(l.amount_fen) filter (where e.account = '102.connected'), 0)::bigint as connected_fen
          from bank_statement_line l join ledger_transaction t on t.key = 'statement:' || l.id
          join ledger_entry e on e.transaction_id = t.id and e.account in ('102.collected', '102.connected')
         where l.cooperative_id = c.id) f on true
      join lateral (
        select coalesce(sum(u.goods_fen - u.discount_fen - u.town_borne_fen + u.freight_fen), 0)::bigint as sold_fen
          from suborder u join customer_order o on o.id = u.order_id
         where u.cooperative_id = c.id and o.attributed_at is not null and o.pay_method = 'online') p on true
      join lateral (
        select coalesce(sum(d.fen) filter (where d.state <> 'failed'), 0)::bigint as way_fen,
               coalesce(sum(d.fen) filter (where d.state = 'failed'), 0)::bigint as failed_fen
          from (select x.state,
                       case when x.provider_ref like 'transfer:%' then 0 else -x.amount_fen end
                       - coalesce((select sum(h.fen) from provider_share h join provider_entry n on n.id = h.entry_id
                                    where n.refund_id = x.id), 0) as fen
                  from refund x join payment y on y.id = x.payment_id and y.method = 'stripe'
                  join suborder u on u.id = x.suborder_id
                 where u.cooperative_id = c.id) d) r on true
     where c.id = any(:ids) order by c.code
    """
)
# What of the entries belongs to no cooperative, by what it is.
_TOWN = text(
    """
    select case when n.town_fen is null then 'waiting'
                when n.kind in ('payout', 'payout_failure', 'payout_cancel') and o.automatic then 'paid_out'
                when n.kind in ('payout', 'payout_failure', 'payout_cancel') then 'by_hand'
                when n.payment_id is not null or n.refund_id is not null then 'sent_back'
                when n.kind in ('charge', 'payment', 'refund', 'payment_refund') then 'unknown'
                else 'account' end as code,
           sum(coalesce(n.town_fen, n.net_fen))::bigint as fen, count(*) as found
      from provider_entry n left join provider_payout o on o.id = n.moved_payout_id
     where n.town_fen is distinct from 0
     group by 1 order by 1
    """
)
_TOTALS = text(
    """
    select (select coalesce(sum(net_fen), 0)::bigint from provider_entry) as entries_fen,
           coalesce(sum(o.amount_fen) filter (where o.booked_at is not null and o.met_at is null and o.returned_at is null), 0)
             ::bigint as out_fen,
           coalesce(sum(o.amount_fen) filter (where o.met_at is not null), 0)::bigint as met_fen,
           count(*) filter (where o.met_at is null and o.returned_at is null) as waits,
           coalesce(-sum(n.town_fen) filter (where o.met_at is null and o.returned_at is null), 0)::bigint as out_town_fen,
           coalesce(-sum(n.town_fen) filter (where o.met_at is not null), 0)::bigint as met_town_fen
      from provider_payout o left join provider_entry n on n.moved_payout_id = o.id and n.kind = 'payout'
    """
)
TOWN_NAMES = {
    "waiting": N_("刚到、还没分到社的"),
    "sent_back": N_("付款晚了或付重了，要原路退回的，和平台没退的手续费"),
    "by_hand": N_("手工提现，下次自动转款会少转这么多"),
    "paid_out": N_("已随平台转款转出的"),
    "unknown": N_("不是本店订单的收款和退款"),
    "account": N_("平台的账户费用和调整"),
}


def by_cooperative(cooperative_ids: Sequence[int]) -> Sequence[Row[*tuple[Any, ...]]]:
    """Each one's money at the provider and on its way from there, by books and by the provider's rows. One statement."""
    return session().execute(_BY_COOPERATIVE, {"ids": list(cooperative_ids)}).all()


def of_town() -> Sequence[Row[*tuple[Any, ...]]]:
    """What is no cooperative's: code, fen, found. One statement."""
    return session().execute(_TOWN).all()


def newest_balance() -> Row[*tuple[Any, ...]] | None:
    """What the provider last said it holds: at, available_fen, pending_fen, entries_fen (ours at that moment)."""
    return session().execute(
        select(
            ProviderBalance.at, ProviderBalance.available_fen, ProviderBalance.pending_fen, ProviderBalance.entries_fen
        )
        .order_by(ProviderBalance.id.desc())
        .limit(1)
    ).one_or_none()  # fmt: skip


def totals() -> Row[*tuple[Any, ...]]:
    """Over all: entries_fen; payouts on their way (out_fen) and met (met_fen), the town's part of each; waits (their number)."""
    return session().execute(_TOTALS).one()


def covers(region_code: str) -> bool:
    """Whether every cooperative lies in the region: only then are the account's whole sums the region's own business."""
    outside = (
        select(Cooperative.id)
        .join(Village, Village.id == Cooperative.village_id)
        .where(~Village.region_code.startswith(region_code, autoescape=True))
        .limit(1)
    )
    return session().scalar(outside) is None


def payouts(cooperative_ids: Sequence[int], *, limit: int, offset: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """Payouts, newest first, with these cooperatives' part (`own_fen`) and the line that it met; rows carry the count."""
    own = (
        select(_whole(-func.sum(ProviderShare.fen)))
        .join(ProviderEntry, ProviderEntry.id == ProviderShare.entry_id)
        .where(
            ProviderEntry.moved_payout_id == ProviderPayout.id, ProviderEntry.kind == "payout",
            ProviderShare.cooperative_id.in_(cooperative_ids),
        )
        .correlate(ProviderPayout)
        .scalar_subquery()
    )  # fmt: skip
    return session().execute(
        select(*_COLUMNS, own.label("own_fen"), func.count().over().label("total"))
        .outerjoin(BankStatementLine, BankStatementLine.id == ProviderPayout.statement_line_id)
        .order_by(ProviderPayout.made_at.desc(), ProviderPayout.id.desc())
        .limit(limit)
        .offset(offset)
    ).all()  # fmt: skip


def payout(payout_id: int) -> Row[*tuple[Any, ...]]:
    """One payout with its line. Raises NotFound."""
    row = session().execute(
        select(*_COLUMNS)
        .outerjoin(BankStatementLine, BankStatementLine.id == ProviderPayout.statement_line_id)
        .where(ProviderPayout.id == payout_id)
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotFound(N_("没有找到这笔转款"))
    return row


def parts_of(payout_id: int, cooperative_ids: Sequence[int]) -> Sequence[Row[*tuple[Any, ...]]]:
    """Its parts by cooperative: what it took from charges (fees off), refunds, earlier payouts that came back; their sum."""
    charged = ProviderEntry.kind.in_(("charge", "payment"))
    back = ProviderEntry.kind.like("payout%")
    total = _whole(func.sum(ProviderShare.fen))
    return session().execute(
        select(
            Cooperative.code, Cooperative.name, total.label("fen"),
            _whole(func.sum(ProviderShare.fen).filter(charged)).label("charged_fen"),
            _whole(func.sum(ProviderShare.fen).filter(~charged & ~back)).label("refunded_fen"),
            _whole(func.sum(ProviderShare.fen).filter(back)).label("earlier_fen"),
        )
        .join(ProviderShare, ProviderShare.entry_id == ProviderEntry.id)
        .join(Cooperative, Cooperative.id == ProviderShare.cooperative_id)
        .where(ProviderEntry.payout_id == payout_id, Cooperative.id.in_(cooperative_ids))
        .group_by(Cooperative.id)
        .order_by(Cooperative.code)
    ).all()  # fmt: skip


def entries_of(payout_id: int, *, limit: int, offset: int) -> Sequence[Any]:
    """The provider's entries that a payout pays, with the order behind each; rows carry the count. One statement."""
    return session().execute(_ENTRIES, {"payout": payout_id, "limit": limit, "offset": offset}).all()


_COLUMNS = (
    ProviderPayout.id, ProviderPayout.provider_ref, ProviderPayout.amount_fen, ProviderPayout.state, ProviderPayout.automatic,
    ProviderPayout.trace_ref, ProviderPayout.failure, ProviderPayout.problem, ProviderPayout.made_at, ProviderPayout.arrives_on,
    ProviderPayout.booked_at, ProviderPayout.returned_at, ProviderPayout.met_at, ProviderPayout.met_by,
    meeting.undoable().label("undoable"),
    BankStatementLine.reference.label("line_reference"), BankStatementLine.booked_on.label("line_day"),
)  # fmt: skip
_ENTRIES = text(
    """
    select n.id, n.provider_ref, n.kind, n.amount_fen, n.fee_fen, n.net_fen, n.made_at, n.town_fen,
           o.number as order_number, count(*) over () as total
      from provider_entry n
      left join refund r on r.id = n.refund_id
      left join payment p on p.id = coalesce(n.payment_id, r.payment_id)
      left join customer_order o on o.id = p.order_id
     where n.payout_id = :payout order by n.made_at, n.id limit :limit offset :offset
    """
)


def _whole(total: Any) -> ColumnElement[int]:
    """A sum as a whole number, 0 of nothing."""
    return cast(func.coalesce(total, 0), BigInteger)
