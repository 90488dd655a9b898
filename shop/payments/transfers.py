"""Orders paid by bank transfer: a line of the bank statement is the proof."""

from __future__ import annotations

from datetime import date, datetime

from flask_babel import gettext as _
from sqlalchemy import select, update

from shop.core import activity, clock
from shop.core.db import insert_rows, session
from shop.core.errors import Conflict, Refused
from shop.core.money import format_yuan
from shop.core.text import clean_line
from shop.orders import settling, states
from shop.payments.models import BankStatementLine, Payment
from shop.payments.provider.models import ProviderPayout


def record_transfer(
    order_id: int,
    reference: str,
    booked_on: date,
    amount_fen: int,
    *,
    cooperative_id: int | None = None,
    payer: str = "",
    note: str = "",
    by: int | None = None,
    at: datetime | None = None,
) -> int:
    """Book a statement line, the payment it is, and the order as paid; returns the payment's id.

    `reference` is the bank's for this line, unique per account: `cooperative_id` says whose, None the town's. The same line
    again returns the first payment. `at` is when the money came (default: now; for history, within booked_on); its Shanghai
    day is the day of sale. Raises NotFound, Refused (amount), Conflict (line used for another order, order paid or sold out).
    """
    reference = clean_line(reference, label=_("流水号"), max_length=100)
    order = settling.lock_order(order_id)
    key = key_of(cooperative_id, reference)
    used = session().execute(select(Payment.id, Payment.order_id).where(Payment.key == key)).one_or_none()
    if used is not None:
        if used.order_id == order_id:
            return int(used.id)
        raise Conflict(_("这条流水已经对上了另一张订单"))
    if amount_fen != order.total_fen:
        raise Refused(
            _(
                "到账 %(came)s 与订单应付 %(due)s 不一致，不能直接确认",
                came=format_yuan(amount_fen),
                due=format_yuan(order.total_fen),
            ),
            field="amount",
        )
    moment = at or clock.now()
    if not settling.pay(order_id, moment, pay_method="transfer", actor_id=by):
        _late(order_id, order.state, moment, by)
    payment = {
        "order_id": order_id,
        "method": "transfer",
        "key": key,
        "amount_fen": amount_fen,
        "state": "succeeded",
        "succeeded_at": moment,
    }
    payment_id = int(insert_rows(Payment, [payment], "id")[0])
    line: dict[str, object] = {
        "cooperative_id": cooperative_id,
        "reference": reference,
        "booked_on": booked_on,
        "amount_fen": amount_fen,
        "payer": clean_line(payer, label=_("付款人"), max_length=100, required=False),
        "note": clean_line(note, label=_("备注"), max_length=200, required=False),
        "payment_id": payment_id,
    }
    _match(line)
    activity.record(
        "payment.transfer",
        "order",
        order_id,
        after={"payment": payment_id, "reference": reference, "amount_fen": amount_fen},
        actor_id=by,
    )
    return payment_id


def key_of(cooperative_id: int | None, reference: str) -> str:
    """What makes a line of a bank statement pay once."""
    return f"transfer:{cooperative_id or 'town'}:{reference}"


def _late(order_id: int, state: str, moment: datetime, by: int | None) -> None:
    if state == states.PAID:
        raise Conflict(_("这张订单已经付过款，这笔转账请退回或对到别的订单"))
    if not settling.revive(order_id, moment, pay_method="transfer", actor_id=by):
        raise Conflict(_("这张订单已关闭，货也已售完，请把这笔转账退回付款人"))


def _match(line: dict[str, object]) -> None:
    """An imported line that was waiting is matched; otherwise it is entered now. Raises Conflict for a payout's line."""
    payout = (
        select(ProviderPayout.id)
        .join(BankStatementLine, BankStatementLine.id == ProviderPayout.statement_line_id)
        .where(
            BankStatementLine.cooperative_id.is_not_distinct_from(line["cooperative_id"]),
            BankStatementLine.reference == line["reference"],
        )
    )
    if session().scalar(payout) is not None:
        raise Conflict(_("这条流水已经对上了另一笔款"))
    matched = (
        session()
        .execute(
            update(BankStatementLine)
            .where(
                BankStatementLine.cooperative_id.is_not_distinct_from(line["cooperative_id"]),
                BankStatementLine.reference == line["reference"],
                BankStatementLine.payment_id.is_(None),
            )
            .values(payment_id=line["payment_id"])
            .returning(BankStatementLine.id)
            .execution_options(synchronize_session=False)
        )
        .scalar()
    )
    if matched is None:
        insert_rows(BankStatementLine, [line])
