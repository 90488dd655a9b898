"""The process that opens a table somebody sent: little memory, little time, no secrets, no Flask.

`python -m shop.core.sheet_child` takes a line of JSON that says what to do and then the file; answers JSON, or the marked file.
"""

from __future__ import annotations

import json
import resource
import signal
import sys
from collections.abc import Iterable
from importlib import import_module
from typing import Any

from shop.core.sheet_limits import MAX_TEXT, MAX_WRITTEN, MEMORY, PATIENCE, SheetRow
from shop.core.text import N_, BadInput

ZIPPED = b"PK\x03\x04"


def limit(seconds: int, written: int) -> None:
    """Whatever breaks one of these ends the process, also when nobody waits for it any more; `written` bytes a file."""
    for what, most in (
        (resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, seconds), (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, written),
    ):  # fmt: skip
        resource.setrlimit(what, (most, most))
    signal.alarm(seconds * PATIENCE)


def read(data: bytes, *, tidy: bool) -> bytes:
    """The rows, or in which words the file is refused."""
    # only what this file needs: openpyxl takes a while
    parsing = import_module(f"shop.core.{'sheet' if data.startswith(ZIPPED) else 'csv'}_parsing")
    try:
        if tidy and data.startswith(ZIPPED):
            import_module("shop.core.sheet_tidy").check(data)
        answer: dict[str, Any] = {"rows": [[row.number, row.cells] for row in _bounded(parsing.rows(data))]}
    except BadInput as refusal:
        answer = {"refused": refusal.template, "values": refusal.values}
    return json.dumps(answer).encode()


def _bounded(rows: Iterable[SheetRow]) -> Iterable[SheetRow]:
    left = MAX_TEXT
    for row in rows:
        left -= sum(map(len, row.cells))
        if left < 0:
            raise BadInput(N_("文件里的内容太多，请只留要导入的那一张表"))
        yield row


def main() -> None:
    wanted = json.loads(sys.stdin.buffer.readline())
    limit(
        wanted["seconds"], 0 if wanted["do"] == "read" else MAX_WRITTEN
    )  # openpyxl writes sheets to files first
    data = sys.stdin.buffer.read()
    if wanted["do"] == "read":
        sys.stdout.buffer.write(read(data, tidy=wanted["tidy"]))
        return
    sys.stdout.buffer.write(import_module("shop.core.sheet_painting").painted(data, wanted))


if __name__ == "__main__":
    main()
