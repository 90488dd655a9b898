"""Reports asked for and made as the worker makes them, and what stands in their files."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from docx import Document
from flask import Flask
from openpyxl import load_workbook
from sqlalchemy import text

from shop.accounts.models import User
from shop.core.db import insert_rows, session, transaction
from shop.reporting import asking, periods, tasks
from tests.access.identities import TOWN


def somebody(phone: str = "+8613900000004") -> int:
    """An account's id; call it inside an application context."""
    found = session().scalar(text("select id from user_account where phone = :phone"), {"phone": phone})
    session().rollback()
    if found is None:
        with transaction():
            found = insert_rows(User, [{"phone": phone, "name": "报告员"}], "id")[0]
    return int(found)


def asked(kind: str, period: str, by: int | None = None) -> int:
    who = by or somebody()
    with transaction():
        return asking.ask(TOWN, periods.asked(kind, period), who)


def made(app: Flask, kind: str, period: str) -> int:
    """The id of a report that is finished."""
    with app.app_context():
        report_id = asked(kind, period)
        tasks.make.run(report_id)
        assert row(report_id).state in ("done", "same")
        session().rollback()
    return report_id


def row(report_id: int) -> Any:
    found = session().execute(text("select * from report where id = :id"), {"id": report_id}).one()
    session().rollback()
    return found


def words_of_docx(body: bytes) -> str:
    """All paragraphs and cells, one a line."""
    paper = Document(BytesIO(body))
    lines = [paragraph.text for paragraph in paper.paragraphs]
    for table in paper.tables:
        lines += [" | ".join(cell.text for cell in line.cells) for line in table.rows]
    return "\n".join(lines)


def words_of_xlsx(body: bytes) -> str:
    book = load_workbook(BytesIO(body))
    return "\n".join(
        f"{sheet.title}: " + " | ".join("" if value is None else str(value) for value in line)
        for sheet in book
        for line in sheet.iter_rows(values_only=True)
    )
