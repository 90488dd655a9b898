"""Money and time: holds that end while somebody pays, late payments, refunds that are sent once, fees, transfers."""

from __future__ import annotations

import threading
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import stripe
from flask import Flask

from shop.core import clock
from shop.core.db import transaction
from shop.core.errors import Conflict, NotFound, Refused
from shop.orders import attributing, holds
from shop.payments import charging, closing, fees, gateway, queries, refunding, tasks, transfers
from tests.orders import market
from tests.payments.provider import (
    Provider,
    events_left,
    made_event,
    order_state,
    payments,
    refunds,
    timeline,
)


def opened(
    provider: Provider, packs: int = 20, units: int = 2
) -> tuple[market.Stall, market.Buyer, Any, str]:
    goods, who = market.stall(packs=packs), market.buyer()
    placed = market.place(who, {goods.sku_id: units})
    return goods, who, placed, provider.open(placed.number, who.id)


def close_without_the_provider(order_id: int) -> None:
    """The hold ended while the provider could not be reached, so its session stayed open."""
    market.make_due(order_id)
    with transaction():
        assert holds.expire([order_id]) == [order_id]


def test_expiry_closes_the_checkout_first(provider: Provider) -> None:
    goods, _who, placed, session = opened(provider)
    market.make_due(placed.order_id)
    tasks.sweep.run()
    assert provider.session(session).status == "expired"
    assert order_state(placed.order_id) == ("closed", "expired")
    assert payments(placed.order_id) == [("expired", 14_600)]
    assert market.counters(goods.lot_id)[1] == 0
    assert provider.pay(session) == "closed"
    provider.deliver_all()
    assert order_state(placed.order_id) == ("closed", "expired")


def test_paid_in_the_last_second_is_left_to_its_event(provider: Provider) -> None:
    goods, _who, placed, session = opened(provider)
    provider.pay(session)
    market.make_due(placed.order_id)
    tasks.sweep.run()
    assert order_state(placed.order_id) == ("pending", None)
    provider.deliver_all()
    assert order_state(placed.order_id) == ("paid", None)
    assert market.counters(goods.lot_id)[1] == 1000


def test_a_payment_under_way_for_a_day_ends_the_hold(provider: Provider) -> None:
    _goods, _who, placed, session = opened(provider)
    provider.pay(session, method="alipay", settle="later")
    market.make_due(placed.order_id)
    closing.expire_holds()
    assert order_state(placed.order_id) == ("pending", None)
    with transaction():
        market.row("update customer_order set expires_at = now() - interval '25 hours' returning id")
    closing.expire_holds()
    assert order_state(placed.order_id) == ("closed", "expired")


def test_expiry_while_the_provider_is_down(provider: Provider) -> None:
    goods, _who, placed, session = opened(provider)
    market.make_due(placed.order_id)
    provider.process.control("faults", kind="500", count=9, path="/v1/checkout")
    tasks.sweep.run()
    assert order_state(placed.order_id) == ("closed", "expired")
    assert market.counters(goods.lot_id)[1] == 0
    provider.process.control("faults")
    tasks.sweep.run()  # what was left open is closed now
    assert provider.session(session).status == "expired"
    assert payments(placed.order_id) == [("expired", 14_600)]


def test_payments_left_over_by_a_closed_order(provider: Provider) -> None:
    """One never opened at the provider, one the provider does not know any more."""
    goods, who = market.stall(), market.buyer()
    never, unknown = market.place(who, {goods.sku_id: 1}), market.place(who, {goods.sku_id: 1})
    with transaction():
        charging.open_payment(never.order_id)
        payment_id = charging.open_payment(unknown.order_id)
        market.row(
            "update payment set state = 'pending', session_ref = 'cs_test_gone' where id = :id returning id",
            id=payment_id,
        )
    for placed in (never, unknown):
        close_without_the_provider(placed.order_id)
    tasks.sweep.run()
    assert [payments(placed.order_id)[0][0] for placed in (never, unknown)] == ["expired", "expired"]


def test_late_money_takes_the_same_goods_again(provider: Provider) -> None:
    goods, _who, placed, session = opened(provider)
    close_without_the_provider(placed.order_id)
    provider.pay(session)
    provider.deliver_all()
    assert order_state(placed.order_id) == ("paid", None)
    assert payments(placed.order_id) == [("succeeded", 14_600)]
    assert refunds(placed.order_id) == []
    assert market.counters(goods.lot_id)[1] == 1000
    assert market.broken_holds() == []
    assert timeline(placed.order_id) == ["placed", "expired", "revived"]
    with transaction():
        attributing.attribute_orders([placed.order_id])
    assert [tuple(row) for row in market.rows("select state, fen from lot_allocation order by id")] == [
        ("released", None),
        ("reserved", 13_600),
    ]


def test_late_money_for_goods_that_are_gone_goes_back(provider: Provider) -> None:
    goods, _who, placed, session = opened(provider, packs=2)
    close_without_the_provider(placed.order_id)
    market.place(market.buyer(), {goods.sku_id: 1})
    provider.pay(session)
    provider.deliver_all()
    assert order_state(placed.order_id) == ("closed", "expired")
    assert refunds(placed.order_id) == [("created", 14_600, "late_payment")]
    tasks.sweep.run()
    assert refunds(placed.order_id) == [("succeeded", 14_600, "late_payment")]
    assert timeline(placed.order_id) == ["placed", "expired", "late_payment", "refunded"]
    provider.deliver_all()  # the provider's own events about the refund change nothing more
    tasks.sweep.run()
    assert timeline(placed.order_id).count("refunded") == 1
    assert len(provider.process.client().v1.refunds.list({"limit": 5}).data) >= 1
    assert events_left() == []
    found = queries.payment_of(placed.order_id)
    assert found is not None
    assert [row.refund_state for row in found.refunds] == ["succeeded"]
    assert market.counters(goods.lot_id)[1] == 500


def test_late_money_after_the_buyer_cancelled(provider: Provider) -> None:
    goods, who, placed, session = opened(provider, packs=2)
    provider.process.control("faults", kind="500", count=3, path=f"/v1/checkout/sessions/{session}/expire")
    closing.cancel(placed.number, who.id)
    provider.process.control("faults")
    assert order_state(placed.order_id) == ("closed", "cancelled")
    market.place(market.buyer(), {goods.sku_id: 2})
    provider.pay(session)
    provider.deliver_all()
    tasks.sweep.run()
    assert refunds(placed.order_id) == [("succeeded", 14_600, "late_payment")]


def test_cancel_closes_the_checkout(provider: Provider) -> None:
    _goods, who, placed, session = opened(provider)
    with pytest.raises(NotFound):
        closing.cancel(placed.number, market.buyer().id)
    closing.cancel(placed.number, who.id)
    closing.cancel(placed.number, who.id)
    assert provider.session(session).status == "expired"
    assert order_state(placed.order_id) == ("closed", "cancelled")


def test_cancel_after_paying_waits_for_the_event(provider: Provider) -> None:
    _goods, who, placed, session = opened(provider)
    provider.pay(session)
    with pytest.raises(Conflict, match="正在确认"):
        closing.cancel(placed.number, who.id)
    provider.deliver_all()
    assert order_state(placed.order_id) == ("paid", None)
    with pytest.raises(Conflict, match="已经付款"):
        closing.cancel(placed.number, who.id)


def test_two_checkouts_paid_is_one_too_many(provider: Provider) -> None:
    _goods, who, placed, first = opened(provider)
    with transaction():
        market.row(
            "update payment set state = 'expired' returning id"
        )  # locally only: the page was still open
    second = provider.open(placed.number, who.id)
    assert provider.pay(first) == provider.pay(second) == "paid"
    provider.deliver_all()
    tasks.sweep.run()
    assert order_state(placed.order_id) == ("paid", None)
    assert refunds(placed.order_id) == [("succeeded", 14_600, "double_payment")]
    assert sorted(payments(placed.order_id)) == [("succeeded", 14_600)] * 2


@pytest.mark.parametrize("round_", range(8))
def test_expiry_and_payment_at_the_same_moment(app: Flask, provider: Provider, round_: int) -> None:
    """Whichever comes first, the order is paid in the end, its goods are held once, and no money goes back."""
    goods, _who, placed, session = opened(provider)
    provider.pay(session)
    events = provider.events()
    market.make_due(placed.order_id)
    gate = threading.Barrier(2)

    def expire() -> None:
        with app.app_context():
            gate.wait()
            with transaction():
                holds.expire([placed.order_id])

    def pay() -> None:
        with app.app_context():
            gate.wait()
            for event in events:
                provider.deliver(event)

    threads = [threading.Thread(target=work) for work in (expire, pay)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert order_state(placed.order_id) == ("paid", None)
    assert refunds(placed.order_id) == []
    assert market.counters(goods.lot_id)[1] == 1000
    assert market.broken_holds() == []


def late(provider: Provider) -> tuple[Any, int]:
    """A late payment whose refund stands in our books and is not sent."""
    goods, _who, placed, session = opened(provider, packs=2)
    close_without_the_provider(placed.order_id)
    market.place(market.buyer(), {goods.sku_id: 2})
    provider.pay(session)
    provider.deliver_all()
    return placed, market.rows("select id from refund where order_id = :id", id=placed.order_id)[0].id


def sent_back(provider: Provider, order_id: int) -> list[int]:
    intent = market.rows("select intent_ref from payment where order_id = :id", id=order_id)[0].intent_ref
    return [
        refund.amount for refund in provider.process.client().v1.refunds.list({"payment_intent": intent}).data
    ]


@pytest.mark.parametrize("kind", ["500", "timeout"])
def test_a_refund_whose_answer_was_lost_is_sent_once(provider: Provider, kind: str) -> None:
    placed, refund_id = late(provider)
    provider.process.control("faults", kind=kind, count=3, path="/v1/refunds", when="after")
    with pytest.raises(gateway.ProviderDown):
        refunding.send(refund_id)
    provider.process.control("faults")
    tasks.sweep.run()
    tasks.send_refund.run(refund_id)
    assert refunds(placed.order_id) == [("succeeded", 14_600, "late_payment")]
    assert sent_back(provider, placed.order_id) == [14_600]


def test_a_refund_retried_after_the_key_was_forgotten_is_looked_up(provider: Provider) -> None:
    placed, refund_id = late(provider)
    provider.process.control("faults", kind="500", count=3, path="/v1/refunds", when="after")
    with pytest.raises(gateway.ProviderDown):
        refunding.send(refund_id)
    provider.process.control("faults")
    provider.process.control("idempotency/forget")
    with transaction():
        market.row(
            "update refund set created_at = now() - interval '25 hours' where id = :id returning id",
            id=refund_id,
        )
    tasks.sweep.run()
    assert refunds(placed.order_id) == [("succeeded", 14_600, "late_payment")]
    assert sent_back(provider, placed.order_id) == [14_600]


def test_the_events_of_a_refund_in_any_order(provider: Provider) -> None:
    """Also before our own answer is stored: they name our row."""
    placed, refund_id = late(provider)
    intent = market.rows("select intent_ref from payment where order_id = :id", id=placed.order_id)[
        0
    ].intent_ref
    thing = {
        "object": "refund", "id": "re_x", "amount": 14_600, "payment_intent": intent, "metadata": {"refund": str(refund_id)},
    }  # fmt: skip
    provider.deliver(made_event("refund.updated", thing | {"status": "succeeded"}))
    provider.deliver(made_event("refund.created", thing | {"status": "pending"}))
    assert refunds(placed.order_id) == [("succeeded", 14_600, "late_payment")]
    provider.deliver(made_event("refund.failed", thing | {"status": "failed", "failure_reason": "declined"}))
    provider.deliver(made_event("refund.updated", thing | {"status": "succeeded"}))
    assert refunds(placed.order_id) == [("failed", 14_600, "late_payment")]
    assert [row.failure for row in queries.failed_refunds()] == ["declined"]
    provider.deliver(made_event("refund.updated", thing | {"status": "succeeded", "amount": 1}))
    provider.deliver(
        made_event("refund.created", {"object": "refund", "id": "re_dashboard", "status": "succeeded"})
    )
    assert [row.outcome for row in events_left()] == ["set_aside", None]


def test_a_wallets_refund_takes_a_moment(provider: Provider) -> None:
    goods, _who, placed, session = opened(provider, packs=2)
    close_without_the_provider(placed.order_id)
    market.place(market.buyer(), {goods.sku_id: 2})
    provider.pay(session, method="alipay")
    provider.deliver_all()
    tasks.sweep.run()
    assert refunds(placed.order_id)[0][0] == "pending"
    ref = market.rows("select provider_ref from refund")[0].provider_ref
    provider.process.control(f"refunds/{ref}/settle", outcome="succeeded")
    with transaction():
        market.row("update refund set created_at = now() - interval '11 minutes' returning id")
    tasks.sweep.run()  # no event came: asked again
    assert refunds(placed.order_id)[0][0] == "succeeded"


def test_a_refund_the_provider_refuses_is_shown(provider: Provider) -> None:
    placed, refund_id = late(provider)
    with transaction():
        market.row("update refund set amount_fen = amount_fen + 1 where id = :id returning id", id=refund_id)
    tasks.sweep.run()
    assert refunds(placed.order_id)[0][0] == "failed"
    assert timeline(placed.order_id)[-1] == "refund_failed"


def test_the_fee_is_split_over_the_suborders_once(provider: Provider) -> None:
    one, two, who = market.stall(price_fen=6801), market.stall(price_fen=997, freight_fen=0), market.buyer()
    placed = market.place(who, {one.sku_id: 1, two.sku_id: 1})
    provider.pay(provider.open(placed.number, who.id))
    provider.deliver_all()
    tasks.sweep.run()
    tasks.sweep.run()
    fee = market.rows("select fee_fen from payment")[0].fee_fen
    assert fee == (8798 * 29 + 500) // 1000
    booked = market.rows(
        "select t.cooperative_id, e.fen from ledger_transaction t join ledger_entry e on e.transaction_id = t.id"
        " where t.kind = 'fee' and e.fen > 0 order by t.source_id"
    )
    assert [row.cooperative_id for row in booked] == [one.coop.id, two.coop.id]
    assert sum(row.fen for row in booked) == fee
    assert [row.fen for row in booked] == [226, 29]


def test_a_fee_in_another_currency_is_the_same_share(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An account that settles in dollars: 300 of 9,000 cents are a thirtieth of the payment."""

    class Intents:
        def retrieve(self, *_: Any) -> Any:
            entry = stripe.BalanceTransaction.construct_from(
                {"amount": 9000, "fee": 300, "currency": "hkd"}, "key"
            )
            return SimpleNamespace(latest_charge=SimpleNamespace(balance_transaction=entry))

    fake = SimpleNamespace(v1=SimpleNamespace(payment_intents=Intents()))
    monkeypatch.setattr(gateway, "client", lambda: fake)
    assert gateway.fee("pi_1", 7800) == 260


def test_the_fee_of_money_that_went_back_is_only_noted(provider: Provider) -> None:
    placed, _ = late(provider)
    tasks.sweep.run()
    assert (
        market.rows("select fee_fen from payment where order_id = :id", id=placed.order_id)[0].fee_fen == 423
    )
    assert market.rows("select * from ledger_transaction where kind = 'fee'") == []
    with transaction():
        assert fees.unknown() == []


@pytest.mark.usefixtures("db_session")
def test_a_bank_transfer() -> None:
    goods, who = market.stall(), market.buyer()
    placed = market.place(who, {goods.sku_id: 2}, pay_method="transfer", hold=timedelta(days=7))
    day = clock.today()
    with pytest.raises(Refused, match=r"¥1.00 与订单应付 ¥146.00 不一致"), transaction():
        transfers.record_transfer(placed.order_id, "A1", day, 100)
    with transaction():
        first = transfers.record_transfer(
            placed.order_id, "A1", day, 14_600, payer="某工会", cooperative_id=goods.coop.id
        )
    with transaction():
        assert (
            transfers.record_transfer(placed.order_id, " A1 ", day, 14_600, cooperative_id=goods.coop.id)
            == first
        )
    assert order_state(placed.order_id) == ("paid", None)
    assert payments(placed.order_id) == [("succeeded", 14_600)]
    other = market.place(who, {goods.sku_id: 2})
    with pytest.raises(Conflict, match="另一张订单"), transaction():
        transfers.record_transfer(other.order_id, "A1", day, 14_600, cooperative_id=goods.coop.id)
    with pytest.raises(Conflict, match="已经付过款"), transaction():
        transfers.record_transfer(placed.order_id, "A2", day, 14_600)
    with transaction():
        attributing.attribute_orders([placed.order_id])
    accounts = {row.account for row in market.rows("select account from ledger_entry where fen > 0")}
    assert any("transfer" in account for account in accounts)
    assert market.rows("select count(*) from bank_statement_line where payment_id is not null")[0][0] == 1


@pytest.mark.usefixtures("db_session")
def test_a_late_transfer_revives_or_says_so() -> None:
    goods, who = market.stall(packs=2), market.buyer()
    placed = market.place(who, {goods.sku_id: 1}, pay_method="transfer")
    close_without_the_provider(placed.order_id)
    with transaction():
        transfers.record_transfer(placed.order_id, "B1", clock.today(), 7800)
    assert order_state(placed.order_id) == ("paid", None)
    gone = market.place(who, {goods.sku_id: 1})
    close_without_the_provider(gone.order_id)
    market.place(market.buyer(), {goods.sku_id: 1})
    with pytest.raises(Conflict, match="货也已售完"), transaction():
        transfers.record_transfer(gone.order_id, "B2", clock.today(), 7800)


@pytest.mark.usefixtures("db_session")
def test_a_historic_transfer_is_a_sale_of_its_day() -> None:
    goods = market.stall()
    then = clock.day_range(market.town_builder.SOLD_ON).start + timedelta(hours=1)
    placed = market.place(
        market.buyer(), {goods.sku_id: 1}, now=then, channel="imported", pay_method="transfer"
    )
    with transaction():
        transfers.record_transfer(placed.order_id, "C1", market.town_builder.SOLD_ON, 7800, at=then)
    row = market.rows("select paid_on, paid_at from customer_order")[0]
    assert (row.paid_on, row.paid_at) == (market.town_builder.SOLD_ON, then)
