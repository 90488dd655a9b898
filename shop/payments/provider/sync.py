"""Bringing the provider's account into rows: payouts, entries, whose they are, the books, the balance. From state, any time.

Every step may be repeated, by two workers at once or after a crash: rows are kept by the provider's ids, postings by their keys.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import case, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from shop.core import clock, faults
from shop.core.db import insert_rows, session, transaction
from shop.payments import meeting
from shop.payments.models import Payment
from shop.payments.provider import booking as provider_booking
from shop.payments.provider import owning as provider_owning
from shop.payments.provider import reports as provider_reports
from shop.payments.provider.models import ProviderBalance, ProviderEntry, ProviderPayout
from shop.payments.provider.reports import Held, Moved, Sent

log = structlog.get_logger()

OVERLAP = timedelta(hours=1)  # entries that the provider lists late
WINDOW = timedelta(days=7)  # asked for at a time, so that a long absence is caught up in steps
MAY_FAIL_FOR = timedelta(days=14)  # a bank sends a payout back some days after it was said to be paid
_RANK = {"pending": 0, "in_transit": 0, "paid": 1, "canceled": 2, "failed": 2}


def sync() -> None:
    """Everything new at the provider. Call it outside transaction(). Raises ProviderDown, ProviderRefused."""
    begin = _begin()
    if begin is None:
        return
    with transaction():
        since = _payouts_since() or begin
    found = provider_reports.payouts(since)
    with transaction():
        keep_payouts(found)
    _fetch_entries(begin)
    _own_all()
    _book_all({each.ref for each in found if not each.complete})
    with transaction():
        meeting.meet_all()
    _note_balance()


def keep_payouts(found: Sequence[Sent]) -> None:
    """By the provider's id; news moves a state only forward: paid after pending, failed after paid. One statement."""
    if not found:
        return
    rows = [
        {
            "provider_ref": each.ref, "amount_fen": each.amount_fen, "state": each.state, "automatic": each.automatic,
            "trace_ref": each.trace_ref, "descriptor": each.descriptor, "failure": each.failure, "made_at": each.made_at,
            "arrives_on": each.arrives_on,
        }
        for each in found
        if each.state in _RANK
    ]  # fmt: skip
    statement = insert(ProviderPayout).values(rows)
    news = statement.excluded
    rank = case(_RANK, value=ProviderPayout.state)
    fresh = case(_RANK, value=news.state)
    session().execute(
        statement.on_conflict_do_update(
            index_elements=["provider_ref"],
            set_={
                "state": news.state,
                "trace_ref": func.coalesce(news.trace_ref, ProviderPayout.trace_ref),
                "failure": news.failure,
                "arrives_on": news.arrives_on,
            },
            where=fresh >= rank,
        )
    )


def keep_entries(found: Sequence[Moved], payout_id: int | None = None) -> int:
    """Keep entries; `payout_id`: the payout that pays them. Entries that are a payout's way out or back are tied to it."""
    new = provider_owning.store(found)
    refs = [each.ref for each in found]
    session().execute(
        update(ProviderEntry)
        .where(
            ProviderEntry.provider_ref.in_(refs),
            ProviderEntry.moved_payout_id.is_(None),
            ProviderEntry.kind.in_((provider_owning.OUT, *provider_owning.BACK)),
            ProviderEntry.source_ref == ProviderPayout.provider_ref,
        )
        .values(moved_payout_id=ProviderPayout.id)
        .execution_options(synchronize_session=False)
    )
    if payout_id is not None:
        session().execute(
            update(ProviderEntry)
            .where(
                ProviderEntry.provider_ref.in_(refs),
                ProviderEntry.payout_id.is_(None),
                (ProviderEntry.kind != provider_owning.OUT)
                | (ProviderEntry.moved_payout_id.is_distinct_from(payout_id)),
            )
            .values(payout_id=payout_id)
            .execution_options(synchronize_session=False)
        )
    return new


def _begin() -> datetime | None:
    """From when on entries may be missing; None where nobody ever paid through the provider."""
    with transaction():
        newest: datetime | None = session().scalar(select(func.max(ProviderEntry.made_at)))
        if newest is not None:
            return newest - OVERLAP
        first: datetime | None = session().scalar(
            select(func.min(Payment.created_at)).where(Payment.method == "stripe")
        )
        return first - OVERLAP if first is not None else None


def _payouts_since() -> datetime | None:
    """The oldest that is under way, or may still come back."""
    open_ = ProviderPayout.state.in_(("pending", "in_transit"))
    found: datetime | None = session().scalar(
        select(
            func.least(
                func.min(ProviderPayout.made_at).filter(open_),
                func.max(ProviderPayout.made_at) - MAY_FAIL_FOR,
            )
        )
    )
    return found


def _fetch_entries(begin: datetime) -> None:
    until = clock.now() + OVERLAP  # the two clocks differ
    while begin < until:
        found = provider_reports.entries(begin, begin + WINDOW)
        faults.point("provider:listed")
        with transaction():
            new = keep_entries(found)
        if new:
            log.info("provider_entries", new=new)
        begin += WINDOW


def _own_all() -> None:
    last: int | None = 0
    while last is not None:
        with transaction():
            last = provider_owning.own(last)


def _book_all(incomplete: set[str]) -> None:
    """Oldest first: what a failed payout gives back is in a later one."""
    with transaction():
        payouts = provider_booking.unbooked()
    for payout_id, ref, automatic in payouts:
        if ref in incomplete:
            continue
        if automatic:
            pays = provider_reports.entries_of(ref)
            with transaction():
                keep_entries(pays, payout_id)
            _own_all()
        with transaction():
            provider_booking.book_out(payout_id)
        with transaction():
            provider_booking.book_back(payout_id)


def _note_balance() -> None:
    """Keep what the provider holds beside our sum; where they differ, the newest entries are fetched and both asked again."""
    held = provider_reports.balance()
    with transaction():
        differ = held.available_fen + held.pending_fen != _entries_fen()
    if differ:
        _fetch_entries(clock.now() - OVERLAP)
        _own_all()
        held = provider_reports.balance()
    with transaction():
        _keep_balance(held)


def _keep_balance(held: Held) -> None:
    session().execute(text("select pg_advisory_xact_lock(hashtext('provider_balance'))"))
    row = {
        "available_fen": held.available_fen,
        "pending_fen": held.pending_fen,
        "entries_fen": _entries_fen(),
    }
    newest = session().execute(
        select(ProviderBalance.available_fen, ProviderBalance.pending_fen, ProviderBalance.entries_fen, ProviderBalance.at)
        .order_by(ProviderBalance.id.desc())
        .limit(1)
    ).one_or_none()  # fmt: skip
    same = newest is not None and (newest.available_fen, newest.pending_fen, newest.entries_fen) == tuple(
        row.values()
    )
    if same and newest is not None and clock.shanghai_day(newest.at) == clock.today():
        return
    insert_rows(ProviderBalance, [row])
    if row["entries_fen"] != held.available_fen + held.pending_fen:
        log.warning("provider_balance_differs", **row)


def _entries_fen() -> int:
    return int(session().scalar(select(func.coalesce(func.sum(ProviderEntry.net_fen), 0))) or 0)
