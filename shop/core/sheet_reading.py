"""Tables that somebody sent are opened by a process of their own, with little memory and time: what it answers, or why not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import structlog

from shop.core.errors import Refused
from shop.core.sheet_limits import MAX_SENT, PATIENCE, READ_SECONDS, SheetRow
from shop.core.text import N_

log = structlog.get_logger()

AT_ONCE = 2  # in one process of the shop; the others wait
TOO_COMPLEX = N_("这个文件太复杂，读它超过了时间或内存的限制；请把要导入的那一张表另存成新的文件再上传")
BUSY = N_("正在读别人的文件，请过一会儿再上传")
_PLACE = Path(__file__).resolve().parents[2]
_OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"
_seats = threading.BoundedSemaphore(AT_ONCE)


def read_rows(data: bytes, field: str = "file", *, csv: bool = False, tidy: bool = False) -> list[SheetRow]:
    """Rows of the first worksheet (with `csv`: or of a CSV) that hold anything; `tidy`: nothing merged, hidden or linked.

    Raises Refused naming `field`, with the row where one is wrong.
    """
    if not data:
        raise Refused(N_("请选择要导入的文件"), field)
    if len(data) > MAX_SENT:
        raise Refused(N_("文件太大，最大 2 MB"), field)
    if data.startswith(_OLD_WORKBOOK):
        raise Refused(N_("这是旧的 .xls 文件，请另存为 .xlsx 或 CSV 再上传"), field)
    if not csv and not data.startswith(b"PK\x03\x04"):
        raise Refused(N_("只收 .xlsx 文件；.xls 和 .csv 请在表格软件里另存为 .xlsx"), field)
    answer = json.loads(in_a_box({"do": "read", "seconds": READ_SECONDS, "tidy": tidy}, data, field))
    template = answer.get("refused")
    if template is not None:
        raise Refused(template, field, **answer["values"])
    return [SheetRow(number, tuple(cells)) for number, cells in answer["rows"]]


def in_a_box(wanted: Mapping[str, Any], data: bytes, field: str = "file") -> bytes:
    """What shop/core/sheet_child.py makes of `data`. Raises Refused where it breaks a limit, or all seats stay taken."""
    patience = wanted["seconds"] * PATIENCE
    if not _seats.acquire(timeout=patience):
        raise Refused(BUSY, field)
    try:
        with TemporaryDirectory() as own:
            done = subprocess.run(
                [sys.executable, "-m", "shop.core.sheet_child"],
                input=json.dumps(wanted).encode() + b"\n" + data,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=_PLACE,
                env={"PATH": os.defpath, "PYTHONUTF8": "1", "TMPDIR": own},  # none of our secrets
                timeout=patience + 5,
                check=False,
            )
    except subprocess.TimeoutExpired as late:
        raise Refused(TOO_COMPLEX, field) from late
    finally:
        _seats.release()
    if done.returncode != 0:
        log.warning("sheet_too_complex", ended=done.returncode, size=len(data))
        raise Refused(TOO_COMPLEX, field)
    return done.stdout
