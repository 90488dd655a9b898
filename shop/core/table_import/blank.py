"""The file to fill in: headings, a sample row, columns as text, lists of choices, a sheet that explains."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any

from flask_babel import gettext as _

from shop.core.importing import Owner
from shop.core.sheet_limits import MAX_ROWS
from shop.core.spreadsheet import new_book, safe_cell
from shop.core.table_import.kind import Kind, Whole
from shop.core.text import N_

SAMPLE = N_("例（删不删都可以）")  # heads the row that the import passes over
MARK = N_("标记")  # the column in which it stands


def blank(kind: Kind, owner: Owner) -> bytes:
    """An .xlsx for a cooperative or a township, its own households and produce in the lists."""
    buffer = BytesIO()
    with new_book(buffer) as book:
        bold = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "num_format": "@"})
        text = book.add_format({"num_format": "@"})
        grey = book.add_format({"num_format": "@", "font_color": "#777777", "italic": True})
        sheet = book.add_worksheet("填写")
        lists = book.add_worksheet("选项")
        choices = kind.choices(owner)
        for place, column in enumerate(kind.columns):
            sheet.set_column(place, place, column.width, text)
            sheet.write_string(0, place, _(column.label) + (" *" if column.required else ""), bold)
            if choices.get(column.key):
                _offer(sheet, lists, place, [_(column.label), *choices[column.key]])
        rows = _filled(kind, owner)
        sample = tuple(column.example for column in kind.columns)
        if any(sample):
            sheet.write_string(0, len(kind.columns), _(MARK), bold)
            sheet.write_string(1, len(kind.columns), _(SAMPLE), grey)
            rows = [sample, *rows]
        for line, row in enumerate(rows, 1):
            for place, value in enumerate(row):
                sheet.write_string(line, place, safe_cell(value), text)
        sheet.set_column(len(kind.columns), len(kind.columns), 20, text)
        sheet.freeze_panes(1, 0)
        _explain(book.add_worksheet("说明"), kind)
    return buffer.getvalue()


def _filled(kind: Kind, owner: Owner) -> list[tuple[str, ...]]:
    """Rows that the form brings with it, for kinds that only change what there is."""
    rows = getattr(kind, "filled", None)
    return [] if rows is None else rows(owner)[: MAX_ROWS - 2]


def _offer(sheet: Any, lists: Any, place: int, values: Sequence[str]) -> None:
    for line, value in enumerate(values):
        lists.write_string(line, place, safe_cell(value))
    letter = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[place]
    source = f"='选项'!${letter}$2:${letter}${len(values)}"
    sheet.data_validation(
        1, place, MAX_ROWS - 1, place, {"validate": "list", "source": source, "error_type": "warning"}
    )


def _explain(sheet: Any, kind: Kind) -> None:
    lines = [
        _(kind.name), _(kind.note),
        _("带 * 的列必填；最多 %(max_rows)s 行（连表头），一个文件 2 MB 以内", max_rows=MAX_ROWS),
        _("编号和单号的列已经设为文本，请不要改成数字，否则长号码的末尾会变成 0"),
        _("不要用公式，不要合并单元格；有一处不对就整张都不导入，错的行会标红退回")
        if isinstance(kind, Whole)
        else _("不要用公式，不要合并单元格；有错的行会标红退回，好的行可以先导入"),
    ]  # fmt: skip
    sheet.set_column(0, 0, 90)
    for line, words in enumerate(lines):
        sheet.write_string(line, 0, safe_cell(words))
