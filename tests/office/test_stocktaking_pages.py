"""The office's pages of losses, counts and recalls: what was typed stays, refusals stand beside their field."""

from __future__ import annotations

from io import BytesIO
from zipfile import ZipFile

from shop.core.db import transaction
from tests.office.conftest import Office
from tests.orders import market
from tests.support import town_builder as town


def test_a_loss_is_registered_once_and_found_again(office: Office) -> None:
    lot = office.stall.lot_id
    form = {
        "quantity": "2",
        "unit": "斤",
        "reason": "damage",
        "borne_by": "cooperative",
        "note": "压坏",
        "request_key": "a" * 32,
    }
    for _ in range(2):
        office.post(f"/lots/{lot}/loss", 303, **form)
    page = office.get(f"/lots/{lot}/loss")
    assert "压坏" in page
    assert "¥50.00" in page
    assert office.rows("select written_off from lot where id = :id", id=lot)[0].written_off == 1000
    page = office.post(f"/lots/{lot}/found", 422, found="3", unit="公斤")
    assert "漏记了收货" in page
    office.post(f"/lots/{lot}/found", 303, found="1", unit="公斤", request_key="b" * 32)
    assert office.rows("select written_off from lot where id = :id", id=lot)[0].written_off == 0


def test_what_is_wrong_stands_beside_its_field(office: Office) -> None:
    lot = office.stall.lot_id
    before = office.fingerprint()
    for quantity, reason in (
        ("", "damage"),
        ("1e9", "damage"),
        ("-1", "damage"),
        ("1", ""),
        ("1", "x"),
        ("99999", "damage"),
    ):
        page = office.post(
            f"/lots/{lot}/loss",
            422,
            quantity=quantity,
            unit="公斤",
            reason=reason,
            borne_by="cooperative",
            note="留着",
        )
        assert "error-summary" in page
        assert "留着" in page
    assert "照片" in office.post(
        f"/lots/{lot}/loss", 422, quantity="1", unit="公斤", reason="damage", borne_by="cooperative",
        picture=(BytesIO(b"MZ not a picture"), "a.jpg"),
    )  # fmt: skip
    assert office.fingerprint() == before


def test_orders_that_hold_the_goods_are_linked(office: Office) -> None:
    market.paid(market.buyer(), {office.stall.sku_id: 99})
    page = office.post(
        f"/lots/{office.stall.lot_id}/loss",
        422,
        quantity="1",
        unit="公斤",
        reason="damage",
        borne_by="cooperative",
    )
    part = office.rows("select id, number from suborder")[0]
    assert part.number in page
    assert f"/shipping/{part.id}" in page


def test_a_count_is_shown_before_it_is_posted(office: Office) -> None:
    lot = office.stall.lot_id
    form = {f"lot-{lot}": "49.9", f"unit-{lot}": "公斤", f"book-{lot}": "50000", "reason": "shrinkage", "borne_by": "cooperative",
            "request_key": "c" * 32}  # fmt: skip
    before = office.fingerprint()
    page = office.post("/stock/count", 200, **form)
    assert "100克" in page
    assert "-5.00" in page
    assert office.fingerprint() == before
    assert 'value="49.9"' in office.post("/stock/count", 200, **form, act="back")
    shown = office.post("/stock/count", 303, **form, act="post")
    assert "49.9" in office.get(shown.split(office.coop.code)[1])
    assert "数了 1 批" in office.get("/stock")
    page = office.post("/stock/count", 409, **(form | {"request_key": "d" * 32}), act="post")
    assert "再数一遍" in page
    assert 'value="49.9"' in page
    assert 'value="49900"' in page  # the new book quantity
    assert "漏记了收货" in office.post(
        "/stock/count", 422, **(form | {f"lot-{lot}": "51", f"book-{lot}": "49900"})
    )
    assert "还没有填数量" in office.post("/stock/count", 422, **(form | {f"lot-{lot}": ""}))
    assert "盘点表" in office.get("/stock/count/print?book=1")


def test_a_counted_lot_that_left_meanwhile_is_named(office: Office) -> None:
    """With what was typed, before anything is posted; another cooperative's lot is nobody's."""
    lot = office.stall.lot_id
    with transaction():
        produce = town.produce(office.coop, "木耳")
        left = town.closed_lot(
            office.coop, produce, "buyout", [town.Goods(office.stall.parties[0], 2_000, 5_000)]
        )
    code = office.rows("select code from lot where id = :l", l=left)[0].code
    form = {f"lot-{lot}": "49.9", f"unit-{lot}": "公斤", f"book-{lot}": "50000", "reason": "shrinkage", "borne_by": "cooperative",
            f"lot-{left}": "1.95", f"unit-{left}": "公斤", f"book-{left}": "2000", f"lot-{office.other.lot_id}": "3",
            "request_key": "c" * 32}  # fmt: skip
    assert "不在盘点表里" not in office.post("/stock/count", 200, **form)
    with transaction():
        market.row("update lot set shipped = received where id = :l returning id", l=left)
    other = office.rows("select code from lot where id = :l", l=office.other.lot_id)[0].code
    for status, act in ((200, {}), (409, {"act": "post"})):
        page = office.post("/stock/count", status, **form, **act)
        assert f"{code}</span>，填的是 1.95" in page
        assert other not in page
    assert office.rows("select id from stock_count") == []
    del form[f"lot-{left}"]  # the page no longer has its field
    office.post("/stock/count", 303, **form, act="post")
    assert office.rows("select lot_id from stock_count_line") == [(lot,)]


def test_a_recall_from_the_page_to_its_list(office: Office) -> None:
    market.paid(market.buyer(), {office.stall.sku_id: 1})
    lot = office.stall.lot_id
    assert "请填写召回原因" in office.post(f"/lots/{lot}/recall", 422, reason="", advice="退货")
    shown = office.post(f"/lots/{lot}/recall", 303, reason="水分超标", advice="退货")
    place = shown.split(office.coop.code)[1]
    page = office.get(place)
    assert "还没发出，要换批次" in page
    assert "李*士" in page
    assert "李女士" not in page
    assert "已召回" in office.get("/lots")
    assert "李*士" in office.get(f"{place}/print")
    answer = office.client.get(f"{shown.split('localhost')[-1]}.xlsx")
    assert "李*士" in ZipFile(BytesIO(answer.data)).read("xl/sharedStrings.xml").decode()
    office.post(f"/lots/{lot}/recall", 303, reason="again", advice="x")
    assert "请填写解除原因" in office.post(f"{place}/lift", 422, reason=" ")
    office.post(f"{place}/lift", 303, reason="复检合格")
    office.post(f"{place}/lift", 303, reason="again")
    assert "复检合格" in office.get(place)


def test_lots_near_their_day(office: Office) -> None:
    assert "没有快到期的货" in office.get("/lots/near")
    with_day = "update lot set best_before = current_date + :days where id = :id returning id"
    for days, words in ((20, "还有"), (-2, "已过期")):
        with transaction():
            market.row(with_day, days=days, id=office.stall.lot_id)
        assert words in office.get("/lots/near")
    assert "其中 1 批已过期" in office.get("/")


def test_the_export_is_a_download(office: Office) -> None:
    answer = office.client.get(f"/coop/{office.coop.code}/lots/{office.stall.lot_id}/epcis.json")
    assert answer.status_code == 200
    assert answer.get_json(force=True)["type"] == "EPCISDocument"


def test_other_cooperatives_things_do_not_exist(office: Office) -> None:
    before = office.fingerprint()
    for lot in (office.other.lot_id, 10**30):
        for path in ("loss", "recall", "epcis.json"):
            office.get(f"/lots/{lot}/{path}", 404)
        for path in ("loss", "found", "recall"):
            office.post(f"/lots/{lot}/{path}", 404, quantity="1", reason="damage", advice="x", found="1")
    for path in ("/stock/counts/1", "/recalls/1", "/recalls/1/print", "/recalls/1.xlsx", "/losses/1/picture"):
        office.get(path, 404)
    office.post("/recalls/1/lift", 404, reason="x")
    assert office.fingerprint() == before
