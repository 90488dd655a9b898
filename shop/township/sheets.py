"""Excel of exactly what is on the screen: long numbers as text, formulas neutralised, who and when in the footer."""

from __future__ import annotations

from flask import Response
from flask_babel import gettext as _

from shop.accounts import guards
from shop.cooperatives.income.models import Distribution
from shop.core import activity, spreadsheet
from shop.core.db import transaction
from shop.core.money import Fen, format_plain
from shop.core.spreadsheet import Column, Sheet
from shop.core.text import N_
from shop.township import export_notes
from shop.township.blueprint import bp
from shop.township.distributions import Result, read_result

COLUMNS = (
    Column("number", N_("成员编号"), "num", 10),
    Column("name", N_("户主")),
    Column("trade_fen", N_("交易额（元）"), "yuan"),
    Column("capital_fen", N_("出资额（元）"), "yuan"),
    Column("reserve_share_fen", N_("公积金份额（元）"), "yuan"),
    Column("patronage_fen", N_("盈余返还（元）"), "yuan"),
    Column("residual_fen", N_("剩余盈余（元）"), "yuan"),
    Column("total_fen", N_("合计（元）"), "yuan"),
)


@bp.get("/<region>/distributions/<int:distribution_id>.xlsx")
@guards.staff
def distribution_sheet(region: str, distribution_id: int) -> Response:
    result = read_result(region, distribution_id)
    user = guards.me()
    with transaction():
        activity.record(
            "distribution.exported", "distribution", distribution_id, actor_id=user.id,
            cooperative_id=result.head.Distribution.cooperative_id, after={"rows": len(result.lines)},
        )  # fmt: skip
    head = result.head
    return spreadsheet.answer([_sheet(result)], f"distribution-{head.code}-{head.Distribution.year}")


def _sheet(result: Result) -> Sheet:
    head = result.head.Distribution
    total: dict[str, int | str] = {"number": "合计"}
    for column in COLUMNS:
        if column.kind == "yuan":
            total[column.key] = sum(line[column.key] for line in result.lines)
    title = f"{result.head.cooperative} {head.year} 年度盈余分配表（{_('单位：元')}）"
    return Sheet(f"{head.year}年盈余分配", title, COLUMNS, result.lines, total, _notes(head))


def _notes(head: Distribution) -> list[str]:
    """Definition, proof, who and when: what stands under the table."""
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
        export_notes.made(),
        _("姓名已脱敏"),
        _(
            "口径：盈余返还按成员当年交易额，剩余盈余按出资额、公积金份额及平均量化的补助和捐赠；最大余数法，同余给编号小的成员"
        ),
    ]
