"""Excel out: the rows of the filter on the screen, long numbers as text, nothing runs, who and when underneath."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from typing import Any

from openpyxl import load_workbook

from shop.catalog import shelf
from shop.cooperatives.income import stock_counts
from shop.cooperatives.income.stock_counts import Counted, Terms
from shop.cooperatives.people import queries as people
from shop.cooperatives.produce import prices
from shop.core import clock
from shop.core.db import transaction
from shop.orders import fulfilment
from tests.office.conftest import Office
from tests.orders import market
from tests.support import town_builder as town


def export(office: Office, listing: str, **filtered: str) -> tuple[list[str], list[list[Any]], str]:
    """(headings, rows, what stands underneath)."""
    answer = office.client.get(f"/coop/{office.coop.code}/exports/{listing}.xlsx", query_string=filtered)
    assert answer.status_code == 200, answer.text[-800:]
    lines = [
        list(line) for line in load_workbook(BytesIO(answer.data)).worksheets[0].iter_rows(values_only=True)
    ]
    empty = next((at for at, line in enumerate(lines[3:], 3) if not any(line)), len(lines))
    below = "\n".join(str(line[0]) for line in lines[empty:])
    return [str(word) for word in lines[2]], lines[3:empty], below


def test_receipts_stand_as_on_the_screen_and_the_export_is_logged(office: Office) -> None:
    with transaction():
        produce_id = town.produce(office.coop, "=木耳")
        town.deliver(office.coop, produce_id, "buyout", town.Goods(office.stall.parties[0], 2_000, 5_000))
    head, rows, below = export(office, "receipts")
    shown = office.get("/intake")
    assert len(rows) == len(
        office.rows("select 1 from intake_receipt where cooperative_id = :c", c=office.coop.id)
    )
    for row in rows:
        assert str(row[head.index("交货单")]) in shown
    assert str(rows[0][head.index("产品")]).startswith("'=木耳")
    assert rows[0][head.index("货款（元）")] == 100
    assert "导出人：" in below
    assert "口径：" in below
    acts = office.rows(
        "select after from activity where act = 'list.exported' and cooperative_id = :c", c=office.coop.id
    )
    assert [act.after for act in acts] == [{"listing": "receipts", "rows": len(rows)}]


def test_filters_are_those_of_the_page(office: Office, open_produce: int) -> None:
    everything, opened = export(office, "lots")[1], export(office, "lots", which="open")[1]
    assert len(opened) == 1
    assert len(everything) > 1
    assert "筛选：收货中" in export(office, "lots", which="open")[2]
    with transaction():
        shelf.unpublish(office.stall.product_id, office.coop.id, by=None)
    assert export(office, "goods", which="on")[1] == []
    assert len(export(office, "goods", which="off")[1]) == 1
    members = people.members(office.coop.id, clock.today())
    assert len(export(office, "roster")[1]) == len(members)
    head, rows, _below = export(office, "roster", q=str(members[0].number))
    assert rows[0][head.index("户编号")] == members[0].household_code


def test_parcels_stay_masked_and_only_the_own_ones_are_there(office: Office) -> None:
    mine = market.paid(market.buyer(), {office.stall.sku_id: 1})
    theirs = market.paid(market.buyer(), {office.other.sku_id: 1})
    head, rows, _below = export(office, "parcels")
    numbers = [str(row[head.index("订单号")]) for row in rows]
    assert len(numbers) == 1
    assert numbers[0].startswith(mine.number)
    assert theirs.number not in str(rows)
    assert "****" in rows[0][head.index("电话")]
    assert "*" in rows[0][head.index("收货人")]


def test_the_two_figures_of_the_ledger_are_those_of_the_page(office: Office) -> None:
    market.paid(market.buyer(), {office.stall.sku_id: 1})
    head, rows, _below = export(office, "parties", month=clock.today().isoformat()[:7])
    page = office.get("/ledger")
    for row in rows:
        assert f"{row[head.index('归属销售额（元）')]:,.2f}" in page


def test_parcels_that_went_stand_with_their_waybills_as_on_the_page(office: Office) -> None:
    order = market.paid(market.buyer(), {office.stall.sku_id: 1})
    market.paid(market.buyer(), {office.stall.sku_id: 1})  # still to go
    suborder = office.rows("select s.id from suborder s join customer_order o on o.id = s.order_id where o.number = :n",
                           n=order.number)[0].id  # fmt: skip
    with transaction():
        fulfilment.ship(suborder, office.coop.id, "sf", "SF1234567890123", None)
    head, rows, below = export(office, "shipped", which="shipped")
    (row,) = rows
    assert row[head.index("快递单号")] == "SF1234567890123"
    page = office.get("/shipping/shipped")
    for name in ("订单号", "规格", "快递单号", "发货时间"):
        assert str(row[head.index(name)]) in page, name
    assert "exports/shipped.xlsx?which=shipped" in page
    assert export(office, "shipped", which="received")[1] == []
    assert "共 1 行" in below


def test_a_stock_count_is_written_as_it_was_posted_and_anothers_is_not_there(office: Office) -> None:
    def post(coop_id: int) -> tuple[int, str]:
        lot = office.rows("select id, code, received - shipped as held from lot where cooperative_id = :c and closed_at"
                          " is not null order by id limit 1", c=coop_id)[0]  # fmt: skip
        with transaction():
            one = Counted(lot.id, lot.held, lot.held - 1_000)
            return stock_counts.post(coop_id, [one], Terms(clock.today()), f"key-{coop_id}"), lot.code

    (count_id, code), (theirs, _code) = post(office.coop.id), post(office.other.coop.id)
    head, rows, below = export(office, "counted", count=str(count_id))
    assert [[row[head.index(name)] for name in ("批次", "差（克或件）")] for row in rows] == [[code, -1_000]]
    assert f"筛选：{clock.today().isoformat()}" in below
    page = office.get(f"/stock/counts/{count_id}")
    assert f"{rows[0][head.index('价值（元）')]:,.2f}" in page
    for wanted in ("", "x", "999999", str(theirs)):
        assert (
            office.client.get(f"/coop/{office.coop.code}/exports/counted.xlsx?count={wanted}").status_code
            == 404
        )


def test_buying_prices_say_which_is_in_force(office: Office) -> None:
    today = clock.today()
    with transaction():
        for days, fen in ((9, 5_000), (2, 5_800), (-5, 6_000)):
            prices.offer(
                prices.Offer(
                    office.coop.id, office.stall.produce_id, "一级", "buyout", today - timedelta(days=days), "=理事会决议",
                    fen, None, 120,
                )
            )  # fmt: skip
    head, rows, _below = export(office, "buying")
    told = [(row[head.index("单价（元）")], row[head.index("状态")]) for row in rows]
    assert told == [(60, "还没生效"), (58, "现行"), (50, "以前的")]
    assert rows[0][head.index("依据")] == "'=理事会决议"
    assert "exports/buying.xlsx" in office.get("/intake/prices")
