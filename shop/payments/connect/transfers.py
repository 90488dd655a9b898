"""Sending each suborder's money on to its cooperative's own account at the provider, and taking refunds' parts back.

The amount is the suborder's share of the charge's entry: what the buyer paid for it less its part of the fee, so that nothing
of it stays behind. Rows with their keys exist before the provider is asked; the sweep finds its work in them.

A refund goes to the buyer first and is taken back from the cooperative after: the buyer never waits for what a cooperative
still holds. Where that is too little, its books say that it owes the difference (113 provider below zero), and it is asked
again every day.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Row, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from shop.core import clock, faults
from shop.core.db import session, transaction
from shop.orders.models import Order, Suborder
from shop.payments import gateway
from shop.payments.connect import gateway as connect_gateway
from shop.payments.connect import hearing as connect_hearing
from shop.payments.connect.gateway import Sending
from shop.payments.connect.models import ConnectedAccount, ConnectReversal, ConnectTransfer
from shop.payments.models import Refund
from shop.payments.refunding import KEY_LIFE

log = structlog.get_logger()

ASK_AGAIN_AFTER = timedelta(days=1)
BATCH = 50
_MAKE = text(
    """
    insert into connect_transfer (suborder_id, cooperative_id, payment_id, account_id, charge_ref, amount_fen, key)
    select u.id, u.cooperative_id, p.id, a.id, n.source_ref, h.fen, 'transfer-' || n.source_ref || '-' || u.id
      from provider_entry n join provider_share h on h.entry_id = n.id and h.fen > 0
      join payment p on p.id = n.payment_id and p.state = 'succeeded'
      join suborder u on u.order_id = p.order_id and u.cooperative_id = h.cooperative_id
      join lateral (select c.id from connected_account c
                     where c.cooperative_id = h.cooperative_id and c.effective_at <= p.succeeded_at and c.ended_at is null
                     order by c.effective_at desc, c.id desc limit 1) a on true
     where n.kind in ('charge', 'payment') and n.payout_id is null and n.made_at > now() - interval '30 days'
       and not exists (select 1 from connect_transfer t where t.suborder_id = u.id)
     order by u.id
    on conflict do nothing
    """
)
# What a payout has taken is no longer there to be sent: it would be other cooperatives' money.
_GONE = text(
    """
    update connect_transfer t set state = 'failed', failure = 'paid_out', changed_at = now()
     where t.state in ('created', 'failed') and t.failure is distinct from 'paid_out'
       and exists (select 1 from provider_entry n where n.payment_id = t.payment_id and n.kind in ('charge', 'payment')
                      and n.payout_id is not null)
    """
)
PAID_OUT = "paid_out"


def send_all() -> None:
    """Make, send and take back whatever is due; stops when the provider does not answer. Call it outside transaction()."""
    with transaction():
        if session().scalar(select(ConnectedAccount.id).limit(1)) is None:
            return
        session().execute(_MAKE)
        session().execute(_GONE)
    faults.point("connect:made")
    with transaction():
        transfers = _due(ConnectTransfer)
    try:
        for transfer_id in transfers:
            send(transfer_id)
        with transaction():
            refunded = _to_take_back()
        for pair in refunded:
            with transaction():
                make_reversal(*pair)
        faults.point("connect:reversals_made")
        with transaction():
            reversals = _due(ConnectReversal)
        for reversal_id in reversals:
            take_back(reversal_id)
    except gateway.ProviderDown:
        return


def send(transfer_id: int) -> None:
    """Ask for one transfer; asking twice sends once. Raises ProviderDown: the row stays and is sent later."""
    with transaction():
        _again(ConnectTransfer, transfer_id)
        row = session().execute(
            select(
                ConnectTransfer.key, ConnectTransfer.tries, ConnectTransfer.changed_at, ConnectTransfer.charge_ref,
                ConnectTransfer.amount_fen, ConnectedAccount.account_ref, Order.number,
            )
            .join(ConnectedAccount, ConnectedAccount.id == ConnectTransfer.account_id)
            .join(Suborder, Suborder.id == ConnectTransfer.suborder_id)
            .join(Order, Order.id == Suborder.order_id)
            .where(
                ConnectTransfer.id == transfer_id, ConnectTransfer.state == "created", ConnectedAccount.ended_at.is_(None)
            )
        ).one_or_none()  # fmt: skip
    if row is None:
        return
    faults.point("connect:asking")
    wanted = Sending(transfer_id, row.number, row.account_ref, row.charge_ref, row.amount_fen)
    try:
        ref = (
            connect_gateway.sent_of(row.number).get(str(transfer_id)) if _may_be_known(row) else None
        ) or connect_gateway.send(wanted, _key(row))
    except gateway.ProviderRefused as error:
        _refused(ConnectTransfer, transfer_id, error)
        return
    faults.point("connect:answered")
    with transaction():
        connect_hearing.transfer_sent(transfer_id, ref, row.amount_fen)


def _to_take_back() -> list[tuple[int, int]]:
    """(transfer, refund) for every refund that the provider was asked for, of a suborder whose money was sent on."""
    made = select(ConnectReversal.id).where(ConnectReversal.refund_id == Refund.id)
    rows = session().execute(
        select(ConnectTransfer.id, Refund.id.label("refund_id"))
        .join(
            ConnectTransfer,
            (ConnectTransfer.suborder_id == Refund.suborder_id)
            & (ConnectTransfer.payment_id == Refund.payment_id),
        )
        .where(
            ConnectTransfer.state == connect_hearing.SENT,
            Refund.state.in_(("pending", "succeeded")),
            Refund.provider_ref.is_not(None),
            Refund.provider_ref.not_like("transfer:%"),  # paid back from the cooperative's bank instead
            ~made.exists(),
        )
        .order_by(Refund.id)
        .limit(BATCH)
    )
    return [(row.id, row.refund_id) for row in rows]


def make_reversal(transfer_id: int, refund_id: int) -> None:
    """The row for one refund's part, never more than is left of what was sent; once a refund."""
    transfer = session().execute(
        select(ConnectTransfer.amount_fen, ConnectTransfer.cooperative_id)
        .where(ConnectTransfer.id == transfer_id)
        .with_for_update(key_share=True)
    ).one()  # fmt: skip
    back = session().scalar(
        select(func.coalesce(func.sum(ConnectReversal.amount_fen), 0)).where(
            ConnectReversal.transfer_id == transfer_id
        )
    )
    refund = session().execute(select(Refund.key, Refund.amount_fen).where(Refund.id == refund_id)).one()
    fen = min(refund.amount_fen, transfer.amount_fen - int(back or 0))
    if fen > 0:
        values = {
            "transfer_id": transfer_id, "cooperative_id": transfer.cooperative_id, "refund_id": refund_id,
            "amount_fen": fen, "key": f"reversal-{refund.key}",
        }  # fmt: skip
        session().execute(insert(ConnectReversal).values(values).on_conflict_do_nothing())


def take_back(reversal_id: int) -> None:
    """Ask for one reversal; asking twice takes back once. Raises ProviderDown: the row stays and is asked for later."""
    with transaction():
        _again(ConnectReversal, reversal_id)
        row = session().execute(
            select(
                ConnectReversal.key, ConnectReversal.tries, ConnectReversal.changed_at, ConnectReversal.amount_fen,
                ConnectTransfer.provider_ref,
            )
            .join(ConnectTransfer, ConnectTransfer.id == ConnectReversal.transfer_id)
            .where(ConnectReversal.id == reversal_id, ConnectReversal.state == "created")
        ).one_or_none()  # fmt: skip
    if row is None:
        return
    faults.point("connect:taking_back")
    try:
        ref = (
            connect_gateway.reversals_of(row.provider_ref).get(str(reversal_id))
            if _may_be_known(row)
            else None
        ) or connect_gateway.reverse(row.provider_ref, row.amount_fen, reversal_id, _key(row))
    except gateway.ProviderRefused as error:
        _refused(ConnectReversal, reversal_id, error)
        return
    faults.point("connect:taken_back")
    with transaction():
        connect_hearing.reversal_sent(reversal_id, ref, row.amount_fen)


def _due(model: Any) -> list[int]:
    statement = (
        select(model.id)
        .where((model.state == "created") | _refused_long_ago(model))
        .order_by(model.id)
        .limit(BATCH)
    )
    if model is ConnectTransfer:
        live = select(ConnectedAccount.id).where(
            ConnectedAccount.id == ConnectTransfer.account_id, ConnectedAccount.ended_at.is_(None)
        )
        statement = statement.where(live.exists())
    return list(session().execute(statement).scalars())


def _refused_long_ago(model: Any) -> Any:
    return (
        (model.state == "failed")
        & (model.changed_at < func.now() - ASK_AGAIN_AFTER)
        & model.failure.is_distinct_from(PAID_OUT)
    )


def _again(model: Any, row_id: int) -> None:
    """A refused one gets a new key: the provider answers the old one as before."""
    session().execute(
        update(model)
        .where(model.id == row_id, _refused_long_ago(model))
        .values(state="created", tries=model.tries + 1, changed_at=func.now())
        .execution_options(synchronize_session=False)
    )


def _refused(model: Any, row_id: int, error: gateway.ProviderRefused) -> None:
    log.error("transfer_refused", what=model.__tablename__, row=row_id, code=error.code)
    with transaction():
        session().execute(
            update(model)
            .where(model.id == row_id, model.state == "created")
            .values(state="failed", failure=f"{error.code}: {error}"[:500], changed_at=func.now())
            .execution_options(synchronize_session=False)
        )


def _may_be_known(row: Row[*tuple[Any, ...]]) -> bool:
    """Asked before under another key, or under one that the provider may have forgotten: its list decides."""
    moment: datetime = row.changed_at
    return bool(row.tries) or clock.now() - moment > KEY_LIFE


def _key(row: Row[*tuple[Any, ...]]) -> str:
    return f"{row.key}-{row.tries}" if row.tries else str(row.key)
