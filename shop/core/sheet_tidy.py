"""What a table must not have that is read and sent back as it came. For the limited process (shop/core/sheet_child.py)."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any
from zipfile import ZipFile

from openpyxl import load_workbook

from shop.core.sheet_parsing import refusing_broken
from shop.core.text import N_, BadInput

_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s")
_ROW = re.compile(rb"<(?:\w+:)?row\b([^>]*[^/>])>(.*?)</(?:\w+:)?row>", re.DOTALL)
_HIDDEN = re.compile(rb"\bhidden=[\"'](?:1|true)[\"']")
_NUMBER = re.compile(rb"\br=[\"']([0-9]+)[\"']")
_SAYS = re.compile(rb"<(?:\w+:)?[vt]\b")


def check(data: bytes) -> None:
    """Raises BadInput: links to other files, merged cells, hidden rows that hold something, a hidden first sheet.

    A merged cell gives its value to one row only; links would be followed by the program that opens the marked file; what
    was hidden or filtered away was perhaps not meant.
    """
    with refusing_broken(data), ZipFile(BytesIO(data)) as archive:
        if any("externallinks/" in name.lower() for name in archive.namelist()):
            raise BadInput(N_("文件里有指向别的文件的链接，请另存一份不带链接的"))
        sheet: Any = load_workbook(BytesIO(data), read_only=True, keep_links=False).worksheets[0]
        if sheet.sheet_state != "visible":
            raise BadInput(N_("第一张工作表是隐藏的，请取消隐藏，或者把要导入的那一张放在最前面"))
        body = archive.read(sheet._worksheet_path)
        if _MERGED.search(body):
            raise BadInput(N_("表里有合并的单元格，请取消合并再导入"))
        for attributes, cells in _ROW.findall(body) if _HIDDEN.search(body) else ():
            if _HIDDEN.search(attributes) and _SAYS.search(cells):
                found = _NUMBER.search(attributes)
                number = found[1].decode() if found else "?"
                raise BadInput(
                    N_("第 %(number)s 行是隐藏的（或者被筛选掉了），请取消隐藏和筛选再导入"), number=number
                )
