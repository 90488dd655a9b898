"""A payment that arrived and came back later (退汇): booked back, never edited; what it paid is due again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, select, update

from shop.cooperatives.income import lifecycle
from shop.cooperatives.income import settlement_approval as settlements
from shop.cooperatives.ledger.closing import open_days
from shop.cooperatives.ledger.models import LedgerTransaction
from shop.cooperatives.ledger.posting import Posting, entries_of, post, reversing
from shop.core import activity, clock, faults
from shop.core.db import insert_rows, session
from shop.core.errors import Conflict, NotFound, Refused
from shop.core.text import N_, clean_line
from shop.payments import paying_out, payouts
from shop.payments.payout_models import Payout, PayoutReturn

KIND = "payout_return"
STATE = "returned"


@dataclass(frozen=True, slots=True)
class Return:
    """What the bank says of it."""

    reason: str
    returned_on: date
    bank_reference: str = ""


def key(payout_id: int) -> str:
    """Key of its posting: a payment comes back once."""
    return f"payout_return:{payout_id}"


def record(batch_id: int, payout_id: int, cooperative_id: int, told: Return, by: int) -> None:
    """One payment of a batch came back, as a person read it off the bank's paper.

    Raises Refused (no reason, a day before it was paid or in the future), Conflict when it did not arrive or came back
    before, NotFound.
    """
    reason = clean_line(told.reason, label=N_("退回原因"), max_length=200)
    reference = clean_line(told.bank_reference, label=N_("银行流水号"), max_length=60, required=False)
    batch = payouts.lock(batch_id, cooperative_id)
    row = session().execute(
        select(Payout).where(Payout.id == payout_id, Payout.batch_id == batch_id).with_for_update()
    ).scalar_one_or_none()  # fmt: skip
    if row is None:
        raise NotFound(N_("没有找到这笔付款"))
    if row.state != "paid" or row.paid_at is None:
        raise Conflict(N_("只有付成的款才会退回；这一笔的状态已经变了，请刷新"))
    if told.returned_on > clock.today():
        raise Refused(N_("退回日期不能在今天之后"), "returned_on")
    if told.returned_on < clock.shanghai_day(row.paid_at):
        raise Refused(N_("退回日期不能早于付成的日期"), "returned_on")
    take_back(batch, {row.id: Return(reason, told.returned_on, reference)}, by)


def take_back(batch: Row[*tuple[Any, ...]], told: Mapping[int, Return], by: int | None) -> None:
    """The counter-entries of paid payments (id → what the bank said), and their lines due again. Call it under the lock."""
    insert_rows(
        PayoutReturn,
        [
            {
                "payout_id": payout_id, "cooperative_id": batch.cooperative_id, "returned_on": said.returned_on,
                "reason": said.reason, "bank_reference": said.bank_reference, "recorded_by": by,
            }
            for payout_id, said in told.items()
        ],
    )  # fmt: skip
    faults.point("returned.noted")
    _book_back(batch, told, by)
    for payout_id, said in told.items():
        session().execute(
            update(Payout)
            .where(Payout.id == payout_id)
            .values(state=STATE, failure=said.reason)
            .execution_options(synchronize_session=False)
        )
    _reopen(batch, told, by)
    for payout_id, said in told.items():
        activity.record(
            "payout.returned", "payout", payout_id, cooperative_id=batch.cooperative_id, actor_id=by,
            after={"reason": said.reason, "returned_on": said.returned_on.isoformat()},
        )  # fmt: skip


def _book_back(batch: Row[*tuple[Any, ...]], told: Mapping[int, Return], by: int | None) -> None:
    wanted = [(batch.cooperative_id, said.returned_on) for said in told.values()]
    days = open_days(wanted)
    keys = [paying_out.key(payout_id) for payout_id in told]
    posted = select(LedgerTransaction.source_id, LedgerTransaction.id).where(LedgerTransaction.key.in_(keys))
    booked = {row.source_id: row.id for row in session().execute(posted)}
    entries = entries_of(list(booked.values()))
    postings = [
        Posting(
            batch.cooperative_id, KIND, key(payout_id), days[batch.cooperative_id, told[payout_id].returned_on],
            "payout", payout_id, reversing(entries[transaction_id]), memo=told[payout_id].reason, posted_by=by,
            reverses_id=transaction_id,
        )
        for payout_id, transaction_id in booked.items()
    ]  # fmt: skip
    if len(booked) != len(told) or len(post(postings)) != len(postings):
        raise Conflict(N_("这笔付款已经退回入账，请刷新"))


def _reopen(batch: Row[*tuple[Any, ...]], told: Mapping[int, Return], by: int | None) -> None:
    lines = session().scalars(
        select(Payout.settlement_line_id).where(
            Payout.id.in_(list(told)), Payout.settlement_line_id.is_not(None)
        )
    )
    waiting = [line_id for line_id in lines if line_id is not None]
    if waiting:
        settlements.move_lines(waiting, (settlements.PAID,), settlements.FAILED)
        settlements.reopen(batch.settlement_id)
    elif batch.distribution_id is not None:
        head = lifecycle.lock(batch.distribution_id, {batch.cooperative_id})
        if head.state == "paid":
            lifecycle.move(head, "reopen", by, batch.number)
