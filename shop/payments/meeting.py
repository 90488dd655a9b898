"""The provider's payouts and the lines of the town's bank statement: met by themselves where there is no doubt, else by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, func, or_, select, update

from shop.core import activity
from shop.core.db import session
from shop.core.errors import Conflict, NotFound, Refused
from shop.core.money import format_yuan
from shop.core.text import N_
from shop.payments.models import BankStatementLine
from shop.payments.provider import booking as provider_booking
from shop.payments.provider.booking import RETURNED
from shop.payments.provider.models import ProviderPayout

EARLY, LATE = (
    timedelta(days=3),
    timedelta(days=10),
)  # around the day on which the provider says that it arrives
LOOK_AROUND = timedelta(days=60)  # for a person who chooses
WAITS = and_(
    ProviderPayout.booked_at.is_not(None),
    ProviderPayout.met_at.is_(None),
    ProviderPayout.returned_at.is_(None),
    ProviderPayout.state.not_in(RETURNED),
)


def free() -> ColumnElement[bool]:
    """A line of the town's account that is nobody's payment, refund or payout yet."""
    met = ProviderPayout.__table__.alias("met")
    used = select(met.c.id).where(met.c.statement_line_id == BankStatementLine.id)
    return and_(
        BankStatementLine.cooperative_id.is_(None), BankStatementLine.payment_id.is_(None), ~used.exists()
    )


def meet_all() -> int:
    """Let payouts meet lines of the same amount, within the days, that name the payout (its trace or reference, else its
    descriptor); only where just one line and one payout fit. Returns how many met. The rest is for people."""
    pairs = session().execute(
        select(
            ProviderPayout.id.label("payout_id"), BankStatementLine.id.label("line_id"), _named().label("named"),
        )
        .join(BankStatementLine, BankStatementLine.amount_fen == ProviderPayout.amount_fen)
        .where(
            WAITS,
            free(),
            BankStatementLine.booked_on.between(ProviderPayout.arrives_on - EARLY, ProviderPayout.arrives_on + LATE),
            or_(_named(), _described()),
        )
        .order_by(ProviderPayout.id, BankStatementLine.id)
    ).all()  # fmt: skip
    met = 0
    gone: set[tuple[str, int]] = set()
    for sure in (True, False):
        left = [
            (pair.payout_id, pair.line_id)
            for pair in pairs
            if pair.named in {True, sure} and not {("payout", pair.payout_id), ("line", pair.line_id)} & gone
        ]
        payouts, lines = Counter(payout for payout, _ in left), Counter(line for _, line in left)
        for payout_id, line_id in left:
            if payouts[payout_id] == lines[line_id] == 1:
                choose(payout_id, line_id, None)
                gone |= {("payout", payout_id), ("line", line_id)}
                met += 1
    return met


def choose(payout_id: int, line_id: int, by: int | None) -> bool:
    """This line is that payout: Dr 102 collected, Cr 102 in transit for every cooperative. False: said so before.

    Raises NotFound, Refused (another amount), Conflict (not under way, or the line is something else's).
    """
    payout = session().execute(
        select(
            ProviderPayout.id, ProviderPayout.provider_ref, ProviderPayout.amount_fen, ProviderPayout.statement_line_id,
            ProviderPayout.meetings, WAITS.label("waits"),
        )
        .where(ProviderPayout.id == payout_id)
        .with_for_update()
    ).one_or_none()  # fmt: skip
    line = session().execute(
        select(
            BankStatementLine.id, BankStatementLine.amount_fen, BankStatementLine.booked_on, free().label("free"),
        )
        .where(BankStatementLine.id == line_id, BankStatementLine.cooperative_id.is_(None))
        .with_for_update()
    ).one_or_none()  # fmt: skip
    if payout is None or line is None:
        raise NotFound(N_("没有找到这笔转款或银行流水"))
    if payout.statement_line_id == line_id:
        return False
    if not payout.waits:
        raise Conflict(N_("这笔转款不在路上，或已经对上了银行流水，请刷新页面"))
    if not line.free:
        raise Conflict(N_("这条流水已经对上了另一笔款"))
    if line.amount_fen != payout.amount_fen:
        raise Refused(
            "流水是 %(line)s，转款是 %(payout)s，金额必须一分不差",
            "line",
            line=format_yuan(line.amount_fen),
            payout=format_yuan(payout.amount_fen),
        )
    session().execute(
        update(ProviderPayout)
        .where(ProviderPayout.id == payout_id)
        .values(statement_line_id=line_id, met_at=func.now(), met_by=by, meetings=payout.meetings + 1)
        .execution_options(synchronize_session=False)
    )
    provider_booking.book_met(payout, line.booked_on, by)
    activity.record(
        "provider.payout_met", "provider_payout", payout_id, actor_id=by,
        after={"line": line_id, "fen": line.amount_fen},
    )  # fmt: skip
    return True


def undo(payout_id: int, by: int) -> None:
    """It was not that line: in every books back from collected to in transit, today; the line is free again.

    Only what a person chose, or what the provider called failed afterwards: anything else would meet again by itself.
    Raises NotFound, Conflict.
    """
    payout = session().execute(
        select(
            ProviderPayout.id, ProviderPayout.provider_ref, ProviderPayout.statement_line_id, ProviderPayout.meetings,
            undoable().label("undoable"),
        )
        .where(ProviderPayout.id == payout_id)
        .with_for_update()
    ).one_or_none()  # fmt: skip
    if payout is None:
        raise NotFound(N_("没有找到这笔转款"))
    if not payout.undoable:
        raise Conflict(N_("只有人工对上的，或对上以后平台说没付成的，才能撤销"))
    provider_booking.book_unmet(payout, by)
    session().execute(
        update(ProviderPayout)
        .where(ProviderPayout.id == payout_id)
        .values(statement_line_id=None, met_at=None, met_by=None)
        .execution_options(synchronize_session=False)
    )
    activity.record(
        "provider.payout_unmet",
        "provider_payout",
        payout_id,
        actor_id=by,
        before={"line": payout.statement_line_id},
    )


def undoable() -> ColumnElement[bool]:
    """Whether a met payout may be parted from its line."""
    doubtful = ProviderPayout.met_by.is_not(None) | ProviderPayout.state.in_(RETURNED)
    return and_(ProviderPayout.met_at.is_not(None), doubtful)


def candidates(payout: Any) -> Sequence[Row[*tuple[Any, ...]]]:
    """Free lines of exactly this amount around its day, the nearest first, and whether they name it. One statement."""
    around = (payout.arrives_on - LOOK_AROUND, payout.arrives_on + LOOK_AROUND)
    return session().execute(
        select(
            BankStatementLine.id, BankStatementLine.reference, BankStatementLine.booked_on, BankStatementLine.amount_fen,
            BankStatementLine.payer, BankStatementLine.note, or_(_named(), _described()).label("named"),
        )
        .join(ProviderPayout, ProviderPayout.id == payout.id)
        .where(free(), BankStatementLine.amount_fen == payout.amount_fen, BankStatementLine.booked_on.between(*around))
        .order_by(func.abs(BankStatementLine.booked_on - payout.arrives_on), BankStatementLine.id)
        .limit(20)
    ).all()  # fmt: skip


def _words() -> ColumnElement[str]:
    return func.upper(
        func.concat(BankStatementLine.reference, " ", BankStatementLine.payer, " ", BankStatementLine.note)
    )


def _holds(word: Any) -> ColumnElement[bool]:
    return and_(func.coalesce(word, "") != "", func.strpos(_words(), func.upper(word)) > 0)


def _named() -> ColumnElement[bool]:
    """It carries the payout's own reference."""
    return func.coalesce(or_(_holds(ProviderPayout.trace_ref), _holds(ProviderPayout.provider_ref)), False)


def _described() -> ColumnElement[bool]:
    """It carries the words that all our payouts carry."""
    return func.coalesce(_holds(ProviderPayout.descriptor), False)
