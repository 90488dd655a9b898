"""Excel of exactly what is on the screen: long numbers as text, formulas neutralised, who and when in the footer."""

from __future__ import annotations

from decimal import Decimal
from io import BytesIO

import xlsxwriter
from flask import Response
from flask_babel import gettext as _

from shop.accounts import guards
from shop.cooperatives.income.models import Distribution
from shop.core import activity, clock
from shop.core.db import transaction
from shop.core.money import Fen, format_plain
from shop.core.spreadsheet import safe_cell
from shop.township.blueprint import bp
from shop.township.distributions import Result, read_result

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
COLUMNS = (
    ("number", "成员编号"),
    ("name", "户主"),
    ("code", "户编号"),
    ("trade_fen", "交易额（元）"),
    ("capital_fen", "出资额（元）"),
    ("reserve_share_fen", "公积金份额（元）"),
    ("patronage_fen", "盈余返还（元）"),
    ("residual_fen", "剩余盈余（元）"),
    ("total_fen", "合计（元）"),
)
KEYS = tuple(key for key, _label in COLUMNS)


@bp.get("/<region>/distributions/<int:distribution_id>.xlsx")
@guards.staff
def distribution_sheet(region: str, distribution_id: int) -> Response:
    result = read_result(region, distribution_id)
    user = guards.me()
    with transaction():
        activity.record("distribution.exported", "distribution", distribution_id, actor_id=user.id)
    body = _write(result, user.name)
    response = Response(body, mimetype=XLSX)
    head = result.head
    response.headers.set(
        "Content-Disposition",
        "attachment",
        filename=f"distribution-{head.code}-{head.Distribution.year}.xlsx",
    )
    return response


def _yuan(fen: int) -> Decimal:
    return Decimal(fen).scaleb(-2)


def _write(result: Result, who: str) -> bytes:
    head = result.head.Distribution
    buffer = BytesIO()
    with xlsxwriter.Workbook(
        buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    ) as book:
        sheet = book.add_worksheet(f"{head.year}年盈余分配")
        bold = book.add_format({"bold": True, "bottom": 1})
        money = book.add_format({"num_format": "#,##0.00", "align": "right"})
        text = book.add_format({"num_format": "@"})
        sheet.write_string(
            0, 0, f"{result.head.cooperative} {head.year} 年度盈余分配表（{_('单位：元')}）", bold
        )
        for column, (_key, label) in enumerate(COLUMNS):
            sheet.write_string(2, column, label, bold)
        for offset, line in enumerate(result.lines):
            for column, key in enumerate(KEYS):
                value = line[key]
                if key.endswith("_fen"):
                    sheet.write_number(3 + offset, column, _yuan(value), money)
                elif key == "number":
                    sheet.write_number(3 + offset, column, value)
                else:
                    sheet.write_string(3 + offset, column, safe_cell(value), text)
        last = 3 + len(result.lines)
        sheet.write_string(last, 0, "合计", bold)
        for column, key in enumerate(KEYS):
            if key.endswith("_fen"):
                sheet.write_number(last, column, _yuan(sum(line[key] for line in result.lines)), money)
        for offset, note in enumerate(_notes(head, who)):
            sheet.write_string(last + 2 + offset, 0, safe_cell(note))
        sheet.freeze_panes(3, 2)
        sheet.repeat_rows(2)
        sheet.set_column(0, 0, 10)
        sheet.set_column(1, 8, 16)
        sheet.set_paper(9)
        sheet.set_landscape()
    return buffer.getvalue()


def _notes(head: Distribution, who: str) -> list[str]:
    """Definition, proof, who and when: what stands under the table."""
    made = clock.in_shanghai(clock.now())
    sums = (
        (_("本年盈余"), head.surplus_fen),
        (_("提取盈余公积"), head.reserve_fen),
        (_("可分配盈余"), head.distributable_fen),
        (_("盈余返还"), head.patronage_fen),
        (_("剩余盈余分配"), head.residual_fen),
    )
    return [
        "，".join(f"{label} {format_plain(Fen(fen or 0))}" for label, fen in sums),
        f"inputs_sha256 {head.inputs_sha256}",
        f"outputs_sha256 {head.outputs_sha256}",
        _("导出人 %(who)s，导出时间 %(at)s（北京时间）", who=who, at=f"{made:%Y-%m-%d %H:%M}"),
        _(
            "口径：盈余返还按成员当年交易额，剩余盈余按出资额、公积金份额及平均量化的补助和捐赠；最大余数法，同余给编号小的成员"
        ),
    ]
