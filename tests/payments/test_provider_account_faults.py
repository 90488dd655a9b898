"""The provider's account: it is down, workers die or race, and sums hold through any life."""

from __future__ import annotations

import random
import threading
from types import SimpleNamespace

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from shop.payments import tasks
from shop.payments.provider import owning as provider_owning
from tests.orders import market
from tests.orders.killing import killed_at
from tests.payments import refund_scene
from tests.payments.account_scene import (
    all_ties,
    assert_every_fen_in_one_place,
    balance,
    buy,
    held,
    pay_out,
    sync,
)
from tests.payments.provider import Provider


def test_the_provider_is_down_half_way_and_nothing_is_lost(account: Provider, app: Flask) -> None:
    buy(account, {market.stall().sku_id: 1})
    payout = pay_out(account)
    for path in ("/v1/payouts", "/v1/balance_transactions", "/v1/balance"):
        account.process.control("faults", kind="500", count=3, path=path)
        tasks.sync_provider.run()
        account.process.control("faults")
    sync()
    assert sum(balance("102.transit").values()) == payout["amount"]
    assert_every_fen_in_one_place(account)


@pytest.mark.parametrize("point", ["provider:listed", "provider:shared", "provider:booked"])
def test_killed_while_it_reads_or_books(account: Provider, app: Flask, point: str) -> None:
    one, two = market.stall(), market.stall(price_fen=990)
    buy(account, {one.sku_id: 1, two.sku_id: 2})
    payout = pay_out(account)
    assert killed_at(app, point, sync)
    assert balance("102.transit") == {}
    sync()
    assert sum(balance("102.transit").values()) == payout["amount"]
    assert_every_fen_in_one_place(account)


def test_four_workers_at_once_keep_and_book_once(account: Provider, app: Flask) -> None:
    one, two = market.stall(packs=40), market.stall(price_fen=990)
    for _ in range(3):
        buy(account, {one.sku_id: 1, two.sku_id: 1})
    payout = pay_out(account)
    buy(account, {one.sku_id: 1})
    gate, failed = threading.Barrier(4), []

    def work() -> None:
        with app.app_context():
            gate.wait()
            try:
                sync()
            except Exception as error:  # noqa: BLE001 (shown by the assertion below)
                failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert sum(balance("102.transit").values()) == payout["amount"]
    assert len(market.rows("select 1 from ledger_transaction where kind = 'platform'")) == 2
    assert_every_fen_in_one_place(account)


@settings(max_examples=300, deadline=None)
@given(
    fens=st.lists(st.integers(1, 1_000_000), min_size=1, max_size=12),
    owners=st.lists(st.integers(1, 4), min_size=12, max_size=12),
    rate=st.integers(0, 1000),
)
def test_shares_of_a_charge_sum_to_its_net_and_none_is_negative(
    fens: list[int], owners: list[int], rate: int
) -> None:
    total = sum(fens)
    fee = total * rate // 1000
    row = SimpleNamespace(
        id=1, kind="charge", amount_fen=total, fee_fen=fee, net_fen=total - fee, payment_id=1, refund_id=None,
        state="succeeded", order_id=7, attributed=True, sent_back=False, cooperative_id=None,
    )  # fmt: skip
    parts = list(zip(owners, fens, strict=False))
    owned = provider_owning._decide(row, {7: parts})  # type: ignore[arg-type]
    assert owned is not None
    assert sum(owned.shares.values()) == total - fee
    assert min(owned.shares.values()) >= 0
    for owner, fen in owned.shares.items():
        gross = sum(part for whose, part in parts if whose == owner)
        assert abs((gross - fen) * total - fee * gross) <= total * len(parts)


def test_a_long_life_of_sales_refunds_and_payouts(account: Provider) -> None:
    """Whatever happens in whatever order: after every step, each fen is in one place."""
    fate = random.Random(20201231)  # noqa: S311 (repeatable, no secret)
    stalls = [market.stall(packs=200, price_fen=fate.randrange(300, 9000)) for _ in range(3)]
    orders: list[int] = []
    under_way: list[str] = []
    for step in range(24):
        what = fate.choice(["buy", "buy", "refund", "pay out", "arrive", "fail"])
        if what == "buy":
            wanted = {
                stall.sku_id: fate.randrange(1, 4) for stall in fate.sample(stalls, fate.randrange(1, 4))
            }
            orders.append(buy(account, wanted))
        elif what == "refund" and orders:
            part = fate.choice(refund_scene.part_ids(fate.choice(orders)))
            tasks.send_refund.run(refund_scene.amount_back(part, fate.randrange(1, 100)).refund_id)
        elif what == "pay out":
            made = pay_out(account)
            under_way += [made["id"]] if made else []
        elif what in ("arrive", "fail") and under_way:
            gone = under_way.pop(fate.randrange(len(under_way)))
            account.process.control(
                f"payouts/{gone}/settle", outcome={"arrive": "paid", "fail": "failed"}[what]
            )
        account.deliver_all()
        sync()
        found = all_ties()
        assert [tie for tie in found.ties if not tie.holds] == [], f"step {step}: {what}"
        assert found.totals.entries_fen == held(account)
    assert_every_fen_in_one_place(account)
