"""A file as a browser sends it, and a workbook as it is sent back: what every door's import pages do alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response as Download
from flask import render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.core import importing, language, pages, typed
from shop.core.background import ring
from shop.core.db import transaction
from shop.core.errors import Conflict
from shop.core.sheet_limits import MAX_SENT
from shop.core.spreadsheet import XLSX
from shop.core.table_import import tasks
from shop.core.table_import.kind import Kind
from shop.core.text import excerpt

SHOWN = 50  # problems on a file's page; the file has all


def labels() -> dict[str, str]:
    return {"file": _("填好的表（.xlsx 或 CSV）")}


def empty() -> typed.Form:
    return typed.Form(labels(), {}, frozenset({"file"}))


def posted() -> tuple[typed.Form, str, bytes]:
    """The form with its problems, what the file is called, its bytes."""
    form = typed.posted(labels(), {"file"})
    data = sent(form)
    upload = request.files.get("file")
    return form, _file_name(str(upload.filename) if upload is not None else ""), data


def sent(form: typed.Form) -> bytes:
    """The bytes of the form's `file`; none or too many are refused beside it."""
    upload = request.files.get("file")
    data = upload.stream.read(MAX_SENT + 1) if upload is not None and upload.filename else b""
    if not data:
        form.refuse("file", _("请选择要导入的文件"))
    elif len(data) > MAX_SENT:
        form.refuse("file", _("文件太大，最大 2 MB"))
    return data


def take(owner: importing.Owner, kind: str, name: str, data: bytes, by: int) -> int:
    """Keep the file and have it checked; one that came before shows what became of it. Returns the import's id."""
    with transaction():
        import_id, fresh = importing.take(owner, kind, name, data, by, language.chosen())
    if fresh:
        ring(tasks.work, import_id, importing.UPLOADED)
    else:
        pages.say(_("这个文件以前导入过，没有重复导入，下面是那一次的结果"), "notice")
    return import_id


def start(import_id: int, owner: importing.Owner, by: int) -> None:
    """Have the good rows saved, or say why not. Raises NotFound."""
    try:
        with transaction():
            fresh = importing.begin(import_id, owner, by)
    except Conflict as conflict:
        pages.say(conflict.message, "error")
        return
    if fresh:
        ring(tasks.work, import_id, importing.RUNNING)


def page_of(template: str, row: Any, kind: Kind, at: Mapping[str, str], **more: Any) -> str:
    """The page of a file, or its box alone where the box asks for itself. `at`: addresses of page, start, marked and again."""
    fragment = request.headers.get("HX-Request") and request.headers.get("HX-Target") == "import"
    return render_template(
        "imports/_progress.html" if fragment else template,
        row=row,
        kind=kind,
        at=at,
        problems=row.problems[:SHOWN],
        waiting=row.state in (importing.UPLOADED, importing.RUNNING),
        **more,
    )


def download(body: bytes, filename: str) -> Response:
    """A workbook that nobody keeps a copy of on the way; `filename` without its ending, ASCII."""
    response = Download(body, mimetype=XLSX)
    response.headers.set("Content-Disposition", "attachment", filename=f"{filename}.xlsx")
    response.headers["Cache-Control"] = "no-store"
    return response


def _file_name(name: str) -> str:
    """What the sender knows the file by: its last part, no control characters."""
    plain = "".join(char for char in name.replace("\\", "/").rpartition("/")[2] if char.isprintable())
    return excerpt(plain, 80) or "—"
