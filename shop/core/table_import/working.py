"""Deeds of an import: check a file, then save its good rows in one transaction. Called by tasks; done twice they do nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _

from shop.core import faults, importing, privacy
from shop.core.db import session, transaction
from shop.core.errors import Refused, ShopError, said
from shop.core.language import LOCALES
from shop.core.marked_sheet import marked
from shop.core.table_file import SheetRead, TableRow, read_sheet
from shop.core.table_import import kinds
from shop.core.table_import.blank import MARK
from shop.core.table_import.kind import Checked, Kind, Whole, form_of
from shop.core.text import N_, BadInput

REASON = N_("错误原因")
IN = N_("已导入")
STEP = 100  # rows between two reports of progress
PORTION = 500  # the same where a kind saves many rows at once
KEPT = 500  # problems that the page can show; the file has all


@dataclass
class Found:
    """A file as read."""

    read: SheetRead
    context: Any
    rows: list[Checked]
    whole: bool = False
    together: Sequence[str] = ()  # what is wrong with the rows of a whole table together

    @property
    def good(self) -> list[Checked]:
        return [row for row in self.rows if row.good]

    @property
    def counts(self) -> dict[str, int]:
        bad = sum(bool(row.form.problems) for row in self.rows)
        good = len(self.good)
        return {"total": len(self.rows), "good": good, "bad": bad, "known": len(self.rows) - good - bad}

    @property
    def held(self) -> bool:
        """Whether nothing of it may go in, although some rows are good."""
        return self.whole and bool(self.together or self.counts["bad"])


class RowRefusedError(Exception):
    """A deed refused a row that had been found good; nothing of the file is stored."""

    def __init__(self, row: Checked) -> None:
        self.row = row


def check(import_id: int) -> None:
    """Read the file and say what is in it. One transaction, called inside it."""
    job = importing.work_on(import_id, importing.UPLOADED)
    if job is None:
        return
    with force_locale(LOCALES.get(job.locale, LOCALES["zh"])):
        data = privacy.unseal(bytes(job.body))
        try:
            found = _read(kinds.of(job.kind), data, importing.owner_of(job), job.uploaded_by)
            _keep_preview(import_id, kinds.of(job.kind), data, found)
        except Refused as refusal:
            importing.failed(import_id, refusal.message)


def run(import_id: int) -> None:
    """Save the good rows, all or none, in a transaction of its own.

    Raises RowRefusedError where the preview no longer holds, Refused where the file takes more than it may.
    """
    with transaction():
        job = importing.work_on(import_id, importing.RUNNING)
        if job is None:
            return
        kind = kinds.of(job.kind)
        with force_locale(LOCALES.get(job.locale, LOCALES["zh"])):
            data = privacy.unseal(bytes(job.body))
            found = _read(kind, data, importing.owner_of(job), job.started_by)
            if found.counts["good"] != job.rows_good or found.held:
                _keep_preview(import_id, kind, data, found, _("检查以后情况变了，一行都没有导入，请再看一遍"))
                return
            made = _save(import_id, kind, found)
            told = {
                row.number: row.known or _(IN)
                for row in found.rows
                if not row.form.problems and not row.blank
            }
            importing.finished(
                import_id, importing.owner_of(job), made, marked(data, found.read, _marks(found), told, _(REASON)),
                job.started_by,
            )  # fmt: skip


def back_to_preview(import_id: int, refused: Checked) -> None:
    """What `run` raised for a row goes beside it, and the manager looks again. Called inside a transaction."""
    job = importing.work_on(import_id, importing.RUNNING)
    if job is None:
        return
    kind = kinds.of(job.kind)
    with force_locale(LOCALES.get(job.locale, LOCALES["zh"])):
        data = privacy.unseal(bytes(job.body))
        found = _read(kind, data, importing.owner_of(job), job.started_by)
        for row in found.rows:
            if row.number == refused.number:
                row.form.problems |= refused.form.problems
        words = _("第 %(number)s 行不能导入，一行都没有导入，请再看一遍", number=refused.number)
        _keep_preview(import_id, kind, data, found, words)


def _read(kind: Kind, data: bytes, owner: importing.Owner, by: int) -> Found:
    columns = {column.key: (column.label, _(column.label)) for column in kind.columns}
    columns = {key: (*words, *(f"{word} *" for word in words)) for key, words in columns.items()}
    columns |= {"_mark": (MARK, _(MARK)), "_reason": (REASON, _(REASON))}
    needed = [column.key for column in kind.columns if column.required or column.headed]
    read = read_sheet(data, columns, needed, tidy=True)
    lines = [line for line in read.rows if _says_something(kind, line)]
    if not lines:
        raise Refused(N_("表头下面没有内容：示例行不算，请把自己的填在下面"), "file")
    context = kind.begin(owner, by, lines)
    rows = []
    for line in lines:
        row = Checked(line.number, form_of(kind, line))
        # whether a whole table is in, its kind asks the books: a row of it may have been changed since
        if not isinstance(kind, Whole) and line["_reason"].startswith((IN, _(IN))):
            row.known = _("已导入（表上标着），没有再导入")
            row.form.problems.clear()
        else:
            kind.check(context, row)
        rows.append(row)
    if isinstance(kind, Whole):
        return Found(read, context, rows, True, kind.judge(context, rows))
    return Found(read, context, rows)


def _says_something(kind: Kind, line: TableRow) -> bool:
    """Not so: the sample as the form brought it, and rows with nothing but our own sentence or somebody's notes.

    Who writes over the sample, or copies it to begin with, has filled in a row, whatever the mark beside it says.
    """
    if not any(line[column.key] for column in kind.columns):
        return False
    marked_as_sample = line["_mark"].startswith(("例", "Sample"))
    return not marked_as_sample or any(line[column.key] != column.example for column in kind.columns)


def _save(import_id: int, kind: Kind, found: Found) -> dict[int, tuple[str, int]]:
    """Every good row by the deed of the pages; row → what it became. Raises RowRefusedError."""
    made: dict[int, tuple[str, int]] = {}
    good = found.good
    portion = PORTION if hasattr(kind, "save_many") else STEP
    portion = max(len(good), 1) if found.whole else portion
    for start in range(0, len(good), portion):
        rows = good[start : start + portion]
        ids = _ids(kind, found.context, rows)
        made |= {row.number: (kind.subject, new_id) for row, new_id in zip(rows, ids, strict=True)}
        faults.point("import:row")
        _report(import_id, len(made))
    return made


def _ids(kind: Kind, context: Any, rows: Sequence[Checked]) -> Sequence[int]:
    """What the rows became. Raises RowRefusedError; Refused where the rows go in together and together are refused."""
    if not isinstance(kind, Whole):
        return _together(kind, context, rows) or _one_by_one(kind, context, rows)
    try:
        return kind.save_many(context, rows)
    except (ShopError, BadInput) as refusal:
        raise Refused(said(refusal), "file") from refusal


def _together(kind: Kind, context: Any, rows: Sequence[Checked]) -> list[int]:
    """By the kind's deed for many rows; empty where it has none, or refuses: it does not say which row is to blame."""
    save_many = getattr(kind, "save_many", None)
    if save_many is None:
        return []
    try:
        with session().begin_nested():
            return list(save_many(context, rows))
    except (ShopError, BadInput):
        return []


def _one_by_one(kind: Kind, context: Any, rows: Sequence[Checked]) -> list[int]:
    ids = []
    for row in rows:
        try:
            ids.append(kind.save(context, row))
        except (ShopError, BadInput) as refusal:
            row.form.blame(refusal, kind.fields)
            raise RowRefusedError(row) from refusal
    return ids


def _report(import_id: int, done: int) -> None:
    """Progress is seen while the rows are not: another context has another session and commits by itself."""
    with current_app.app_context(), transaction():
        importing.progress(import_id, done)


def _marks(found: Found) -> dict[int, list[tuple[str, str, bool]]]:
    marks: dict[int, list[tuple[str, str, bool]]] = {}
    for row in found.rows:
        said = [(name, words, False) for name, words in row.form.summary]
        said += [(name, words, True) for name, words in row.warnings.items()]
        labels = row.form.labels
        told = [
            (name, f"{labels[name]}：{words}" if name in labels else words, warns)
            for name, words, warns in said
        ]
        if told:
            marks[row.number] = told
    return marks


def _keep_preview(import_id: int, kind: Kind, data: bytes, found: Found, words: str = "") -> None:
    labels: Mapping[str, str] = {column.key: column.label for column in kind.columns}
    problems = [
        {"number": row.number, "column": labels.get(name, ""), "words": sentence, "warns": warns}
        for warns in (False, True)
        for row in found.rows
        for name, sentence in (row.warnings.items() if warns else row.form.summary)
    ]
    problems[:0] = [
        {"number": 0, "column": "", "words": sentence, "warns": False} for sentence in found.together
    ]
    told = {row.number: row.known for row in found.rows if row.known and not row.blank}
    below = [_("整张表：%(words)s", words=sentence) for sentence in found.together]
    copy = marked(data, found.read, _marks(found), told, _(REASON), below) if problems else None
    importing.previewed(import_id, found.counts, problems[:KEPT], copy, words, held=found.held)
