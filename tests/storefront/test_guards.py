"""Tokens, redirects, methods, health: what strangers try."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from hashlib import sha256
from hmac import new as hmac
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import scoped_session

from shop.config import Settings
from shop.payments.models import ProviderEvent
from tests.storefront.conftest import Buyer
from tests.support.shop_builder import Offer

UNSIGNED = {"/webhooks/stripe"}  # its signature is the token


def _paths(app: Flask, method: str) -> list[str]:
    """An address of every view of this kind, with 1 (or the first word of a choice) in every place."""
    rules = [rule for rule in app.url_map.iter_rules() if method in (rule.methods or ())]
    plain = [re.sub(r"<any\(([^,)]*)[^>]*>", r"\1", rule.rule) for rule in rules]
    return sorted(re.sub("<[^>]*>", "1", path).replace("'", "").replace('"', "") for path in plain)


@pytest.mark.usefixtures("csrf_on")
def test_every_form_of_the_house_needs_its_token(app: Flask, buyer: Buyer) -> None:
    paths = _paths(app, "POST")
    assert {"/basket/add", "/checkout", "/orders/1/pay"} <= set(paths)
    for path in paths:
        if path not in UNSIGNED:
            response = buyer.client.post(path, data={"sku": "1", "csrf_token": "forged"})
            assert response.status_code == 400, path
            assert "已失效" in response.text, path


def test_nothing_is_changed_by_get(app: Flask, buyer: Buyer) -> None:
    only_post = set(_paths(app, "POST")) - set(_paths(app, "GET"))
    assert "/basket/add" in only_post
    for path in only_post:
        assert buyer.client.get(path).status_code in {404, 405}, path


@pytest.mark.parametrize(
    "wanted",
    [
        "//evil.example",
        "////evil.example",
        "/\\evil.example",
        "/%09/evil.example",
        "/\n/evil.example",
        "https:evil.example",
        "https://evil.example/",
        "javascript:alert(1)",
        "data:text/html,x",
        "evil.example",
        "/nothing/here",
        "\\\\evil.example",
        "/\x00",
        "http:///evil.example",
        "/..//evil.example",
        "//localhost@evil.example",
        " //evil.example",
        "/static/../../evil",
    ],
)
def test_only_our_own_pages_are_returned_to(client: FlaskClient, wanted: str) -> None:
    response = client.get("/prefs", query_string={"size": "large", "next": wanted})
    assert response.status_code == 303
    assert response.location == "/"


def test_language_and_type_size_are_kept(client: FlaskClient, offers: Callable[..., list[Offer]]) -> None:
    response = client.get("/prefs", query_string={"size": "large", "lang": "en", "next": "/c?sort=price"})
    assert response.location == "/c?sort=price"
    html = client.get("/").text
    assert 'data-size="large"' in html
    assert '<html lang="en"' in html
    client.get("/prefs?size=normal&lang=zh")
    assert 'lang="zh-CN"' in client.get("/").text
    for query in ("lang=xx", "size=huge", "lang=%00", "size=large%0d%0aSet-Cookie:x=1"):
        response = client.get(f"/prefs?{query}")
        assert response.status_code == 303
        assert "Set-Cookie" not in response.headers


def test_another_host_gets_nothing(client: FlaskClient) -> None:
    for host in ("evil.example", "localhost.evil.example", "127.0.0.1:99999", "a b"):
        assert client.get("/", headers={"Host": host}).status_code == 400, host


def test_health(client: FlaskClient, app: Flask) -> None:
    assert client.get("/healthz").data == b"ok\n"
    ready = client.get("/readyz")
    assert ready.status_code == 200
    assert ready.json == {
        "ready": True,
        "database": "ok",
        "broker": "ok",
        "migration": ready.json["migration"],
    }
    metrics = client.get("/metrics")
    assert b"shop_orders_unattributed 0.0" in metrics.data
    assert b"shop_audit_clean -1.0" in metrics.data
    outside = app.test_client().get("/metrics", environ_overrides={"REMOTE_ADDR": "114.114.114.114"})
    assert outside.status_code == 404


def _event(number: int = 1) -> dict[str, Any]:
    return {
        "id": f"evt_{number}",
        "object": "event",
        "type": "customer.created",
        "livemode": False,
        "created": int(time.time()),
        "api_version": "2024-06-20",
        "data": {"object": {"id": "cus_1", "object": "customer"}},
        "pending_webhooks": 1,
        "request": None,
    }


def _signed(body: bytes, settings: Settings, at: int | None = None) -> dict[str, str]:
    moment = int(time.time()) if at is None else at
    secret = settings.stripe_webhook_secret.encode()
    digest = hmac(secret, f"{moment}.".encode() + body, sha256).hexdigest()
    return {"Stripe-Signature": f"t={moment},v1={digest}", "Content-Type": "application/json"}


@pytest.mark.usefixtures("csrf_on")
def test_signed_events_are_stored_once(
    client: FlaskClient, settings: Settings, db_session: scoped_session
) -> None:
    body = json.dumps(_event()).encode()
    for _ in range(3):
        response = client.post("/webhooks/stripe", data=body, headers=_signed(body, settings))
        assert (response.status_code, response.json) == (200, {"received": True})
    assert db_session.execute(select(func.count()).select_from(ProviderEvent)).scalar() == 1


@pytest.mark.parametrize(
    "case", ["none", "forged", "old", "future", "altered", "not json", "nested", "binary"]
)
def test_other_events_are_refused(
    client: FlaskClient, settings: Settings, db_session: scoped_session, case: str
) -> None:
    body = json.dumps(_event()).encode()
    now = int(time.time())
    if case == "not json":
        body = b"{"
    if case == "nested":
        body = b"[" * 5000 + b"]" * 5000
    if case == "binary":
        body = b"\xff\xfe\x00"
    headers = _signed(body, settings, {"old": now - 3600, "future": now + 3600}.get(case, now))
    if case == "none":
        headers.pop("Stripe-Signature")
    if case == "forged":
        headers["Stripe-Signature"] = f"t={now},v1={'0' * 64}"
    if case == "altered":
        body = body.replace(b"cus_1", b"cus_2")
    assert client.post("/webhooks/stripe", data=body, headers=headers).status_code == 400
    assert db_session.execute(select(func.count()).select_from(ProviderEvent)).scalar() == 0


def test_events_have_a_size_and_a_method(client: FlaskClient, settings: Settings) -> None:
    body = b"x" * 300_000
    assert client.post("/webhooks/stripe", data=body, headers=_signed(body, settings)).status_code == 413
    assert client.get("/webhooks/stripe").status_code == 405
