"""Files that are hostile, odd or another program's: refused by name, or read as they are meant."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from io import BytesIO
from typing import Any

from openpyxl import load_workbook

from tests.office.conftest import Office
from tests.office.import_scene import HEAD, marked, row, send, sheet


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


def _changed(office: Office, change: Callable[[Any], object]) -> bytes:
    book = load_workbook(BytesIO(sheet(row(office), row(office))))
    change(book)
    buffer = BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _hide_first(book: Any) -> None:
    book.create_sheet("看得见的")
    book.worksheets[0].sheet_state = "hidden"
    book.active = 1


def _merge_in_front(book: Any) -> None:
    """The sheet in front is not the first one of the archive."""
    front = book.create_sheet("前面")
    for line in book.worksheets[0].iter_rows(values_only=True):
        front.append(line)
    front.merge_cells("A2:A3")
    book.move_sheet(front, -1)


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
        "没有找到表头，至少要有": sheet(["a"], head=["什么"]),
        "第 1 行缺这几列：数量": sheet(
            row(office), head=["重量" if name == "数量" else name for name in HEAD]
        ),
        "表是空的": sheet(head=()),
        "只收 CSV": b"<html><table><tr><td>1</td></tr></table></html>",
        "这个文件不是": b"%PDF-1.7 of text",
        "第 3 行是隐藏的": _changed(
            office, lambda book: setattr(book.worksheets[0].row_dimensions[3], "hidden", True)
        ),
        "第一张工作表是隐藏的": _changed(office, _hide_first),
        "取消合并": _changed(office, _merge_in_front),
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


def test_rows_that_are_blank_or_hidden_and_empty_are_passed_over(office: Office) -> None:
    def spread(book: Any) -> None:
        page = book.worksheets[0]
        page.insert_rows(3, 3)
        page.row_dimensions[4].hidden = True

    page = office.get(send(office, _changed(office, spread)))
    assert "通过 2 行，有误 0 行" in page
    assert "第 6 行" in page  # alike the second one: numbers are the file's
