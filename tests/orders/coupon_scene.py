"""Coupons for the tests of orders and payments: issued, taken, and the sums that must tie."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

from shop.audit.run import CHECKS, run_check
from shop.core import clock
from shop.core.db import session, transaction
from shop.orders.coupons import issuing as coupons
from shop.orders.coupons.issuing import Issue
from tests.orders import market

_count = itertools.count(1)


def region() -> str:
    """The township that the market's cooperatives lie in."""
    return str(market.rows("select region_code from village order by id desc limit 1")[0][0])


def issued(cooperative_id: int | None = None, **more: Any) -> int:
    """A coupon of 10 yuan off from 50 yuan on, of this cooperative, or of the town with a budget of 100 yuan."""
    today = clock.today()
    terms: dict[str, Any] = {
        "name": "测试券", "kind": "amount", "off_fen": 1000, "percent": None, "cap_fen": None, "threshold_fen": 5000,
        "starts_on": today, "ends_on": today + timedelta(days=30), "issued": 100,
        "budget_fen": None if cooperative_id else 10_000,
    } | more  # fmt: skip
    town = None if cooperative_id else region()
    key = f"coupon-{next(_count)}"
    with transaction():
        return coupons.issue(Issue(**terms), key, None, cooperative_id=cooperative_id, region_code=town)


def taken(coupon_id: int, who: market.Buyer) -> int:
    """The buyer takes it; returns his."""
    with transaction():
        coupons.take(coupon_id, who.id)
    return next(row.taken_id for row in mine(who) if row.coupon_id == coupon_id)


def mine(who: market.Buyer) -> list[Any]:
    found = list(coupons.mine(who.id))
    session().rollback()
    return found


def state(who: market.Buyer, taken_id: int) -> str:
    return next(str(row.state) for row in mine(who) if row.taken_id == taken_id)


def spent(coupon_id: int) -> int:
    return int(market.rows("select spent_fen from coupon where id = :id", id=coupon_id)[0][0])


def broken() -> dict[str, Any]:
    """What the conscience finds, but what a market without intake papers cannot have."""
    found = {check.code: run_check(check) for check in CHECKS}
    session().rollback()
    return {code: item["rows"] for code, item in found.items() if item["count"]}
