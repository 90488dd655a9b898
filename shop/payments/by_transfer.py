"""Paying by bank transfer: the code that the buyer writes on it, and what each line of the bank's statement does to its order.

Lines with the code add up. Enough pays the order; what is too much, too late or twice stands as a refund at once and is sent
back by hand (payments.repaying). The payment's row and its code exist before any money moves.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Row, func, select, update

from shop.cooperatives.ledger.accounts import Account
from shop.cooperatives.ledger.closing import open_days
from shop.cooperatives.ledger.models import LedgerEntry, LedgerTransaction
from shop.cooperatives.ledger.posting import Entry, Posting, post
from shop.cooperatives.people.models import Cooperative
from shop.core import activity, clock, faults
from shop.core.db import insert_rows, session, transaction
from shop.core.errors import Conflict, NotFound, Refused
from shop.core.numbers import fold
from shop.orders import states
from shop.orders.models import Order, Suborder
from shop.orders.moving import tell
from shop.orders.settling import lock_order
from shop.payments import changing, paying
from shop.payments.models import BankStatementLine, Payment
from shop.payments.transfer_rest import OPEN, came, send_back

PREFIX = "XC"
_CODE = re.compile(rf"{PREFIX}([0-9]{{9}})(?![0-9])")
_GAPS = re.compile(r"[\s\-_.:：]+")


@dataclass(frozen=True, slots=True)
class Payee:
    """Where the money goes: the seller's own account."""

    cooperative_id: int
    holder: str
    bank: str
    account: str


@dataclass(frozen=True, slots=True)
class Slip:
    """What the buyer needs for the transfer; fen of the order, of what came so far, and of what is missing."""

    payee: Payee
    code: str
    due_fen: int
    came_fen: int

    @property
    def missing_fen(self) -> int:
        return self.due_fen - self.came_fen


def payee_of(order_id: int) -> Payee | None:
    """The account for this order's transfer; None where several cooperatives sell, or the one has none. One statement."""
    rows = session().execute(
        select(Cooperative.id, Cooperative.bank_holder, Cooperative.bank_name, Cooperative.bank_account)
        .join(Suborder, Suborder.cooperative_id == Cooperative.id)
        .where(Suborder.order_id == order_id)
    ).all()  # fmt: skip
    if len(rows) != 1 or not rows[0].bank_account:
        return None
    return Payee(*rows[0])


def slip_of(order_id: int) -> Slip | None:
    """The open transfer of an order, or None. Three statements."""
    open_one = session().execute(
        select(Payment.id, Payment.key, Payment.amount_fen)
        .where(Payment.order_id == order_id, Payment.method == "transfer", Payment.state.in_(OPEN))
    ).one_or_none()  # fmt: skip
    payee = payee_of(order_id) if open_one else None
    if open_one is None or payee is None:
        return None
    return Slip(payee, open_one.key, open_one.amount_fen, came(open_one.id))


def choose(number: str, buyer_id: int) -> None:
    """Pay this order by transfer: its checkout is closed, and the goods are held for seven days from the order on.

    Asking again changes nothing. Call it outside transaction(). Raises NotFound, Refused (several cooperatives, no account),
    Conflict (paid, closed, or a payment of another kind is under way).
    """
    order_id, busy = changing.close_checkout(number, buyer_id)
    with transaction():
        order = changing.clear_way(order_id, "transfer", busy)
        if order is None:
            return
        if payee_of(order_id) is None:
            raise Refused(_("这张订单不能对公转账：只有一个合作社的订单、并且它登记了收款账户，才可以"))
        row = {
            "order_id": order_id, "method": "transfer", "key": f"{PREFIX}{secrets.randbelow(10**9):09d}",
            "amount_fen": order.total_fen, "state": "pending",
        }  # fmt: skip
        insert_rows(Payment, [row])
        changing.wait_for_transfer(order)


def slips_of(buyer_id: int) -> list[tuple[str, datetime | None, Slip]]:
    """(order number, held until, slip) of every open transfer of a buyer, oldest first. One statement."""
    some = func.coalesce(func.sum(BankStatementLine.amount_fen).filter(BankStatementLine.amount_fen > 0), 0)
    rows = session().execute(
        select(
            Order.number, Order.expires_at, Payment.key, Payment.amount_fen, some.label("came"), Cooperative.id,
            Cooperative.bank_holder, Cooperative.bank_name, Cooperative.bank_account,
        )
        .join(Payment, Payment.order_id == Order.id)
        .join(Suborder, Suborder.order_id == Order.id)
        .join(Cooperative, Cooperative.id == Suborder.cooperative_id)
        .outerjoin(BankStatementLine, BankStatementLine.payment_id == Payment.id)
        .where(
            Order.buyer_id == buyer_id, Order.state == states.PENDING, Payment.method == "transfer", Payment.state.in_(OPEN)
        )
        .group_by(Order.id, Payment.id, Cooperative.id)
        .order_by(Order.id)
    )  # fmt: skip
    return [
        (row.number, row.expires_at, Slip(Payee(*row[5:9]), row.key, row.amount_fen, int(row.came)))
        for row in rows
    ]


def match(line_ids: Sequence[int], by: int) -> list[int]:
    """Give each line with exactly one known code to its order; others wait for a person. Returns orders that are paid now.

    Inside the caller's transaction; orders are locked in id order, so that two imports never wait crosswise.
    """
    lines = session().execute(
        select(BankStatementLine.id, BankStatementLine.note, BankStatementLine.payer, BankStatementLine.cooperative_id)
        .where(BankStatementLine.id.in_(line_ids), BankStatementLine.amount_fen > 0, BankStatementLine.payment_id.is_(None))
    ).all()  # fmt: skip
    coded = {line.id: codes_in(line.note) | codes_in(line.payer) for line in lines}
    wanted = {code for codes in coded.values() if len(codes) == 1 for code in codes}
    if not wanted:
        return []
    known = {
        (row.key, row.cooperative_id): row
        for row in session().execute(
            select(Payment.key, Payment.id, Payment.order_id, Suborder.cooperative_id)
            .join(Suborder, Suborder.order_id == Payment.order_id)
            .where(Payment.key.in_(wanted), Payment.method == "transfer")
        )
    }
    pairs = []
    for line in lines:
        if len(coded[line.id]) == 1:
            found = known.get((next(iter(coded[line.id])), line.cooperative_id))
            if found is not None:
                pairs.append((found.order_id, line.id, found.id))
    paid = [
        order_id
        for order_id, line_id, payment_id in sorted(pairs)
        if _take(order_id, payment_id, line_id, by)
    ]
    return sorted(set(paid))


def assign(line_id: int, cooperative_id: int, number: str, by: int) -> list[int]:
    """A person says which order a line is for, by the order's number; returns the order where it is paid now.

    Raises Refused (unknown number, order without a transfer), NotFound (line), Conflict (line is taken).
    """
    line = session().execute(
        select(BankStatementLine.amount_fen)
        .where(BankStatementLine.id == line_id, BankStatementLine.cooperative_id == cooperative_id)
    ).one_or_none()  # fmt: skip
    if line is None:
        raise NotFound(_("没有找到这条银行流水"))
    if line.amount_fen <= 0:
        raise Refused(_("这是付出去的钱，不能对到订单上"))
    found = session().execute(
        select(Payment.id, Payment.order_id)
        .join(Order, Order.id == Payment.order_id)
        .join(Suborder, Suborder.order_id == Order.id)
        .where(
            Order.number == fold(number).strip(), Suborder.cooperative_id == cooperative_id,
            Payment.method == "transfer", Payment.key.startswith(PREFIX),
        )
        .order_by(Payment.state.in_(("pending", "succeeded")).desc(), Payment.id.desc())
        .limit(1)
    ).one_or_none()  # fmt: skip
    if found is None:
        raise Refused(_("没有找到选了对公转账的这张订单，请核对订单号"), field="order")
    return [found.order_id] if _take(found.order_id, found.id, line_id, by) else []


def codes_in(text: str) -> set[str]:
    """Codes written in a note, however the bank spaced them."""
    return {PREFIX + digits for digits in _CODE.findall(_GAPS.sub("", fold(text)).upper())}


def _take(order_id: int, payment_id: int, line_id: int, by: int) -> bool:
    """Under the order's lock: the line becomes this payment's and is booked; True where that pays the order."""
    order = lock_order(order_id)
    line = session().execute(
        update(BankStatementLine)
        .where(BankStatementLine.id == line_id, BankStatementLine.payment_id.is_(None))
        .values(payment_id=payment_id)
        .returning(
            BankStatementLine.id, BankStatementLine.cooperative_id, BankStatementLine.amount_fen,
            BankStatementLine.booked_on, BankStatementLine.reference,
        )
        .execution_options(synchronize_session=False)
    ).one_or_none()  # fmt: skip
    if line is None:
        raise Conflict(_("这条流水已经对上了另一笔款"))
    _book(line, by)
    faults.point("by_transfer:booked")
    payment = (
        session()
        .execute(select(Payment.state, Payment.amount_fen, Payment.key).where(Payment.id == payment_id))
        .one()
    )
    activity.record(
        "payment.transfer_line", "order", order_id, cooperative_id=line.cooperative_id, actor_id=by,
        after={"payment": payment_id, "line": line_id, "amount_fen": line.amount_fen},
    )  # fmt: skip
    at = clock.now()
    total = came(payment_id)
    if payment.state == "pending" and total < payment.amount_fen:
        tell("transfer_part", [(order_id, None)], actor_id=by)
        return False
    late_whole = payment.state == "expired" and line.amount_fen >= payment.amount_fen
    if payment.state != "pending" and not late_whole:
        reason = "double_payment" if order.state == states.PAID else "late_payment"
        send_back(order_id, f"line:{line_id}", line.amount_fen, at, reason)
        return False
    arrived = paying.succeed(payment_id, paying.Receipt(payment.amount_fen, "cny", at))
    over = (line.amount_fen if late_whole else total) - payment.amount_fen
    if over:
        send_back(order_id, f"over:{payment.key}", over, at, "overpaid")
    return arrived.outcome in ("paid", "revived")


def _book(line: Row[*tuple[Any, ...]], by: int) -> None:
    """Dr 102, Cr 113 transfer, once a line; one that a person booked as a transfer before is booked. Raises Conflict."""
    key = f"statement:{line.id}"
    day = open_days([(line.cooperative_id, line.booked_on)])[line.cooperative_id, line.booked_on]
    entries = (Entry(Account.BANK, line.amount_fen), Entry(Account.CLEARING_TRANSFER, -line.amount_fen))
    new = post(
        [Posting(
            line.cooperative_id, "receipt", key, day, "bank_statement_line", line.id, entries,
            memo=f"转账到账 {line.reference}", posted_by=by,
        )]
    )  # fmt: skip
    if new:
        return
    account = session().scalar(
        select(LedgerEntry.account)
        .join(LedgerTransaction, LedgerTransaction.id == LedgerEntry.transaction_id)
        .where(LedgerTransaction.key == key, LedgerEntry.fen < 0)
    )
    if account != str(Account.CLEARING_TRANSFER):
        raise Conflict(_("这条流水已经按别的来源入过账，不能再对到订单上"))
