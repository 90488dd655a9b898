"""A provider of one's own, whose balance holds nothing of other tests, and what tests of its account look at."""

from __future__ import annotations

from typing import Any

from shop.audit.run import CHECKS, run_check
from shop.core.db import db, transaction
from shop.orders import attributing
from shop.payments import platform, whereabouts
from shop.payments.provider import sync as provider_sync
from tests.orders import market
from tests.payments.provider import Provider


def buy(provider: Provider, wanted: dict[int, int], **how: Any) -> int:
    """An order of these skus, paid at the provider and attributed; its id."""
    who = market.buyer()
    placed = market.place(who, wanted)
    provider.pay(provider.open(placed.number, who.id), **how)
    provider.deliver_all()
    attribute(placed.order_id)
    return placed.order_id


def attribute(order_id: int) -> None:
    with transaction():
        attributing.attribute_orders([order_id])


def pay_out(provider: Provider) -> dict[str, Any]:
    """All that is at the provider becomes available and goes out."""
    provider.process.control("balance/release")
    return provider.process.control("payouts")


def balance(account: str) -> dict[int, int]:
    """Cooperative → fen in the books, nothing left out but zeros."""
    return {
        row.cooperative_id: row.fen
        for row in market.rows(
            "select cooperative_id, sum(fen)::bigint as fen from ledger_entry where account = :a group by 1"
            " having sum(fen) <> 0 order by 1",
            a=account,
        )
    }


def held(provider: Provider) -> int:
    """What the provider says it holds, in fen."""
    found = provider.process.client().v1.balance.retrieve()
    return found.available[0].amount + found.pending[0].amount


def all_ties() -> platform.Platform:
    ids = [row.id for row in market.rows("select id from cooperative order by id")]
    found = platform.of(ids, whole=True)
    db.session.rollback()
    return found


def assert_every_fen_in_one_place(provider: Provider) -> platform.Platform:
    """Books, rows and the provider itself agree, for every cooperative and over all; the audit says so too."""
    found = all_ties()
    assert [(tie.name, tie.left_fen, tie.right_fen) for tie in found.ties if not tie.holds] == []
    assert found.totals.entries_fen == held(provider)
    for row in found.cooperatives:
        assert [tie for tie in whereabouts.of(row.id).ties if not tie.holds] == []
    db.session.rollback()
    broken = {
        check.code: rows
        for check in CHECKS
        if check.code != "nothing-waits" and (rows := run_check(check)["rows"])
    }
    db.session.rollback()
    assert broken == {}
    return found


def sync() -> None:
    provider_sync.sync()
