"""Excel in: checked, shown, saved whole or not at all, the same file back with red cells; hostile files refused by name."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from io import BytesIO
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from sqlalchemy import text

from shop.cooperatives.people import registry
from shop.core import clock, importing
from shop.core.db import session, transaction
from shop.office.importing import tasks, working
from tests.office.conftest import Office
from tests.orders import market
from tests.support import town_builder as town

HEAD = (
    "交货户 *",
    "产品",
    "等级",
    "数量",
    "单位",
    "收货方式",
    "单价（元）",
    "计价单位",
    "收货日期",
    "合格证编号",
)


def sheet(*rows: Sequence[Any], head: Sequence[str] = HEAD) -> bytes:
    book = Workbook()
    page = book.active
    assert page is not None
    page.append(list(head))
    for row in rows:
        page.append(list(row))
    buffer = BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def row(office: Office, **changes: Any) -> list[Any]:
    values = {
        "q": str(office.stall.parties[0].number), "produce": _produce(office), "grade": "一级", "quantity": "20",
        "unit": "斤", "mode": "买断", "price": 29, "price_unit": "斤", "on": clock.today().isoformat(), "no": "",
    } | changes  # fmt: skip
    return list(values.values())


def _produce(office: Office) -> str:
    return str(office.rows("select name from produce where id = :p", p=office.stall.produce_id)[0].name)


def send(office: Office, data: bytes, kind: str = "intake", name: str = "收货.xlsx") -> str:
    """Upload and let the worker check; the address of the import below the cooperative."""
    answer = office.client.post(
        f"/coop/{office.coop.code}/imports/{kind}", data={"file": (BytesIO(data), name)}
    )
    assert answer.status_code == 303, answer.text[-800:]
    tasks.sweep.run()
    return str(answer.location).removeprefix(f"/coop/{office.coop.code}")


def start(office: Office, address: str) -> str:
    office.post(f"{address}/start", 303)
    tasks.sweep.run()
    return office.get(address)


def marked(office: Office, address: str) -> Any:
    body = office.client.get(f"/coop/{office.coop.code}{address}/marked.xlsx").data
    return load_workbook(BytesIO(body)).worksheets[0]


def receipts(office: Office) -> list[Any]:
    return office.rows(
        "select quantity, price_fen, value_fen, household_id, received_on from intake_receipt"
        " where request_key like 'import:%' order by id"
    )


def test_good_rows_come_in_and_wrong_ones_go_back_red(office: Office) -> None:
    foreign = office.other.parties[0]
    code = office.rows("select code from household where id = :h", h=foreign.household_id)[0].code
    data = sheet(
        row(office), row(office, q=code), row(office, quantity="一点点"), row(office, no=4.2e17),
        [*row(office)[:3], "30", "公斤", "买断", "58", "公斤", clock.today(), "A-1"],
    )  # fmt: skip
    address = send(office, data)
    page = office.get(address)
    assert "通过 2 行，有误 3 行" in page
    assert "没有找到这一户" in page
    assert "被表格改成了科学计数，请把列设为文本" in page
    assert receipts(office) == []
    assert "已导入 2 行，有误 3 行" in start(office, address)
    assert [(r.quantity, r.price_fen) for r in receipts(office)] == [(10_000, 5_800), (30_000, 5_800)]
    back = marked(office, address)
    assert [cell.value for cell in back[1]][-1] == "错误原因"
    said = [line[-1].value for line in back.iter_rows(min_row=2)]
    assert str(said[0]).startswith("已导入")
    assert "交货户：没有找到这一户" in str(said[1])
    assert back["A3"].fill.start_color.rgb == "FFF4B6B6"
    assert back["A2"].fill.start_color.rgb != "FFF4B6B6"
    rows = office.rows("select number, subject_type from sheet_import_row order by number")
    assert [tuple(r) for r in rows] == [(2, "intake_receipt"), (6, "intake_receipt")]


def test_the_same_file_twice_and_the_mended_copy_book_nothing_twice(office: Office) -> None:
    data = sheet(row(office), row(office, q="没有这个人"))
    address = send(office, data)
    start(office, address)
    office.post(f"{address}/start", 303)
    assert send(office, data) == address
    assert "以前导入过" in office.get(address)
    tasks.sweep.run()
    assert len(receipts(office)) == 1
    back = marked(office, address)
    back["A3"].value = str(office.stall.parties[0].number)
    back["D3"].value = "7"
    buffer = BytesIO()
    back.parent.save(buffer)
    mended = send(office, buffer.getvalue())
    assert "通过 1 行，有误 0 行" in office.get(mended)
    start(office, mended)
    assert [r.quantity for r in receipts(office)] == [10_000, 3_500]
    # the first file, mended by hand: its old row is known by what it says
    third = send(office, sheet(row(office), row(office, quantity="9")))
    assert "另有 1 行不用动" in office.get(third)
    start(office, third)
    assert [r.quantity for r in receipts(office)] == [10_000, 3_500, 4_500]


def test_alike_rows_of_one_file_are_two_deliveries_and_are_warned_of(office: Office) -> None:
    address = send(office, sheet(row(office), row(office)))
    assert "同一户同一天同一产品，第 2 行也有" in office.get(address)
    start(office, address)
    assert len(receipts(office)) == 2


def test_a_preview_that_no_longer_holds_stores_nothing(office: Office) -> None:
    """Between preview and import somebody renamed the produce."""
    address = send(office, sheet(row(office), row(office, quantity="8")))
    before = office.fingerprint()
    import_id = int(address.rpartition("/")[2])
    with transaction():
        importing.begin(import_id, office.coop.id, _manager(office))
    with transaction():
        session().execute(
            text("update produce set name = name || '（旧）' where id = :p"), {"p": office.stall.produce_id}
        )
    tasks.sweep.run()
    assert "情况变了，一行都没有导入" in office.get(address)
    after = office.fingerprint()
    assert {k: v for k, v in after.items() if k != "activity"} == {
        k: v for k, v in before.items() if k != "activity"
    }


def test_a_worker_that_breaks_off_leaves_nothing_and_is_done_again(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = send(office, sheet(row(office), row(office, quantity="8"), row(office, quantity="6")))
    office.post(f"{address}/start", 303)
    save = working._save

    def breaks(*args: Any) -> Any:
        save(*args)
        raise RuntimeError("the machine went down")

    with monkeypatch.context() as broken:
        broken.setattr(working, "_save", breaks)
        tasks.sweep.run()
    assert receipts(office) == []
    assert "正在导入" in office.get(address)
    tasks.sweep.run()
    assert len(receipts(office)) == 3
    assert "已导入 3 行" in office.get(address)


def test_progress_is_seen_while_the_rows_are_not(office: Office) -> None:
    address = send(office, sheet(*(row(office, quantity=str(n + 1)) for n in range(150))))
    office.post(f"{address}/start", 303)
    seen: list[tuple[int, int]] = []
    report = working._report

    def watch(import_id: int, done: int) -> None:
        report(import_id, done)
        with office.app.app_context():
            seen.append(
                (importing.one(import_id, office.coop.id).rows_done,
                 session().scalar(text("select count(*) from sheet_import_row")) or 0)
            )  # fmt: skip

    working._report = watch
    try:
        tasks.sweep.run()
    finally:
        working._report = report
    assert seen == [(100, 0)]
    assert len(receipts(office)) == 150


def _manager(office: Office) -> int:
    return int(office.rows("select max(id) as id from user_account")[0].id)


def _zip(**parts: bytes) -> bytes:
    buffer = BytesIO(sheet(["x"]))
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as archive:
        for name, body in parts.items():
            archive.writestr(name.replace("__", "/"), body)
    return buffer.getvalue()


def _merged(office: Office) -> bytes:
    book = load_workbook(BytesIO(sheet(row(office), row(office))))
    book.worksheets[0].merge_cells("A2:A3")
    buffer = BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def test_hostile_files_are_refused_by_name(office: Office) -> None:
    files = {
        "只收 CSV 和 .xlsx 表格": b"\x89PNG\r\n\x1a\n\x00\x00",
        "旧的 .xls": b"\xd0\xcf\x11\xe0" + b"\x00" * 100,
        "打不开": b"PK\x03\x04 and no more",
        "内容太多": _zip(bomb=b"0" * 14_000_000),
        "有宏": _zip(**{"xl__vbaProject.bin": b"x"}),
        "指向别的文件": _linked(office),
        "合并的单元格": _merged(office),
        "第 2 行有公式": sheet(row(office, quantity="=1+1")),
        "最多 5000 行": sheet(*([row(office)] * 5000)),
        "没有找到表头": sheet(["a"], head=["什么"]),
        "表头下面没有内容": sheet(),
    }
    for words, data in files.items():
        page = office.get(send(office, data))
        assert words in page, words
        assert "一行都没有导入" in page
    assert office.rows("select count(*) from sheet_import where state = 'failed'")[0][0] == len(files)


def _linked(office: Office) -> bytes:
    buffer = BytesIO(sheet(row(office)))
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("xl/externalLinks/externalLink1.xml", "<externalLink/>")
    return buffer.getvalue()


def test_csv_in_gbk_comes_back_as_a_workbook_without_formulas(office: Office) -> None:
    lines = [",".join(HEAD), ",".join(map(str, row(office))), ",".join(map(str, row(office, q="=cmd|x")))]
    address = send(office, "\r\n".join(lines).encode("gb18030"), name="收货.csv")
    assert "通过 1 行，有误 1 行" in office.get(address)
    cell = marked(office, address)["A3"]
    assert (cell.data_type, cell.value) == ("s", "'=cmd|x")


def test_another_cooperatives_import_is_not_there(office: Office) -> None:
    with transaction():
        import_id, _fresh = importing.take(office.other.coop.id, "intake", "x", b"x", _manager(office), "zh")
    for path in ("", "/marked.xlsx"):
        assert office.client.get(f"/coop/{office.coop.code}/imports/{import_id}{path}").status_code == 404
    office.post(f"/imports/{import_id}/start", 404)


def test_an_empty_upload_is_told_beside_the_field(office: Office) -> None:
    assert "请选择要导入的文件" in office.post("/imports/intake", 422)


@pytest.mark.parametrize("kind", importing.KINDS)
def test_the_form_itself_comes_back(office: Office, kind: str) -> None:
    """Downloaded and sent back as it is: the sample row is passed over, rows that it brings are left alone."""
    body = office.client.get(f"/coop/{office.coop.code}/imports/{kind}/template.xlsx").data
    book = load_workbook(BytesIO(body))
    assert [page.title for page in book.worksheets] == ["填写", "选项", "说明"]
    assert book.worksheets[0]["A2"].number_format == "@"
    page = office.get(send(office, body, kind))
    assert "表头下面没有内容" in page or "通过 0 行，有误 0 行" in page


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
    line = ("新蘑菇", _produce(office), category, "250", "克", "袋", "12.50", "食用农产品", "大川村")
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
    head = ("户编号", "户主", "入社日期")
    today = clock.today().isoformat()
    data = sheet(
        (codes[newcomer.household_id], "赵新", today), (codes[newcomer.household_id], "赵旧", today), ("无", "赵新", today),
        head=head,
    )  # fmt: skip
    address = send(office, data, "members")
    assert "通过 1 行，有误 2 行" in office.get(address)
    start(office, address)
    found = office.rows("select number from member where household_id = :h", h=newcomer.household_id)
    assert len(found) == 1


def test_a_deed_that_refuses_a_row_brings_everything_back(office: Office) -> None:
    """A person of the household may not join on that day; only the deed knows."""
    with transaction():
        one, two = (town.household(office.coop.village_id, name) for name in ("赵一", "赵二"))
    codes = {r.id: r.code for r in office.rows("select id, code from household")}
    today = clock.today().isoformat()
    rows = [(codes[party.household_id], name, today) for party, name in ((one, "赵一"), (two, "赵二"))]
    address = send(office, sheet(*rows, head=("户编号", "户主", "入社日期")), "members")
    with transaction():
        registry.admit(office.other.coop.id, two.household_id or 0, clock.today())
    page = start(office, address)
    assert "第 3 行不能导入，一行都没有导入" in page
    assert "通过 1 行，有误 1 行" in page
    assert office.rows("select count(*) from member where household_id = :h", h=one.household_id)[0][0] == 0
