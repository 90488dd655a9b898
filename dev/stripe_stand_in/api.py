"""/v1: who may ask, faults on demand, and one table of routes."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable

from flask import Blueprint, Flask, Response, request

from dev.stripe_stand_in import checkout, refunding, shapes, transferring
from dev.stripe_stand_in.errors import ApiError, invalid, missing
from dev.stripe_stand_in.expanding import expand
from dev.stripe_stand_in.idempotency import Answer, Key, fingerprint, reserved
from dev.stripe_stand_in.parameters import accepted, nest, read
from dev.stripe_stand_in.stand_in import Fault, StandIn, cause
from dev.stripe_stand_in.store import Json

Handler = Callable[[StandIn, Json, str], Json]  # (stand-in, parameters, id in the path) -> object


def _one(kind: str, param: str = "id") -> Handler:
    def handle(stand_in: StandIn, given: Json, object_id: str) -> Json:
        thing = stand_in.store.get(object_id, kind)
        if thing is None:
            raise missing(kind, object_id, param)
        return _current(stand_in, thing)

    return handle


def _list(kind: str, path: str) -> Handler:
    paging = accepted(f"GET {path}").keys() & {"limit", "starting_after", "ending_before"}

    def handle(stand_in: StandIn, given: Json, object_id: str) -> Json:
        filters = {name: value for name, value in given.items() if name not in paging}
        after, before = given.get("starting_after", ""), given.get("ending_before", "")
        if (after or before) and stand_in.store.get(after or before, kind) is None:
            raise missing(kind, after or before, "starting_after" if after else "ending_before")
        limit = given.get("limit", 10)
        found, more = stand_in.store.find(kind, filters, limit=limit, after=after, before=before)
        return shapes.page(path, [_current(stand_in, thing) for thing in found], more=more)

    return handle


def _current(stand_in: StandIn, thing: Json) -> Json:
    """An event says how many deliveries are still to come."""
    if thing["object"] == "event":
        thing["pending_webhooks"] = stand_in.store.deliveries_to_come(thing["id"])
    return thing


def _balance(stand_in: StandIn, given: Json, object_id: str) -> Json:
    sums = stand_in.store.balance()
    return shapes.balance(sums.get("available", 0), sums.get("pending", 0))


_SESSIONS = "/v1/checkout/sessions"
ROUTES: dict[str, Handler] = {
    f"POST {_SESSIONS}": lambda stand_in, given, _: checkout.create(stand_in, given),
    f"GET {_SESSIONS}": _list("checkout.session", _SESSIONS),
    f"GET {_SESSIONS}/<object_id>": _one("checkout.session", "session"),
    f"GET {_SESSIONS}/<object_id>/line_items": lambda stand_in, _, at: checkout.line_items(stand_in, at),
    f"POST {_SESSIONS}/<object_id>/expire": lambda stand_in, _, at: checkout.expire(stand_in, at),
    "GET /v1/payment_intents": _list("payment_intent", "/v1/payment_intents"),
    "GET /v1/payment_intents/<object_id>": _one("payment_intent", "intent"),
    "GET /v1/charges": _list("charge", "/v1/charges"),
    "GET /v1/charges/<object_id>": _one("charge"),
    "GET /v1/balance": _balance,
    "GET /v1/balance_transactions": _list("balance_transaction", "/v1/balance_transactions"),
    "GET /v1/balance_transactions/<object_id>": _one("balance_transaction"),
    "GET /v1/payouts": _list("payout", "/v1/payouts"),
    "GET /v1/payouts/<object_id>": _one("payout"),
    "POST /v1/refunds": lambda stand_in, given, _: refunding.create(stand_in, given),
    "GET /v1/refunds": _list("refund", "/v1/refunds"),
    "GET /v1/refunds/<object_id>": _one("refund"),
    "POST /v1/transfers": lambda stand_in, given, _: transferring.create(stand_in, given),
    "GET /v1/transfers": _list("transfer", "/v1/transfers"),
    "GET /v1/transfers/<object_id>": _one("transfer"),
    "POST /v1/transfers/<object_id>/reversals": transferring.reverse,
    "GET /v1/transfers/<object_id>/reversals": transferring.reversals,
    "GET /v1/events": _list("event", "/v1/events"),
    "GET /v1/events/<object_id>": _one("event"),
}


def install(app: Flask, stand_in: StandIn) -> None:
    api = Blueprint("api", __name__)
    for endpoint, handler in ROUTES.items():
        method, path = endpoint.split(" ")
        view = _view(stand_in, endpoint, handler)
        api.add_url_rule(
            path, endpoint.replace(".", ""), view, methods=[method], provide_automatic_options=False
        )

    @api.route("/v1/<path:rest>", methods=["GET", "POST", "DELETE"])
    def unknown(rest: str) -> Response:
        message = f"Unrecognized request URL ({request.method}: /v1/{rest}). Only what the shop uses is spoken here."
        return _respond(_failed(ApiError(404, message)), shapes.new_id("req", 14))

    app.register_blueprint(api)


def _view(stand_in: StandIn, endpoint: str, handler: Handler) -> Callable[..., Response]:
    def view(object_id: str = "") -> Response:
        request_id = shapes.new_id("req", 14)
        key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
        token = cause.set((request_id, key))
        try:
            _authenticate(stand_in)
            fault = stand_in.take_fault(request.method, request.path)
            _go_wrong(fault, "before")
            answer = _answer(stand_in, Call(endpoint, handler, object_id, key, request_id, fault))
            _go_wrong(fault, "after")
        except ApiError as error:
            answer = _failed(error)
        finally:
            cause.reset(token)
        return _respond(answer, request_id, key)

    return view


def _failed(error: ApiError) -> Answer:
    return error.status, json.dumps(error.body()), {}


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
        raise ApiError(401, "You did not provide an API key. Set it in the Authorization header.")
    if key != stand_in.settings.key:
        raise ApiError(401, f"Invalid API Key provided: {key[:8]}{'*' * 8}{key[-4:]}")
    version = request.headers.get("Stripe-Version", shapes.API_VERSION)
    if version != shapes.API_VERSION:
        raise invalid(f"Invalid Stripe API version: {version}. The stand-in speaks {shapes.API_VERSION}.")
    account = request.headers.get("Stripe-Account")
    if account:
        message = (
            f"The provided key does not have access to account '{account}' (or that account does not exist)."
        )
        raise ApiError(403, message, code="account_invalid")


def _go_wrong(fault: Fault | None, when: str) -> None:
    if fault is None or fault.when != when or fault.kind == "slow" or fault.sticky:
        return
    if fault.kind == "timeout":
        time.sleep(fault.seconds)
        connection: socket.socket = request.environ["werkzeug.socket"]
        connection.shutdown(socket.SHUT_RDWR)
    if fault.kind == "429":
        raise ApiError(429, "Request rate limit exceeded.", code="rate_limit")
    if fault.kind == "409":
        message = "This object cannot be accessed right now because another request is accessing it."
        raise ApiError(409, message, code="lock_timeout")
    raise ApiError(500, "An unknown error occurred", kind="api_error")


class Call:
    """One request on its way through."""

    def __init__(
        self,
        endpoint: str,
        handler: Handler,
        object_id: str,
        key: str | None,
        request_id: str,
        fault: Fault | None,
    ) -> None:
        values = request.form if request.method == "POST" else request.args
        self.raw = nest(list(values.items(multi=True)))
        self.handler, self.object_id, self.fault = handler, object_id, fault
        self.rules = accepted(endpoint)
        if key is not None and len(key) > 255:
            raise invalid("Idempotency keys can have up to 255 characters.")
        self.key = Key(key, request.path, fingerprint(self.raw), request_id) if key else None


def _answer(stand_in: StandIn, call: Call) -> Answer:
    if call.key is None:
        return _execute(stand_in, call)
    with reserved(stand_in, call.key) as saved:
        if saved:
            return saved
        try:
            return _execute(stand_in, call)
        except ApiError as error:
            if error.kept:
                with stand_in.store.transaction():
                    call.key.keep(stand_in, error.status, json.dumps(error.body()))
            raise


def _execute(stand_in: StandIn, call: Call) -> Answer:
    given: Json = read(call.rules, call.raw)
    paths = given.pop("expand", [])
    if call.fault and call.fault.kind == "slow":
        time.sleep(call.fault.seconds)
    if call.fault and call.fault.sticky:
        raise ApiError(500, "An unknown error occurred", kind="api_error", kept=True)
    with stand_in.change():
        result = call.handler(stand_in, given, call.object_id)
        body = json.dumps(expand(stand_in.store, result, paths), indent=2, ensure_ascii=False)
        if call.key:
            call.key.keep(stand_in, 200, body)
    return 200, body, {"Original-Request": call.key.request_id} if call.key else {}
