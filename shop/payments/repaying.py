"""Refunds that a person hands back: paid by bank transfer or in cash, or failed at the provider. The bank's line is the proof."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Row, or_, select, update

from shop.cooperatives.income import money_back
from shop.cooperatives.people.models import Cooperative, Village
from shop.core import activity, clock
from shop.core.db import insert_rows, session
from shop.core.errors import Conflict, NotFound, Refused
from shop.core.money import format_yuan
from shop.core.text import clean_line
from shop.orders.attributing import CHANNELS
from shop.orders.models import Order, Suborder
from shop.orders.moving import tell
from shop.payments.models import BankStatementLine, Payment, Refund

BY_HAND = or_(Refund.state == "failed", Payment.method != "stripe") & (Refund.state != "succeeded")


def waiting(region_code: str, limit: int = 200) -> Sequence[Row[*tuple[Any, ...]]]:
    """Refunds of this region that wait for somebody's hand, oldest first. One statement.

    Rows: id, amount_fen, state, kind, reason, failure, created_at, method, order_number, part, buyer_label.
    """
    return (
        session()
        .execute(
            select(
                Refund.id, Refund.amount_fen, Refund.state, Refund.kind, Refund.reason, Refund.failure, Refund.created_at,
                Payment.method, Order.number.label("order_number"), Suborder.number.label("part"), Order.buyer_label,
            )
            .join(Payment, Payment.id == Refund.payment_id)
            .join(Order, Order.id == Refund.order_id)
            .outerjoin(Suborder, Suborder.id == Refund.suborder_id)
            .where(BY_HAND, _in_region(region_code))
            .order_by(Refund.id)
            .limit(limit)
        )
        .all()
    )  # fmt: skip


def mark_repaid(
    refund_id: int, reference: str, booked_on: date, *, by: int | None, region_code: str | None = None
) -> bool:
    """Staff saw the money leave: a line of the bank statement (its `reference`), or a cash receipt. False: marked so before.

    A refund that failed at the provider is now paid out of the bank instead: Dr 113 provider, Cr 113 transfer. Raises NotFound,
    Refused (reference, day), Conflict (the provider pays it, or it was paid otherwise, or the line is another payment's).
    """
    reference = clean_line(reference, label=_("流水号"), max_length=100)
    refund = _lock(refund_id, region_code)
    ref = f"{'cash' if refund.method == 'cash' else 'transfer'}:{reference}:{refund_id}"
    if refund.state == "succeeded" and refund.provider_ref == ref:
        return False
    if refund.state == "succeeded" or (refund.method == "stripe" and refund.state != "failed"):
        raise Conflict(_("这笔退款不用手工办理，请刷新页面看最新状态"))
    if not clock.shanghai_day(refund.created_at) <= booked_on <= clock.today():
        raise Refused(_("到账日期要在退款申请之后、今天之前"), field="booked_on")
    if refund.method == "stripe" and refund.suborder_id is not None:
        money_back.book_paid_elsewhere(
            refund.id,
            refund.cooperative_id,
            refund.amount_fen,
            booked_on,
            CHANNELS["online"],
            CHANNELS["transfer"],
            by,
        )
    if refund.method != "cash":
        _out_of_the_bank(refund, reference, booked_on, by)
    session().execute(
        update(Refund)
        .where(Refund.id == refund.id)
        .values(state="succeeded", succeeded_at=clock.now(), provider_ref=ref)
        .execution_options(synchronize_session=False)
    )
    tell(
        "refunded", [(refund.order_id, refund.suborder_id)], actor_id=by, note=format_yuan(refund.amount_fen)
    )
    activity.record(
        "refund.repaid", "refund", refund.id, cooperative_id=refund.cooperative_id, actor_id=by,
        before={"state": refund.state}, after={"reference": reference, "booked_on": booked_on.isoformat()},
    )  # fmt: skip
    return True


def _lock(refund_id: int, region_code: str | None) -> Row[*tuple[Any, ...]]:
    row = (
        session()
        .execute(
            select(
                Refund.id, Refund.order_id, Refund.suborder_id, Refund.payment_id, Refund.amount_fen, Refund.state,
                Refund.provider_ref, Refund.created_at, Payment.method, Suborder.cooperative_id,
            )
            .join(Payment, Payment.id == Refund.payment_id)
            .outerjoin(Suborder, Suborder.id == Refund.suborder_id)
            .where(Refund.id == refund_id, *([] if region_code is None else [_in_region(region_code)]))
            .with_for_update(of=Refund, key_share=True)
        )
        .one_or_none()
    )  # fmt: skip
    if row is None:
        raise NotFound(_("没有找到这笔退款"))
    return row


def _in_region(region_code: str) -> ColumnElement[bool]:
    """A cooperative of this region sold something in the order."""
    part = Suborder.__table__.alias("sold")
    return (
        select(part.c.id)
        .join(Cooperative, Cooperative.id == part.c.cooperative_id)
        .join(Village, Village.id == Cooperative.village_id)
        .where(
            part.c.order_id == Refund.order_id, Village.region_code.startswith(region_code, autoescape=True)
        )
        .correlate(Refund)
        .exists()
    )


def _out_of_the_bank(refund: Row[*tuple[Any, ...]], reference: str, booked_on: date, by: int | None) -> None:
    """Out of the account that the payment came to; a failed provider refund out of the cooperative's own: Dr 113, Cr 102.

    The town's account is in no cooperative's books.
    """
    account = refund.cooperative_id if refund.method == "stripe" else _account_of(refund.payment_id)
    line_id = _line(account, refund, reference, booked_on)
    if account is not None and refund.cooperative_id in (None, account):
        money_back.book_sent(line_id, account, refund.amount_fen, booked_on, by)


def _account_of(payment_id: int) -> int | None:
    """Whose account the order's money came to: what was too much has no line of its own."""
    order_id = select(Payment.order_id).where(Payment.id == payment_id).scalar_subquery()
    return session().scalar(
        select(BankStatementLine.cooperative_id)
        .join(Payment, Payment.id == BankStatementLine.payment_id)
        .where(Payment.order_id == order_id)
        .order_by((Payment.id == payment_id).desc())
        .limit(1)
    )


def _line(account: int | None, refund: Row[*tuple[Any, ...]], reference: str, booked_on: date) -> int:
    """The statement's line, imported before or entered now; it must be this money and no other's."""
    known = session().execute(
        select(BankStatementLine.id, BankStatementLine.amount_fen, BankStatementLine.payment_id)
        .where(
            BankStatementLine.cooperative_id.is_not_distinct_from(account), BankStatementLine.reference == reference
        )
        .with_for_update()
    ).one_or_none()  # fmt: skip
    if known is None:
        row = {
            "cooperative_id": account, "reference": reference, "booked_on": booked_on, "amount_fen": -refund.amount_fen,
            "note": "退款", "payment_id": refund.payment_id,
        }  # fmt: skip
        return int(insert_rows(BankStatementLine, [row], "id")[0])
    if known.payment_id is not None:
        raise Conflict(_("这条流水已经对上了另一笔款"))
    if known.amount_fen != -refund.amount_fen:
        raise Refused(
            _("银行流水上这一笔是 %(there)s，和退款不一致", there=format_yuan(known.amount_fen)),
            field="reference",
        )
    session().execute(
        update(BankStatementLine)
        .where(BankStatementLine.id == known.id)
        .values(payment_id=refund.payment_id)
        .execution_options(synchronize_session=False)
    )
    return int(known.id)
