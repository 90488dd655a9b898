"""平台和银行: import with errors beside the field, matching by hand, whose eyes see what."""

from __future__ import annotations

from html import unescape
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text, update

from shop.cooperatives.people.models import Village
from shop.core.db import session, transaction
from tests.access.identities import OTHER_TOWN, TOWN, browsers, make_user, signed_in
from tests.support import provider_rows

BASE = f"/town/{TOWN}/platform"


@pytest.fixture
def clerk(town: Flask) -> FlaskClient:
    return signed_in(town, make_user(town, "+8613900000004", role="staff", duty="clerk", region_code=TOWN))


def rows(app: Flask, statement: str, **values: Any) -> list[Any]:
    with app.app_context():
        found = list(session().execute(text(statement), values).all())
        session().rollback()
    return found


def scene(app: Flask) -> int:
    ids = [row.id for row in rows(app, "select id from cooperative order by id")]
    with app.app_context():
        return provider_rows.scene(ids)


def get(client: FlaskClient, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, answer.text[-800:]
    return unescape(answer.text)


def send(client: FlaskClient, data: bytes, status: int, **fields: str) -> str:
    answer = client.post(f"{BASE}/bank", data={"statement": (BytesIO(data), "流水.csv"), **fields})
    assert answer.status_code == status, answer.text[-800:]
    return unescape(answer.text)


def test_before_anything_happened(clerk: FlaskClient) -> None:
    page = get(clerk, BASE)
    assert "平台还没有转过款" in page
    assert "合计都对得上" in page
    assert "订单付款" in get(clerk, f"{BASE}/bank")
    assert "没有要对的流水" in get(clerk, f"{BASE}/bank?which=open")


def test_a_person_chooses_where_two_lines_fit(town: Flask, clerk: FlaskClient) -> None:
    payout_id = scene(town)
    page = get(clerk, BASE)
    assert "合计都对得上" in page
    assert "在路上，等银行流水" in page
    assert "已到代收账户" in page
    address = f"{BASE}/payouts/{payout_id}"
    page = get(clerk, address)
    assert page.count("就是这条") == 2
    line_id = rows(town, "select id from bank_statement_line where reference = 'NB20261108'")[0].id
    out = rows(town, "select id from bank_statement_line where amount_fen < 0")[0].id
    assert "金额必须一分不差" in unescape(clerk.post(address, data={"line": out}).text)
    assert clerk.post(address, data={"line": "x"}).status_code == 404
    assert clerk.post(address, data={"line": line_id}).status_code == 303
    assert clerk.post(address, data={"line": line_id}).status_code == 303
    page = get(clerk, address)
    assert "人工对上" in page
    assert "就是这条" not in page
    met = rows(town, "select met_by, statement_line_id from provider_payout where id = :id", id=payout_id)[0]
    assert (met.met_by is not None, met.statement_line_id) == (True, line_id)
    told = rows(
        town, "select actor_id from activity where act = 'provider.payout_met' order by id desc limit 1"
    )
    assert told[0].actor_id == met.met_by
    assert clerk.post(address, data={"act": "undo"}).status_code == 303
    assert clerk.post(address, data={"act": "undo"}).status_code == 422
    assert clerk.post(address, data={"line": line_id}).status_code == 303
    other = rows(town, "select id from bank_statement_line where reference = 'NB20261109'")[0].id
    answer = clerk.post(address, data={"line": other})
    assert answer.status_code == 422
    assert "已经对上了银行流水" in unescape(answer.text)
    assert "合计都对得上" in get(clerk, BASE)


def test_import_names_rows_and_keeps_what_was_typed(town: Flask, clerk: FlaskClient) -> None:
    assert "请选择要导入的文件" in send(clerk, b"", 422)
    page = send(clerk, "流水号,日期,金额\nA1,2026-11-02,1\nA2,那天,1\nA3,2026-11-02,x\n".encode(), 422)
    assert "第 3 行：日期看不懂" in page
    assert "第 4 行：" in page
    assert "有 2 行读不懂" in page
    assert rows(town, "select 1 from bank_statement_line where reference in ('A1', 'A3')") == []
    data = "凭证,哪天,进\nA1,2026-11-02,1\n".encode()
    assert "没有找到表头" in send(clerk, data, 422, heading_reference="凭证")
    page = send(clerk, data, 422, heading_reference="凭证", heading_day="哪天", heading_credit="哪天")
    assert 'value="凭证"' in page
    assert 'id="heading_credit-error"' in page
    own = {"heading_reference": "凭证", "heading_day": "哪天", "heading_credit": "进"}
    send(clerk, data, 303, **own)
    page = get(clerk, f"{BASE}/bank")
    assert 'value="哪天"' in page
    assert "A1" in page
    send(clerk, data, 303, **own)
    assert "没有再记一遍" in get(clerk, f"{BASE}/bank")
    assert len(rows(town, "select 1 from statement_import")) == 1
    assert "还没对上" in get(clerk, f"{BASE}/bank?which=open")


def test_a_part_of_the_region_sees_only_its_own_parts(town: Flask) -> None:
    payout_id = scene(town)
    browsers(town)  # makes the other town
    with town.app_context(), transaction():
        code = session().execute(text("select code from village order by id desc limit 1")).scalar_one()
        session().execute(update(Village).where(Village.code == code).values(region_code=OTHER_TOWN))
    own, theirs = (
        signed_in(town, make_user(town, f"+861390000004{at}", role="staff", duty="clerk", region_code=region))
        for at, region in enumerate((TOWN, OTHER_TOWN))
    )
    page = get(own, BASE)
    assert "由上一级核对" in page
    assert "在路上的转款" not in page
    amount = rows(town, "select amount_fen from provider_payout where id = :id", id=payout_id)[0].amount_fen
    for client, region in ((own, TOWN), (theirs, OTHER_TOWN)):
        base = f"/town/{region}/platform"
        assert f"{amount // 100:,}.{amount % 100:02d}" not in get(client, base)
        page = get(client, f"{base}/payouts/{payout_id}")
        assert f"{amount // 100:,}.{amount % 100:02d}" not in page
        assert "就是这条" not in page
        assert get(client, f"{base}/bank", 404)
        assert client.post(f"{base}/bank").status_code == 404
        assert client.post(f"{base}/payouts/{payout_id}", data={"line": 1}).status_code == 404
