"""Excel of the household income ledger: the region's year and a household's statement; names masked, each export logged."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask_babel import gettext as _

from shop.accounts import guards
from shop.cooperatives.income import income_year
from shop.cooperatives.income.income_words import CLASSES, EXPENSE
from shop.cooperatives.income.movements import YearSums
from shop.core import activity, spreadsheet
from shop.core.db import transaction
from shop.core.spreadsheet import Column, Sheet
from shop.core.text import N_
from shop.township import export_notes, income_rows
from shop.township.blueprint import bp
from shop.township.income import household_page, region_page

MOST = 20_000
DEFINITION = N_(
    "口径：货款（买断按收货、代销按售出）和盈余返还算经营性收入，剩余盈余算财产性收入；分配记在它的盈余年度；冲销、退货为负数"
)
CLASS_COLUMNS = tuple(Column(name, words, "yuan") for name, words in CLASSES.items())
NET = Column("net_fen", N_("净收入（元）"), "yuan")
SUM_COLUMNS = (
    *CLASS_COLUMNS, NET, Column("households", N_("户数"), "num"), Column("persons", N_("人数"), "num"),
    Column("per_household", N_("户均净收入（元）"), "yuan"), Column("per_person", N_("人均净收入（元）"), "yuan"),
)  # fmt: skip
HOUSEHOLD_COLUMNS = (
    Column("code", N_("户编号"), width=20), Column("head", N_("户主")), Column("village", N_("村")), *CLASS_COLUMNS, NET,
)  # fmt: skip
MOVEMENT_COLUMNS = (
    Column("on_date", N_("日期")), Column("income_class", N_("类别")), Column("source", N_("来源")),
    Column("what", N_("事项")), Column("note", N_("说明"), width=30), Column("proof", N_("凭据"), width=24),
    Column("fen", N_("金额（元）"), "yuan"),
)  # fmt: skip
SOURCE_COLUMNS = (
    Column("income_class", N_("类别")), Column("source", N_("来源")), Column("fen", N_("金额（元）"), "yuan"),
)  # fmt: skip


@bp.get("/<region>/income.xlsx")
@guards.staff
def income_sheet(region: str) -> Response:
    """By village, by month, and household by household."""
    page = region_page(region)
    year = page["period"].year
    found = income_year.households(region, year, income_year.Wanted(), MOST)
    rows = [income_rows.household_row(row, year) for row in found]
    notes = [
        _("截至 %(day)s", day=page["period"].last.isoformat()),
        *_notes(),
        _("各月户数相加不等于全年户数：一户全年只计一次"),
        *export_notes.cut(len(rows), found[0].total if found else 0, MOST),
    ]
    title = _("%(place)s %(year)s 年农户收入台账（单位：元）", place=page["place"], year=year)
    total = page["total"] | {"name": _("合计")}
    months = (Column("name", N_("月份")), *CLASS_COLUMNS, NET, Column("households", N_("户数"), "num"))
    with transaction():
        activity.record(
            "income.exported", "region", region, actor_id=guards.me().id,
            after={"year": year, "rows": len(rows)},
        )  # fmt: skip
    return spreadsheet.answer(
        [
            Sheet(_("各村"), title, (Column("name", N_("村")), *SUM_COLUMNS), page["villages"], total, notes),
            Sheet(_("各月"), title, months, page["months"], total, notes),
            Sheet(_("各户"), title, HOUSEHOLD_COLUMNS, rows, _sum_of(rows), notes),
        ],
        f"income-{region}-{year}",
    )


def _sum_of(rows: list[dict[str, Any]]) -> dict[str, int | str]:
    return {"code": _("合计")} | {name: sum(row[name] or 0 for row in rows) for name in (*CLASSES, NET.key)}


@bp.get("/<region>/income/households/<int:household_id>.xlsx")
@guards.staff
def income_household_sheet(region: str, household_id: int) -> Response:
    page = household_page(household_id, MOST)
    home, year = page["home"], page["period"].year
    title = _(
        "%(code)s %(head)s %(year)s 年收入台账（单位：元）", code=home.code, head=page["head"], year=year
    )
    with transaction():
        activity.record(
            "income.exported", "household", household_id, actor_id=guards.me().id, after={"year": year}
        )
    sums: YearSums = page["sums"]
    sources = [
        {"income_class": _(CLASSES[row.income_class]), "source": _(row.name), "fen": _signed(row)}
        for row in sums.sources
    ]
    total = {"income_class": _("净收入"), "fen": sums.net_fen}
    return spreadsheet.answer(
        [
            Sheet(_("汇总"), title, SOURCE_COLUMNS, sources, total, _notes()),
            Sheet(_("明细"), title, MOVEMENT_COLUMNS, page["rows"], {"on_date": _("净收入"), "fen": sums.net_fen}, _notes()),
        ],
        f"income-household-{household_id}-{year}",
    )  # fmt: skip


def _signed(row: Any) -> int:
    return -row.fen if row.income_class == EXPENSE else int(row.fen)


def _notes() -> list[str]:
    return [export_notes.made(), _(DEFINITION), _("姓名已脱敏")]
