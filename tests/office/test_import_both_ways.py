"""A file's deliveries taken in by portions leave exactly the rows that taking them in one by one leaves."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import cycle, product
from typing import Any

import pytest
from sqlalchemy import text

from shop.audit import run as audit
from shop.cooperatives.produce import intake, prices
from shop.core import clock, importing
from shop.core.db import session, transaction
from shop.core.table_import import working
from tests.office.conftest import Office
from tests.office.import_scene import manager_of, produce_of, receipts, row, send, sheet, start
from tests.support import town_builder as town
from tests.support.import_ways import MARKS, both

TODAY = clock.today()


def test_portions_leave_the_rows_of_single_deeds(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    import_id = _previewed(office)
    monkeypatch.setattr(working, "PORTION", 7)
    before = _lots()
    many, one = both(import_id, "intake", monkeypatch)
    assert {name for name in many if many[name] != one[name]} - MARKS == set()
    assert sum(str(r["request_key"]).startswith("import:") for r in many["intake_receipt"]) == 54
    assert {r["mode"] for r in many["intake_receipt"]} == set(intake.MODES)
    assert {r["member_id"] is None for r in many["intake_receipt"]} == {True, False}
    assert {r["off_list"] for r in many["intake_receipt"]} == {True, False}
    assert _lots() == before


def test_members_of_many_days_join_as_one_by_one(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """In portions smaller than the file: the numbers go on, the farmers' share is counted on."""
    days = [(TODAY - timedelta(days=back)).isoformat() for back in (0, 40, 3)]
    with transaction():
        homes = [town.household(office.coop.village_id, f"赵{place}") for place in range(23)]
        others = [home.household_id for home in homes[7::8]]
        session().execute(text("update household set agricultural = false where id = any(:i)"), {"i": others})
    codes = {r.id: r.code for r in office.rows("select id, code from household")}
    rows = [(codes[home.household_id], f"赵{n}", days[n % 3]) for n, home in enumerate(homes)]
    address = send(office, sheet(*rows[::-1], head=("户编号", "户主", "入社日期")), "members")
    good = int(str(office.rows("select rows_good from sheet_import")[0].rows_good))
    assert 20 < good <= 23
    monkeypatch.setattr(working, "PORTION", 7)
    many, one = both(_begun(office, address), "members", monkeypatch)
    assert {name for name in many if many[name] != one[name]} - MARKS == set()
    assert sum(r["on_date"].isoformat() in days for r in many["member_event"]) == good


def test_products_and_prices_are_as_one_by_one(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(working, "PORTION", 4)
    category = office.rows("select name from category order by id limit 1")[0].name
    head = ("品名", "用哪种货", "分类", "每份净含量", "单位", "包装", "价格（元）", "食品类别", "产地")
    line = (produce_of(office), category, "250", "克", "袋", "12.50", "食用农产品", "大川村")
    address = send(office, sheet(*((f"新蘑菇{n}", *line) for n in range(11)), head=head), "products")
    products = _begun(office, address)
    many, one = both(products, "products", monkeypatch)
    assert {name for name in many if many[name] != one[name]} - MARKS == set()
    assert sum(r["name"].startswith("新蘑菇") for r in many["product"]) == 11
    working.run(products)
    prices = office.rows(
        "select id, price_fen from sku where cooperative_id = :c order by id desc", c=office.coop.id
    )
    rows = [(str(r.id), "", "", "", str(20 + n)) for n, r in enumerate(prices)]
    address = send(office, sheet(*rows, head=("规格编号", "商品", "规格", "现价", "新价格")), "prices")
    many, one = both(_begun(office, address), "prices", monkeypatch)
    assert {name for name in many if many[name] != one[name]} - MARKS == set()
    assert {r["price_fen"] for r in many["sku"]} >= {2_000 + 100 * n for n in range(len(rows))}


def _begun(office: Office, address: str) -> int:
    import_id = int(address.rpartition("/")[2])
    with transaction():
        assert importing.begin(import_id, office.coop.id, manager_of(office))
    return import_id


def test_of_a_refused_portion_the_row_is_named_and_nothing_is_in(office: Office) -> None:
    """No assembly had decided a commission by then; only the deed knows."""
    early = row(office, mode="提成代销", price="", price_unit="", on="2018-06-01")
    address = send(office, sheet(row(office), early, row(office, quantity="3")))
    page = start(office, address)
    assert "第 3 行不能导入，一行都没有导入" in page
    assert "章程在这一天还没有提成比例" in page
    assert "通过 2 行，有误 1 行" in page
    assert receipts(office) == []


def test_one_request_is_one_receipt_in_a_batch_and_after_it(office: Office) -> None:
    party = office.stall.parties[0]
    first = intake.Delivery(
        cooperative_id=office.coop.id, produce_id=office.stall.produce_id, quantity=1_000, mode="buyout",
        received_on=TODAY, household_id=party.household_id, price_fen=5_000, request_key="one",
    )  # fmt: skip
    other = replace(first, request_key="other")
    with transaction():
        made = intake.record_many([first, other, first, replace(first, request_key=None)])
    assert made[0] == made[2]
    assert len(set(made)) == 3
    with transaction():
        assert intake.record_many([other, replace(first, request_key="new")])[0] == made[1]
    received = office.rows("select sum(received) from lot where closed_at is null")[0][0]
    assert received == 4_000
    with transaction():
        assert audit.run_all().clean


def _previewed(office: Office) -> int:
    """54 rows: every mode, by weight and by piece, on the list and off it, of members, of one who joined late, of a neighbour."""
    with transaction():
        eggs = town.produce(office.coop, "土鸡蛋", "piece")
        late = town.member(office.coop, "赵新", joined_on=TODAY - timedelta(days=1))
        near = town.household(office.coop.village_id, "钱外")
        town.deliver(office.coop, eggs, "buyout", town.Goods(near, 30, 120))
        for mode, fen, rate in (("buyout", 5_800, None), ("consign_commission", 0, "0.06")):
            prices.offer(
                prices.Offer(
                    office.coop.id, office.stall.produce_id, "一级", mode, TODAY - timedelta(days=2), "理事会决议",
                    fen, rate, 120,
                )
            )  # fmt: skip
    word, name = office.rows("select count_word, name from produce where id = :p", p=eggs)[0]
    code = office.rows("select code from household where id = :h", h=near.household_id)[0].code
    people = cycle([str(office.stall.parties[0].number), str(late.number), code])
    rows = []
    for number, (mode, day, goods, price) in enumerate(
        product(("买断", "约定价代销", "提成代销"), (0, 1, 2), ("斤", word), ("29", "29", "31.5"))
    ):
        priced = "" if mode == "提成代销" else price
        rows.append(
            row(
                office, q=next(people), produce=produce_of(office) if goods == "斤" else name, unit=goods,
                grade="统货" if number % 2 else "一级", quantity=str(number + 1), mode=mode, price=priced,
                price_unit=goods if priced else "", on=(TODAY - timedelta(days=day)).isoformat(),
            )
        )  # fmt: skip
    address = send(office, sheet(*rows))
    assert "通过 54 行，有误 0 行" in office.get(address)
    return _begun(office, address)


def _lots() -> list[Any]:
    found = [tuple(r) for r in session().execute(text("select id, received from lot order by id"))]
    session().rollback()
    return found
