"""Files that cost more to open than they weigh end the process that opens them, never the shop's."""

from __future__ import annotations

import csv
import json
import os
import resource
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from openpyxl import Workbook

from dev.runner.process import ROOT
from shop.core import sheet_reading
from shop.core.errors import Refused
from shop.core.sheet_limits import MEMORY, SheetRow
from shop.core.sheet_reading import read_rows
from tests.support import hostile_sheets

TOO_COMPLEX = "超过了时间或内存的限制"
TOO_MUCH = "文件里的内容太多"


@pytest.fixture(autouse=True)
def plain_sentences(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "shop.core.errors.gettext", lambda message, **values: message % values if values else message
    )


def good() -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["姓名", "金额"])
    sheet.append(["𠮷田", 1.5])
    buffer = BytesIO()
    book.save(buffer)
    return buffer.getvalue()


ROWS = [SheetRow(1, ("姓名", "金额")), SheetRow(2, ("𠮷田", "1.5"))]


@pytest.mark.parametrize(
    "data, words",
    [
        pytest.param(hostile_sheets.bomb(), TOO_MUCH, id="bomb"),
        pytest.param(hostile_sheets.wide(), TOO_COMPLEX, id="wide"),
        pytest.param(hostile_sheets.nested(), TOO_COMPLEX, id="nested"),
        pytest.param(hostile_sheets.shared(), TOO_MUCH, id="shared"),
    ],
)
def test_costly_files_are_refused_by_name_and_cost_the_shop_nothing(data: bytes, words: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(Refused, match=words):
        read_rows(data)
    assert (
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 32 * 1024
    )  # kB; the file itself and no more
    assert _most_memory(data) < MEMORY / 1024


# a process counts what its parent had in memory when it was forked, so a small one starts the reader
_MEASURE = """
import os, subprocess, sys
reader = subprocess.Popen([sys.executable, "-m", "shop.core.sheet_child"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL)
try:
    reader.stdin.write(sys.stdin.buffer.read())
    reader.stdin.close()
except BrokenPipeError:
    pass
print(os.wait4(reader.pid, 0)[2].ru_maxrss)
"""


def _most_memory(data: bytes) -> int:
    """kB that a reader of this file had at most."""
    wanted = json.dumps({"do": "read", "seconds": 10}).encode() + b"\n" + data
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE], input=wanted, stdout=subprocess.PIPE, cwd=ROOT, check=True
    )
    return int(done.stdout)


def test_a_reader_out_of_time_is_stopped_and_the_next_one_reads() -> None:
    with pytest.raises(Refused, match=TOO_COMPLEX):
        sheet_reading.in_a_box({"do": "read", "seconds": 1}, _slow())
    assert read_rows(good()) == ROWS


def _slow() -> bytes:
    """Within every size, yet seconds of work."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for number in range(20):
        sheet.append([number] * 16_384)
    buffer = BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def test_many_at_once_each_get_their_own_answer() -> None:
    files = [good(), hostile_sheets.bomb(), good(), hostile_sheets.wide(), good(), b"PK\x03\x04", good()]
    with ThreadPoolExecutor(len(files)) as pool:
        answers = list(pool.map(_answer, files))
    assert answers[::2] == [ROWS] * 4
    assert TOO_MUCH in str(answers[1])
    assert TOO_COMPLEX in str(answers[3])
    assert "打不开" in str(answers[5])


def _answer(data: bytes) -> object:
    try:
        return read_rows(data)
    except Refused as refusal:
        return refusal.message


def test_the_reader_knows_no_secrets_and_no_flask() -> None:
    """What it imports is small, and nothing of our environment is handed on."""
    parts = ", ".join(f"shop.core.sheet_{name}" for name in ("child", "parsing", "tidy", "painting"))
    code = f"import sys, {parts}; print([*sys.modules])"
    root = Path(sheet_reading.__file__).parents[2]
    shown = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert not {"flask", "sqlalchemy", "flask_babel"} & set(json.loads(shown.stdout.replace("'", '"')))


def test_a_killed_reader_is_a_refusal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As the kernel does it where memory runs out."""
    doomed = tmp_path / "python"
    doomed.write_text("#!/bin/sh\ncat > /dev/null\nkill -9 $$\n")
    doomed.chmod(0o755)
    monkeypatch.setattr(sys, "executable", os.fspath(doomed))
    with pytest.raises(Refused, match=TOO_COMPLEX):
        read_rows(good())


def test_a_table_with_commas_is_read_there_too() -> None:
    text = StringIO()
    csv.writer(text).writerows([["姓名", "金额"], ["𠮷田", "1.5"]])
    assert read_rows(text.getvalue().encode(), csv=True) == ROWS
    with pytest.raises(Refused, match=r"只收 \.xlsx 文件"):
        read_rows(text.getvalue().encode())
