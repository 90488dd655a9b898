"""Three coupons in the current weeks: of the town, and of two cooperatives; the demo buyer has taken the first two."""

from __future__ import annotations

from datetime import date, timedelta

from shop.commands.demo.written import Written
from shop.core.db import insert_rows
from shop.orders.coupons.models import Coupon, CouponTaken

DAYS = 60
PLENTY = 100_000


def write_coupons(written: Written, today: date) -> None:
    """Two statements."""
    first, second = list(written.cooperatives.values())[:2]
    town = written.town.region_code
    common = {
        "starts_on": today - timedelta(days=7),
        "ends_on": today + timedelta(days=DAYS),
        "issued": PLENTY,
    }
    rows = [
        common | {
            "name": "大川助农券", "region_code": town, "cooperative_id": None, "only_id": None, "kind": "amount",
            "off_fen": 1000,
            "percent": None, "cap_fen": None, "threshold_fen": 6000, "budget_fen": 50_000_00, "made_by": written.clerk,
        },
        common | {
            "name": "新客尝鲜券", "region_code": None, "cooperative_id": first, "only_id": first, "kind": "amount",
            "off_fen": 500,
            "percent": None, "cap_fen": None, "threshold_fen": 3000, "budget_fen": None,
            "made_by": next(iter(written.managers.values())),
        },
        common | {
            "name": "九折券", "region_code": None, "cooperative_id": second, "only_id": second, "kind": "percent",
            "off_fen": None, "percent": 10, "cap_fen": 2000, "threshold_fen": 0, "budget_fen": None, "made_by": None,
        },
    ]  # fmt: skip
    buyers = [
        user_id
        for user_id, buyer in zip(written.users, written.buyers, strict=True)
        if user_id is not None and buyer.demo and not buyer.unit_name
    ]
    keyed = [
        row | {"request_key": f"demo-{town}-{place}", "taken": len(buyers) if place < 2 else 0}
        for place, row in enumerate(rows)
    ]
    ids = insert_rows(Coupon, keyed, "id")
    insert_rows(CouponTaken, [{"coupon_id": one, "user_id": buyer} for one in ids[:2] for buyer in buyers])
