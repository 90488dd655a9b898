"""Payments in cash, for households without an account: handed out against a list that they signed."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Row, select, update

from shop.cooperatives.income import settlement_approval as settlements
from shop.cooperatives.ledger.accounts import Account
from shop.cooperatives.ledger.queries import balance
from shop.core import activity, clock, faults, pictures
from shop.core.db import session
from shop.core.errors import Conflict, Refused
from shop.core.money import format_yuan
from shop.core.text import N_
from shop.payments import paying_out, payouts
from shop.payments.payout_models import Payout, PayoutBatch

SUBJECT = "payout_batch"  # of the signed list
NOT_COLLECTED = N_("没有来领")


def hand_out(
    batch_id: int, cooperative_id: int, collected: Collection[int], signed: pictures.Paper, by: int
) -> tuple[int, int]:
    """Book what was collected (payment ids) and make the rest due again; returns how many of each.

    Raises Conflict for a batch that is not approved or not in cash, Refused for nobody, a foreign payment, or more than
    the books hold in cash.
    """
    batch = payouts.lock(batch_id, cooperative_id)
    if batch.method != payouts.CASH or batch.state != payouts.APPROVED:
        raise Conflict(N_("只有批准了、还没发放的现金批次才能登记发放"))
    rows = _waiting(batch_id)
    known = {row.id for row in rows}
    if not collected:
        raise Refused(N_("请勾选已经领款签字的户"), "collected")
    if set(collected) - known:
        raise Refused(N_("勾选的户不在这批里，请刷新后重新勾选"), "collected")
    paid = [row for row in rows if row.id in collected]
    _refuse_more_than_held(cooperative_id, sum(row.amount_fen for row in paid))
    pictures.store(signed, subject_type=SUBJECT, subject_id=batch_id, cooperative_id=cooperative_id, by=by)
    _mark_handed_out(batch_id)
    paying_out.book(batch, paid, by)
    faults.point("cash.booked")
    now = clock.now()
    _set(paid, {"state": "paid", "paid_at": now}, settlements.PAID)
    rest = [row for row in rows if row.id not in collected]
    _set(rest, {"state": "failed", "failure": NOT_COLLECTED}, settlements.FAILED)
    paying_out.close(batch, by)
    activity.record(
        "payout.handed_out", "payout_batch", batch_id, cooperative_id=cooperative_id, actor_id=by,
        after={"paid": len(paid), "failed": len(rest)},
    )  # fmt: skip
    return len(paid), len(rest)


def _refuse_more_than_held(cooperative_id: int, fen: int) -> None:
    cash = balance(cooperative_id, Account.CASH)
    if fen > cash:
        raise Refused(
            "账上现金只有 %(cash)s，不够发 %(fen)s：先把提现记一张凭证（借 101 库存现金，贷 102 银行存款）",
            cash=format_yuan(cash),
            fen=format_yuan(fen),
        )


def _waiting(batch_id: int) -> list[Row[*tuple[Any, ...]]]:
    return list(
        session().execute(
            select(
                Payout.id, Payout.seq, Payout.amount_fen, Payout.settlement_line_id, Payout.distribution_line_id,
                Payout.member_id, Payout.household_id, Payout.supplier_id,
            )
            .where(Payout.batch_id == batch_id, Payout.state == "waiting")
            .order_by(Payout.seq)
            .with_for_update()
        )
    )  # fmt: skip


def _mark_handed_out(batch_id: int) -> None:
    session().execute(
        update(PayoutBatch)
        .where(PayoutBatch.id == batch_id)
        .values(state=payouts.SENT, sent_at=clock.now())
        .execution_options(synchronize_session=False)
    )


def _set(rows: Collection[Row[*tuple[Any, ...]]], values: dict[str, Any], line_state: str) -> None:
    if not rows:
        return
    session().execute(
        update(Payout)
        .where(Payout.id.in_([row.id for row in rows]))
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    lines = [row.settlement_line_id for row in rows if row.settlement_line_id is not None]
    if lines:
        settlements.move_lines(lines, (settlements.PAYING,), line_state)
