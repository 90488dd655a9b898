"""A provider's account without a provider: entries and payouts as its reports would tell them, kept and booked by the deeds."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import date, timedelta

from sqlalchemy import select, text

from shop.core import clock
from shop.core.db import insert_rows, session, transaction
from shop.payments import meeting
from shop.payments.models import BankStatementLine
from shop.payments.provider import booking as provider_booking
from shop.payments.provider import owning as provider_owning
from shop.payments.provider import sync as provider_sync
from shop.payments.provider.models import ProviderBalance, ProviderEntry, ProviderPayout
from shop.payments.provider.owning import Owned
from shop.payments.provider.reports import Moved, Sent

_count = itertools.count(1)


def entry(kind: str, fen: int, source_ref: str, fee_fen: int = 0) -> Moved:
    now = clock.now()
    ref = f"txn_rows_{next(_count)}"
    return Moved(ref, kind, fen, fee_fen, fen - fee_fen, source_ref, None, None, None, now, now)


def payout(shares: Mapping[int, int], *, state: str = "paid", town_fen: int = 0) -> int:
    """A booked payout of these parts (cooperative → fen) and the town's; its id."""
    number = next(_count)
    total = sum(shares.values()) + town_fen
    ref, today = f"po_rows_{number}", clock.today()
    sent = Sent(ref, total, state, True, True, f"TRACE{number:06d}", "", None, clock.now(), today)
    charge = entry("charge", total + 100, f"ch_rows_{number}", fee_fen=100)
    out = entry("payout", -total, ref)
    with transaction():
        provider_sync.keep_payouts([sent])
        payout_id = (
            session()
            .execute(select(ProviderPayout.id).where(ProviderPayout.provider_ref == ref))
            .scalar_one()
        )
        provider_sync.keep_entries([charge, out], payout_id)
        entry_id = (
            session()
            .execute(select(ProviderEntry.id).where(ProviderEntry.provider_ref == charge.ref))
            .scalar_one()
        )
        provider_owning.write([Owned(entry_id, charge.net_fen, dict(shares))])
    with transaction():
        assert provider_booking.book_out(payout_id)
    return int(payout_id)


def line(reference: str, fen: int, note: str = "", day: date | None = None) -> int:
    """A line of the town's statement; its id."""
    row = {
        "cooperative_id": None, "reference": reference, "booked_on": day or clock.today(), "amount_fen": fen,
        "payer": "支付平台", "note": note,
    }  # fmt: skip
    with transaction():
        return int(insert_rows(BankStatementLine, [row], "id")[0])


def told_balance(fen: int) -> None:
    """What the provider says it holds, beside the entries there are."""
    with transaction():
        held = session().execute(text("select coalesce(sum(net_fen), 0) from provider_entry")).scalar_one()
        insert_rows(ProviderBalance, [{"available_fen": fen, "pending_fen": 0, "entries_fen": int(held)}])


def scene(cooperative_ids: list[int]) -> int:
    """A payout on its way with two lines that may be it, one that was met, lines of other kinds; the open payout's id."""
    shares = {cooperative_id: 10_000 * at for at, cooperative_id in enumerate(cooperative_ids, 1)}
    met = payout(shares, town_fen=-29)
    found = line("NB20261101", sum(shares.values()) - 29, "TRACE 提现")
    with transaction():
        meeting.choose(met, found, None)
    waits = payout({key: fen + 50 for key, fen in shares.items()})
    amount = sum(shares.values()) + 50 * len(shares)
    line("NB20261108", amount, "提现")
    line("NB20261109", amount, "提现", clock.today() - timedelta(days=1))
    line("NB20261110", -5_000, "转大川合作社")
    told_balance(0)
    return waits
