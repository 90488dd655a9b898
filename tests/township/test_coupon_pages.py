"""镇里的优惠券: issued with a budget for the town's own cooperatives, stopped, and what is owed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from shop.core import clock
from tests.access.identities import TOWN, make_user, signed_in

BASE = f"/town/{TOWN}/coupons"


@pytest.fixture
def clerk(town: Flask) -> FlaskClient:
    return signed_in(town, make_user(town, "+8613900000004", role="staff", duty="approver", region_code=TOWN))


def fields(**more: Any) -> dict[str, Any]:
    today = clock.today()
    return {
        "name": "消费券", "kind": "percent", "percent": "20", "cap_fen": "30", "starts_on": today.isoformat(),
        "ends_on": (today + timedelta(days=9)).isoformat(), "issued": "50", "budget_fen": "1000",
        "idempotency_key": "a-form-of-the-town",
    } | more  # fmt: skip


def test_the_town_issues_and_stops(clerk: FlaskClient) -> None:
    assert "镇里欠各社的" in clerk.get(BASE).text
    refused = clerk.post(BASE, data=fields(budget_fen=""))
    assert refused.status_code == 422
    assert 'id="budget_fen-error"' in refused.text
    assert clerk.post(BASE, data=fields(only_id="999999")).status_code == 422
    assert clerk.post(BASE, data=fields()).status_code == 303
    page = clerk.get(BASE).text
    assert "减 20%，最多减 ¥30.00" in page
    assert clerk.post(f"{BASE}/stop", data={"coupon": "999999"}).status_code == 404
