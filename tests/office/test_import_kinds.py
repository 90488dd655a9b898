"""Each kind of table: its form, its rows, its refusals."""

from __future__ import annotations

from io import BytesIO

import pytest
from openpyxl import load_workbook
from sqlalchemy import text

from shop.cooperatives.ledger.closing import close_year
from shop.core import clock, importing
from shop.core.db import session, transaction
from shop.office.importing.kinds import KINDS
from shop.orders import batch_waybills
from tests.office.conftest import Office
from tests.office.import_scene import produce_of, send, sheet, start
from tests.orders import market
from tests.support import town_builder as town

MEMBERS = ("户编号", "户主", "入社日期")
OURS = [
    code for code in importing.KINDS if code not in ("households", "sales", "income", "opening")
]  # the township's, and one with a page of its own


@pytest.mark.parametrize("kind", OURS)
def test_the_form_itself_comes_back(office: Office, kind: str) -> None:
    """Downloaded and sent back as it is: the sample row is passed over, rows that it brings are left alone."""
    market.paid(market.buyer(), {office.stall.sku_id: 1})
    body = office.client.get(f"/coop/{office.coop.code}/imports/{kind}/template.xlsx").data
    book = load_workbook(BytesIO(body))
    assert [page.title for page in book.worksheets] == ["填写", "选项", "说明"]
    page, columns = book.worksheets[0], KINDS[kind].columns
    assert all(page.cell(2, place).number_format == "@" for place in range(1, len(columns) + 1))
    assert all(page.column_dimensions[letter].width > 5 for letter in "ABC")
    assert [str(cell.value).removesuffix(" *") for cell in page[1]][: len(columns)] == [
        c.label for c in columns
    ]
    choices = {key for key, words in KINDS[kind].choices(office.coop.id).items() if words}
    offered = {str(rule.sqref).partition(":")[0] for rule in page.data_validations.dataValidation}
    assert offered == {
        f"{'ABCDEFGHIJ'[place]}2" for place, column in enumerate(columns) if column.key in choices
    }
    assert page["A2"].value  # a sample, or what the cooperative has
    shown = office.get(send(office, body, kind))
    assert "表头下面没有内容" in shown or "通过 0 行，有误 0 行" in shown


@pytest.mark.parametrize("kind", [code for code in OURS if any(c.long for c in KINDS[code].columns)])
def test_long_numbers_that_a_spreadsheet_has_ruined_are_named(office: Office, kind: str) -> None:
    columns = KINDS[kind].columns
    long = [column for column in columns if column.long]
    data = sheet(
        *([number if column.long else column.example for column in columns] for number in (4.2e17, 1.2345678901234568e17)),
        head=[column.label for column in columns],
    )  # fmt: skip
    page = office.get(send(office, data, kind))
    assert "有误 2 行" in page
    for column in long:
        assert f"{column.label}被表格改成了科学计数" in page


def test_only_the_orders_of_the_file_are_read(office: Office) -> None:
    orders = [market.paid(market.buyer(), {office.stall.sku_id: 1}) for _ in range(3)]
    part = office.rows("select number from suborder order by id limit 1")[0].number
    found = batch_waybills.orders(office.coop.id, [part, orders[1].number, "无", "x\x00"])
    assert set(found) == {part, orders[0].number, orders[1].number, found[orders[1].number].number}
    assert batch_waybills.orders(office.other.coop.id, [part, orders[1].number]) == {}


def test_prices_change_as_on_the_page(office: Office) -> None:
    body = office.client.get(f"/coop/{office.coop.code}/imports/prices/template.xlsx").data
    book = load_workbook(BytesIO(body))
    page = book.worksheets[0]
    assert page["A2"].value == str(office.stall.sku_id)
    page["E2"].value = "70.5"
    other = [str(office.other.sku_id), "", "", "", "1"]
    page.append(other)
    buffer = BytesIO()
    book.save(buffer)
    address = send(office, buffer.getvalue(), "prices")
    assert "没有找到这个规格" in office.get(address)
    start(office, address)
    skus = {r.id: r.price_fen for r in office.rows("select id, price_fen from sku")}
    assert skus[office.stall.sku_id] == 7_050
    assert skus[office.other.sku_id] != 100


def test_products_come_off_sale_and_names_stay_single(office: Office) -> None:
    head = ("品名", "用哪种货", "分类", "每份净含量", "单位", "包装", "价格（元）", "食品类别", "产地")
    category = office.rows("select name from category order by id limit 1")[0].name
    line = ("新蘑菇", produce_of(office), category, "250", "克", "袋", "12.50", "食用农产品", "大川村")
    address = send(office, sheet(line, line, ("x", "别家的货", *line[2:]), head=head), "products")
    page = office.get(address)
    assert "通过 1 行，有误 2 行" in page
    assert "和第 2 行重复" in page
    start(office, address)
    found = office.rows("select p.published_at, s.spec, s.price_fen from product p join sku s on s.product_id = p.id"
                        " where p.name = '新蘑菇'")  # fmt: skip
    assert [tuple(r) for r in found] == [(None, "250克/袋", 1_250)]


def test_parcels_go_with_their_waybills_once(office: Office) -> None:
    mine = market.paid(market.buyer(), {office.stall.sku_id: 1})
    theirs = market.paid(market.buyer(), {office.other.sku_id: 1})
    head = ("订单号", "快递公司", "快递单号")
    data = sheet(
        (mine.number, "顺丰速运", "SF1234567890123"),
        (theirs.number, "顺丰速运", "SF1234567890124"),
        head=head,
    )
    address = send(office, data, "parcels")
    page = office.get(address)
    assert "通过 1 行，有误 1 行" in page
    assert "没有找到这张订单" in page
    start(office, address)
    states = {r.cooperative_id: r.state for r in office.rows("select cooperative_id, state from suborder")}
    assert states == {office.coop.id: "shipped", office.other.coop.id: "to_ship"}
    again = send(
        office,
        sheet((mine.number, "顺丰速运", "SF1234567890123"), (mine.number, "", ""), head=head),
        "parcels",
    )
    assert "另有 2 行不用动" in office.get(again)


def test_members_join_from_the_register_only(office: Office) -> None:
    with transaction():
        newcomer = town.household(office.coop.village_id, "赵新")
    codes = {r.id: r.code for r in office.rows("select id, code from household")}
    today = clock.today().isoformat()
    data = sheet(
        (codes[newcomer.household_id], "赵新", today), (codes[newcomer.household_id], "赵旧", today), ("无", "赵新", today),
        head=MEMBERS,
    )  # fmt: skip
    address = send(office, data, "members")
    assert "通过 1 行，有误 2 行" in office.get(address)
    start(office, address)
    found = office.rows("select number from member where household_id = :h", h=newcomer.household_id)
    assert len(found) == 1


def test_who_may_not_join_is_told_before_anything_is_in(office: Office) -> None:
    """Whoever joined elsewhere since the file was checked, a closed year, a day before the household was here."""
    with transaction():
        one, two = (town.household(office.coop.village_id, name) for name in ("赵一", "赵二"))
    codes = {r.id: r.code for r in office.rows("select id, code from household")}
    today = clock.today().isoformat()
    rows = [(codes[party.household_id], name, today) for party, name in ((one, "赵一"), (two, "赵二"))]
    address = send(office, sheet(*rows, head=MEMBERS), "members")
    with transaction():
        town.admit(office.other.coop.id, two.household_id or 0, clock.today())
    page = start(office, address)
    assert "情况变了，一行都没有导入" in page
    assert "已经是" in page
    assert "通过 1 行，有误 1 行" in page
    assert office.rows("select count(*) from member where household_id = :h", h=one.household_id)[0][0] == 0
    with transaction():
        close_year(office.coop.id, 2015)
    early = (codes[one.household_id], "赵一", "2015-12-31")
    assert "2015 年的账已经结账" in office.get(send(office, sheet(early, head=MEMBERS), "members"))


def test_of_many_who_join_only_those_that_leave_the_farmers_four_fifths(office: Office) -> None:
    """The preview names each of them, in the order of the file."""
    with transaction():
        homes = [town.household(office.coop.village_id, f"赵{n}") for n in "一二三四五六七"]
        ids = [home.household_id for home in homes]
        session().execute(
            text("update household set agricultural = false where id = any(:ids)"), {"ids": ids}
        )
    codes = {r.id: r.code for r in office.rows("select id, code from household")}
    farmers = office.rows("select count(*) from member where cooperative_id = :c", c=office.coop.id)[0][0]
    today = clock.today().isoformat()
    rows = [
        (codes[home.household_id], f"赵{n}", today) for home, n in zip(homes, "一二三四五六七", strict=True)
    ]
    address = send(office, sheet(*rows, head=MEMBERS), "members")
    room = farmers // 4  # as many beside these farmers
    assert f"通过 {room} 行，有误 {7 - room} 行" in office.get(address)
    start(office, address)
    assert len(office.rows("select 1 from member where household_id = any(:ids)", ids=ids)) == room
