"""土地和蜂箱 of a household: entered by staff who work, kept as typed when wrong, never edited."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from tests.orders import market
from tests.township.town_desk import staff


@pytest.mark.parametrize(
    "fields, sentence",
    [
        ({"kind": "land_mu", "amount": "3.55", "valid_from": "2026-01-01"}, "最多一位小数"),
        ({"kind": "hives", "amount": "3.5", "valid_from": "2026-01-01"}, "要写整数"),
        ({"kind": "cows", "amount": "3", "valid_from": "2026-01-01"}, "请选择土地或蜂箱"),
        ({"kind": "land_mu", "amount": "-3", "valid_from": "2026-01-01"}, "不能带正负号"),
        ({"kind": "land_mu", "amount": "1000.1", "valid_from": "2026-01-01"}, "太大了"),
        ({"kind": "land_mu", "amount": "3", "valid_from": "去年"}, "要写成"),
    ],
)
def test_land_typed_wrong(app: Flask, db_session: Any, fields: dict[str, str], sentence: str) -> None:
    market.stall()
    clerk = staff(app, "clerk")
    code = clerk.rows("select min(code) as code from household")[0].code
    page = clerk.post(f"/odd/capacity/{code}", 422, **fields)
    assert sentence in page
    assert f'value="{fields["amount"]}"' in page
    assert clerk.rows("select id from household_capacity") == []


def test_land_entered(app: Flask, db_session: Any) -> None:
    market.stall()
    clerk, leader = staff(app, "clerk"), staff(app, "leader")
    code = clerk.rows("select min(code) as code from household")[0].code
    assert "还没有登记" in leader.get(f"/odd/capacity/{code}")
    leader.post(f"/odd/capacity/{code}", 403, kind="land_mu", amount="3.5", valid_from="2026-01-01")
    clerk.post(f"/odd/capacity/{code}", 303, kind="land_mu", amount="3.5", valid_from="2026-01-01")
    page = leader.get(f"/odd/capacity/{code}")
    assert "3.5</strong> 亩" in page
    assert 'method="post" action="/town' not in page
    clerk.get("/odd/capacity/nobody", 404)
