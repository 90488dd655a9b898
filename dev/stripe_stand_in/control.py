"""/_stand_in/…: what tests and developers turn. JSON in, JSON out. A POST must be application/json, so that no foreign
page in a developer's browser can send one."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, fields
from typing import Any

from flask import Blueprint, Flask, request

from dev.stripe_stand_in import checkout, paying, paying_out, refunding, transferring, webhooks
from dev.stripe_stand_in.cards import CARDS, SUCCESS
from dev.stripe_stand_in.errors import ApiError, invalid, missing
from dev.stripe_stand_in.pages import card_number, return_url
from dev.stripe_stand_in.paying import Attempt, Outcome
from dev.stripe_stand_in.stand_in import Fault, StandIn, Switches
from dev.stripe_stand_in.store import Json

FAULT_KINDS = ("500", "429", "409", "timeout", "slow")
Given = dict[str, Any]


def pay(stand_in: StandIn, given: Given, session_id: str) -> Json:
    with stand_in.change():
        outcome = _pay(stand_in, session_id, given)
        session = checkout.get(stand_in, session_id)
    return {"outcome": outcome, "session": session, "redirect": return_url(session)}


def _pay(stand_in: StandIn, session_id: str, given: Given) -> Outcome:
    method, amount = given.get("method", "card"), given.get("amount")
    later = given.get("settle") == "later"
    if method not in checkout.METHODS:
        raise invalid(f"method must be one of {', '.join(checkout.METHODS)}", param="method")
    if method != "card":
        if given.get("outcome", "confirm") != "confirm":
            return paying.decline_wallet(stand_in, session_id, method)
        return paying.attempt(stand_in, session_id, Attempt(method, settle_later=later, amount=amount))
    card = CARDS.get(card_number(given.get("card", SUCCESS)))
    if card is None:
        raise invalid("Not a test card the stand-in knows.", param="card")
    outcome = paying.attempt(stand_in, session_id, Attempt("card", card, settle_later=later, amount=amount))
    if outcome == "requires_action" and "three_d_secure" in given:
        return paying.authenticate(stand_in, session_id, confirmed=given["three_d_secure"] == "confirm")
    return outcome


def settle_session(stand_in: StandIn, given: Given, session_id: str) -> Json:
    with stand_in.change():
        succeeded = given.get("outcome", "succeeded") == "succeeded"
        return {"outcome": paying.settle(stand_in, session_id, succeeded=succeeded)}


def expire_session(stand_in: StandIn, given: Given, session_id: str) -> Json:
    with stand_in.change():
        return checkout.expire(stand_in, session_id)


def advance_session(stand_in: StandIn, given: Given, session_id: str) -> Json:
    with stand_in.change():
        return checkout.advance(stand_in, session_id, int(given.get("seconds", 24 * 3600)))


def settle_refund(stand_in: StandIn, given: Given, refund_id: str) -> Json:
    succeeded = given.get("outcome", "succeeded") == "succeeded"
    with stand_in.change():
        return refunding.settle(
            stand_in, refund_id, succeeded=succeeded, reason=given.get("reason", "declined")
        )


def release_balance(stand_in: StandIn, given: Given, _: str) -> Json:
    with stand_in.change():
        return paying_out.release(stand_in)


def pay_out(stand_in: StandIn, given: Given, _: str) -> Json:
    """`amount`: by hand, so that no entries belong to it. {} where there was nothing to pay out."""
    with stand_in.change():
        return paying_out.make(stand_in, given.get("amount")) or {}


def settle_payout(stand_in: StandIn, given: Given, payout_id: str) -> Json:
    with stand_in.change():
        return paying_out.settle(stand_in, payout_id, given.get("outcome", "paid"))


def pay_out_account(stand_in: StandIn, given: Given, account: str) -> Json:
    with stand_in.change():
        return transferring.pay_out(stand_in, account)


def resend(stand_in: StandIn, given: Given, event_id: str) -> Json:
    """The receiver's HTTP statuses; `copies` go out at the same time."""
    event = stand_in.store.get(event_id, "event")
    if event is None:
        raise missing("event", event_id, "id")
    copies, offset = given.get("copies", 1), given.get("offset_seconds", 0)
    secret, url = given.get("secret", stand_in.settings.secret), stand_in.switches.url
    with ThreadPoolExecutor(max_workers=copies) as pool:
        sent = [pool.submit(webhooks.post, url, secret, event, offset=offset) for _ in range(copies)]
        return {"statuses": [each.result() for each in sent]}


def set_webhooks(stand_in: StandIn, given: Given, _: str) -> Json:
    for name, value in given.items():
        setattr(stand_in.switches, name, value)
    return asdict(stand_in.switches)


def release(stand_in: StandIn, given: Given, _: str) -> Json:
    with stand_in.change():
        stand_in.release_held()
    return stats(stand_in)


def add_fault(stand_in: StandIn, given: Given, _: str) -> Json:
    """An empty body clears all faults."""
    if given and given.get("kind") not in FAULT_KINDS:
        raise invalid(f"kind must be one of {', '.join(FAULT_KINDS)}", param="kind")
    with stand_in.lock:
        stand_in.faults = [*stand_in.faults, Fault(**given)] if given else []
    return {"faults": [asdict(fault) for fault in stand_in.faults]}


def forget_keys(stand_in: StandIn, given: Given, _: str) -> Json:
    """As if a day had passed: Stripe has dropped every idempotency key."""
    stand_in.store.sql("DELETE FROM answer")
    return {}


def stats(stand_in: StandIn) -> Json:
    faults = [asdict(fault) for fault in stand_in.faults]
    return {**stand_in.store.counts(), "webhooks": asdict(stand_in.switches), "faults": faults}


PAY = ("method", "card", "outcome", "three_d_secure", "settle", "amount")
POSTS: dict[str, tuple[tuple[str, ...], Callable[[StandIn, Given, str], Json]]] = {
    "sessions/<object_id>/pay": (PAY, pay),
    "sessions/<object_id>/settle": (("outcome",), settle_session),
    "sessions/<object_id>/expire": ((), expire_session),
    "sessions/<object_id>/advance": (("seconds",), advance_session),
    "refunds/<object_id>/settle": (("outcome", "reason"), settle_refund),
    "balance/release": ((), release_balance),
    "payouts": (("amount",), pay_out),
    "payouts/<object_id>/settle": (("outcome",), settle_payout),
    "accounts/<object_id>/payout": ((), pay_out_account),
    "events/<object_id>/resend": (("copies", "secret", "offset_seconds"), resend),
    "webhooks": (tuple(each.name for each in fields(Switches)), set_webhooks),
    "webhooks/release": ((), release),
    "faults": (tuple(each.name for each in fields(Fault)), add_fault),
    "idempotency/forget": ((), forget_keys),
}


def install(app: Flask, stand_in: StandIn) -> None:
    control = Blueprint("control", __name__, url_prefix="/_stand_in")
    for path, (names, act) in POSTS.items():
        control.add_url_rule(f"/{path}", path, _view(stand_in, names, act), methods=["POST"])
    control.add_url_rule("/stats", "stats", lambda: stats(stand_in))
    control.add_url_rule(
        "/deliveries", "deliveries", lambda: {"deliveries": stand_in.store.latest_deliveries()}
    )
    app.register_blueprint(control)


def _view(
    stand_in: StandIn, names: tuple[str, ...], act: Callable[[StandIn, Given, str], Json]
) -> Callable[..., Json]:
    def view(object_id: str = "") -> Json:
        if not request.is_json:
            raise ApiError(415, "Send application/json.")
        given: Given = request.get_json()
        unknown = sorted(set(given) - set(names))
        if unknown:
            raise invalid(
                f"Received unknown parameter: {unknown[0]}", code="parameter_unknown", param=unknown[0]
            )
        return act(stand_in, given, object_id)

    return view
