"""A table from a phone: the template filled, one row wrong, the good ones booked, the same file back with the red cell."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

from openpyxl import load_workbook

from shop.core import clock
from tests.journeys.conftest import Enter
from tests.journeys.manager import Manager

MANAGER = "138 0000 0011"


def _filled(template: Path, to: Path) -> None:
    """Two good rows and one of nobody's, below the template's own headings."""
    book = load_workbook(template)
    sheet = book.worksheets[0]
    head = next(
        row for row in sheet.iter_rows() if any(str(cell.value or "").startswith("交货户") for cell in row)
    )
    places = {str(cell.value).partition("（")[0].strip("* "): cell.column for cell in head if cell.value}
    day = clock.today().isoformat()
    for offset, who in enumerate(("1", "2", "9999"), 2):  # the sample row stays, and is passed over
        row = {
            "交货户": who, "产品": "干香菇", "等级": "统货", "数量": "12.5", "单位": "斤", "收货方式": "买断", "单价": "29",
            "计价单位": "斤", "收货日期": day, "合格证编号": "",
        }  # fmt: skip
        for name, value in row.items():
            sheet.cell(head[0].row + offset, places[name]).value = value
    book.save(to)


def test_good_rows_are_booked_and_the_wrong_one_comes_back_red(
    enter: Enter, flask: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    manager = enter(Manager, phone=True)
    page = manager.page
    manager.go("/coop/dachuan/imports")
    manager.sign_in(MANAGER)
    manager.go("/coop/dachuan/imports/intake")
    with page.expect_download() as coming:
        manager.follow("下载模板")
    coming.value.save_as(tmp_path / "template.xlsx")
    _filled(tmp_path / "template.xlsx", tmp_path / "intake.xlsx")
    page.get_by_label("填好的表").set_input_files(tmp_path / "intake.xlsx")
    manager.press("上传并检查")
    manager.heading("intake.xlsx")  # the upload is a script's: looking again too soon would break it off
    manager.reload_until("通过 2 行，有误 1 行")
    manager.sees("没有找到这一户")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    manager.press("导入 2 行")
    manager.reload_until("已导入 2 行，有误 1 行")
    with page.expect_download() as marked:
        manager.follow("下载标红的表")
    marked.value.save_as(tmp_path / "marked.xlsx")
    sheet = load_workbook(tmp_path / "marked.xlsx").worksheets[0]
    red = [
        cell
        for row in sheet.iter_rows()
        for cell in row
        if cell.fill.fill_type == "solid" and cell.value == "9999"
    ]
    assert len(red) == 1
    reasons = [
        str(cell.value) for cell in sheet[red[0].row] if cell.value and "没有找到这一户" in str(cell.value)
    ]
    assert reasons

    page.goto(f"{manager.url}/coop/dachuan/imports/intake")
    page.get_by_label("填好的表").set_input_files(tmp_path / "intake.xlsx")
    manager.press("上传并检查")
    manager.sees("已导入 2 行")
    done = flask("audit")
    assert done.returncode == 0, done.stdout
