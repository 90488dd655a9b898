"""A form as it was typed: fields for the macros, values read strictly, one sentence beside each field that is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

from flask import request

from shop.core.errors import ShopError, said
from shop.core.numbers import fold
from shop.core.text import N_, BadInput, excerpt

T = TypeVar("T")

LONGEST = 2500
FIRST_DAY = date(2010, 1, 1)


@dataclass
class Form:
    """`labels` gives the fields in the order of the page; everything typed is kept, also what is wrong."""

    labels: Mapping[str, str]
    values: dict[str, str]
    required: frozenset[str] = frozenset()
    problems: dict[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> dict[str, Any]:
        """The field as the form macros take it."""
        return {
            "name": name,
            "id": name,
            "label": self.labels[name],
            "data": self.values.get(name, ""),
            "errors": [self.problems[name]] if name in self.problems else [],
            "required": name in self.required,
        }

    @property
    def summary(self) -> list[tuple[str, str]]:
        """(field, sentence) for the box at the top, in the order of the page."""
        order = {name: place for place, name in enumerate(self.labels)}
        return sorted(self.problems.items(), key=lambda item: order.get(item[0], -1))

    def text(self, name: str) -> str:
        return self.values.get(name, "")

    def read(self, name: str, parse: Callable[[str], T]) -> T | None:
        """The value as `parse` understands it; None, with a sentence beside the field, where it does not."""
        try:
            return parse(self.text(name))
        except (BadInput, ShopError) as refusal:
            self.problems.setdefault(name, said(refusal))
        return None

    def refuse(self, name: str, sentence: str) -> None:
        """Put a sentence beside a field; the first one stays. An unknown field's sentence stands at the top."""
        self.problems.setdefault(name if name in self.labels else "", sentence)

    def blame(self, refusal: ShopError | BadInput, names: Mapping[str, str] | None = None) -> None:
        """Put a deed's refusal beside the field it speaks of; `names` maps the deed's field names to the form's."""
        wanted = getattr(refusal, "field", None) or ""
        self.refuse((names or {}).get(wanted, wanted), said(refusal))


def day_asked(text: str, *, label: str) -> tuple[date | None, str]:
    """A date of a filter, or none; and the sentence to show beside it where it is no date."""
    if not text:
        return None, ""
    try:
        return day(text, label=label), ""
    except BadInput as wrong:
        return None, said(wrong)


def posted(labels: Mapping[str, str], required: Iterable[str] = ()) -> Form:
    """The form that this request sends; a field that is missing counts as empty, of a doubled one the first counts."""
    values = {name: request.form.get(name, "")[:LONGEST] for name in labels}
    return Form(labels, values, frozenset(required))


def day(text: str, *, label: str) -> date:
    """A date as YYYY-MM-DD. Raises BadInput."""
    plain = fold(text)
    if not plain:
        raise BadInput(N_("请填写%(label)s"), label=label)
    try:
        value = date.fromisoformat(plain) if len(plain) == 10 else None
    except ValueError:
        value = None
    if value is None:
        raise BadInput(
            N_("%(label)s要写成 2020-08-03 这样，现在是“%(text)s”"), label=label, text=excerpt(plain)
        )
    if value < FIRST_DAY or value.year > 2100:
        raise BadInput(N_("%(label)s不对，请检查年份，现在是“%(text)s”"), label=label, text=excerpt(plain))
    return value
