"""Tables sent in to be imported: the file, what was found in it, how far it has come. The rows' meaning is the doors' matter.

uploaded → previewed → running → done; back to previewed where a row was refused at the last moment; failed after three tries.
A file belongs to a cooperative (its id) or to a township's register (the region's code): that is its owner.
The file and its marked copy hold names, so both are sealed. Nothing here commits.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    Row,
    UniqueConstraint,
    func,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from shop.core import activity, privacy
from shop.core.db import Base, insert_rows, session
from shop.core.errors import Conflict, NotFound

KINDS = ("intake", "prices", "products", "parcels", "members", "opening", "households", "sales", "income")
UPLOADED, PREVIEWED, RUNNING, DONE, FAILED = "uploaded", "previewed", "running", "done", "failed"
TRIES = 3
Owner = int | str  # a cooperative's id, or a region's code
_LOCK = 20261128  # first key of the advisory locks: one worker at a time works on a file


class SheetImport(Base):
    """One file of one kind. The same bytes again are the same row: UNIQUE(owner, kind, sha256)."""

    __tablename__ = "sheet_import"
    __table_args__ = (
        UniqueConstraint("cooperative_id", "kind", "file_sha256"),
        Index(None, "region_code", "kind", "file_sha256", unique=True),
        CheckConstraint("num_nonnulls(cooperative_id, region_code) = 1", name="owner"),
        UniqueConstraint("id", "cooperative_id"),
        CheckConstraint(
            "kind in ('intake','prices','products','parcels','members','opening','households','sales','income')",
            name="kind",
        ),
        CheckConstraint("not held or state not in ('running','done')", name="held"),
        CheckConstraint("state in ('uploaded','previewed','running','done','failed')", name="state"),
        CheckConstraint("rows_total = rows_good + rows_bad + rows_known", name="rows"),
        CheckConstraint(
            "rows_good >= 0 and rows_bad >= 0 and rows_known >= 0 and rows_done between 0 and rows_good",
            name="counts",
        ),
        CheckConstraint("state <> 'done' or rows_done = rows_good", name="whole"),
        CheckConstraint("(state = 'done') = (done_at is not null)", name="done"),
        CheckConstraint("octet_length(body) between 1 and 4194304", name="size"),
        Index(None, "cooperative_id", "uploaded_at"),
        Index(None, "region_code", "uploaded_at"),
        Index("ix_sheet_import_work", "id", postgresql_where=text("state in ('uploaded','running')")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    cooperative_id: Mapped[int | None] = mapped_column(ForeignKey("cooperative.id"))
    region_code: Mapped[str | None] = mapped_column(ForeignKey("region.code"))
    kind: Mapped[str]
    file_name: Mapped[str]
    file_sha256: Mapped[str]
    body: Mapped[bytes] = mapped_column(LargeBinary)  # sealed
    marked: Mapped[bytes | None] = mapped_column(LargeBinary)  # sealed: the same file with red cells
    locale: Mapped[str] = mapped_column(server_default="zh")
    state: Mapped[str] = mapped_column(server_default="uploaded")
    rows_total: Mapped[int] = mapped_column(server_default=text("0"))
    rows_good: Mapped[int] = mapped_column(server_default=text("0"))
    rows_bad: Mapped[int] = mapped_column(server_default=text("0"))
    rows_known: Mapped[int] = mapped_column(server_default=text("0"))  # imported before, by another file
    rows_done: Mapped[int] = mapped_column(server_default=text("0"))  # moves while it runs
    problems: Mapped[list[dict[str, Any]]] = mapped_column(
        server_default=text("'[]'")
    )  # number, column, words, warns
    refusal: Mapped[str] = mapped_column(server_default="")  # of the file as a whole, or why it stopped
    held: Mapped[bool] = mapped_column(
        server_default=text("false")
    )  # a table that goes in whole or not at all has something wrong
    tries: Mapped[int] = mapped_column(server_default=text("0"))
    uploaded_by: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    uploaded_at: Mapped[datetime] = mapped_column(server_default=func.now())
    started_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    done_at: Mapped[datetime | None]


class SheetImportRow(Base):
    """What a line of a file became; written with it in one transaction, append-only."""

    __tablename__ = "sheet_import_row"
    __table_args__ = (
        ForeignKeyConstraint(
            ["import_id", "cooperative_id"], ["sheet_import.id", "sheet_import.cooperative_id"]
        ),
        ForeignKeyConstraint(["import_id"], ["sheet_import.id"]),
        Index(None, "subject_type", "subject_id"),
    )

    import_id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)  # as a spreadsheet program counts rows
    cooperative_id: Mapped[int | None]
    subject_type: Mapped[str]
    subject_id: Mapped[int]


def owner_of(row: Any) -> Owner:
    """Whose file it is."""
    return row.region_code if row.cooperative_id is None else int(row.cooperative_id)


def _columns(owner: Owner) -> dict[str, Any]:
    if isinstance(owner, int):
        return {"cooperative_id": owner, "region_code": None}
    return {"cooperative_id": None, "region_code": owner}


def of(owner: Owner) -> ColumnElement[bool]:
    """SQL: the file is this owner's."""
    return SheetImport.cooperative_id == owner if isinstance(owner, int) else SheetImport.region_code == owner


def _cooperative(owner: Owner) -> int | None:
    return owner if isinstance(owner, int) else None


def take(owner: Owner, kind: str, file_name: str, data: bytes, by: int, locale: str) -> tuple[int, bool]:
    """Keep a file to be checked; (its id, whether there is something to do). One that is running or done stays as it is."""
    sha256 = hashlib.sha256(data).hexdigest()
    made = session().scalar(
        insert(SheetImport)
        .values(
            **_columns(owner), kind=kind, file_name=file_name, file_sha256=sha256,
            body=privacy.seal(data), uploaded_by=by, locale=locale,
        )
        .on_conflict_do_nothing()
        .returning(SheetImport.id)
    )  # fmt: skip
    if made is not None:
        activity.record(
            "sheet.uploaded", "sheet_import", made, cooperative_id=_cooperative(owner), after={"kind": kind}, actor_id=by
        )  # fmt: skip
        return int(made), True
    own = (of(owner), SheetImport.kind == kind, SheetImport.file_sha256 == sha256)
    found = session().execute(select(SheetImport.id, SheetImport.state).where(*own).with_for_update()).one()
    if found.state in (RUNNING, DONE):
        return int(found.id), False
    session().execute(
        update(SheetImport)
        .where(SheetImport.id == found.id)
        .values(state=UPLOADED, tries=0, refusal="", held=False)
    )
    return int(found.id), True


def begin(import_id: int, owner: Owner, by: int) -> bool:
    """The manager wants the good rows in; False where they are already, or on their way. Raises NotFound, Conflict."""
    row = session().execute(
        select(SheetImport.state, SheetImport.rows_good, SheetImport.held)
        .where(SheetImport.id == import_id, of(owner))
        .with_for_update()
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotFound("没有找到这次导入")
    if row.state in (RUNNING, DONE):
        return False
    if row.held:
        raise Conflict("这种表要整张都对才能导入，请先改好再上传")
    if row.state != PREVIEWED or not row.rows_good:
        raise Conflict("这个文件现在没有可以导入的行")
    session().execute(
        update(SheetImport)
        .where(SheetImport.id == import_id)
        .values(state=RUNNING, rows_done=0, tries=0, refusal="", started_by=by)
    )
    return True


def waiting() -> list[tuple[int, str]]:
    """(id, state) of what a lost message or a dead worker left undone."""
    wanted = select(SheetImport.id, SheetImport.state).where(SheetImport.state.in_((UPLOADED, RUNNING)))
    return [(row.id, row.state) for row in session().execute(wanted.order_by(SheetImport.id))]


def work_on(import_id: int, state: str) -> Row[*tuple[Any, ...]] | None:
    """The file, held by this transaction alone; None where somebody else works on it or it is in another state.

    An advisory lock, since `progress` must be able to change the row meanwhile.
    """
    if not session().scalar(select(func.pg_try_advisory_xact_lock(_LOCK, import_id))):
        return None
    return session().execute(
        select(SheetImport.__table__).where(SheetImport.id == import_id, SheetImport.state == state)
    ).one_or_none()  # fmt: skip


def progress(import_id: int, done: int) -> None:
    """How many rows are through; in a transaction of its own, so that others see it before the rows themselves."""
    session().execute(
        update(SheetImport)
        .where(SheetImport.id == import_id, SheetImport.state == RUNNING)
        .values(rows_done=func.least(done, SheetImport.rows_good))
    )


def previewed(
    import_id: int, counts: Mapping[str, int], problems: Sequence[Mapping[str, Any]], marked: bytes | None, words: str = "",
    *, held: bool = False,
) -> None:  # fmt: skip
    """What was found: `counts` total, good, bad, known; nothing of a `held` file goes in."""
    session().execute(
        update(SheetImport)
        .where(SheetImport.id == import_id)
        .values(
            state=PREVIEWED, rows_done=0, problems=list(problems), refusal=words, held=held,
            marked=None if marked is None else privacy.seal(marked),
            **{f"rows_{name}": number for name, number in counts.items()},
        )
    )  # fmt: skip


def finished(
    import_id: int, owner: Owner, made: Mapping[int, tuple[str, int]], marked: bytes, by: int | None
) -> None:
    """All good rows are in: `made` number → (subject type, id)."""
    insert_rows(
        SheetImportRow,
        [
            {
                "import_id": import_id, "number": number, "cooperative_id": _cooperative(owner),
                "subject_type": kind, "subject_id": id_,
            }
            for number, (kind, id_) in made.items()
        ],
    )  # fmt: skip
    session().execute(
        update(SheetImport)
        .where(SheetImport.id == import_id)
        .values(state=DONE, rows_done=len(made), done_at=func.now(), marked=privacy.seal(marked))
    )
    activity.record(
        "sheet.imported", "sheet_import", import_id, cooperative_id=_cooperative(owner), after={"rows": len(made)}, actor_id=by
    )  # fmt: skip


def failed(import_id: int, words: str) -> None:
    """A file that cannot be read, in words."""
    session().execute(
        update(SheetImport)
        .where(SheetImport.id == import_id)
        .values(state=FAILED, refusal=words, rows_done=0)
    )


def note_try(import_id: int) -> None:
    """A try that broke off; after the third the file is given up and may be sent again."""
    tries = session().scalar(
        update(SheetImport)
        .where(SheetImport.id == import_id, SheetImport.state.in_((UPLOADED, RUNNING)))
        .values(tries=SheetImport.tries + 1)
        .returning(SheetImport.tries)
    )
    if tries is not None and tries >= TRIES:
        failed(import_id, "")
