"""The year's settlements as the deeds make them, and the payments of January to October as the bank would have made them."""

from __future__ import annotations

import hashlib
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select, text, update

from shop.commands.demo.dice import Dice
from shop.commands.demo.figures import YEAR
from shop.commands.demo.written import Written
from shop.cooperatives.income import settlement, settlement_approval
from shop.cooperatives.income.models import Settlement, SettlementLine
from shop.cooperatives.people.models import Household
from shop.cooperatives.produce.models import Supplier
from shop.core import clock
from shop.core.db import insert_rows, session
from shop.payments import bankfile, paying_out, payouts, sending
from shop.payments.payout_models import BankAnswer, PayeeAccount, Payout, PayoutBatch

PAID_MONTHS = range(1, 11)  # November and December are still owed at the year's end
PAYOUT_DAY = 18  # of the month after: the return window is over
BANK = "茅箭农村商业银行（演示）"
ACCOUNTS_FROM = datetime(YEAR, 1, 3, 2, tzinfo=clock.SHANGHAI)
_PAID_LINES = text(
    """
    update settlement_line set state = 'paid' where id in (select settlement_line_id from payout where batch_id = any(:batches))
    """
)


def settle_and_pay(written: Written) -> None:
    """Every month computed by the manager and approved by the chair; until October the bank has paid what was due."""
    for village, cooperative_id in written.cooperatives.items():
        manager, chair = written.managers[village], written.chairs[village]
        months = {
            month: _settle(cooperative_id, f"{YEAR}-{month:02d}", manager, chair) for month in range(1, 13)
        }
        accounts = _open_accounts(cooperative_id, written.town.number, manager, chair)
        batches = []
        for month in PAID_MONTHS:
            batch_id = _pay(
                cooperative_id, months[month], date(YEAR, month + 1, PAYOUT_DAY), accounts, manager, chair
            )
            batches += [] if batch_id is None else [batch_id]
        session().execute(_PAID_LINES, {"batches": batches})
        for settlement_id in months.values():
            settlement_approval.close_if_paid(settlement_id)


def _settle(cooperative_id: int, period: str, manager: int, chair: int) -> int:
    settlement_id = settlement.compute_month(cooperative_id, period, manager)
    settlement_approval.approve(settlement_id, cooperative_id, chair)
    approved = clock.day_range(clock.shanghai_day(clock.month_range(period).end)).start + timedelta(hours=10)
    session().execute(
        update(Settlement)
        .where(Settlement.id == settlement_id)
        .values(approved_at=approved, computed_at=approved - timedelta(hours=1))
        .execution_options(synchronize_session=False)
    )
    return settlement_id


def _open_accounts(
    cooperative_id: int, town: int, manager: int, chair: int
) -> dict[tuple[int | None, int | None], int]:
    """(household, supplier) → an invented account of everybody with a line, in force since January."""
    parties = session().execute(
        select(SettlementLine.household_id, SettlementLine.supplier_id, Household.head_name, Supplier.name)
        .outerjoin(Household, Household.id == SettlementLine.household_id)
        .outerjoin(Supplier, Supplier.id == SettlementLine.supplier_id)
        .where(SettlementLine.cooperative_id == cooperative_id)
        .distinct()
        .order_by(SettlementLine.household_id, SettlementLine.supplier_id)
    ).all()  # fmt: skip
    dice = Dice(cooperative_id, town, "accounts")
    rows = []
    for party in parties:
        number = f"62284804{dice.between(10**10, 10**11 - 1)}"
        rows.append(
            {
                "cooperative_id": cooperative_id, "household_id": party.household_id, "supplier_id": party.supplier_id,
                "holder": party.head_name or party.name, "bank": BANK, "account": number, "last_four": number[-4:],
                "requested_by": manager, "requested_at": ACCOUNTS_FROM, "approved_by": chair, "approved_at": ACCOUNTS_FROM,
                "effective_at": ACCOUNTS_FROM + timedelta(days=1),
            }
        )  # fmt: skip
    ids = insert_rows(PayeeAccount, rows, "id")
    return {(party.household_id, party.supplier_id): payee for party, payee in zip(parties, ids, strict=True)}


def _pay(
    cooperative_id: int, settlement_id: int, day: date,
    accounts: dict[tuple[int | None, int | None], int], manager: int, chair: int,
) -> int | None:  # fmt: skip
    """One month's batch, sent and answered on a day; its postings. None where nothing was due."""
    lines = settlement_approval.payable_lines(settlement_id)
    if not lines:
        return None
    at = datetime.combine(day, time(10), tzinfo=clock.SHANGHAI)
    batch_id = _batch(cooperative_id, settlement_id, lines, at, accounts, manager, chair)
    batch: Any = payouts.lock(batch_id, cooperative_id)
    body = bankfile.write(bankfile.BUILT_IN["csv"], sending.rows_of(batch), batch.made_at)
    session().execute(
        update(PayoutBatch)
        .where(PayoutBatch.id == batch_id)
        .values(file_sha256=hashlib.sha256(body).hexdigest())
        .execution_options(synchronize_session=False)
    )
    answer = {
        "batch_id": batch_id, "cooperative_id": cooperative_id, "paid": len(lines), "failed": 0, "imported_by": manager,
        "file_sha256": hashlib.sha256(f"answer to {batch.number}".encode()).hexdigest(), "imported_at": at + timedelta(hours=6),
    }  # fmt: skip
    insert_rows(BankAnswer, [answer])
    paid = (
        session()
        .execute(select(*Payout.__table__.c).where(Payout.batch_id == batch_id).order_by(Payout.seq))
        .all()
    )
    paying_out.book(batch, paid, manager, on=day)
    return batch_id


def _batch(
    cooperative_id: int, settlement_id: int, lines: Any, at: datetime,
    accounts: dict[tuple[int | None, int | None], int], manager: int, chair: int,
) -> int:  # fmt: skip
    head = {
        "cooperative_id": cooperative_id, "number": f"FK{cooperative_id}-{at:%Y%m}-001", "source": "settlement",
        "settlement_id": settlement_id, "state": "closed", "total_fen": sum(line.due_fen for line in lines),
        "made_by": manager, "made_at": at - timedelta(hours=2), "approved_by": chair, "approved_at": at - timedelta(hours=1),
        "sent_at": at,
    }  # fmt: skip
    batch_id = int(insert_rows(PayoutBatch, [head], "id")[0])
    insert_rows(
        Payout,
        [
            {
                "batch_id": batch_id, "cooperative_id": cooperative_id, "seq": seq, "household_id": line.household_id,
                "member_id": line.member_id, "supplier_id": line.supplier_id, "settlement_line_id": line.id,
                "payee_account_id": accounts[line.household_id, line.supplier_id], "amount_fen": line.due_fen, "state": "paid",
                "bank_reference": f"{at:%Y%m%d}{seq:06d}", "paid_at": at + timedelta(hours=6),
            }
            for seq, line in enumerate(lines, 1)
        ],
    )  # fmt: skip
    return batch_id
