"""What to do with a loss: the members' assembly decides on a plan (Cooperative Law art. 29), the reserve covers it (art. 42)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import and_, func, select

from shop.cooperatives.income import resolutions
from shop.cooperatives.income.lifecycle_models import Resolution
from shop.cooperatives.ledger.accounts import Account
from shop.cooperatives.ledger.models import LedgerEntry, LedgerTransaction
from shop.cooperatives.ledger.posting import Entry, Posting, post
from shop.cooperatives.people.models import Cooperative
from shop.core import activity, clock
from shop.core.db import session
from shop.core.errors import Conflict, NotFound, Refused
from shop.core.money import format_yuan

SUBJECT = "loss_plan"


@dataclass(frozen=True, slots=True)
class Position:
    """Fen: the loss not yet covered (debit of 332) and the reserve that no member holds a share of (322)."""

    loss_fen: int
    reserve_fen: int

    @property
    def coverable_fen(self) -> int:
        return min(self.loss_fen, self.reserve_fen)


@dataclass(frozen=True, slots=True)
class Plan:
    """A resolution on a loss; `covered_fen` is what the reserve covered by it, None while nothing was booked."""

    resolution: Resolution
    covered_fen: int | None
    covered_on: date | None

    @property
    def ready(self) -> bool:
        """Carried, and nothing booked yet."""
        return self.covered_fen is None and not self.refusal

    @property
    def refusal(self) -> str:
        """Why it does not carry, or nothing."""
        try:
            resolutions.refuse_unless_carried(self.resolution)
        except Refused as refusal:
            return str(refusal.message)
        return ""


def position(cooperative_id: int) -> Position:
    """What there is to cover, and to cover it with, today."""
    balances = {
        account: int(fen)
        for account, fen in session().execute(
            select(LedgerEntry.account, func.sum(LedgerEntry.fen))
            .where(
                LedgerEntry.cooperative_id == cooperative_id,
                LedgerEntry.account.in_([str(Account.SURPLUS_RESERVE), str(Account.APPROPRIATION)]),
                LedgerEntry.member_id.is_(None),
            )
            .group_by(LedgerEntry.account)
        )
    }
    return Position(
        loss_fen=max(0, balances.get(str(Account.APPROPRIATION), 0)),
        reserve_fen=max(0, -balances.get(str(Account.SURPLUS_RESERVE), 0)),
    )


def plans(cooperative_id: int) -> Sequence[Plan]:
    """The cooperative's plans, newest first."""
    booked = and_(
        LedgerTransaction.cooperative_id == Resolution.cooperative_id,
        LedgerTransaction.kind == "loss_cover",
        LedgerTransaction.source_type == "resolution",
        LedgerTransaction.source_id == Resolution.id,
    )
    reserve = and_(
        LedgerEntry.transaction_id == LedgerTransaction.id,
        LedgerEntry.account == str(Account.SURPLUS_RESERVE),
    )
    rows = session().execute(
        select(Resolution, LedgerEntry.fen, LedgerTransaction.on_date)
        .outerjoin(LedgerTransaction, booked)
        .outerjoin(LedgerEntry, reserve)
        .where(Resolution.cooperative_id == cooperative_id, Resolution.subject == SUBJECT)
        .order_by(Resolution.id.desc())
        .limit(50)
    )
    return [Plan(row.Resolution, row.fen, row.on_date) for row in rows]


def cover(cooperative_id: int, resolution_id: int, fen: int, by: int | None) -> None:
    """The reserve covers a loss, once a plan: Dr 322 Cr 332.

    Raises NotFound for a plan of nobody's or somebody else's; Refused where the assembly did not carry it or the amount
    is more than the loss or than the reserve that is not quantified to members; Conflict when it was covered before.
    """
    found = session().scalar(
        select(Resolution).where(
            Resolution.id == resolution_id,
            Resolution.cooperative_id == cooperative_id,
            Resolution.subject == SUBJECT,
        )
    )
    if found is None:
        raise NotFound
    resolutions.refuse_unless_carried(found)
    # One cover at a time: what is left of the reserve is read after whoever came before has booked.
    session().execute(select(Cooperative.id).where(Cooperative.id == cooperative_id).with_for_update())
    now = position(cooperative_id)
    key = f"loss_cover:{resolution_id}"
    if session().scalar(select(LedgerTransaction.id).where(LedgerTransaction.key == key)):
        raise Conflict("这份方案已经办过了")
    if not 0 < fen <= now.coverable_fen:
        raise Refused(
            "最多能弥补 %(most)s：未弥补亏损 %(loss)s，没有量化到成员的公积金 %(reserve)s",
            field="amount",
            most=format_yuan(now.coverable_fen),
            loss=format_yuan(now.loss_fen),
            reserve=format_yuan(now.reserve_fen),
        )
    entries = (Entry(Account.SURPLUS_RESERVE, fen), Entry(Account.APPROPRIATION, -fen))
    memo = "公积金弥补亏损"
    today = clock.today()
    post([Posting(cooperative_id, "loss_cover", key, today, "resolution", resolution_id, entries, memo, by)])
    activity.record(
        "loss.covered",
        "resolution",
        resolution_id,
        cooperative_id=cooperative_id,
        actor_id=by,
        after={"fen": fen},
    )
