"""/v1: authentication, idempotency keys, faults on demand, and one table of routes."""

from __future__ import annotations

import hashlib
import json
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Flask, Response, request

from dev.stripe_stand_in import accepts, checkout, refunding, shapes
from dev.stripe_stand_in.errors import ApiError, invalid, missing
from dev.stripe_stand_in.expanding import expand
from dev.stripe_stand_in.parameters import Shape, nest, read
from dev.stripe_stand_in.stand_in import Fault, StandIn, cause
from dev.stripe_stand_in.store import Json

Handler = Callable[[StandIn, Json, str], Json]
Answer = tuple[int, str, dict[str, str]]  # status, JSON text, headers


@dataclass(frozen=True)
class Route:
    method: str
    path: str
    takes: Shape
    handle: Handler


def _one(kind: str, param: str = "id") -> Handler:
    def handle(stand_in: StandIn, given: Json, object_id: str) -> Json:
        thing = stand_in.store.get(object_id, kind)
        if thing is None:
            raise missing(kind, object_id, param)
        return _current(stand_in, thing)

    return handle


def _list(kind: str, path: str) -> Handler:
    def handle(stand_in: StandIn, given: Json, object_id: str) -> Json:
        filters = {name: value for name, value in given.items() if name not in accepts.PAGE}
        after, before = given.get("starting_after", ""), given.get("ending_before", "")
        if (after or before) and stand_in.store.get(after or before, kind) is None:
            raise missing(kind, after or before, "starting_after" if after else "ending_before")
        found, more = stand_in.store.find(kind, filters, limit=given.get("limit", 10), after=after, before=before)
        return shapes.page(path, [_current(stand_in, thing) for thing in found], more=more)

    return handle


def _current(stand_in: StandIn, thing: Json) -> Json:
    """An event says how many deliveries are still to come."""
    if thing["object"] == "event":
        rows = stand_in.store.sql(
            "SELECT count(*) AS number FROM delivery WHERE event = ? AND state IN ('held', 'waiting', 'sending')", thing["id"],
        )
        return thing | {"pending_webhooks": rows[0]["number"]}
    return thing


def _balance(stand_in: StandIn, given: Json, object_id: str) -> Json:
    rows = stand_in.store.sql(
        "SELECT json_extract(body, '$.status') AS status, sum(json_extract(body, '$.net')) AS net FROM object"
        " WHERE kind = 'balance_transaction' GROUP BY 1",
    )
    sums = {row["status"]: row["net"] for row in rows}
    return shapes.balance(sums.get("available", 0), sums.get("pending", 0))


_S = "/v1/checkout/sessions"
ROUTES = (
    Route("POST", _S, accepts.SESSION_CREATE, lambda stand_in, given, _: checkout.create(stand_in, given)),
    Route("GET", _S, accepts.SESSION_LIST, _list("checkout.session", _S)),
    Route("GET", f"{_S}/<object_id>", accepts.ONLY_EXPAND, _one("checkout.session", "session")),
    Route("GET", f"{_S}/<object_id>/line_items", accepts.LINE_ITEM_LIST, lambda s, _, at: checkout.line_items(s, at)),
    Route("POST", f"{_S}/<object_id>/expire", accepts.ONLY_EXPAND, lambda s, _, at: checkout.expire(s, at)),
    Route("GET", "/v1/payment_intents", accepts.INTENT_LIST, _list("payment_intent", "/v1/payment_intents")),
    Route("GET", "/v1/payment_intents/<object_id>", accepts.ONLY_EXPAND, _one("payment_intent", "intent")),
    Route("GET", "/v1/charges", accepts.CHARGE_LIST, _list("charge", "/v1/charges")),
    Route("GET", "/v1/charges/<object_id>", accepts.ONLY_EXPAND, _one("charge")),
    Route("GET", "/v1/balance", accepts.ONLY_EXPAND, _balance),
    Route("GET", "/v1/balance_transactions", accepts.BALANCE_TRANSACTION_LIST, _list("balance_transaction", "/v1/balance_transactions")),
    Route("GET", "/v1/balance_transactions/<object_id>", accepts.ONLY_EXPAND, _one("balance_transaction")),
    Route("POST", "/v1/refunds", accepts.REFUND_CREATE, lambda stand_in, given, _: refunding.create(stand_in, given)),
    Route("GET", "/v1/refunds", accepts.REFUND_LIST, _list("refund", "/v1/refunds")),
    Route("GET", "/v1/refunds/<object_id>", accepts.ONLY_EXPAND, _one("refund")),
    Route("GET", "/v1/events", accepts.EVENT_LIST, _list("event", "/v1/events")),
    Route("GET", "/v1/events/<object_id>", accepts.ONLY_EXPAND, _one("event")),
)


def install(app: Flask, stand_in: StandIn) -> None:
    api = Blueprint("api", __name__)
    for route in ROUTES:
        name = f"{route.method} {route.path}".replace(".", " ")
        api.add_url_rule(route.path, name, _view(stand_in, route), methods=[route.method], provide_automatic_options=False)

    @api.route("/v1/", defaults={"rest": ""}, methods=["GET", "POST", "DELETE"])
    @api.route("/v1/<path:rest>", methods=["GET", "POST", "DELETE"])
    def unknown(rest: str) -> Response:
        text = f"Unrecognized request URL ({request.method}: {request.path}). The stand-in speaks only what the shop uses."
        return _respond((404, json.dumps(ApiError(404, text).body()), {}), shapes.new_id("req", 14))

    app.register_blueprint(api)


def _view(stand_in: StandIn, route: Route) -> Callable[..., Response]:
    def view(object_id: str = "") -> Response:
        request_id = shapes.new_id("req", 14)
        key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
        token = cause.set((request_id, key))
        try:
            _authenticate(stand_in)
            fault = stand_in.take_fault(request.method, request.path)
            if fault and fault.when == "before" and fault.kind != "slow" and not fault.sticky:
                _go_wrong(fault)
            answer = _answer(stand_in, route, object_id, key, fault, request_id)
            if fault and fault.when == "after" and fault.kind != "slow":
                _go_wrong(fault)
        except ApiError as error:
            answer = (error.status, json.dumps(error.body()), {})
        finally:
            cause.reset(token)
        return _respond(answer, request_id, key)

    return view


def _respond(answer: Answer, request_id: str, key: str | None = None) -> Response:
    status, body, headers = answer
    response = Response(body, status, mimetype="application/json")
    response.headers.update({"Request-Id": request_id, "Stripe-Version": shapes.API_VERSION, **headers})
    if key:
        response.headers["Idempotency-Key"] = key
    return response


def _authenticate(stand_in: StandIn) -> None:
    """Bearer, or basic with the key as user name."""
    given = request.authorization
    key = (given.token or given.username or "") if given else ""
    if not key:
        raise ApiError(401, "You did not provide an API key. You need to provide your API key in the Authorization header.")
    if key != stand_in.settings.key:
        raise ApiError(401, f"Invalid API Key provided: {key[:8]}{'*' * 8}{key[-4:]}")
    version = request.headers.get("Stripe-Version", shapes.API_VERSION)
    if version != shapes.API_VERSION:
        raise invalid(f"Invalid Stripe API version: {version}. The stand-in speaks {shapes.API_VERSION}.")
    account = request.headers.get("Stripe-Account")
    if account:
        raise ApiError(
            403, f"The provided key does not have access to account '{account}' (or that account does not exist).",
            code="account_invalid",
        )


def _go_wrong(fault: Fault) -> None:
    if fault.kind == "timeout":
        time.sleep(fault.seconds)
        connection: socket.socket = request.environ["werkzeug.socket"]
        connection.shutdown(socket.SHUT_RDWR)
    if fault.kind == "429":
        raise ApiError(429, "Request rate limit exceeded.", code="rate_limit")
    if fault.kind == "409":
        raise ApiError(409, "This object cannot be accessed right now because of another request.", code="lock_timeout")
    raise ApiError(500, "An unknown error occurred", kind="api_error")


def _answer(
    stand_in: StandIn, route: Route, object_id: str, key: str | None, fault: Fault | None, request_id: str,
) -> Answer:
    raw = nest(list((request.form if request.method == "POST" else request.args).items(multi=True)))
    if key is None:
        return _execute(stand_in, route, object_id, raw, fault)
    if len(key) > 255:
        raise invalid("Idempotency keys can have up to 255 characters.")
    fingerprint = hashlib.sha256(json.dumps(raw, sort_keys=True).encode()).hexdigest()
    replay = _reserve(stand_in, key, fingerprint)
    if replay:
        return replay
    try:
        answer = _execute(stand_in, route, object_id, raw, fault, (key, fingerprint, request_id))
        return answer[0], answer[1], {"Original-Request": request_id}
    except ApiError as error:
        if error.kept:
            with stand_in.store.transaction():
                _keep(stand_in, (key, fingerprint, request_id), error.status, json.dumps(error.body()))
        raise
    finally:
        with stand_in.lock:
            stand_in.in_flight.discard(key)


def _reserve(stand_in: StandIn, key: str, fingerprint: str) -> Answer | None:
    """The saved answer of an earlier request; None = the key is now ours. Raises 400 and 409 as Stripe does."""
    with stand_in.lock:
        saved = stand_in.store.answer(key)
        if saved:
            other = f"Try using a key other than '{key}' if you meant to execute a different request."
            if saved["path"] != request.path:
                raise ApiError(
                    400, "Keys for idempotent requests can only be used for the same endpoint they were first used for "
                    f"('{request.path}' vs '{saved['path']}'). {other}", kind="idempotency_error",
                )
            if saved["fingerprint"] != fingerprint:
                raise ApiError(
                    400, "Keys for idempotent requests can only be used with the same parameters they were first used "
                    f"with. {other}", kind="idempotency_error",
                )
            return saved["status"], saved["body"], {"Idempotent-Replayed": "true", "Original-Request": saved["request"]}
        if key in stand_in.in_flight:
            raise ApiError(
                409, f"There is currently another in-progress request using this Idempotent Key: {key}. Please try again "
                "later.", kind="idempotency_error", code="idempotency_key_in_use",
            )
        stand_in.in_flight.add(key)
    return None


def _execute(
    stand_in: StandIn, route: Route, object_id: str, raw: Json, fault: Fault | None, keep: tuple[str, str, str] | None = None,
) -> Answer:
    given: dict[str, Any] = read(route.takes, raw)
    if fault and fault.kind == "slow":
        time.sleep(fault.seconds)
    if fault and fault.sticky:
        raise ApiError(500, "An unknown error occurred", kind="api_error", kept=True)
    paths = given.pop("expand", [])
    with stand_in.change():
        result = route.handle(stand_in, given, object_id)
        body = json.dumps(expand(stand_in.store, result, paths), indent=2, ensure_ascii=False)
        if keep:
            _keep(stand_in, keep, 200, body)
    return 200, body, {}


def _keep(stand_in: StandIn, keep: tuple[str, str, str], status: int, body: str) -> None:
    key, fingerprint, request_id = keep
    stand_in.store.keep_answer(key, request.path, fingerprint, status, body, request_id)
