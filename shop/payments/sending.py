"""A batch on its way to the bank: the first download marks it sent; every later one gives the same bytes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select, update

from shop.cooperatives.income.models import Distribution, Settlement
from shop.core import activity, clock
from shop.core.db import session
from shop.core.errors import Conflict, Refused
from shop.core.money import format_plain
from shop.core.text import N_
from shop.payments import bank_layouts, bankfile, payouts
from shop.payments.payout_models import PayeeAccount, Payout, PayoutBatch


@dataclass(frozen=True, slots=True)
class File:
    """What the bank gets."""

    name: str
    media_type: str
    body: bytes
    again: bool


def send(batch_id: int, cooperative_id: int, layout_code: str, by: int) -> File:
    """The batch's file; an approved batch is sent by it, and no longer to be cancelled.

    Raises Refused for an unknown layout, or another one than it went out in; Conflict for a batch that is not approved.
    """
    batch = payouts.lock(batch_id, cooperative_id)
    layout = bank_layouts.find(cooperative_id, layout_code)
    if layout is None:
        raise Refused(N_("请选择银行要的文件格式"), "layout")
    if batch.method != payouts.BANK:
        raise Conflict(N_("这批发现金，没有给银行的文件"))
    if batch.state not in (payouts.APPROVED, payouts.SENT, payouts.CLOSED):
        raise Conflict(N_("批准以后才能导出给银行"))
    body = bankfile.write(layout, rows_of(batch), batch.made_at)
    sha256 = hashlib.sha256(body).hexdigest()
    again = batch.file_sha256 is not None
    if again and batch.file_sha256 != sha256:
        raise Refused(N_("这批已经用另一种格式导出给银行了，只能再取同一个文件"), "layout")
    if not again:
        _mark_sent(batch_id, sha256)
    activity.record(
        "payout.file_taken", "payout_batch", batch_id, cooperative_id=cooperative_id, actor_id=by,
        after={"layout": layout.code, "sha256": sha256, "again": again},
    )  # fmt: skip
    return File(bankfile.filename(layout, batch.number), layout.media_type, body, again)


def sent_layout(batch_id: int, cooperative_id: int) -> str:
    """The layout that a batch went out in, found by its hash; empty where it has not gone out."""
    batch = session().execute(
        select(
            PayoutBatch.id, PayoutBatch.number, PayoutBatch.made_at, PayoutBatch.file_sha256,
            PayoutBatch.settlement_id, PayoutBatch.distribution_id,
        ).where(PayoutBatch.id == batch_id, PayoutBatch.cooperative_id == cooperative_id)
    ).one_or_none()  # fmt: skip
    if batch is None or batch.file_sha256 is None:
        return ""
    rows = rows_of(batch)
    for layout in bank_layouts.ever(cooperative_id):
        body = bankfile.write(layout, rows, batch.made_at)
        if hashlib.sha256(body).hexdigest() == batch.file_sha256:
            return layout.code
    return ""


def rows_of(batch: Row[*tuple[Any, ...]]) -> list[bankfile.Row]:
    """Its payments in order, accounts decrypted: for the bank's file only."""
    found = session().execute(
        select(Payout.seq, PayeeAccount.holder, PayeeAccount.account, PayeeAccount.bank, Payout.amount_fen)
        .join(PayeeAccount, PayeeAccount.id == Payout.payee_account_id)
        .where(Payout.batch_id == batch.id, Payout.state != "cancelled")
        .order_by(Payout.seq)
    )
    note = _note(batch)
    return [
        bankfile.Row(
            row.seq, payouts.reference(batch.number, row.seq), row.holder, row.account, row.bank,
            format_plain(row.amount_fen).replace(",", ""), note,
        )
        for row in found
    ]  # fmt: skip


def _note(batch: Row[*tuple[Any, ...]]) -> str:
    if batch.settlement_id is not None:
        period = session().scalar(select(Settlement.period).where(Settlement.id == batch.settlement_id))
        return f"{period}货款"
    year = session().scalar(select(Distribution.year).where(Distribution.id == batch.distribution_id))
    return f"{year}年盈余分配"


def _mark_sent(batch_id: int, sha256: str) -> None:
    session().execute(
        update(PayoutBatch)
        .where(PayoutBatch.id == batch_id)
        .values(state=payouts.SENT, sent_at=clock.now(), file_sha256=sha256)
        .execution_options(synchronize_session=False)
    )
    session().execute(
        update(Payout)
        .where(Payout.batch_id == batch_id, Payout.state == "waiting")
        .values(state="sent")
        .execution_options(synchronize_session=False)
    )
