"""Every parameter the stand-in accepts and every field it returns exists in the SDK's own types, nested ones too."""

from __future__ import annotations

import importlib
import re
import typing
from collections.abc import Iterator
from typing import Any

import pytest
import stripe
import stripe.params as params
from stripe.params import checkout as checkout_params

from dev.stripe_stand_in.api import ROUTES
from dev.stripe_stand_in.parameters import accepted
from dev.stripe_stand_in.shapes import API_VERSION
from tests.stand_in.orders import CARD_3DS, CARD_DECLINED, open_session
from tests.support.stand_in import StandInProcess, wait_for

ENDPOINTS: dict[str, Any] = {
    "POST /v1/checkout/sessions": checkout_params.SessionCreateParams,
    "GET /v1/checkout/sessions": checkout_params.SessionListParams,
    "GET /v1/checkout/sessions/<object_id>": checkout_params.SessionRetrieveParams,
    "GET /v1/checkout/sessions/<object_id>/line_items": checkout_params.SessionLineItemListParams,
    "POST /v1/checkout/sessions/<object_id>/expire": checkout_params.SessionExpireParams,
    "GET /v1/payment_intents": params.PaymentIntentListParams,
    "GET /v1/payment_intents/<object_id>": params.PaymentIntentRetrieveParams,
    "GET /v1/charges": params.ChargeListParams,
    "GET /v1/charges/<object_id>": params.ChargeRetrieveParams,
    "GET /v1/balance": params.BalanceRetrieveParams,
    "GET /v1/balance_transactions": params.BalanceTransactionListParams,
    "GET /v1/balance_transactions/<object_id>": params.BalanceTransactionRetrieveParams,
    "GET /v1/payouts": params.PayoutListParams,
    "GET /v1/payouts/<object_id>": params.PayoutRetrieveParams,
    "POST /v1/refunds": params.RefundCreateParams,
    "GET /v1/refunds": params.RefundListParams,
    "GET /v1/refunds/<object_id>": params.RefundRetrieveParams,
    "POST /v1/transfers": params.TransferCreateParams,
    "GET /v1/transfers": params.TransferListParams,
    "GET /v1/transfers/<object_id>": params.TransferRetrieveParams,
    "POST /v1/transfers/<object_id>/reversals": params.TransferCreateReversalParams,
    "GET /v1/transfers/<object_id>/reversals": params.TransferListReversalsParams,
    "GET /v1/events": params.EventListParams,
    "GET /v1/events/<object_id>": params.EventRetrieveParams,
}
OBJECTS: dict[str, Any] = {
    "checkout.session": stripe.checkout.Session,
    "payment_intent": stripe.PaymentIntent,
    "payment_method": stripe.PaymentMethod,
    "charge": stripe.Charge,
    "refund": stripe.Refund,
    "balance_transaction": stripe.BalanceTransaction,
    "balance": stripe.Balance,
    "payout": stripe.Payout,
    "event": stripe.Event,
    "transfer": stripe.Transfer,
    "transfer_reversal": stripe.TransferReversal,
    "item": stripe.LineItem,
    "price": stripe.Price,
}
SESSION_ENUMS = {
    "status": {"open", "complete", "expired"},
    "payment_status": {"paid", "unpaid"},
    "mode": {"payment"},
    "ui_mode": {"hosted_page"},
}


def spelled(annotation: Any) -> str:
    """The annotation as text, forward references resolved to their words."""
    words = annotation.__forward_arg__ if isinstance(annotation, typing.ForwardRef) else str(annotation)
    return re.sub(r"ForwardRef\(['\"](.*?)['\"]\)", r"\1", words)


def test_every_endpoint_is_compared() -> None:
    assert set(ROUTES) == set(ENDPOINTS)


@pytest.mark.parametrize("endpoint", sorted(ENDPOINTS))
def test_parameters(endpoint: str) -> None:
    unknown = list(_unknown_parameters(accepted(endpoint), ENDPOINTS[endpoint], endpoint))
    assert unknown == []


def _unknown_parameters(rule: Any, sdk: Any, path: str) -> Iterator[str]:
    """`sdk`: a TypedDict of stripe.params; nested ones are found by the name their annotation spells."""
    for name, inner in rule.items():
        field = name.rstrip("!")
        if field not in sdk.__annotations__:
            yield f"{path}[{field}]"
            continue
        words = spelled(sdk.__annotations__[field])
        group = inner[0] if isinstance(inner, list) else inner
        if isinstance(inner, str) and inner.startswith("one_of ") and "Literal[" in words:
            yield from (
                f"{path}[{field}]={value}" for value in inner.split()[1:] if f"'{value}'" not in words
            )
        elif isinstance(group, dict):
            module = importlib.import_module(sdk.__module__)
            found = next((word for word in re.findall(r"\w+", words) if word.startswith(sdk.__name__)), None)
            if found is None:
                yield f"{path}[{field}] is no group"
            else:
                yield from _unknown_parameters(group, getattr(module, found), f"{path}[{field}]")


def test_required_parameters_are_required_by_the_sdk_too() -> None:
    from_sdk = {"mode", "success_url", "line_items"}  # depend on mode and ui_mode, which the types cannot say
    ours = {name[:-1] for name in accepted("POST /v1/checkout/sessions") if name.endswith("!")}
    assert ours == from_sdk


def _wrong_fields(value: dict[str, Any], sdk: Any, path: str) -> Iterator[str]:
    """Fields the SDK does not have, and fields it always has that are missing; down to the last dictionary."""
    annotations = sdk.__annotations__
    for name, annotation in annotations.items():
        optional = "Optional" in spelled(annotation) or "NoneType" in spelled(annotation)
        if name not in value and not optional and name != "OBJECT_NAME":
            yield f"{path}.{name} is missing"
    for name, inner in value.items():
        where = f"{path}.{name}"
        if name not in annotations:
            yield f"{where} is unknown"
        else:
            yield from _wrong_inside(inner, spelled(annotations[name]), sdk, where)


def _wrong_inside(inner: Any, words: str, sdk: Any, path: str) -> Iterator[str]:
    if isinstance(inner, list):
        for each in inner:
            yield from _wrong_inside(each, words, sdk, path)
    elif isinstance(inner, dict):
        yield from _wrong_object(inner, words, sdk, path)
    elif isinstance(inner, str) and words.startswith("typing.Union[typing.Literal["):
        if f"'{inner}'" not in words:
            yield f"{path}={inner}: not one of {words}"
    elif isinstance(inner, int) and not isinstance(inner, bool) and not re.search(r"\bint\b", words):
        yield f"{path}={inner}: the SDK has no integer here ({words[:60]})"


def _wrong_object(inner: dict[str, Any], words: str, sdk: Any, path: str) -> Iterator[str]:
    kind = str(inner.get("object"))
    if kind == "list":
        for each in inner["data"]:
            yield from _wrong_fields(each, OBJECTS[each["object"]], path)
    elif kind in OBJECTS:
        yield from _wrong_fields(inner, OBJECTS[kind], path)
    elif "UntypedStripeObject" not in words:
        found = _nested_class(words)
        if found is None:
            yield f"{path}: the SDK has no object here ({words[:60]})"
        else:
            yield from _wrong_fields(inner, found, path)


def _nested_class(words: str) -> Any:
    """`stripe._charge.Charge.Outcome` inside the annotation → that class."""
    match = re.search(r"(stripe\.[\w.]*?_\w+)\.([A-Z][\w.]*)", words)
    if match is None:
        return None
    found: Any = importlib.import_module(match[1])
    for part in match[2].split("."):
        found = getattr(found, part)
    return found


@pytest.fixture(scope="module")
def lived(running: StandInProcess) -> StandInProcess:
    """A stand-in that has seen everything: paid by each method, declined, failed, refunded, expired."""
    client = running.client()
    paid = open_session(client, customer_email="buyer@example.com")
    running.pay(paid.id)
    running.pay(open_session(client).id, card=CARD_3DS, three_d_secure="confirm")
    running.pay(open_session(client).id, card=CARD_3DS)
    running.pay(open_session(client).id, card=CARD_DECLINED)
    running.pay(open_session(client).id, method="alipay", outcome="fail")
    running.pay(open_session(client).id, method="wechat_pay")
    charge = client.v1.charges.list({"limit": 1}).data[0].id
    sent = client.v1.transfers.create(
        {"amount": 500, "currency": "cny", "destination": "acct_lived", "source_transaction": charge}
    )
    client.v1.transfers.reversals.create(sent.id, {"amount": 200})
    late, lost = open_session(client), open_session(client)
    for session, outcome in ((late, "succeeded"), (lost, "failed")):
        running.pay(session.id, method="alipay", settle="later")
        running.control(f"sessions/{session.id}/settle", outcome=outcome)
    declined = open_session(client)
    running.pay(declined.id, card=CARD_DECLINED)
    client.v1.checkout.sessions.expire(declined.id)
    for session_id, fate in ((paid.id, "succeeded"), (late.id, "failed")):
        intent = client.v1.checkout.sessions.retrieve(session_id).payment_intent
        refund = client.v1.refunds.create(
            {"payment_intent": str(intent), "amount": 100, "reason": "duplicate"}
        )
        running.control(f"refunds/{refund.id}/settle", outcome=fate)
    client.v1.refunds.create({"payment_intent": str(intent), "metadata": {"line": "1"}})
    running.control("balance/release")
    running.control(f"payouts/{running.control('payouts', amount=1)['id']}/settle", outcome="canceled")
    for outcome in ("failed", "paid"):
        running.control(f"payouts/{running.control('payouts')['id']}/settle", outcome=outcome)
    wait_for(lambda: not {"held", "waiting", "sending"} & running.read("stats")["deliveries"].keys())
    return running


def _everything(stand_in: StandInProcess, path: str, **more: Any) -> Iterator[dict[str, Any]]:
    """All pages of a list, as plain JSON."""
    while True:
        page = stand_in.client().raw_request("get", path, limit=100, **more).data
        yield from page["data"]
        if not page["has_more"]:
            return
        more["starting_after"] = page["data"][-1]["id"]


@pytest.mark.parametrize(
    "path, expand",
    [
        ("/v1/checkout/sessions", "data.line_items"),
        ("/v1/checkout/sessions", "data.payment_intent.latest_charge"),
        ("/v1/payment_intents", "data.payment_method"),
        ("/v1/charges", "data.balance_transaction"),
        ("/v1/charges", "data.refunds"),
        ("/v1/refunds", "data.failure_balance_transaction"),
        ("/v1/balance_transactions", "data.source"),
        ("/v1/transfers", "data.balance_transaction"),
        ("/v1/transfers", "data.source_transaction"),
        ("/v1/payouts", "data.balance_transaction"),
        ("/v1/events", ""),
    ],
)
def test_fields(lived: StandInProcess, path: str, expand: str) -> None:
    found = list(_everything(lived, path, **({"expand": [expand]} if expand else {})))
    assert found
    problems = {
        problem
        for thing in found
        for problem in _wrong_fields(thing, OBJECTS[thing["object"]], thing["object"])
    }
    assert problems == set()


def test_fields_of_the_balance(lived: StandInProcess) -> None:
    balance = lived.client().raw_request("get", "/v1/balance").data
    assert list(_wrong_fields(balance, stripe.Balance, "balance")) == []


def test_fields_inside_events(lived: StandInProcess) -> None:
    types = re.findall(r"'([a-z_.0-9]+)'", spelled(stripe.Event.__annotations__["type"]))
    seen: set[str] = set()
    problems: set[str] = set()
    for event in _everything(lived, "/v1/events"):
        thing = event["data"]["object"]
        problems |= set(_wrong_fields(thing, OBJECTS[thing["object"]], event["type"]))
        seen.add(event["type"])
    assert problems == set()
    assert seen <= set(types)
    assert seen >= {
        "checkout.session.completed",
        "checkout.session.expired",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
        "payment_intent.succeeded",
        "payment_intent.payment_failed",
        "charge.succeeded",
        "charge.refunded",
        "refund.created",
        "refund.updated",
        "transfer.created",
        "transfer.reversed",
        "payout.created",
        "payout.paid",
        "payout.failed",
    }


def test_states_are_the_sdks() -> None:
    for name, ours in SESSION_ENUMS.items():
        assert all(f"'{value}'" in spelled(stripe.checkout.Session.__annotations__[name]) for value in ours)


def test_version_is_the_pinned_one() -> None:
    assert stripe.api_version == API_VERSION
