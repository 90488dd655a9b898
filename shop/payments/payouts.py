"""Batches of payments to households and suppliers: made by one, approved by another, cancelled while the bank has none of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Row, func, select, update

from shop.cooperatives.income import lifecycle
from shop.cooperatives.income import settlement_approval as settlements
from shop.cooperatives.income.models import DistributionLine
from shop.cooperatives.people.models import Cooperative, Member
from shop.core import activity, clock, faults
from shop.core.db import insert_rows, session
from shop.core.errors import Conflict, NotFound, Refused
from shop.core.text import N_, clean_line
from shop.payments import payees
from shop.payments.payout_models import DEAD, Payout, PayoutBatch

DRAFT, APPROVED, SENT, CLOSED, CANCELLED = "draft", "approved", "sent", "closed", "cancelled"
BANK, CASH = "bank", "cash"
NO_ACCOUNT = N_("要付的户都没有可用的收款账户：登记后由另一人批准，满 24 小时才能用")


@dataclass(frozen=True, slots=True)
class Item:
    """One payment to be: whose, for which line, how much (fen), to which account once that is known."""

    household_id: int | None
    member_id: int | None
    supplier_id: int | None
    amount_fen: int
    settlement_line_id: int | None = None
    distribution_line_id: int | None = None
    payee_account_id: int | None = None


def make_from_settlement(settlement_id: int, cooperative_id: int, by: int, method: str = BANK) -> int:
    """A batch of every due or failed line whose party has an account (in cash: has none); returns its id. The others stay due.

    Raises Refused before the due day and where nobody can be paid, Conflict for a draft, NotFound.
    """
    number = _next_number(cooperative_id)
    head = settlements.lock(settlement_id, cooperative_id)
    if head.state not in (settlements.APPROVED, settlements.PAYING):
        raise Conflict(N_("结算单审批以后才能付款；已经付清的不用再付"))
    if head.due_on is None or head.due_on > clock.today():
        raise Refused("买家退货期还没过，%(due_on)s 起才能付", due_on=head.due_on)
    items = [
        Item(line.household_id, line.member_id, line.supplier_id, line.due_fen, settlement_line_id=line.id)
        for line in settlements.payable_lines(settlement_id)
    ]
    ready = _payable(cooperative_id, items, method)
    settlements.move_lines(
        [item.settlement_line_id for item in ready if item.settlement_line_id is not None],
        settlements.PAYABLE,
        settlements.PAYING,
    )
    settlements.begin_paying(settlement_id)
    head_values = {
        "source": "settlement", "method": method, "settlement_id": settlement_id, "distribution_id": None
    }  # fmt: skip
    return _store(cooperative_id, number, head_values, ready, by)


def make_from_distribution(distribution_id: int, cooperative_id: int, by: int, method: str = BANK) -> int:
    """A batch of what members get of a posted distribution (221 and 222, less what became capital); returns its id.

    Raises Refused, Conflict, NotFound like the one from a settlement.
    """
    number = _next_number(cooperative_id)
    head = lifecycle.lock(distribution_id, {cooperative_id})
    if head.state not in ("posted", "paying"):
        raise Conflict(N_("盈余分配入账以后才能发放；已经发完的不用再发"))
    ready = _payable(cooperative_id, unpaid_members(distribution_id), method)
    head_values = {
        "source": "distribution", "method": method, "settlement_id": None, "distribution_id": distribution_id
    }  # fmt: skip
    return _store(cooperative_id, number, head_values, ready, by)


def unpaid_members(distribution_id: int) -> list[Item]:
    """Lines of a distribution that are in no live payment, by member number."""
    amount = DistributionLine.patronage_fen + DistributionLine.residual_fen - DistributionLine.converted_fen
    live = select(Payout.id).where(
        Payout.distribution_line_id == DistributionLine.id, Payout.state.not_in(DEAD)
    )
    rows = session().execute(
        select(Member.household_id, Member.id, amount, DistributionLine.id.label("line_id"))
        .join(Member, Member.id == DistributionLine.member_id)
        .where(DistributionLine.distribution_id == distribution_id, amount > 0, ~live.exists())
        .order_by(DistributionLine.number)
    )
    return [
        Item(household_id, member_id, None, int(fen), distribution_line_id=line_id)
        for household_id, member_id, fen, line_id in rows
    ]


def approve(batch_id: int, cooperative_id: int, by: int) -> None:
    """Let it go to the bank; accounts are those in force now. Raises Refused for its maker, and where something changed
    that it was made from; Conflict when it is past draft."""
    _one_at_a_time(cooperative_id)
    batch = lock(batch_id, cooperative_id)
    if batch.state != DRAFT:
        raise Conflict(N_("这批付款已经批准过或取消了，请刷新"))
    if batch.made_by == by:
        raise Refused(N_("做这批付款的人不能自己批准，请换一个人"))
    if batch.method == BANK:
        _renew_accounts(batch_id, cooperative_id)
    if batch.distribution_id is not None:
        _begin_distribution(batch, by)
    _set(batch_id, {"state": APPROVED, "approved_by": by, "approved_at": clock.now()})
    faults.point("payouts.approved")
    activity.record(
        "payout.approved", "payout_batch", batch_id, cooperative_id=cooperative_id, actor_id=by,
        before={"state": DRAFT}, after={"state": APPROVED, "total_fen": batch.total_fen},
    )  # fmt: skip


def cancel(batch_id: int, cooperative_id: int, by: int, reason: str) -> None:
    """Drop a batch that never went to the bank; its lines are due again."""
    reason = clean_line(reason, label=N_("取消原因"), max_length=200)
    batch = lock(batch_id, cooperative_id)
    if batch.state not in (DRAFT, APPROVED):
        raise Conflict(N_("文件已经导出给银行，不能取消；银行没付成的会按回单重新付"))
    dropped = session().execute(
        update(Payout)
        .where(Payout.batch_id == batch_id)
        .values(state="cancelled")
        .returning(Payout.settlement_line_id)
        .execution_options(synchronize_session=False)
    ).scalars()  # fmt: skip
    lines = [line_id for line_id in dropped if line_id is not None]
    if lines:
        settlements.move_lines(lines, (settlements.PAYING,), settlements.DUE)
    _set(batch_id, {"state": CANCELLED})
    activity.record(
        "payout.cancelled", "payout_batch", batch_id, cooperative_id=cooperative_id, actor_id=by,
        before={"state": batch.state}, after={"state": CANCELLED, "reason": reason},
    )  # fmt: skip


def lock(batch_id: int, cooperative_id: int) -> Any:
    """Hold a batch: its row. Raises NotFound for another cooperative's."""
    row: Any = session().execute(
        select(
            PayoutBatch.id, PayoutBatch.cooperative_id, PayoutBatch.number, PayoutBatch.state, PayoutBatch.source,
            PayoutBatch.method, PayoutBatch.settlement_id, PayoutBatch.distribution_id, PayoutBatch.total_fen,
            PayoutBatch.made_by, PayoutBatch.made_at, PayoutBatch.file_sha256,
        )
        .where(PayoutBatch.id == batch_id, PayoutBatch.cooperative_id == cooperative_id)
        .with_for_update()
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotFound(N_("没有找到这批付款"))
    return row


def reference(number: str, seq: int) -> str:
    """What the bank sends back for one payment: FK3-202611-002-0017."""
    return f"{number}-{seq:04d}"


def _store(cooperative_id: int, number: str, head: dict[str, Any], items: Sequence[Item], by: int) -> int:
    total = sum(item.amount_fen for item in items)
    values = head | {"cooperative_id": cooperative_id, "number": number, "total_fen": total, "made_by": by}
    batch_id = int(insert_rows(PayoutBatch, [values], "id")[0])
    faults.point("payouts.head")
    insert_rows(
        Payout,
        [
            {
                "batch_id": batch_id, "cooperative_id": cooperative_id, "seq": seq, "household_id": item.household_id,
                "member_id": item.member_id, "supplier_id": item.supplier_id, "payee_account_id": item.payee_account_id,
                "settlement_line_id": item.settlement_line_id, "distribution_line_id": item.distribution_line_id,
                "amount_fen": item.amount_fen,
            }
            for seq, item in enumerate(items, 1)
        ],
    )  # fmt: skip
    activity.record(
        "payout.made", "payout_batch", batch_id, cooperative_id=cooperative_id, actor_id=by,
        after={"number": number, "payments": len(items), "total_fen": total},
    )  # fmt: skip
    return batch_id


def _payable(cooperative_id: int, items: Sequence[Item], method: str) -> list[Item]:
    """Those that can be paid this way: by the bank who has an account, in cash who has none. Raises Refused where nobody can."""
    if not items:
        raise Refused(N_("没有要付的：都在付款中、已付清或结转"))
    accounts = payees.usable(
        cooperative_id,
        clock.now(),
        {item.household_id for item in items if item.household_id is not None},
        {item.supplier_id for item in items if item.supplier_id is not None},
    )
    if method == CASH:
        without = [item for item in items if (item.household_id, item.supplier_id) not in accounts]
        if not without:
            raise Refused(N_("要付的户都有收款账户，不用发现金"))
        return without
    ready = [
        replace(item, payee_account_id=accounts[item.household_id, item.supplier_id].id)
        for item in items
        if (item.household_id, item.supplier_id) in accounts
    ]
    if not ready:
        raise Refused(NO_ACCOUNT)
    return ready


def _renew_accounts(batch_id: int, cooperative_id: int) -> None:
    """An account that came into force after the batch was made is the one to pay to."""
    rows = session().execute(
        select(Payout.id, Payout.household_id, Payout.supplier_id, Payout.payee_account_id).where(
            Payout.batch_id == batch_id
        )
    ).all()  # fmt: skip
    accounts = payees.usable(
        cooperative_id,
        clock.now(),
        {row.household_id for row in rows if row.household_id is not None},
        {row.supplier_id for row in rows if row.supplier_id is not None},
    )
    for row in rows:
        account = accounts.get((row.household_id, row.supplier_id))
        if account is None:
            raise Refused(N_("有收款账户被撤回了，请取消这批付款后重新做"))
        if account.id != row.payee_account_id:
            session().execute(
                update(Payout)
                .where(Payout.id == row.id)
                .values(payee_account_id=account.id)
                .execution_options(synchronize_session=False)
            )


def _begin_distribution(batch: Row[*tuple[Any, ...]], by: int) -> None:
    """From here on nothing of the distribution can become capital, nor be reversed: amounts must be those of the batch."""
    head = lifecycle.lock(batch.distribution_id, {batch.cooperative_id})
    amount = DistributionLine.patronage_fen + DistributionLine.residual_fen - DistributionLine.converted_fen
    changed = session().scalar(
        select(func.count())
        .select_from(Payout)
        .join(DistributionLine, DistributionLine.id == Payout.distribution_line_id)
        .where(Payout.batch_id == batch.id, Payout.amount_fen != amount)
    )
    if changed:
        raise Refused(N_("做好这批以后又有盈余转成了出资，请取消后重新做"))
    if head.state != "paying":
        lifecycle.move(head, "pay", by, batch.number)


def _one_at_a_time(cooperative_id: int) -> None:
    """Postings of trade go on meanwhile."""
    held = select(Cooperative.id).where(Cooperative.id == cooperative_id).with_for_update(key_share=True)
    if session().scalar(held) is None:
        raise NotFound(N_("没有找到这个合作社"))


def _next_number(cooperative_id: int) -> str:
    """Lock the cooperative's batches and count on: FK3-202611-002. The cooperative's id makes it unique at any bank."""
    _one_at_a_time(cooperative_id)
    count = session().scalar(
        select(func.count()).select_from(PayoutBatch).where(PayoutBatch.cooperative_id == cooperative_id)
    )
    return f"FK{cooperative_id}-{clock.today():%Y%m}-{(count or 0) + 1:03d}"


def _set(batch_id: int, values: dict[str, Any]) -> None:
    session().execute(
        update(PayoutBatch)
        .where(PayoutBatch.id == batch_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
