"""The request at the three doors: what each sees and does, what is typed wrong, and what others must not see."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy.orm import scoped_session

from shop.aftersale import moves
from shop.core.db import transaction
from tests.access.identities import make_user, signed_in
from tests.aftersale import scene
from tests.orders import market
from tests.payments.refund_scene import assert_clean, new_key

REGION = "420302100"


@pytest.fixture(autouse=True)
def _database(db_session: scoped_session[Any]) -> None:
    pass


def _photo() -> tuple[io.BytesIO, str]:
    kept = io.BytesIO()
    Image.new("RGB", (40, 30), "green").save(kept, "JPEG")
    kept.seek(0)
    return kept, "IMG_1.jpg"


def _buyer(app: Flask, sale: scene.Sale) -> FlaskClient:
    return signed_in(app, sale.buyer.id)


def _manager(app: Flask, sale: scene.Sale) -> FlaskClient:
    user = make_user(app, "+8613700000002", role="manager", duty="manager", cooperative_id=sale.coop)
    return signed_in(app, user)


def _staff(app: Flask, region: str = REGION, phone: str = "+8613700000009") -> FlaskClient:
    return signed_in(app, make_user(app, phone, role="staff", duty="approver", region_code=region))


def _wish(sale: scene.Sale, **changes: Any) -> dict[str, Any]:
    return {
        "line": str(sale.line), "kind": "goods", "packs": "1", "reason": "damaged", "words": "压坏了一袋",
        "idempotency_key": new_key(),
    } | changes  # fmt: skip


def test_from_the_order_page_to_the_money_with_photographs(app: Flask) -> None:
    sale = scene.sale()
    buyer, manager = _buyer(app, sale), _manager(app, sale)
    order = buyer.get(f"/orders/{sale.number}").text
    new = f"/orders/{sale.number}/returns/new"
    assert f"{new}?line={sale.line}" in order
    page = buyer.get(f"{new}?line={sale.line}").text
    assert "七天无理由退货到" in page
    key = re.search(r'name="idempotency_key" value="([^"]+)"', page)
    assert key is not None
    sent = _wish(sale, idempotency_key=key[1], pictures=[_photo(), _photo()])
    made = buyer.post(new, data=sent, content_type="multipart/form-data")
    assert made.status_code == 303, made.text[-800:]
    at = made.headers["Location"]
    again = buyer.post(new, data=_wish(sale, idempotency_key=key[1]))
    assert again.headers["Location"] == at  # the form sent twice is one request
    request_id = int(at.rsplit("/", 1)[1])
    assert len(market.rows("select id from attachment where subject_type = 'return_request'")) == 2
    shown = buyer.get(at).text
    picture = re.search(rf"{at}/pictures/[0-9]+", shown)
    assert picture is not None
    answer = buyer.get(picture[0])
    assert (answer.status_code, answer.mimetype) == (200, "image/webp")
    assert "等合作社处理" in shown
    assert at in buyer.get("/returns").text
    assert at in buyer.get(f"/orders/{sale.number}").text
    base = f"/coop/{sale.stall.coop.code}"
    assert "最早一个要在" in manager.get(f"{base}/").text
    assert f"{base}/returns/{request_id}" in manager.get(f"{base}/returns").text
    assert f"{base}/returns/{request_id}" in manager.get(f"{base}/shipping/{sale.part}").text
    office = manager.get(f"{base}/returns/{request_id}").text
    assert "压坏了一袋" in office
    back = manager.post(f"{base}/returns/{request_id}", data={"decision": "ask_back", "place": ""})
    assert back.status_code == 422
    assert "请填写退货地址" in back.text
    place = {"decision": "ask_back", "place": "大川镇街道 8 号，王社长 13800000000"}
    assert manager.post(f"{base}/returns/{request_id}", data=place).status_code == 303
    assert "大川镇街道 8 号" in buyer.get(at).text
    wrong = buyer.post(at, data={"act": "send", "company": "sf", "number": "x"})
    assert wrong.status_code == 422
    assert "5 到 40 位" in wrong.text
    assert 'value="x"' in wrong.text
    assert (
        buyer.post(at, data={"act": "send", "company": "sf", "number": "SF1234567890123"}).status_code == 303
    )
    assert "SF1234567890123" in manager.get(f"{base}/returns/{request_id}").text
    take = {"decision": "take", "goods": "returned"}
    assert manager.post(f"{base}/returns/{request_id}", data=take).status_code == 303
    second = manager.post(f"{base}/returns/{request_id}", data=take, follow_redirects=True)
    assert "刚才已经办过了" in second.text
    assert scene.back(sale.order_id) == [("goods", 6800)]
    assert "退款中" in buyer.get(at).text
    assert_clean()


@pytest.mark.parametrize(
    "changes,sentence",
    [
        ({"kind": ""}, "请选择退货还是只退钱"),
        ({"packs": "9"}, "最多可以退 3 份"),
        ({"packs": "两"}, "退几份"),
        ({"kind": "amount", "amount": ""}, "退多少钱"),
        ({"kind": "amount", "amount": "999"}, "最多可以申请"),
        ({"reason": ""}, "请选择退款原因"),
        ({"kind": "amount", "amount": "1", "reason": "no_reason"}, "七天无理由是退货退款"),
        ({"words": "字" * 201}, "补充说明太长了"),
        ({"idempotency_key": "别的"}, "页面信息不完整"),
    ],
)
def test_what_is_typed_wrong_is_kept_and_explained(
    app: Flask, changes: dict[str, str], sentence: str
) -> None:
    sale = scene.sale()
    answer = _buyer(app, sale).post(f"/orders/{sale.number}/returns/new", data=_wish(sale, **changes))
    assert answer.status_code == 422
    assert sentence in answer.text
    assert changes.get("words", "压坏了一袋") in answer.text
    assert market.rows("select id from return_request") == []


def test_files_that_are_no_photographs_and_too_many_are_refused(app: Flask) -> None:
    sale = scene.sale()
    buyer, new = _buyer(app, sale), f"/orders/{sale.number}/returns/new"
    for files, sentence in (
        ([_photo() for _ in range(4)], "最多 3 张"),
        ([(io.BytesIO(b"<svg onload=x>"), "a.svg")], "这个文件不是"),
        ([(io.BytesIO(b"%PDF-1.4 %%EOF"), "a.pdf")], "这里只收照片"),
    ):
        answer = buyer.post(new, data=_wish(sale, pictures=files), content_type="multipart/form-data")
        assert answer.status_code == 422
        assert sentence in answer.text
    assert market.rows("select id from attachment") == []


def test_the_township_decides_what_the_cooperative_refused(app: Flask) -> None:
    sale = scene.sale()
    buyer, manager, clerk = _buyer(app, sale), _manager(app, sale), _staff(app)
    request_id = sale.ask(moves.AMOUNT, fen=3000)
    at, town = f"/orders/{sale.number}/returns/{request_id}", f"/town/{REGION}/returns/{request_id}"
    office = f"/coop/{sale.stall.coop.code}/returns/{request_id}"
    assert "请镇里处理</button>" not in buyer.get(at).text
    assert manager.post(office, data={"decision": "refuse", "why": " "}).status_code == 422
    assert manager.post(office, data={"decision": "refuse", "why": "看不出破损"}).status_code == 303
    assert "看不出破损" in buyer.get(at).text
    assert buyer.post(at, data={"act": "call", "why": ""}).status_code == 422
    assert buyer.post(at, data={"act": "call", "why": "照片很清楚"}).status_code == 303
    assert town in clerk.get(f"/town/{REGION}/returns").text
    assert "照片很清楚" in clerk.get(town).text
    wrong = clerk.post(town, data={"decision": "grant", "amount": "99", "why": "退"})
    assert wrong.status_code == 422
    assert "最多是买家申请的" in wrong.text
    assert clerk.post(town, data={"decision": "grant", "amount": "", "why": ""}).status_code == 422
    good = {"decision": "grant", "amount": "15.5", "bearer": "cooperative", "why": "退一半"}
    assert clerk.post(town, data=good).status_code == 303
    assert "刚才已经办过了" in clerk.post(town, data=good, follow_redirects=True).text
    assert scene.back(sale.order_id) == [("amount", 1550)]
    assert "退一半" in manager.get(office).text
    assert_clean()


def test_strangers_other_cooperatives_and_other_towns_find_nothing(app: Flask) -> None:
    sale, other = scene.sale(), scene.sale()
    request_id = sale.ask()
    stranger, own = _buyer(app, other), f"/orders/{sale.number}/returns"
    assert stranger.get(f"{own}/{request_id}").status_code == 404
    assert stranger.get(f"{own}/new?line={sale.line}").status_code == 404
    assert stranger.get(f"/orders/{other.number}/returns/{request_id}").status_code == 404
    assert (
        stranger.post(f"/orders/{other.number}/returns/{request_id}", data={"act": "withdraw"}).status_code
        == 404
    )
    assert stranger.post(f"{own}/new", data=_wish(sale)).status_code == 404
    foreign = _manager(app, other)
    path = f"/coop/{other.stall.coop.code}/returns/{request_id}"
    assert foreign.get(path).status_code == 404
    assert foreign.post(path, data={"decision": "agree"}).status_code == 404
    assert scene.state(request_id) == moves.ASKED


def test_a_fresh_product_is_confirmed_at_checkout(app: Flask) -> None:
    stall, buyer = market.stall(), market.buyer()
    with transaction():
        market.row("update product set fresh = true where id = :id returning id", id=stall.product_id)
    view = market.fill(buyer, {stall.sku_id: 1})
    client = signed_in(app, buyer.id)
    page = client.get("/checkout").text
    box = f'id="fresh-{stall.sku_id}"'
    assert box in page
    form = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)) | {
        "address": str(buyer.address_id)
    }
    refused = client.post("/checkout", data=form)
    assert refused.status_code == 422
    assert "请先勾选确认" in refused.text
    placed = client.post("/checkout", data=form | {f"fresh-{stall.sku_id}": "1"})
    assert placed.status_code == 303, (placed.text[-800:], view)
    assert "/pay" in placed.headers["Location"]
    assert len(market.rows("select line_id from fresh_confirmation")) == 1
