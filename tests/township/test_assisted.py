"""帮扶销售 in the township's door: entered on the phone, proven by a colleague, found, exported; nothing of another town."""

from __future__ import annotations

import re
from html import unescape
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook
from PIL import Image
from sqlalchemy import text

from shop.core import clock
from shop.core.db import session
from tests.access.identities import OTHER_TOWN, TOWN, browsers, make_user, signed_in
from tests.assisted import scene

BASE = f"/town/{TOWN}/assisted"


@pytest.fixture
def clerk(town: Flask) -> FlaskClient:
    return signed_in(town, make_user(town, "+8613900000044", role="staff", duty="clerk", region_code=TOWN))


@pytest.fixture
def colleague(town: Flask) -> FlaskClient:
    return signed_in(town, make_user(town, "+8613900000045", role="staff", duty="clerk", region_code=TOWN))


def rows(app: Flask, statement: str, **values: Any) -> list[Any]:
    with app.app_context():
        found = list(session().execute(text(statement), values).all())
        session().rollback()
    return found


def get(client: FlaskClient, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, answer.text[-800:]
    return unescape(answer.text)


def key_of(page: str) -> str:
    found = re.search(r'name="idempotency_key" value="([^"]+)"', page)
    assert found
    return found[1]


def photograph() -> bytes:
    """With a place in its EXIF."""
    buffer = BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "at home"
    Image.new("RGB", (60, 40), "white").save(buffer, "JPEG", exif=exif)
    return buffer.getvalue()


def sellable(app: Flask) -> Any:
    """A product of the town with more than 5 kg in closed lots."""
    return rows(
        app,
        "select k.id, p.name from sku k join product p on p.id = k.product_id join produce g on g.id = p.produce_id"
        " join lot l on l.produce_id = g.id where g.unit_kind = 'g' and l.closed_at is not null and l.recalled_at is null"
        " and (l.best_before is null or l.best_before > current_date + 1)"
        " and l.received + l.returned - l.shipped - l.written_off - l.transformed - l.reserved > 5000 order by k.id limit 1",
    )[0]


def filled(app: Flask, page: str, **changes: Any) -> dict[str, Any]:
    return {
        "idempotency_key": key_of(page), "goods": str(sellable(app).id), "quantity": "4.6", "unit": "斤", "money": "30",
        "priced": "斤", "buyer": "新来的商户", "paid": "cash", "reference": "", "sold_on": clock.today().isoformat(), "note": "",
    } | changes  # fmt: skip


def test_a_sale_is_entered_and_proven_by_a_colleague(
    town: Flask, clerk: FlaskClient, colleague: FlaskClient
) -> None:
    form = filled(town, get(clerk, f"{BASE}/new"), picture=(BytesIO(photograph()), "收据.jpg"))
    answer = clerk.post(f"{BASE}/new", data=form)
    assert answer.status_code == 303, unescape(answer.text)[-1500:]
    address = answer.headers["Location"]
    page = get(clerk, address)
    assert "¥138.00" in page
    assert "2.3千克" in page
    assert "未核实" in page
    assert "另一位同事" in page
    assert "你自己登记的" in unescape(
        clerk.post(address + "/proof", data={"act": "prove", "note": "看过"}).text
    )
    stored = rows(town, "select body, media_type from attachment where subject_type = 'assisted_sale'")
    assert [row.media_type for row in stored] == ["image/webp"]
    assert b"at home" not in bytes(stored[0].body)
    assert colleague.post(address + "/proof", data={"act": "prove", "note": ""}).status_code == 303
    assert "改回未核实" in get(colleague, address)
    assert "新来的商户" in get(clerk, BASE)
    assert "新来的商户" in get(clerk, f"{BASE}?proof=proven&q=xinlai")
    assert "没有符合的销售" in get(clerk, f"{BASE}?proof=unproven&q=xinlai")
    overview = get(clerk, f"/town/{TOWN}/?year={clock.today().year}")
    assert "其中已核实 ¥138.00" in " ".join(re.sub(r"<[^>]+>", " ", overview).split())
    acts = rows(town, "select act from activity where act like 'assisted.%' order by id")
    assert [row.act for row in acts] == ["assisted.entered", "assisted.paid", "assisted.proven"]


def test_a_script_that_shows_the_upload_is_led_on(town: Flask, clerk: FlaskClient) -> None:
    form = filled(town, get(clerk, f"{BASE}/new"))
    answer = clerk.post(f"{BASE}/new", data=form, headers={"X-Progress": "1"})
    assert answer.status_code == 204
    assert "另一位同事" in get(clerk, answer.headers["X-Leads-To"])


def test_a_sale_told_twice_is_asked_about(town: Flask, clerk: FlaskClient, colleague: FlaskClient) -> None:
    first = clerk.post(f"{BASE}/new", data=filled(town, get(clerk, f"{BASE}/new"), quantity="1"))
    order_id = int(first.headers["Location"].rsplit("/", 1)[1])
    number = rows(town, "select number from customer_order where id = :id", id=order_id)
    again = filled(town, get(colleague, f"{BASE}/new"), quantity="1")
    asked = colleague.post(f"{BASE}/new", data=again)
    assert asked.status_code == 422
    assert f"/orders/{number[0].number}" in asked.text
    assert "不是同一笔，照样登记" in unescape(asked.text)
    assert colleague.post(f"{BASE}/new", data=again | {"confirmed": "1"}).status_code == 303


def test_a_double_press_is_one_sale(town: Flask, clerk: FlaskClient) -> None:
    form = filled(town, get(clerk, f"{BASE}/new"))
    first, second = (clerk.post(f"{BASE}/new", data=form) for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"]
    made = rows(
        town,
        "select count(*) as n from assisted_sale a join trade_contact t on t.id = a.contact_id where t.name = '新来的商户'",
    )
    assert made[0].n == 1


@pytest.mark.parametrize(
    "changes, sentence",
    [
        ({"goods": ""}, "请选择卖的是哪家合作社的什么货"),
        ({"quantity": "两筐"}, "数量"),
        ({"quantity": "9999999"}, "已封批的货只有"),
        ({"unit": "件"}, "单位要选斤、公斤、克"),
        ({"priced": "件"}, "请选择合计，或按这种货的单位算"),
        ({"money": "-1"}, "金额"),
        ({"buyer": " "}, "请填写买家名称"),
        ({"paid": ""}, "请选择钱收到没有"),
        ({"paid": "transfer"}, "请填银行流水号"),
        ({"sold_on": "2015-01-01"}, "最近一年内"),
        ({"sold_on": "昨天"}, "销售日期要写成"),
        ({"picture": (BytesIO(b"GIF89a"), "a.gif")}, "只收照片"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    town: Flask, clerk: FlaskClient, changes: dict[str, Any], sentence: str
) -> None:
    form = filled(town, get(clerk, f"{BASE}/new"), note="赶集日", **changes)
    answer = clerk.post(f"{BASE}/new", data=form)
    assert answer.status_code == 422
    page = unescape(answer.text)
    assert sentence in page
    assert 'value="赶集日"' in page
    assert key_of(page) == form["idempotency_key"]
    assert not rows(town, "select 1 from trade_contact where name = '新来的商户'")


def test_money_that_comes_later(town: Flask, clerk: FlaskClient) -> None:
    form = filled(town, get(clerk, f"{BASE}/new"), paid="later", money="200", priced="total")
    address = clerk.post(f"{BASE}/new", data=form).headers["Location"]
    assert "还没收到钱" in get(clerk, address)
    today = clock.today().isoformat()
    wrong = clerk.post(address + "/paid", data={"paid": "transfer", "reference": "", "received_on": today})
    assert wrong.status_code == 422
    assert "流水号" in unescape(wrong.text)
    for _ in range(2):
        sent = clerk.post(
            address + "/paid", data={"paid": "transfer", "reference": "B-77", "received_on": today}
        )
        assert sent.status_code == 303
    assert (
        rows(town, "select amount_fen from bank_statement_line where reference = 'B-77'")[0].amount_fen
        == 20_000
    )


def test_the_list_as_a_sheet_is_logged(town: Flask, clerk: FlaskClient) -> None:
    clerk.post(f"{BASE}/new", data=filled(town, get(clerk, f"{BASE}/new"), buyer="=1+1"))
    answer = clerk.get(f"{BASE}.xlsx")
    book = load_workbook(BytesIO(answer.data))
    cells = [cell.value for line in book.active.iter_rows() for cell in line]
    assert "'=1+1" in cells
    assert rows(town, "select count(*) as n from activity where act = 'assisted.exported'")[0].n == 1


def test_the_years_before_stay_as_they_were(clerk: FlaskClient) -> None:
    page = get(clerk, f"{BASE}?first=2020-01-01&last=2020-12-31")
    assert "¥18,605.00" in page
    overview = get(clerk, f"/town/{TOWN}/?year=2020")
    assert "186,000.00" in overview


def test_another_town_sees_nothing(town: Flask, clerk: FlaskClient) -> None:
    address = clerk.post(f"{BASE}/new", data=filled(town, get(clerk, f"{BASE}/new"))).headers["Location"]
    number = address.rsplit("/", 1)[1]
    other = browsers(town)["other_staff"]
    there = f"/town/{OTHER_TOWN}/assisted"
    assert "还没有可以登记的货" in get(other, f"{there}/new")
    assert get(other, f"{there}/{number}", 404)
    paid = {"paid": "cash", "received_on": clock.today().isoformat()}
    for path, data in (("paid", paid), ("proof", {"act": "prove", "note": "x"})):
        assert other.post(f"{there}/{number}/{path}", data=data).status_code == 404


def test_contacts_are_found_by_pinyin_and_changed_with_care(town: Flask, clerk: FlaskClient) -> None:
    contacts = f"/town/{TOWN}/contacts"
    values = {
        "name": "茅箭区实验小学食堂",
        "kind": "canteen",
        "person": "周老师",
        "phone": "0719-8656001",
        "note": "",
    }
    wrong = clerk.post(f"{contacts}/new", data=values | {"phone": "12"})
    assert wrong.status_code == 422
    assert "电话要填手机号" in unescape(wrong.text)
    made = clerk.post(f"{contacts}/new", data=values)
    assert made.status_code == 303
    assert "已经有叫" in unescape(clerk.post(f"{contacts}/new", data=values).text)
    for wanted in ("mjq", "shiyan", "实验小学"):
        assert "茅箭区实验小学食堂" in get(clerk, f"{contacts}?q={wanted}")
    kept = rows(town, "select phone, person from trade_contact where name = '茅箭区实验小学食堂'")[0]
    assert b"8656001" not in bytes(kept.phone)
    address, changed = made.headers["Location"], values | {"version": "1", "person": "李老师", "active": "1"}
    assert clerk.post(address, data=changed).status_code == 303
    late = clerk.post(address, data=changed | {"note": "每周一送"})
    assert late.status_code == 422
    assert "刚才有人改过" in unescape(late.text)
    told = rows(town, "select after from activity where act = 'contact.changed'")
    assert told[0].after["changed"] == ["person"]
    assert "李老师" not in str(told)


def test_an_offer_meets_a_demand_and_becomes_a_sale(town: Flask, clerk: FlaskClient) -> None:
    trade = f"/town/{TOWN}/trade"
    clerk.post(f"/town/{TOWN}/contacts/new", data={"name": "城里超市", "kind": "merchant"})
    contact = rows(town, "select id from trade_contact where name = '城里超市'")[0].id
    goods = sellable(town)
    of = rows(
        town,
        "select g.name, c.id from sku k join product p on p.id = k.product_id join produce g on g.id = p.produce_id"
        " join cooperative c on c.id = k.cooperative_id where k.id = :id",
        id=goods.id,
    )[0]
    days = {"from_on": clock.today().isoformat(), "to_on": clock.today().isoformat()}
    both = {"goods": of.name, "unit": "斤", "high": "", "note": ""} | days
    wanted = {
        "offer": {"party": f"c{of.id}", "quantity": "9", "low": "20"},
        "demand": {"party": str(contact), "quantity": "8", "low": "30"},
    }
    for side, more in wanted.items():
        form = both | more | {"side": side, "idempotency_key": key_of(get(clerk, f"{trade}/new?side={side}"))}
        answer = clerk.post(f"{trade}/new", data=form)
        assert answer.status_code == 303, unescape(answer.text)[-1500:]
    page = get(clerk, trade)
    assert "城里超市" in page
    found = re.findall(r'name="offer" value="(\d+)"><input type="hidden" name="demand" value="(\d+)"', page)
    mine = rows(
        town,
        "select o.id as offer, d.id as demand from trade_notice o, trade_notice d where o.side = 'offer' and"
        " d.side = 'demand' and d.contact_id = :contact and o.low_fen = 4000 order by o.id desc limit 1",
        contact=contact,
    )[0]
    assert (str(mine.offer), str(mine.demand)) in found
    pair = {"offer": mine.offer, "demand": mine.demand}
    first, again = (clerk.post(f"{trade}/match", data=pair) for _ in range(2))
    assert first.headers["Location"] == again.headers["Location"]
    page = get(clerk, first.headers["Location"])
    assert f'<option value="{goods.id}" selected>' in page
    assert 'value="城里超市"' in page
    assert 'name="quantity" value="4"' in page
    match = re.search(r'name="match" value="(\d+)"', page)
    assert match
    sale = filled(
        town, page, buyer="城里超市", quantity="4", unit="公斤", money="60", priced="公斤", match=match[1]
    )
    assert clerk.post(f"{BASE}/new", data=sale).status_code == 303
    twice = clerk.post(
        f"{BASE}/new", data=sale | {"idempotency_key": "another-key-of-a-form", "quantity": "0.1"}
    )
    assert "已经登记过一笔销售" in unescape(twice.text)
    assert "看这笔销售" in get(clerk, trade)
    assert scene.TOWN == TOWN
