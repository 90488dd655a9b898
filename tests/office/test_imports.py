"""Excel in: checked, shown, saved whole or not at all, the same file back with red cells; hostile files refused by name."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import text

from shop.core import clock, import_reads, importing
from shop.core.db import session, transaction
from shop.core.table_import import tasks, working
from tests.office.conftest import Office
from tests.office.import_scene import manager_of, marked, receipts, row, send, sheet, start


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
        importing.begin(import_id, office.coop.id, manager_of(office))
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


def test_progress_is_seen_while_the_rows_are_not(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(working, "PORTION", 100)
    address = send(office, sheet(*(row(office, quantity=str(n + 1)) for n in range(150))))
    office.post(f"{address}/start", 303)
    seen: list[tuple[int, int]] = []
    report = working._report

    def watch(import_id: int, done: int) -> None:
        report(import_id, done)
        with office.app.app_context():
            seen.append(
                (import_reads.one(import_id, office.coop.id).rows_done,
                 session().scalar(text("select count(*) from sheet_import_row")) or 0)
            )  # fmt: skip

    monkeypatch.setattr(working, "_report", watch)
    tasks.sweep.run()
    assert seen == [(100, 0), (150, 0)]
    assert len(receipts(office)) == 150


def test_another_cooperatives_import_is_not_there(office: Office) -> None:
    with transaction():
        import_id, _fresh = importing.take(
            office.other.coop.id, "intake", "x", b"x", manager_of(office), "zh"
        )
    for path in ("", "/marked.xlsx"):
        assert office.client.get(f"/coop/{office.coop.code}/imports/{import_id}{path}").status_code == 404
    office.post(f"/imports/{import_id}/start", 404)


def test_an_empty_upload_is_told_beside_the_field(office: Office) -> None:
    assert "请选择要导入的文件" in office.post("/imports/intake", 422)
