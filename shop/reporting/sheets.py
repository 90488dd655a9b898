"""The .xlsx of a report: every figure and table of its document, with definitions, for those who reckon on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _

from shop.core.spreadsheet import Column, Sheet, workbook
from shop.core.text import N_
from shop.reporting.facts import WINDOWS
from shop.reporting.models import MONTHLY
from shop.reporting.values import percent_change

UNITS = {
    "order": N_("单"), "household": N_("户"), "person": N_("人"), "village": N_("个"), "cooperative": N_("个"),
    "station": N_("座"), "fen": N_("元"), "rate": "%",
}  # fmt: skip
_FIGURES = (
    Column("name", N_("指标"), width=26),
    Column("window", N_("时段"), width=16),
    Column("yuan", N_("金额（元）"), "yuan", 18),
    Column("number", N_("数量"), "num", 12),
    Column("unit", N_("单位"), width=8),
    Column("numerator", N_("分子"), "num", 10),
    Column("denominator", N_("分母"), "num", 10),
    Column("percent", N_("比率"), width=10),
    Column("as_of", N_("截至"), width=12),
    Column("definition", N_("统计口径"), width=70),
)
_SUMS = (
    Column("name", N_("名称"), width=34),
    Column("village", N_("村"), width=12),
    Column("now", N_("本期（元）"), "yuan", 18),
    Column("orders", N_("订单"), "num", 10),
    Column("households", N_("户数"), "num", 10),
    Column("before", N_("去年同期（元）"), "yuan", 18),
    Column("change", N_("比去年同期"), width=12),
)
_SUMS_OF_MONTHS = (
    *_SUMS,
    Column("year", N_("1 月至今累计（元）"), "yuan", 18),
    Column("year_before", N_("去年同期累计（元）"), "yuan", 18),
    Column("year_change", N_("累计比去年"), width=12),
)
_MONTHS = (
    Column("name", N_("月份"), width=12),
    Column("now", N_("销售额（元）"), "yuan", 18),
    Column("orders", N_("订单"), "num", 10),
    Column("households", N_("户数"), "num", 10),
    Column("before", N_("去年同期（元）"), "yuan", 18),
    Column("change", N_("比去年同期"), width=12),
)
_MONEY = (
    Column("village", N_("村"), width=12),
    Column("name", N_("合作社"), width=34),
    Column("sold_households", N_("有销售归属的户"), "num", 16),
    Column("credited_households", N_("计入货款的户"), "num", 16),
    Column("credited_fen", N_("货款（元）"), "yuan", 18),
)
_STATIONS = (
    Column("village", N_("村"), width=12),
    Column("name", N_("光伏电站"), width=34),
    Column("kw", N_("容量（kW）"), "num", 14),
    Column("state", N_("状态"), width=12),
)


def book(facts: Mapping[str, Any], notes: Sequence[str]) -> bytes:
    """All sheets; `notes` (day, audit, hashes) stand under every one of them."""
    head = f"{facts['region']['name']} {facts['period']}"
    tables = facts["tables"]
    sums = _SUMS_OF_MONTHS if facts["kind"] == MONTHLY else _SUMS

    def sheet(name: str, columns: Sequence[Column], rows: Sequence[Any]) -> Sheet:
        return Sheet(_(name), f"{head} {_(name)}", columns, rows, notes=notes)

    return workbook(
        [
            sheet(N_("指标"), _FIGURES, [_figure(one) for one in facts["figures"]]),
            sheet(N_("各村"), sums, [_sums(row) for row in tables["village"]]),
            sheet(N_("各合作社"), sums, [_sums(row) for row in tables["cooperative"]]),
            sheet(N_("各产品"), sums, [_sums(row) for row in tables["product"]]),
            sheet(N_("各月"), _MONTHS, [_month(row) for row in tables["month"]]),
            sheet(N_("户和货款"), _MONEY, tables["money"]),
            sheet(N_("帮助销售"), sums, [_sums(row) for row in tables["assisted_village"]]),
            sheet(N_("帮助销售的产品"), sums, [_sums(row) for row in tables["assisted_product"]]),
            sheet(
                N_("光伏电站"),
                _STATIONS,
                [{**row, "state": _("运行") if row["running"] else _("停运")} for row in tables["station"]],
            ),
        ]
    )


def _figure(one: Mapping[str, Any]) -> dict[str, Any]:
    unit, name, definition = one["unit"], one["name"], one["definition"]
    window = WINDOWS.get(one.get("window", ""), "")
    return {
        "name": _(name),
        "window": _(window) if window else "",
        "yuan": one["value"] if unit == "fen" else None,
        "number": one["value"] if unit not in ("fen", "rate") else None,
        "unit": _(UNITS[unit]),
        "numerator": one.get("numerator"),
        "denominator": one.get("denominator"),
        "percent": one.get("percent"),
        "as_of": one["as_of"],
        "definition": _(definition),
    }


def _sums(row: Mapping[str, Any]) -> dict[str, Any]:
    sums = row["sums"]
    found = {
        "name": row["name"],
        "village": row["village"],
        "now": sums["now"]["fen"],
        "orders": sums["now"]["orders"],
        "households": sums["now"]["households"],
        "before": sums["before"]["fen"],
        "change": percent_change(sums["now"]["fen"], sums["before"]["fen"]),
    }
    if "year" in sums:
        found |= {
            "year": sums["year"]["fen"],
            "year_before": sums["year_before"]["fen"],
            "year_change": percent_change(sums["year"]["fen"], sums["year_before"]["fen"]),
        }
    return found


def _month(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": _("%(n)s 月", n=row["month"]),
        "now": row["now"]["fen"],
        "orders": row["now"]["orders"],
        "households": row["now"]["households"],
        "before": row["before_fen"],
        "change": percent_change(row["now"]["fen"], row["before_fen"]),
    }
