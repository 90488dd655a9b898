"""Opening, paying, declining and expiring a Checkout Session, through the real SDK and the hosted page."""

from __future__ import annotations

import time

import pytest
import stripe

from tests.stand_in.conftest import Receiver
from tests.stand_in.orders import (
    CARD_3DS,
    CARD_DECLINED,
    CARD_OK,
    CARD_POOR,
    browse,
    line,
    open_session,
    session_params,
)
from tests.support.stand_in import StandInProcess, wait_for


def retrieve(
    client: stripe.StripeClient, session: stripe.checkout.Session, *expand: str
) -> stripe.checkout.Session:
    return client.v1.checkout.sessions.retrieve(session.id, {"expand": list(expand)})


def test_open(client: stripe.StripeClient, stand_in: StandInProcess) -> None:
    lines = [line("山核桃", 3680, 2), line("运费", 800, 1)]
    session = open_session(client, line_items=lines, customer_email="buyer@example.com")
    assert (session.amount_total, session.currency, session.status) == (8160, "cny", "open")
    assert (session.payment_status, session.payment_intent, session.livemode) == ("unpaid", None, False)
    assert session.payment_method_types == ["card", "alipay", "wechat_pay"]
    assert session.metadata is not None
    assert session.metadata["order"] == session.client_reference_id == "D1"
    assert session.expires_at - session.created == 24 * 3600
    assert str(session.url).startswith(f"{stand_in.url}/c/pay/cs_test_")
    items = client.v1.checkout.sessions.line_items.list(session.id)
    assert [(item.description, item.quantity, item.amount_total) for item in items] == [
        ("山核桃", 2, 7360),
        ("运费", 1, 800),
    ]
    found = client.v1.checkout.sessions.list({"limit": 1, "status": "open"}).data[0]
    assert found.id == session.id


def test_page_shows_what_is_bought_and_needs_no_script(client: stripe.StripeClient) -> None:
    session = open_session(client, line_items=[line("<b>菌菇</b>", 123_456, 10)])
    status, page, _ = browse(str(session.url))
    assert status == 200
    assert "&lt;b&gt;菌菇&lt;/b&gt; × 10" in page
    assert "¥12,345.60" in page
    assert "<script" not in page


@pytest.mark.parametrize("way", ["card", "3ds", "alipay", "wechat_pay"])
def test_pay(client: stripe.StripeClient, receiver: Receiver, way: str) -> None:
    session = open_session(client)
    url = str(session.url)
    if way in ("card", "3ds"):
        number = CARD_OK if way == "card" else CARD_3DS
        status, _, location = browse(f"{url}/card", card_number=number, email="li@example.com", holder="李明")
    else:
        page = browse(f"{url}/{way}")[1]
        assert "确认支付" in page
        assert "支付失败" in page
        status, _, location = browse(f"{url}/{way}", outcome="confirm")
    if way == "3ds":
        assert location.endswith("/three_d_secure")
        assert retrieve(client, session).status == "open"
        assert "确认支付" in browse(f"{url}/three_d_secure")[1]
        status, _, location = browse(f"{url}/three_d_secure", outcome="confirm")
    assert (status, location) == (303, f"http://127.0.0.1:9/orders/D1?session={session.id}")

    (event,) = receiver.wait(session.id, "checkout.session.completed")
    assert event.api_version == stripe.api_version
    assert event.data.object["payment_status"] == "paid"
    paid = retrieve(client, session, "payment_intent.latest_charge.balance_transaction", "line_items")
    assert (paid.status, paid.payment_status, paid.url) == ("complete", "paid", None)
    intent = paid.payment_intent
    assert isinstance(intent, stripe.PaymentIntent)
    assert (intent.status, intent.amount_received, intent.metadata["order"]) == ("succeeded", 7360, "D1")
    charge = intent.latest_charge
    assert isinstance(charge, stripe.Charge)
    assert charge.paid
    assert charge.id.startswith("ch_" if way in ("card", "3ds") else "py_")
    assert charge.payment_method_details is not None
    assert charge.payment_method_details.type == {"3ds": "card"}.get(way, way)
    entry = charge.balance_transaction
    assert isinstance(entry, stripe.BalanceTransaction)
    assert (entry.amount, entry.fee, entry.net) == (7360, 213, 7147)  # 2.9 % of 73.60 is 2.1344
    assert receiver.of(intent.id)[0] == "payment_intent.created"
    assert {"charge.succeeded", "payment_intent.succeeded"} <= set(receiver.of(intent.id))


@pytest.mark.parametrize(
    "number, words, code",
    [
        (CARD_DECLINED, "银行拒绝了这张卡", "generic_decline"),
        (CARD_POOR, "余额不足", "insufficient_funds"),
    ],
)
def test_declined_then_paid(
    client: stripe.StripeClient, receiver: Receiver, number: str, words: str, code: str
) -> None:
    session = open_session(client)
    status, page, _ = browse(f"{session.url}/card", card_number=number)
    assert status == 402
    assert words in page
    declined = retrieve(client, session, "payment_intent")
    intent = declined.payment_intent
    assert isinstance(intent, stripe.PaymentIntent)
    assert (declined.status, declined.payment_status) == ("open", "unpaid")
    assert intent.status == "requires_payment_method"
    assert intent.last_payment_error is not None
    assert (intent.last_payment_error.code, intent.last_payment_error.decline_code) == ("card_declined", code)
    receiver.wait(intent.id, "payment_intent.payment_failed")
    assert browse(f"{session.url}/card", card_number=CARD_OK)[0] == 303
    assert retrieve(client, session).payment_intent == intent.id
    charges = client.v1.charges.list({"payment_intent": intent.id})
    assert [charge.status for charge in charges] == ["succeeded", "failed"]


def test_wallet_failure_and_refused_bank_check_leave_the_session_open(client: stripe.StripeClient) -> None:
    session = open_session(client)
    assert browse(f"{session.url}/alipay", outcome="fail")[0] == 402
    assert browse(f"{session.url}/card", card_number=CARD_3DS)[0] == 303
    status, page, _ = browse(f"{session.url}/three_d_secure", outcome="fail")
    assert status == 402
    assert "没有扣款" in page
    assert retrieve(client, session).status == "open"


def test_nothing_to_prove_leads_back_to_the_choice(client: stripe.StripeClient) -> None:
    session = open_session(client)
    status, _, location = browse(f"{session.url}/three_d_secure", outcome="confirm")
    assert (status, location) == (303, f"/c/pay/{session.id}")


def test_unknown_page(stand_in: StandInProcess) -> None:
    status, page, _ = browse(f"{stand_in.url}/c/pay/cs_test_none")
    assert status == 404
    assert "没有这个付款页" in page


def test_unknown_card_number_touches_nothing(client: stripe.StripeClient) -> None:
    session = open_session(client)
    status, page, _ = browse(f"{session.url}/card", card_number="1234")
    assert status == 402
    assert "不是测试卡号" in page
    assert retrieve(client, session).payment_intent is None


def test_a_session_is_paid_once(client: stripe.StripeClient, stand_in: StandInProcess) -> None:
    session = open_session(client)
    assert browse(f"{session.url}/alipay", outcome="confirm")[0] == 303
    assert browse(f"{session.url}/alipay", outcome="confirm")[0] == 303
    assert browse(f"{session.url}/card", card_number=CARD_DECLINED)[0] == 303
    assert stand_in.pay(session.id)["outcome"] == "closed"
    intent = str(retrieve(client, session).payment_intent)
    assert len(client.v1.charges.list({"payment_intent": intent}).data) == 1
    status, page, _ = browse(str(session.url))
    assert status == 410
    assert "已经付过了" in page


def test_expired_by_the_seller(client: stripe.StripeClient, receiver: Receiver) -> None:
    session = open_session(client)
    browse(f"{session.url}/card", card_number=CARD_DECLINED)
    expired = client.v1.checkout.sessions.expire(session.id)
    assert (expired.status, expired.url) == ("expired", None)
    receiver.wait(session.id, "checkout.session.expired")
    intent = client.v1.payment_intents.retrieve(str(expired.payment_intent))
    assert intent.status == "canceled"
    status, page, _ = browse(f"{session.url}/card", card_number=CARD_OK)
    assert status == 410
    assert "付款时间已过" in page
    with pytest.raises(stripe.InvalidRequestError, match="status of `expired`"):
        client.v1.checkout.sessions.expire(session.id)


def test_expired_by_the_clock(
    client: stripe.StripeClient, stand_in: StandInProcess, receiver: Receiver
) -> None:
    session = open_session(client, expires_at=int(time.time()) + 1860)
    stand_in.control(f"sessions/{session.id}/advance", seconds=1800)
    assert retrieve(client, session).status == "open"
    stand_in.control(f"sessions/{session.id}/advance", seconds=120)
    wait_for(lambda: retrieve(client, session).status == "expired")
    receiver.wait(session.id, "checkout.session.expired")
    assert stand_in.pay(session.id)["outcome"] == "closed"


@pytest.mark.parametrize(
    "outcome, kind", [("succeeded", "async_payment_succeeded"), ("failed", "async_payment_failed")]
)
def test_settled_later(
    client: stripe.StripeClient, stand_in: StandInProcess, receiver: Receiver, outcome: str, kind: str
) -> None:
    session = open_session(client)
    assert stand_in.pay(session.id, method="alipay", settle="later")["outcome"] == "processing"
    (completed,) = receiver.wait(session.id, "checkout.session.completed")
    assert completed.data.object["payment_status"] == "unpaid"
    stand_in.control(f"sessions/{session.id}/settle", outcome=outcome)
    receiver.wait(session.id, f"checkout.session.{kind}")
    assert retrieve(client, session).payment_status == ("paid" if outcome == "succeeded" else "unpaid")


def test_another_sum_than_asked(client: stripe.StripeClient, stand_in: StandInProcess) -> None:
    session = open_session(client)
    stand_in.pay(session.id, amount=1)
    assert retrieve(client, session).amount_total == 1


@pytest.mark.parametrize(
    "change, param, code",
    [
        ({"colour": "red"}, "colour", "parameter_unknown"),
        ({"payment_method_types": ["card"]}, "payment_method_types", "parameter_unknown"),
        (
            {"payment_intent_data": {"metadatas": {"a": "b"}}},
            "payment_intent_data[metadatas]",
            "parameter_unknown",
        ),
        (
            {"line_items": [line() | {"price_data": {"currency": "cny", "unit_amount": 1, "name": "x"}}]},
            "line_items[0][price_data][name]",
            "parameter_unknown",
        ),
        (
            {"line_items": [line(name="")]},
            "line_items[0][price_data][product_data][name]",
            "parameter_invalid_empty",
        ),
        (
            {"line_items": [line(fen=-1)]},
            "line_items[0][price_data][unit_amount]",
            "parameter_invalid_integer",
        ),
        ({"line_items": [line(quantity=0)]}, "line_items[0][quantity]", "parameter_invalid_integer"),
        ({"line_items": [line(fen=99_999_999, quantity=2)]}, "line_items", "amount_too_large"),
        ({"line_items": [line(fen=0)]}, "line_items", "amount_too_small"),
        ({"line_items": [line()] * 101}, "line_items", None),
        ({"success_url": "/orders/1"}, "success_url", "url_invalid"),
        ({"mode": "subscription"}, "mode", None),
        ({"customer_email": "nobody"}, "customer_email", "email_invalid"),
        ({"metadata": {"order": "x" * 501}}, "metadata[order]", None),
        ({"expires_at": int(time.time()) + 1700}, "expires_at", None),
        ({"expires_at": int(time.time()) + 90_000}, "expires_at", None),
        (
            {"payment_method_options": {"wechat_pay": {"app_id": "wx1"}}},
            "payment_method_options[wechat_pay][client]",
            "parameter_missing",
        ),
        ({"allowed_payment_method_types": ["paypal"]}, "allowed_payment_method_types[0]", None),
    ],
)
def test_refused_parameters(
    client: stripe.StripeClient, change: dict[str, object], param: str, code: str | None
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.checkout.sessions.create(session_params(**change))
    assert (caught.value.http_status, caught.value.param, caught.value.code) == (400, param, code)
    assert caught.value.request_id


def test_missing_parameter(client: stripe.StripeClient) -> None:
    params = session_params()
    del params["success_url"]
    with pytest.raises(stripe.InvalidRequestError, match="Missing required param: success_url") as caught:
        client.v1.checkout.sessions.create(params)
    assert caught.value.code == "parameter_missing"


def test_methods_are_filtered(client: stripe.StripeClient) -> None:
    session = open_session(client, allowed_payment_method_types=["alipay", "wechat_pay"])
    assert session.payment_method_types == ["alipay", "wechat_pay"]
    page = browse(str(session.url))[1]
    assert "用支付宝付款" in page
    assert "用银行卡付款" not in page
    assert open_session(client, excluded_payment_method_types=["card"]).payment_method_types == [
        "alipay",
        "wechat_pay",
    ]
