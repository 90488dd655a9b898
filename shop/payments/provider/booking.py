"""The provider's payouts in every cooperative's books: out (Dr 102 in transit, Cr 113), back, and met by the bank.

A payout covers many cooperatives; each one's part is the sum of its shares of the entries that the payout pays, so the parts
and the town's own sum to the payout, to the fen. A cooperative that had more refunds than sales has a negative part.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import structlog
from sqlalchemy import Row, func, select, update

from shop.cooperatives.ledger.accounts import Account
from shop.cooperatives.ledger.closing import open_days
from shop.cooperatives.ledger.posting import Entry, Posting, post
from shop.core import clock, faults
from shop.core.db import session
from shop.core.text import N_
from shop.payments.provider import owning as provider_owning
from shop.payments.provider.models import ProviderEntry, ProviderPayout
from shop.payments.provider.owning import BACK, OUT, Owned

log = structlog.get_logger()

KIND = "platform"
RETURNED = ("failed", "canceled")
# why a payout is not booked, or not at its end; people see it on its page
PROBLEMS = {
    "owner": N_("里面有的付款还没归属到户，归属以后自动入账"),
    "sum": N_("平台列出的明细合计和转款金额不同，没有入账"),
    "entry": N_("平台还没有给出这笔转款的流水"),
    "met": N_("已经对上银行流水，平台又说没有付成，要向平台和银行查清"),
}


def book_out(payout_id: int) -> bool:
    """Book a payout as money on its way, once; False while its entries or their owners are not known (`problem` says so)."""
    payout = _lock(payout_id)
    if payout is None or payout.booked_at is not None:
        return False
    own = _own_entry(payout_id, (OUT,))
    problem = "entry" if own is None else _not_whole(payout) if payout.automatic else None
    if own is None or problem:
        _set(payout_id, {"problem": problem})
        return False
    paid = select(ProviderEntry.id).where(ProviderEntry.payout_id == payout_id)
    shares = provider_owning.shares_of(paid) if payout.automatic else {}
    if own.town_fen is None:
        provider_owning.write([Owned(own.id, own.net_fen, {key: -fen for key, fen in shares.items()})])
    faults.point("provider:shared")
    _post(
        payout,
        "out",
        clock.shanghai_day(payout.made_at),
        shares,
        (Account.IN_TRANSIT, Account.CLEARING_PROVIDER),
    )
    _set(payout_id, {"booked_at": func.now(), "problem": None})
    faults.point("provider:booked")
    return True


def book_back(payout_id: int) -> bool:
    """A booked payout that failed or was stopped: the same turned round, once. One that met the bank waits for people."""
    payout = _lock(payout_id)
    if (
        payout is None
        or payout.state not in RETURNED
        or payout.booked_at is None
        or payout.returned_at is not None
    ):
        return False
    own, back = _own_entry(payout_id, (OUT,)), _own_entry(payout_id, BACK)
    problem = "met" if payout.met_at is not None else "entry" if own is None or back is None else None
    if own is None or back is None or problem:
        _set(payout_id, {"problem": problem})
        if problem == "met":
            log.error("payout_failed_after_it_was_met", payout=payout_id)
        return False
    shares = _parts(payout_id)
    if back.town_fen is None:
        provider_owning.write([Owned(back.id, back.net_fen, shares)])
    _post(
        payout,
        "back",
        clock.shanghai_day(back.made_at),
        shares,
        (Account.CLEARING_PROVIDER, Account.IN_TRANSIT),
    )
    _set(payout_id, {"returned_at": func.now(), "problem": None})
    return True


def book_met(payout: Row[*tuple[Any, ...]], booked_on: date, by: int | None) -> None:
    """The bank shows it on the town's account: Dr 102 collected, Cr 102 in transit. The caller holds the payout's lock."""
    step = f"met:{payout.meetings + 1}"
    _post(payout, step, booked_on, _parts(payout.id), (Account.COLLECTED, Account.IN_TRANSIT), by)


def book_unmet(payout: Row[*tuple[Any, ...]], by: int | None) -> None:
    """It was not that line after all: the same turned round, today. The caller holds the payout's lock."""
    step = f"unmet:{payout.meetings}"
    _post(payout, step, clock.today(), _parts(payout.id), (Account.IN_TRANSIT, Account.COLLECTED), by)


def _parts(payout_id: int) -> dict[int, int]:
    """Each cooperative's part of a booked payout."""
    own = _own_entry(payout_id, (OUT,))
    if own is None:
        return {}
    return {key: -fen for key, fen in provider_owning.shares_of([own.id]).items()}


def unbooked() -> list[tuple[int, str, bool]]:
    """Payouts that are not booked, or came back and do not say so: (id, reference, automatic), oldest first. One statement."""
    returning = (ProviderPayout.state.in_(RETURNED)) & (ProviderPayout.returned_at.is_(None))
    rows = session().execute(
        select(ProviderPayout.id, ProviderPayout.provider_ref, ProviderPayout.automatic)
        .where(ProviderPayout.booked_at.is_(None) | returning)
        .order_by(ProviderPayout.id)
    )
    return [(row.id, row.provider_ref, row.automatic) for row in rows]


def _lock(payout_id: int) -> Row[*tuple[Any, ...]] | None:
    return session().execute(
        select(
            ProviderPayout.id, ProviderPayout.provider_ref, ProviderPayout.amount_fen, ProviderPayout.state,
            ProviderPayout.automatic, ProviderPayout.made_at, ProviderPayout.booked_at, ProviderPayout.returned_at,
            ProviderPayout.met_at,
        )
        .where(ProviderPayout.id == payout_id)
        .with_for_update()
    ).one_or_none()  # fmt: skip


def _own_entry(payout_id: int, kinds: tuple[str, ...]) -> Row[*tuple[Any, ...]] | None:
    """The payout's way out, or its way back."""
    return session().execute(
        select(ProviderEntry.id, ProviderEntry.net_fen, ProviderEntry.town_fen, ProviderEntry.made_at)
        .where(ProviderEntry.moved_payout_id == payout_id, ProviderEntry.kind.in_(kinds))
        .order_by(ProviderEntry.id)
        .limit(1)
    ).one_or_none()  # fmt: skip


def _not_whole(payout: Row[*tuple[Any, ...]]) -> str | None:
    total, waiting = session().execute(
        select(
            func.coalesce(func.sum(ProviderEntry.net_fen), 0),
            func.count().filter(ProviderEntry.town_fen.is_(None)),
        ).where(ProviderEntry.payout_id == payout.id)
    ).one()  # fmt: skip
    if total != payout.amount_fen:
        return "sum"
    return "owner" if waiting else None


def _post(
    payout: Row[*tuple[Any, ...]],
    step: str,
    on_date: date,
    shares: Mapping[int, int],
    accounts: tuple[Account, Account],
    by: int | None = None,
) -> None:
    """Debit the first account, credit the second, by each cooperative's part."""
    days = open_days((cooperative_id, on_date) for cooperative_id in shares)
    debit, credit = accounts
    post(
        [
            Posting(
                cooperative_id, KIND, f"provider_payout:{payout.id}:{cooperative_id}:{step}",
                days[cooperative_id, on_date], "provider_payout", payout.id,
                (Entry(debit, fen), Entry(credit, -fen)), memo=f"平台转款 {payout.provider_ref}", posted_by=by,
            )
            for cooperative_id, fen in sorted(shares.items())
        ]
    )  # fmt: skip


def _set(payout_id: int, values: dict[str, Any]) -> None:
    session().execute(
        update(ProviderPayout)
        .where(ProviderPayout.id == payout_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
