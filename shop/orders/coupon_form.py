"""The form of a new coupon as both doors show it: what was typed, read strictly, a sentence beside each field that is wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

from flask_babel import gettext as _

from shop.core.errors import ShopError, said
from shop.core.money import parse_yuan
from shop.core.numbers import fold, row_id
from shop.core.quantity import parse_pieces
from shop.core.text import BadInput
from shop.orders.coupons import Issue

T = TypeVar("T")
REQUIRED = frozenset({"name", "kind", "starts_on", "ends_on", "issued"})
LONGEST = 60


def labels() -> dict[str, str]:
    """The fields in the order of the page."""
    return {
        "name": _("名称"), "kind": _("怎么减"), "off_fen": _("减多少钱"), "percent": _("减百分之几"),
        "cap_fen": _("最多减多少钱"),
        "threshold_fen": _("满多少钱可用"), "starts_on": _("第一天"), "ends_on": _("最后一天"), "issued": _("发多少张"),
        "budget_fen": _("总额"), "only_id": _("哪家合作社的商品可用"),
    }  # fmt: skip


@dataclass
class CouponForm:
    """`values` as typed; `of_town`: a budget is asked for as well."""

    values: Mapping[str, str]
    of_town: bool
    problems: dict[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=labels)

    def __getitem__(self, name: str) -> dict[str, Any]:
        """The field as the form macros take it."""
        return {
            "name": name, "id": name, "label": self.labels[name], "data": self.values.get(name, "")[:LONGEST],
            "errors": [self.problems[name]] if name in self.problems else [],
            "required": name in REQUIRED or (self.of_town and name == "budget_fen"),
        }  # fmt: skip

    @property
    def summary(self) -> list[tuple[str, str]]:
        """(field, sentence) in the order of the page."""
        order = {name: place for place, name in enumerate(self.labels)}
        return sorted(self.problems.items(), key=lambda item: order.get(item[0], -1))

    def blame(self, refusal: ShopError) -> None:
        """A deed's refusal beside its field, else at the top."""
        name = refusal.field if refusal.field in self.labels else ""
        self.problems.setdefault(name or "", refusal.message)

    def read(self) -> Issue | None:
        """What is wanted; None, with sentences, where something cannot be read."""
        kind = self.values.get("kind", "")
        amount, rate = kind == "amount", kind == "percent"
        if not (amount or rate):
            self.problems["kind"] = _("请选择减金额还是打折")
        off = self._read("off_fen", self._yuan("off_fen")) if amount else None
        percent = (
            self._read("percent", lambda words: parse_pieces(words, "%", label=self.labels["percent"]))
            if rate
            else None
        )
        cap = self._read("cap_fen", self._yuan("cap_fen")) if rate else None
        least = (
            self._read("threshold_fen", self._yuan("threshold_fen", zero=True))
            if self._typed("threshold_fen")
            else 0
        )
        first, last = (
            self._read("starts_on", self._day("starts_on")),
            self._read("ends_on", self._day("ends_on")),
        )
        issued = self._read("issued", lambda words: parse_pieces(words, "张", label=self.labels["issued"]))
        wants_budget = self.of_town or self._typed("budget_fen")
        budget = self._read("budget_fen", self._yuan("budget_fen")) if wants_budget else None
        only = row_id(self.values.get("only_id", "")) if self._typed("only_id") else None
        if self._typed("only_id") and only is None:
            self.problems["only_id"] = _("没有找到这家合作社，请重新选择")
        if self.problems or first is None or last is None or issued is None:
            return None
        name = self.values.get("name", "")
        return Issue(name, kind, off, percent, cap, least or 0, first, last, issued, budget, only)

    def _typed(self, name: str) -> bool:
        return bool(fold(self.values.get(name, "")))

    def _read(self, name: str, parse: Callable[[str], T]) -> T | None:
        try:
            return parse(self.values.get(name, "")[:LONGEST])
        except (BadInput, ShopError) as refusal:
            self.problems.setdefault(name, said(refusal))
        return None

    def _yuan(self, name: str, *, zero: bool = False) -> Callable[[str], int]:
        return lambda words: parse_yuan(words, label=self.labels[name], zero_allowed=zero)

    def _day(self, name: str) -> Callable[[str], date]:
        def parse(words: str) -> date:
            plain = fold(words)
            try:
                return date.fromisoformat(plain)
            except ValueError:
                raise BadInput(
                    "%(label)s要写成 2020-08-03 这样，现在是“%(text)s”", label=self.labels[name], text=plain
                ) from None

        return parse
