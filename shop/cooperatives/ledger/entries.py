"""The rows behind every figure: an account's entries, a transaction whole, the vouchers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from shop.cooperatives.ledger.accounts import Account
from shop.cooperatives.ledger.models import LedgerEntry, LedgerTransaction, Voucher
from shop.cooperatives.people.models import Household, Member
from shop.core.db import session
from shop.core.errors import NotFound
from shop.core.text import N_

KIND_NAMES = {
    "opening": N_("期初余额"),
    "intake": N_("收货"),
    "sale": N_("销售"),
    "freight": N_("运费收入"),
    "shipping": N_("运费"),
    "packaging": N_("包装费"),
    "fee": N_("支付手续费"),
    "refund": N_("退款"),
    "reversal": N_("冲销"),
    "shrinkage": N_("损耗"),
    "processing": N_("加工"),
    "deduction": N_("约定扣款"),
    "expense": N_("支出"),
    "receipt": N_("收款"),
    "subsidy": N_("财政补助"),
    "donation": N_("接受捐赠"),
    "loan": N_("借款还款"),
    "asset": N_("购置资产"),
    "other": N_("其他"),
    "payout": N_("发放"),
    "payout_return": N_("付款退回"),
    "platform": N_("平台转款"),
    "year_close": N_("年终结转"),
    "distribution": N_("盈余分配"),
    "conversion": N_("盈余转出资"),
    "capital_transfer": N_("股金过户"),
    "quantify": N_("公积金量化"),
    "loss_cover": N_("弥补亏损"),
}


@dataclass(frozen=True, slots=True)
class Slice:
    """Which entries: accounts (none: all), days, one member."""

    accounts: tuple[str, ...]
    first: date
    last: date
    member_id: int | None = None


def entries(cooperative_id: int, part: Slice, *, limit: int, offset: int) -> Sequence[Any]:
    """Entries in order of day and number; rows carry the count, the sums and the balance so far. One statement."""
    running = func.sum(LedgerEntry.fen).over(order_by=(LedgerTransaction.on_date, LedgerEntry.id))
    statement = (
        select(
            LedgerEntry.id, LedgerEntry.account, LedgerEntry.fen, LedgerTransaction.id.label("transaction_id"),
            LedgerTransaction.on_date, LedgerTransaction.kind, LedgerTransaction.memo, Voucher.number.label("voucher"),
            Member.number.label("member_number"), Household.head_name, running.label("running"),
            func.count().over().label("total"), func.sum(LedgerEntry.fen).over().label("total_fen"),
        )
        .join(LedgerTransaction, LedgerTransaction.id == LedgerEntry.transaction_id)
        .outerjoin(Voucher, Voucher.transaction_id == LedgerTransaction.id)
        .outerjoin(Member, Member.id == LedgerEntry.member_id)
        .outerjoin(Household, Household.id == func.coalesce(LedgerEntry.household_id, Member.household_id))
        .where(
            LedgerEntry.cooperative_id == cooperative_id,
            LedgerTransaction.on_date.between(part.first, part.last),
        )
        .order_by(LedgerTransaction.on_date, LedgerEntry.id)
        .limit(limit)
        .offset(offset)
    )  # fmt: skip
    if part.accounts:
        statement = statement.where(LedgerEntry.account.in_(part.accounts))
    if part.member_id is not None:
        statement = statement.where(LedgerEntry.member_id == part.member_id)
    return session().execute(statement).all()


def balance_before(cooperative_id: int, part: Slice) -> int:
    """What these accounts held when the slice begins, debit positive."""
    statement = (
        select(func.coalesce(func.sum(LedgerEntry.fen), 0))
        .join(LedgerTransaction, LedgerTransaction.id == LedgerEntry.transaction_id)
        .where(LedgerEntry.cooperative_id == cooperative_id, LedgerTransaction.on_date < part.first)
    )
    if part.accounts:
        statement = statement.where(LedgerEntry.account.in_(part.accounts))
    if part.member_id is not None:
        statement = statement.where(LedgerEntry.member_id == part.member_id)
    return int(session().scalar(statement) or 0)


def transaction_of(transaction_id: int, cooperative_id: int) -> Any:
    """A posting's head with its voucher, if any, and what reverses it. Raises NotFound for another cooperative's."""
    counter = aliased(LedgerTransaction)
    row = session().execute(
        select(
            LedgerTransaction.id, LedgerTransaction.key, LedgerTransaction.kind, LedgerTransaction.on_date,
            LedgerTransaction.memo, LedgerTransaction.source_type, LedgerTransaction.source_id,
            LedgerTransaction.reverses_id, LedgerTransaction.posted_at, Voucher.id.label("voucher_id"),
            Voucher.number.label("voucher"), counter.id.label("reversed_by_id"),
        )
        .outerjoin(Voucher, Voucher.transaction_id == LedgerTransaction.id)
        .outerjoin(counter, counter.reverses_id == LedgerTransaction.id)
        .where(LedgerTransaction.id == transaction_id, LedgerTransaction.cooperative_id == cooperative_id)
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotFound(N_("没有找到这笔账"))
    return row


def lines_of(transaction_id: int) -> Sequence[Any]:
    """Its entries, debits first, with the member they belong to."""
    return session().execute(
        select(
            LedgerEntry.account, LedgerEntry.fen, LedgerEntry.quantity, LedgerEntry.supplier_id,
            Member.id.label("member_id"), Member.number.label("member_number"), Household.head_name,
        )
        .outerjoin(Member, Member.id == LedgerEntry.member_id)
        .outerjoin(Household, Household.id == func.coalesce(LedgerEntry.household_id, Member.household_id))
        .where(LedgerEntry.transaction_id == transaction_id)
        .order_by(LedgerEntry.fen < 0, LedgerEntry.account, Member.number, LedgerEntry.id)
    ).all()  # fmt: skip


def vouchers(
    cooperative_id: int, first: date, last: date, kind: str, *, limit: int, offset: int
) -> Sequence[Any]:
    """Vouchers of [first, last], newest first; rows carry the count. `kind` '' for all."""
    counter = aliased(Voucher)
    statement = (
        select(
            Voucher.id, Voucher.number, Voucher.kind, Voucher.on_date, Voucher.amount_fen, Voucher.memo, Voucher.payee,
            counter.id.label("reversed_by_id"), func.count().over().label("total"),
        )
        .outerjoin(counter, counter.reverses_id == Voucher.id)
        .where(Voucher.cooperative_id == cooperative_id, Voucher.on_date.between(first, last))
        .order_by(Voucher.on_date.desc(), Voucher.id.desc())
        .limit(limit)
        .offset(offset)
    )  # fmt: skip
    if kind:
        statement = statement.where(Voucher.kind == kind)
    return session().execute(statement).all()


def voucher(voucher_id: int, cooperative_id: int) -> Any:
    """One voucher with what it reverses and what reverses it. Raises NotFound for another cooperative's."""
    original, counter = aliased(Voucher), aliased(Voucher)
    row = session().execute(
        select(
            Voucher.id, Voucher.number, Voucher.kind, Voucher.on_date, Voucher.amount_fen, Voucher.memo, Voucher.payee,
            Voucher.made_at, Voucher.transaction_id, original.id.label("original_id"),
            original.number.label("original"), counter.id.label("counter_id"), counter.number.label("counter"),
        )
        .outerjoin(original, original.id == Voucher.reverses_id)
        .outerjoin(counter, counter.reverses_id == Voucher.id)
        .where(Voucher.id == voucher_id, Voucher.cooperative_id == cooperative_id)
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotFound(N_("没有找到这张凭证"))
    return row


def known_account(code: str) -> str | None:
    """The stored code that an address names, or None."""
    return str(Account(code)) if code in set(map(str, Account)) else None
