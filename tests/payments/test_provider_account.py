"""The provider's account in our rows and books: charges, fees, refunds and payouts, split by cooperative to the fen."""

from __future__ import annotations

from shop.core.db import transaction
from shop.orders import holds
from shop.payments import tasks
from tests.orders import market
from tests.payments import refund_scene
from tests.payments.account_scene import (
    all_ties,
    assert_every_fen_in_one_place,
    attribute,
    balance,
    buy,
    held,
    pay_out,
    sync,
)
from tests.payments.provider import Provider


def _entries() -> list[tuple[str, int, int | None]]:
    return [
        (row.kind, row.net_fen, row.town_fen)
        for row in market.rows("select kind, net_fen, town_fen from provider_entry order by id")
    ]


def test_nobody_ever_paid_so_nothing_is_asked(account: Provider) -> None:
    account.process.control("faults", kind="500", count=9)
    sync()
    assert _entries() == []


def test_a_charge_is_split_as_its_suborders_are_and_its_fee_booked(account: Provider) -> None:
    one, two = market.stall(price_fen=6800), market.stall(price_fen=990, freight_fen=0)
    buy(account, {one.sku_id: 3, two.sku_id: 1})
    assert {row.id: row.fresh_fen for row in all_ties().cooperatives} == {
        one.coop.id: 21_400,
        two.coop.id: 990,
    }
    sync()
    total, fee = 22_390, 649
    assert _entries() == [("charge", total - fee, 0)]
    shares = {row.cooperative_id: row.fen for row in market.rows("select * from provider_share")}
    assert sum(shares.values()) == total - fee == held(account)
    assert balance("113.provider") == shares == {one.coop.id: 21_400 - 620, two.coop.id: 990 - 29}
    assert market.rows("select fee_fen from payment")[0].fee_fen == fee
    sync()
    tasks.sync_provider.run()
    assert len(_entries()) == 1
    found = assert_every_fen_in_one_place(account)
    assert (found.balance.available_fen, found.balance.pending_fen) == (0, total - fee)


def test_a_payout_leaves_every_books_by_what_belongs_to_it(account: Provider) -> None:
    one, two = market.stall(price_fen=6800), market.stall(price_fen=990, freight_fen=0)
    order = buy(account, {one.sku_id: 2, two.sku_id: 3})
    buy(account, {two.sku_id: 1})
    sync()
    before = balance("113.provider")
    part = refund_scene.part_ids(order)[0]
    made = refund_scene.amount_back(part, 500)
    tasks.send_refund.run(made.refund_id)
    account.deliver_all()
    payout = pay_out(account)
    sync()
    assert payout["amount"] == sum(before.values()) - 500
    assert balance("113.provider") == {}
    assert balance("102.transit") == {
        one.coop.id: before[one.coop.id] - 500,
        two.coop.id: before[two.coop.id],
    }
    found = assert_every_fen_in_one_place(account)
    assert (found.totals.out_fen, held(account)) == (payout["amount"], 0)
    sync()
    assert len(market.rows("select 1 from ledger_transaction where kind = 'platform'")) == 2


def test_a_cooperative_with_more_refunds_than_sales_has_a_negative_part(account: Provider) -> None:
    one, two = market.stall(), market.stall()
    order = buy(account, {one.sku_id: 1})
    pay_out(account)
    sync()
    buy(account, {two.sku_id: 2})
    tasks.send_refund.run(refund_scene.amount_back(refund_scene.part_ids(order)[0], 700).refund_id)
    pay_out(account)
    sync()
    parts = market.rows(
        "select t.key, e.fen from ledger_entry e join ledger_transaction t on t.id = e.transaction_id"
        " where e.account = '102.transit' order by t.id"
    )
    assert [row.fen for row in parts][1] == -700
    assert_every_fen_in_one_place(account)


def test_a_failed_payout_comes_back_into_every_books_and_goes_out_again(account: Provider) -> None:
    one, two = market.stall(), market.stall(price_fen=990)
    buy(account, {one.sku_id: 1, two.sku_id: 2})
    sync()
    before = balance("113.provider")
    payout = pay_out(account)
    sync()
    assert balance("113.provider") == {}
    account.process.control(f"payouts/{payout['id']}/settle")
    account.process.control(f"payouts/{payout['id']}/settle", outcome="failed")
    kinds = account.deliver_all()
    assert {"payout.created", "payout.paid", "payout.failed"} <= set(kinds)
    sync()
    assert (balance("113.provider"), balance("102.transit")) == (before, {})
    row = market.rows("select state, failure, booked_at, returned_at from provider_payout")[0]
    assert (row.state, row.failure) == ("failed", "account_closed")
    assert row.returned_at is not None
    assert_every_fen_in_one_place(account)
    again = pay_out(account)
    sync()
    assert again["amount"] == payout["amount"]
    assert (balance("113.provider"), balance("102.transit")) == ({}, before)
    assert_every_fen_in_one_place(account)


def test_failed_before_we_ever_heard_of_it(account: Provider) -> None:
    buy(account, {market.stall().sku_id: 1})
    payout = pay_out(account)
    account.process.control(f"payouts/{payout['id']}/settle", outcome="canceled")
    sync()
    assert balance("102.transit") == {}
    assert sum(balance("113.provider").values()) == payout["amount"]
    assert_every_fen_in_one_place(account)


def test_what_is_not_attributed_yet_waits_and_the_payout_with_it(account: Provider) -> None:
    goods, who = market.stall(), market.buyer()
    placed = market.place(who, {goods.sku_id: 1})
    account.pay(account.open(placed.number, who.id))
    account.deliver_all()
    payout = pay_out(account)
    sync()
    assert market.rows("select problem, booked_at from provider_payout")[0].problem == "owner"
    assert balance("102.transit") == {}
    assert_every_fen_in_one_place(account)
    attribute(placed.order_id)
    sync()
    assert balance("102.transit") == {goods.coop.id: payout["amount"]}
    assert market.rows("select problem from provider_payout")[0].problem is None
    assert_every_fen_in_one_place(account)


def test_money_that_came_too_late_is_no_cooperatives_and_neither_is_its_fee(account: Provider) -> None:
    goods, who = market.stall(packs=2), market.buyer()
    placed = market.place(who, {goods.sku_id: 2})
    session = account.open(placed.number, who.id)
    market.make_due(placed.order_id)
    with transaction():
        holds.expire([placed.order_id])
    buy(account, {goods.sku_id: 2})
    account.pay(session)
    account.deliver_all()
    tasks.sweep.run()
    account.deliver_all()
    sync()
    late = market.rows("select p.* from payment p join refund r on r.payment_id = p.id")[0]
    assert (late.amount_fen, late.fee_fen) == (14_600, 423)
    found = assert_every_fen_in_one_place(account)
    assert [(place.code, place.fen) for place in found.town] == [("sent_back", -423)]
    payout = pay_out(account)
    sync()
    found = assert_every_fen_in_one_place(account)
    assert sum(balance("102.transit").values()) == payout["amount"] + 423
    assert found.totals.out_town_fen == -423


def test_a_refund_that_failed_stays_at_the_provider_under_its_name(account: Provider) -> None:
    goods = market.stall()
    order = buy(account, {goods.sku_id: 2}, card="4000000000005126")
    sync()
    before = balance("113.provider")[goods.coop.id]
    made = refund_scene.amount_back(refund_scene.part_ids(order)[0], 900)
    row = all_ties().cooperatives[0]
    assert (row.books_fen, row.provider_fen, row.refund_way_fen) == (before - 900, before, -900)
    tasks.send_refund.run(made.refund_id)
    ref = market.rows("select provider_ref from refund")[0].provider_ref
    account.process.control(f"refunds/{ref}/settle", outcome="failed")
    account.deliver_all()
    sync()
    row = all_ties().cooperatives[0]
    assert (row.provider_fen, row.refund_way_fen, row.refund_failed_fen) == (before, 0, -900)
    assert_every_fen_in_one_place(account)


def test_a_payout_by_hand_is_the_towns_and_the_next_one_makes_up_for_it(account: Provider) -> None:
    goods = market.stall()
    buy(account, {goods.sku_id: 2})
    sync()
    before = balance("113.provider")
    account.process.control("balance/release")
    account.process.control("payouts", amount=300)
    sync()
    assert balance("113.provider") == before
    found = assert_every_fen_in_one_place(account)
    assert [(place.code, place.fen) for place in found.town] == [("by_hand", -300)]
    rest = pay_out(account)
    sync()
    assert rest["amount"] == before[goods.coop.id] - 300
    assert balance("102.transit") == before
    assert_every_fen_in_one_place(account)
