"""In which columns a bank wants its file: the common layouts, and those that a cooperative set up for its own bank."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from shop.core import activity
from shop.core.db import insert_rows, session
from shop.core.errors import Conflict, NotFound, Refused
from shop.core.text import N_, clean_line
from shop.payments.bankfile import BUILT_IN, FIXED, LAYOUTS, Layout
from shop.payments.payout_models import BankLayout

FIELDS = {
    "seq": N_("序号"), "holder": N_("收款人户名"), "account": N_("收款账号"), "bank": N_("开户行"), "amount": N_("金额"),
    "note": N_("用途"), "reference": N_("业务参考号"),
}  # fmt: skip
KINDS = ("csv", "xlsx")
ENCODINGS = ("utf-8-sig", "gb18030")
MOST_COLUMNS = 12
OWN = "own-"


@dataclass(frozen=True, slots=True)
class Column:
    """A heading, and what stands under it: a field of FIELDS, or a fixed text."""

    heading: str
    field: str
    fixed: str = ""


def add(cooperative_id: int, name: str, kind: str, encoding: str, columns: Sequence[Column], by: int) -> int:
    """Set up a layout; returns its id.

    Raises Refused where a payment could not be made or its answer not be matched from such a file, BadText, Conflict for a
    name that is taken.
    """
    name = clean_line(name, label=N_("名称"), max_length=40)
    if kind not in KINDS:
        raise Refused("请选择文件类型", field="kind")
    if encoding not in ENCODINGS:
        raise Refused("请选择文字编码", field="encoding")
    row = {
        "cooperative_id": cooperative_id, "name": name, "kind": kind, "encoding": encoding,
        "columns": _checked(columns), "made_by": by,
    }  # fmt: skip
    try:
        made = int(insert_rows(BankLayout, [row], "id")[0])
    except IntegrityError as error:
        raise Conflict("已经有叫这个名称的格式", field="name") from error
    activity.record(
        "bank_layout.added", "bank_layout", made, cooperative_id=cooperative_id, actor_id=by,
        after={"name": name, "columns": row["columns"]},
    )  # fmt: skip
    return made


def _checked(columns: Sequence[Column]) -> list[list[str]]:
    if not 0 < len(columns) <= MOST_COLUMNS:
        raise Refused("要有 1 到 %(most)s 列", field="columns", most=MOST_COLUMNS)
    fields = [column.field for column in columns]
    for needed in ("account", "holder", "amount"):
        if needed not in fields:
            raise Refused("银行付款要有收款账号、收款人户名和金额这三列", field="columns")
    if not {"reference", "seq"} & set(fields):
        raise Refused("要有业务参考号或序号，否则银行的回单对不上", field="columns")
    headings = [clean_line(column.heading, label=N_("列名"), max_length=30) for column in columns]
    if len(set(headings)) < len(headings):
        raise Refused("有两列的列名一样", field="columns")
    found = []
    for heading, column in zip(headings, columns, strict=True):
        if column.field not in FIELDS and column.field != FIXED:
            raise Refused("请选择每一列的内容", field="columns")
        fixed = clean_line(column.fixed, label=N_("固定文字"), max_length=30, required=False)
        found.append([heading, FIXED + fixed if column.field == FIXED else column.field])
    return found


def retire(layout_id: int, cooperative_id: int, by: int) -> None:
    """Offer it no longer; batches that went out in it can still be written again. Raises NotFound."""
    found = session().scalar(
        update(BankLayout)
        .where(
            BankLayout.id == layout_id,
            BankLayout.cooperative_id == cooperative_id,
            BankLayout.retired_at.is_(None),
        )
        .values(retired_at=func.now())
        .returning(BankLayout.id)
        .execution_options(synchronize_session=False)
    )
    if found is None:
        raise NotFound
    activity.record(
        "bank_layout.retired", "bank_layout", layout_id, cooperative_id=cooperative_id, actor_id=by
    )


def own(cooperative_id: int) -> list[tuple[int, Layout]]:
    """The cooperative's own that are in use, with their ids."""
    return [(row.id, _layout(row)) for row in _rows(cooperative_id) if row.retired_at is None]


def offered(cooperative_id: int) -> list[Layout]:
    """What a new file can be written in: the cooperative's own first."""
    return [layout for _, layout in own(cooperative_id)] + list(LAYOUTS)


def ever(cooperative_id: int) -> list[Layout]:
    """What a file may have been written in, also what is no longer offered."""
    return [_layout(row) for row in _rows(cooperative_id)] + list(LAYOUTS)


def find(cooperative_id: int, code: str) -> Layout | None:
    """A layout by its code, also one that is no longer offered; None for an unknown one and another cooperative's."""
    if code in BUILT_IN:
        return BUILT_IN[code]
    return next((layout for layout in ever(cooperative_id) if layout.code == code), None)


def _rows(cooperative_id: int) -> Sequence[BankLayout]:
    return (
        session()
        .scalars(
            select(BankLayout).where(BankLayout.cooperative_id == cooperative_id).order_by(BankLayout.id)
        )
        .all()
    )


def _layout(row: BankLayout) -> Layout:
    columns = tuple((heading, field) for heading, field in row.columns)
    return Layout(f"{OWN}{row.id}", row.name, columns, row.kind, row.encoding)
