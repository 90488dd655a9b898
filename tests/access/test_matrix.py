"""Every route × every role × own and other cooperative. A route whose arguments are not listed in places.py fails."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from shop.core.db import session
from tests.access.identities import OTHER_TOWN, ROLES, browsers
from tests.access.places import IDS, OTHER, OWN, OWNED_BY_BUYER, Addresses, Route, routes

# who gets past the guard of a view; everybody else is sent to sign in (anonymous) or told there is no such page
ALLOWED = {
    "public": set(ROLES),
    "provider": set(ROLES),
    "signed_in": set(ROLES) - {"anonymous"},
    "manager": {"manager"},
    "staff": {"staff"},
    "operator": {"operator"},
}
# views that need a body or a provider to answer well; their own tests cover that
LEADS_OUT = {"storefront.stripe_webhook"}


@pytest.fixture
def distributed(lived_town: Flask) -> Flask:
    """The demo town with a finished distribution run, so that its pages have rows."""
    return lived_town


def call(client: FlaskClient, method: str, address: str) -> Any:
    return client.open(address, method=method, data={} if method == "POST" else None)


def test_every_route_for_every_role(distributed: Flask) -> None:
    app = distributed
    made = browsers(app, OWN, OTHER)
    wrong = []
    with app.app_context():
        for route in routes(app):
            address = Addresses(app).build(route.rule, OWN, OWN)
            for role in ROLES:
                status = _probe(made[role], route, address)
                problem = _judge(route, role, status)
                if problem:
                    wrong.append(f"{route} as {role}: {status.status_code}, {problem}")
    assert not wrong, "\n".join(wrong)


def _probe(client: FlaskClient, route: Route, address: str) -> Any:
    if route.rule.endpoint in {"storefront.sign_out", "storefront.guest_enter"}:
        return call(client, "GET", address)  # would end or change the session the next probes need
    return call(client, route.method, address)


def _judge(route: Route, role: str, answer: Any) -> str:
    status = answer.status_code
    if status >= 500 and route.rule.endpoint != "storefront.ready":
        return "a server error"
    if route.rule.endpoint in {"storefront.sign_out"} | LEADS_OUT:
        return ""
    allowed = ALLOWED[route.guard]
    if not route.rule.arguments & {"coop", "region"}:  # the address that leads on to one's own
        allowed = allowed | {f"other_{name}" for name in allowed & {"manager", "staff"}}
    if role not in allowed:
        if role == "anonymous":
            led = status == 303 and "/signin" in answer.headers.get("Location", "")
            return "" if led else "not led to sign in"
        return "" if status == 404 else "let in"
    if route.method == "GET" and status == 404 and not (OWNED_BY_BUYER & route.rule.arguments):
        return "a page of one's own is missing"
    return ""


def test_another_cooperatives_objects_do_not_exist(distributed: Flask) -> None:
    """A manager under his own cooperative's address, with the ids of another: 404 or refused, and nothing changes."""
    app = distributed
    manager = browsers(app, OWN, OTHER)["chair"]  # who may open everything of the own cooperative
    wrong = []
    with app.app_context():
        before = _fingerprint()
        for route in routes(app):
            objects = route.rule.arguments & set(IDS) - {"period", "run_id", "member_number"}
            if route.guard != "manager" or "coop" not in route.rule.arguments or not objects:
                continue
            address = Addresses(app).build(route.rule, OWN, OTHER)
            status = call(manager, route.method, address).status_code
            if status != 404:
                wrong.append(f"{route}: {status}")
        session().rollback()
        assert not wrong, "\n".join(wrong)
        assert _fingerprint() == before


def test_another_towns_pages_do_not_exist(distributed: Flask) -> None:
    """Staff under another town's address, and another town's staff with this town's objects."""
    app = distributed
    made = browsers(app, OWN, OTHER)
    with app.app_context():
        for route in routes(app):
            if route.guard != "staff" or "region" not in route.rule.arguments:
                continue
            address = Addresses(app).build(route.rule, OWN, OWN, region=OTHER_TOWN)
            assert call(made["staff"], route.method, address).status_code == 404, str(route)
            if route.rule.arguments & {
                "distribution_id",
                "run_id",
                "number",
                "objection_id",
                "batch_id",
                "provider_payout_id",
                "review_id",
                "request_id",
                "assisted_id",
                "contact_id",
                "notice_id",
                "household_id",
                "entry_id",
                "report_id",
                "village",
                "sheet_id",
                "staff_grant_id",
                "staff_invitation_id",
            } or (route.rule.endpoint.startswith("township.odd_capacity")):
                assert call(made["other_staff"], route.method, address).status_code == 404, str(route)


def _fingerprint() -> Any:
    tables = ("lot", "intake_receipt", "product", "sku", "suborder", "member", "lot_part", "ledger_entry")
    counts = ", ".join(
        f"(select count(*) || ':' || coalesce(sum(hashtext(t::text)), 0) from {t} t)" for t in tables
    )
    return session().execute(text(f"select {counts}")).one()


def test_every_view_has_a_guard(shared_town: Flask) -> None:
    assert all(route.guard for route in routes(shared_town))
