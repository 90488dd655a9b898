"""What the bank says of a batch: paid, or not and why. The same file twice is one import; nothing is paid twice."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, case, select, update

from shop.cooperatives.income import settlement_approval as settlements
from shop.core import activity, clock, faults
from shop.core.db import insert_rows, session
from shop.core.errors import Conflict, Refused
from shop.core.money import format_yuan, parse_yuan
from shop.core.numbers import fold
from shop.core.table_file import TableRow, read_table
from shop.core.text import N_, BadInput, excerpt
from shop.payments import paying_out, payouts, returned
from shop.payments.payout_models import BankAnswer, Payout
from shop.payments.returned import Return

FIELD = "answer"
PAID, FAILED, WAITING = "paid", "failed", "waiting"
COLUMNS: Mapping[str, Sequence[str]] = {
    "state": ("状态", "处理状态", "处理结果", "交易状态", "结果", "state", "status"),
    "reference": ("业务参考号", "参考号", "企业流水号", "付款编号", "reference"),
    "seq": ("序号", "seq"),
    "reason": ("失败原因", "原因", "退票原因", "reason"),
    "bank_reference": ("银行流水号", "交易流水号", "bank_reference"),
    "amount": ("金额", "交易金额", "付款金额", "amount"),
}
WORDS = {
    PAID: {"成功", "已付", "交易成功", "支付成功", "处理成功", "已入账", "paid", "success", "s"},
    FAILED: {
        "失败",
        "交易失败",
        "支付失败",
        "处理失败",
        "退票",
        "退汇",
        "拒绝",
        "failed",
        "rejected",
        "returned",
        "f",
    },
    WAITING: {"处理中", "待处理", "银行处理中", "pending", "processing"},
}
# what these words say of a payment that had arrived
CAME_BACK = {"退票", "退汇", "returned"}
PAID_ALREADY = N_("这一笔早先的回单已经记为付成，不能改成失败；请向银行核实")
FAILED_ALREADY = N_("这一笔早先的回单已经记为没付成并重新付了，不能再记为付成；请向银行核实")
NO_REASON = N_("银行没有写原因")
MAX_REASON = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """A file as it was read; `sha256` of its bytes makes it one import."""

    sha256: str
    rows: Sequence[TableRow]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an import did; `repeated`: the same file did it before."""

    paid: int
    failed: int
    returned: int = 0
    repeated: bool = False


def read(data: bytes) -> Answer:
    """Call it outside a transaction. Raises Refused naming 'answer'."""
    rows = read_table(data, COLUMNS, ("state",), FIELD)
    if not any(row["reference"] or row["seq"] for row in rows):
        raise Refused(N_("没有找到“业务参考号”或“序号”这一列，认不出是哪一笔"), FIELD)
    return Answer(hashlib.sha256(data).hexdigest(), rows)


def record(batch_id: int, cooperative_id: int, answer: Answer, by: int) -> Outcome:
    """Book what was paid, reopen what failed: all of the file or nothing. Raises Refused naming the row, Conflict, NotFound."""
    batch = payouts.lock(batch_id, cooperative_id)
    before = session().execute(
        select(BankAnswer.batch_id, BankAnswer.paid, BankAnswer.failed, BankAnswer.returned).where(
            BankAnswer.file_sha256 == answer.sha256
        )
    ).one_or_none()  # fmt: skip
    if before is not None:
        if before.batch_id != batch_id:
            raise Conflict(N_("这个文件已经导入到另一批付款里了"))
        return Outcome(before.paid, before.failed, before.returned, repeated=True)
    if batch.method != payouts.BANK or batch.state not in (payouts.SENT, payouts.CLOSED):
        raise Conflict(N_("这批还没有导出给银行，不会有回单"))
    sorted_out = _sort_out(batch, answer.rows)
    _pay(batch, [item for item in sorted_out if item.state == PAID], by)
    faults.point("bankanswer.paid")
    _fail([item for item in sorted_out if item.state == FAILED])
    back = [item for item in sorted_out if item.state == returned.STATE]
    if back:
        today = clock.today()
        told = {item.payout.id: Return(item.reason, today, item.bank_reference) for item in back}
        returned.take_back(batch, told, by)
    paying_out.close(batch, by)
    counts = {
        state: sum(1 for item in sorted_out if item.state == state)
        for state in (PAID, FAILED, returned.STATE)
    }
    row = {
        "batch_id": batch_id, "cooperative_id": cooperative_id, "file_sha256": answer.sha256, "imported_by": by, **counts
    }  # fmt: skip
    insert_rows(BankAnswer, [row])
    activity.record(
        "payout.answered", "payout_batch", batch_id, cooperative_id=cooperative_id, actor_id=by,
        after={"sha256": answer.sha256, **counts},
    )  # fmt: skip
    return Outcome(counts[PAID], counts[FAILED], counts[returned.STATE])


@dataclass(frozen=True, slots=True)
class _Item:
    payout: Row[*tuple[Any, ...]]
    state: str
    reason: str
    bank_reference: str


def _sort_out(batch: Row[*tuple[Any, ...]], rows: Sequence[TableRow]) -> list[_Item]:
    """The rows that say something new, each with its payment."""
    known = {
        row.seq: row
        for row in session().execute(
            select(
                Payout.id, Payout.seq, Payout.state, Payout.amount_fen, Payout.settlement_line_id,
                Payout.distribution_line_id, Payout.member_id, Payout.household_id, Payout.supplier_id,
            )
            .where(Payout.batch_id == batch.id)
            .with_for_update()
        )
    }  # fmt: skip
    seen: set[int] = set()
    found = []
    for row in rows:
        seq = _seq(batch, row)
        payout = known.get(seq)
        if payout is None or payout.state == "cancelled":
            raise row.refuse(N_("这批付款里没有第 %(seq)s 笔"), FIELD, seq=seq)
        if seq in seen:
            raise row.refuse(N_("第 %(seq)s 笔在文件里出现了两次"), FIELD, seq=seq)
        seen.add(seq)
        item = _judge(row, payout)
        if item is not None:
            found.append(item)
    return found


def _judge(row: TableRow, payout: Row[*tuple[Any, ...]]) -> _Item | None:
    """None where it still waits, or says what is known already; a payment that had arrived may come back."""
    word = fold(row["state"]).lower()
    state = next((name for name, words in WORDS.items() if word in words), None)
    if state is None:
        raise row.refuse(
            N_("看不懂状态“%(text)s”，应为 成功、失败 或 处理中"), FIELD, text=excerpt(row["state"])
        )
    if row["amount"]:
        try:
            fen = parse_yuan(row["amount"])
        except BadInput as refusal:
            raise row.refuse(refusal.template, FIELD, **refusal.values) from refusal
        if fen != payout.amount_fen:
            raise row.refuse(
                N_("金额 %(told)s 与这笔付款的 %(known)s 不同"),
                FIELD,
                told=format_yuan(fen),
                known=format_yuan(payout.amount_fen),
            )
    if state == WAITING or payout.state in (state, returned.STATE):
        return None
    if payout.state == PAID and word in CAME_BACK:
        state = returned.STATE
    elif payout.state != "sent":
        raise row.refuse(PAID_ALREADY if state == FAILED else FAILED_ALREADY, FIELD)
    return _Item(payout, state, row["reason"][:MAX_REASON] or NO_REASON, row["bank_reference"][:60])


def _seq(batch: Row[*tuple[Any, ...]], row: TableRow) -> int:
    """The payment's number in the batch, by the reference or the running number; where both stand they must agree."""
    head, _, tail = row["reference"].rpartition("-")
    if row["reference"] and head != batch.number:
        raise row.refuse(
            N_("“%(text)s”不是这批付款（%(number)s）的参考号"),
            FIELD,
            text=excerpt(row["reference"], 40),
            number=batch.number,
        )
    numbers = {text for text in (tail, row["seq"]) if text}
    if not numbers or not all(text.isascii() and text.isdigit() and len(text) <= 6 for text in numbers):
        raise row.refuse(N_("没有写参考号或序号"), FIELD)
    values = {int(text) for text in numbers}
    if len(values) > 1:
        raise row.refuse(N_("参考号和序号对不上"), FIELD)
    return values.pop()


def _pay(batch: Row[*tuple[Any, ...]], items: Sequence[_Item], by: int) -> None:
    if not items:
        return
    paying_out.book(batch, [item.payout for item in items], by)
    references = {item.payout.id: item.bank_reference for item in items}
    session().execute(
        update(Payout)
        .where(Payout.id.in_(references))
        .values(state=PAID, paid_at=clock.now(), bank_reference=case(references, value=Payout.id))
        .execution_options(synchronize_session=False)
    )
    lines = [item.payout.settlement_line_id for item in items if item.payout.settlement_line_id is not None]
    if lines:
        settlements.move_lines(lines, (settlements.PAYING,), settlements.PAID)


def _fail(items: Sequence[_Item]) -> None:
    """Reopened: the line waits for the next batch."""
    if not items:
        return
    reasons = {item.payout.id: item.reason for item in items}
    session().execute(
        update(Payout)
        .where(Payout.id.in_(reasons))
        .values(state=FAILED, failure=case(reasons, value=Payout.id))
        .execution_options(synchronize_session=False)
    )
    lines = [item.payout.settlement_line_id for item in items if item.payout.settlement_line_id is not None]
    if lines:
        settlements.move_lines(lines, (settlements.PAYING,), settlements.FAILED)
