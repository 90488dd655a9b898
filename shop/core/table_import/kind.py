"""What a kind of import is: its columns, and how a row becomes the deed that the pages do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from flask_babel import gettext as _

from shop.core.table_file import TableRow, ruined
from shop.core.typed import Form


@dataclass(frozen=True, slots=True)
class Column:
    """`label` heads the column; `long` is a number that must stay text; a `headed` column must be there, but may be empty."""

    key: str
    label: str
    example: str
    required: bool = False
    long: bool = False
    headed: bool = False
    width: int = 16


@dataclass(slots=True)
class Checked:
    """One row: the form that holds its problems, warnings, and what to do with it; `known` was done before.

    A `blank` one is known too: the form brought it and nobody filled it in, so the marked copy says nothing of it.
    """

    number: int
    form: Form
    wanted: Any = None
    known: str = ""
    blank: bool = False
    warnings: dict[str, str] = field(default_factory=dict)

    @property
    def good(self) -> bool:
        return not self.form.problems and not self.known

    def leave(self, why: str) -> None:
        """Nothing was filled in, so nothing is wrong with it either."""
        self.form.problems.clear()
        self.known, self.blank = why, True


class Kind(Protocol):
    """One kind of file."""

    @property
    def code(self) -> str:
        """As it stands in addresses and in the table."""

    @property
    def name(self) -> str:
        """A sentence of the catalogue, as are `note` and the labels of the columns."""

    @property
    def note(self) -> str:
        """What the form's page says of it."""

    @property
    def subject(self) -> str:
        """What a row becomes."""

    @property
    def columns(self) -> Sequence[Column]:
        """In the order of the form."""

    @property
    def fields(self) -> Mapping[str, str]:
        """A deed's field → our column."""

    def choices(self, owner: Any, /) -> Mapping[str, Sequence[str]]:
        """Column → the values that the form offers."""

    def begin(self, owner: Any, by: int, lines: Sequence[TableRow], /) -> Any:
        """What the rows of one file share: everything read once, only what `lines` name where that may be much."""

    def check(self, context: Any, row: Checked, /) -> None:
        """Fill `wanted`, or say beside the columns what is wrong."""

    def save(self, context: Any, row: Checked, /) -> int:
        """Do it by the deed of the pages; returns the id of what was made. Raises ShopError, BadInput."""


@runtime_checkable
class Whole(Kind, Protocol):
    """A kind whose file goes in whole or not at all, since only the sum of its rows is right or wrong."""

    def judge(self, context: Any, rows: Sequence[Checked], /) -> Sequence[str]:
        """What is wrong with the rows together, in sentences; `rows` are those that say anything."""

    def save_many(self, context: Any, rows: Sequence[Checked], /) -> Sequence[int]:
        """As `save`, all at once. Raises ShopError, BadInput: of the whole."""


def form_of(kind: Kind, row: TableRow) -> Form:
    """The row as a form: empty cells that must not be, and numbers that a spreadsheet has ruined, are refused at once."""
    labels = {column.key: _(column.label) for column in kind.columns}
    form = Form(labels, {column.key: row[column.key] for column in kind.columns})
    for column in kind.columns:
        value = form.text(column.key)
        if column.required and not value:
            form.refuse(column.key, _("请填写%(label)s", label=labels[column.key]))
        if column.long and ruined(value):
            form.refuse(
                column.key,
                _("%(label)s被表格改成了科学计数，请把列设为文本，再填一次", label=labels[column.key]),
            )
    return form
