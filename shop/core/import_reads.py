"""Tables sent in, as pages show them: one, the newest, the marked copy, what the lines became."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select

from shop.core import privacy
from shop.core.db import session
from shop.core.errors import NotFound
from shop.core.importing import Owner, SheetImport, SheetImportRow, of

_SHOWN = [column for column in SheetImport.__table__.c if column.name not in ("body", "marked")]


def one(import_id: int, owner: Owner) -> Row[*tuple[Any, ...]]:
    """A file as its page shows it. Raises NotFound, also for another owner's. One statement."""
    row = session().execute(
        select(*_SHOWN).where(SheetImport.id == import_id, of(owner))
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotFound("没有找到这次导入")
    return row


def history(
    owner: Owner, limit: int, before_id: int | None = None, kind: str | None = None
) -> Sequence[Row[*tuple[Any, ...]]]:
    """The newest files first, of one kind or of all. One statement."""
    wanted = select(*_SHOWN).where(of(owner))
    if before_id is not None:
        wanted = wanted.where(SheetImport.id < before_id)
    if kind is not None:
        wanted = wanted.where(SheetImport.kind == kind)
    return session().execute(wanted.order_by(SheetImport.id.desc()).limit(limit)).all()


def marked_file(import_id: int, owner: Owner) -> bytes:
    """The same file with red cells. Raises NotFound."""
    body = session().scalar(select(SheetImport.marked).where(SheetImport.id == import_id, of(owner)))
    if body is None:
        raise NotFound("没有找到这次导入")
    return privacy.unseal(bytes(body))


def first_made(import_id: int) -> int | None:
    """The id of what the first line became; of a table that went in as one, that is the whole of it."""
    first = select(SheetImportRow.subject_id).where(SheetImportRow.import_id == import_id)
    return session().scalar(first.order_by(SheetImportRow.number).limit(1))
