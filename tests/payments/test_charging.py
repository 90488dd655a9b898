"""Opening payments: one open payment an order, the same answer to the same question, nothing lost when the provider is down."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from shop.core.db import transaction
from shop.core.errors import Conflict, NotFound, Unavailable
from shop.payments import charging, closing, gateway
from tests.orders import market
from tests.payments.provider import Provider, order_state, payments


def test_the_hosted_page_shows_what_was_ordered(provider: Provider) -> None:
    one, two, who = market.stall(price_fen=6800), market.stall(price_fen=990, freight_fen=0), market.buyer()
    placed = market.place(who, {one.sku_id: 3, two.sku_id: 2})
    session = provider.session(provider.open(placed.number, who.id))
    items = provider.process.client().v1.checkout.sessions.line_items.list(session.id).data
    assert [(item.description, item.quantity, item.amount_total) for item in items] == [
        ("干香菇 500", 3, 20_400),
        ("干香菇 500", 2, 1980),
        (f"运费 · {one.coop.code}合作社", 1, 1000),
    ]
    assert (session.amount_total, session.currency, session.locale) == (23_380, "cny", "zh")
    assert session.client_reference_id == placed.number
    payment = market.rows("select * from payment")[0]
    assert session.metadata is not None
    assert session.metadata.to_dict() == {"order": placed.number, "payment": str(payment.id)}
    assert session.success_url == f"http://localhost/pay/return/{placed.number}"
    assert session.cancel_url == f"http://localhost/orders/{placed.number}"
    assert set(session.payment_method_types) == {"card", "alipay", "wechat_pay"}
    assert (payment.state, payment.session_ref, payment.amount_fen) == ("pending", session.id, 23_380)
    closes = datetime.fromtimestamp(session.expires_at, UTC)
    assert timedelta(minutes=55) < closes - payment.created_at <= timedelta(minutes=60)


def test_pressing_pay_again_leads_to_the_same_page(provider: Provider) -> None:
    goods, who = market.stall(), market.buyer()
    placed = market.place(who, {goods.sku_id: 1})
    assert charging.pay_url(placed.number, who.id) == charging.pay_url(placed.number, who.id)
    assert len(payments(placed.order_id)) == 1


def test_pressing_pay_four_times_at_once(app: Flask, provider: Provider) -> None:
    goods, who = market.stall(), market.buyer()
    placed = market.place(who, {goods.sku_id: 1})
    gate, urls = threading.Barrier(4), []

    def press() -> None:
        with app.app_context():
            gate.wait()
            urls.append(charging.pay_url(placed.number, who.id))

    threads = [threading.Thread(target=press) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(urls) == 4
    assert len(set(urls)) == 1
    assert len(payments(placed.order_id)) == 1


@pytest.mark.parametrize("kind", ["500", "429", "timeout"])
def test_provider_down_leaves_the_order_payable(provider: Provider, kind: str) -> None:
    goods, who = market.stall(), market.buyer()
    placed = market.place(who, {goods.sku_id: 1})
    provider.process.control("faults", kind=kind, count=3, path="/v1/checkout")
    with pytest.raises(Unavailable, match="支付平台暂时连不上"):
        charging.pay_url(placed.number, who.id)
    assert order_state(placed.order_id) == ("pending", None)
    provider.process.control("faults")
    assert provider.pay(provider.open(placed.number, who.id)) == "paid"
    assert payments(placed.order_id) == [("pending", 7800)]


def test_nobody_listens_at_all(app: Flask, provider: Provider) -> None:
    goods, who = market.stall(), market.buyer()
    placed = market.place(who, {goods.sku_id: 1})
    settings = app.extensions["settings"]
    app.extensions["settings"] = settings.model_copy(update={"stripe_api_base": "http://127.0.0.1:1"})
    with pytest.raises(Unavailable):
        charging.pay_url(placed.number, who.id)
    app.extensions["settings"] = settings
    assert provider.open(placed.number, who.id)


@pytest.mark.parametrize("kind", ["500", "timeout"])
def test_an_answer_lost_after_the_session_was_made(provider: Provider, kind: str) -> None:
    """The same key asks the same question, so the session made before is the answer."""
    goods, who = market.stall(), market.buyer()
    placed = market.place(who, {goods.sku_id: 1})
    made = provider.process.read("stats")
    provider.process.control("faults", kind=kind, count=3, path="/v1/checkout", when="after")
    with pytest.raises(Unavailable):
        charging.pay_url(placed.number, who.id)
    provider.process.control("faults")
    session = provider.open(placed.number, who.id)
    assert provider.pay(session) == "paid"
    assert provider.process.read("stats") != made
    assert market.rows("select count(*) from payment")[0][0] == 1


def test_a_refused_question_is_not_asked_for_ever(app: Flask, provider: Provider) -> None:
    goods, who = market.stall(), market.buyer()
    placed = market.place(who, {goods.sku_id: 1})
    settings = app.extensions["settings"]
    app.extensions["settings"] = settings.model_copy(update={"payment_methods": "bitcoin"})
    with pytest.raises(Unavailable, match="没有接受"):
        charging.pay_url(placed.number, who.id)
    app.extensions["settings"] = settings
    assert provider.open(placed.number, who.id)
    assert [state for state, _ in payments(placed.order_id)] == ["failed", "pending"]


def test_a_payment_too_old_to_open_gives_way_to_a_new_one(provider: Provider) -> None:
    goods, who = market.stall(), market.buyer()
    placed = market.place(who, {goods.sku_id: 1})
    with transaction():
        payment_id = charging.open_payment(placed.order_id, who.id)
        market.row(
            "update payment set created_at = now() - interval '40 minutes' where id = :id returning id",
            id=payment_id,
        )
    with pytest.raises(Unavailable, match="再点一次"):
        charging.start(payment_id)
    assert provider.open(placed.number, who.id)
    assert [state for state, _ in payments(placed.order_id)] == ["expired", "pending"]


def test_who_may_pay_and_when(provider: Provider) -> None:
    goods, who = market.stall(), market.buyer()
    placed = market.place(who, {goods.sku_id: 1})
    with pytest.raises(NotFound):
        charging.pay_url(placed.number, market.buyer().id)
    with pytest.raises(NotFound), transaction():
        charging.open_payment(placed.order_id, who.id + 1)
    market.make_due(placed.order_id)
    with pytest.raises(Conflict, match="付款时间已过"):
        charging.pay_url(placed.number, who.id)
    closing.expire_holds()
    with pytest.raises(Conflict, match="已关闭"):
        charging.pay_url(placed.number, who.id)
    paid = market.paid(who, {goods.sku_id: 1})
    with pytest.raises(Conflict, match="已经付过款"):
        charging.pay_url(paid.number, who.id)


def test_closed_while_the_checkout_was_being_opened(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rival closes the order between question and answer: the fresh session is closed too, and no address given out."""
    goods, who = market.stall(), market.buyer()
    placed = market.place(who, {goods.sku_id: 1})
    asked = gateway.create_session
    made: list[gateway.Session] = []

    def ask(*args: Any) -> gateway.Session:
        made.append(asked(*args))
        market.make_due(placed.order_id)
        closing.expire_holds()
        return made[0]

    monkeypatch.setattr(gateway, "create_session", ask)
    with pytest.raises(Conflict, match="刚刚"):
        charging.pay_url(placed.number, who.id)
    assert provider.session(made[0].ref).status == "expired"
    assert payments(placed.order_id) == [("expired", 7800)]
    assert market.counters(goods.lot_id)[1] == 0


def test_more_lines_than_the_provider_takes(provider: Provider) -> None:
    goods, who = market.stall(packs=200), market.buyer()
    with transaction():
        skus = {
            market.town_builder.sku(goods.coop, goods.produce_id, price_fen=100 + n)[1]: 1 for n in range(50)
        }
    placed = market.place(who, skus)
    assert len(payments(placed.order_id)) == 0
    session = provider.session(provider.open(placed.number, who.id))
    assert session.amount_total == sum(100 + n for n in range(50)) + 1000


def test_the_provider_is_never_called_inside_a_transaction(provider: Provider) -> None:
    with pytest.raises(RuntimeError, match="never called inside"), transaction():
        gateway.get_session("cs_test_1")
