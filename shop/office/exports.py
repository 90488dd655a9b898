"""导出: a list of the office as .xlsx, the rows that its filter shows on the screen, over all its pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from flask import g, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.catalog import stocktaking
from shop.cooperatives.income import credited, roster
from shop.cooperatives.income import queries as income
from shop.cooperatives.people import consents
from shop.cooperatives.produce import queries as produce
from shop.cooperatives.produce.mode_words import MODES
from shop.core import activity, clock, spreadsheet
from shop.core.db import transaction
from shop.core.pages import moment, qty
from shop.core.privacy import mask_name, mask_phone
from shop.core.spreadsheet import Column, Sheet
from shop.core.text import N_
from shop.office import intake, ledger_pages, lots, month, month_exports, shelf
from shop.office.blueprint import bp
from shop.office.listing import MOST, MOST_PARCELS, Listing
from shop.orders import states, work

_QUANTITY = (Column("shown", N_("数量"), width=14), Column("quantity", N_("数量（克或件）"), "num"))
RECEIPTS = (
    Column("number", N_("交货单"), width=18), Column("day", N_("收货日期"), width=12), Column("party", N_("交货户"), width=20),
    Column("code", N_("户编号"), width=20), Column("produce", N_("产品")), Column("grade", N_("等级"), width=8),
    Column("mode", N_("收货方式"), width=12), *_QUANTITY, Column("price_fen", N_("单价（元）"), "yuan"),
    Column("value_fen", N_("货款（元）"), "yuan"), Column("certificate_no", N_("合格证编号"), width=20),
    Column("lot", N_("批次"), width=18), Column("state", N_("状态"), width=10),
)  # fmt: skip
LOTS = (
    Column("code", N_("批次"), width=18), Column("produce", N_("产品")), Column("mode", N_("收货方式"), width=12),
    Column("state", N_("状态"), width=10), Column("households", N_("户数"), "num", 8), Column("best", N_("保质到"), width=12),
    Column("received", N_("收进（克或件）"), "num"), Column("shipped", N_("已发（克或件）"), "num"),
    Column("reserved", N_("已订未发（克或件）"), "num", 18), Column("on_hand", N_("在库（克或件）"), "num"),
)  # fmt: skip
ROSTER = (
    Column("number", N_("成员编号"), "num", 10), Column("name", N_("户主"), width=12), Column("village_name", N_("村"), width=12),
    Column("household_code", N_("户编号"), width=20), Column("persons", N_("人数"), "num", 8),
    Column("joined", N_("入社日期"), width=12), Column("left", N_("退社日期"), width=12),
    Column("capital_fen", N_("出资（元）"), "yuan"), Column("reserve_fen", N_("公积金份额（元）"), "yuan"),
    Column("subsidy_fen", N_("补助份额（元）"), "yuan"), Column("consent", N_("公开姓名"), width=14),
)  # fmt: skip
GOODS = (
    Column("name", N_("商品"), width=26), Column("produce", N_("产品")), Column("category", N_("分类"), width=12),
    Column("spec", N_("规格"), width=16), Column("price_fen", N_("价格（元）"), "yuan"), Column("state", N_("状态"), width=10),
    Column("offered", N_("规格在卖"), width=10), Column("available", N_("可卖（克或件）"), "num"),
)  # fmt: skip
PARCELS = (
    Column("number", N_("订单号"), width=24), Column("paid", N_("付款时间"), width=18), Column("name", N_("收货人"), width=10),
    Column("phone", N_("电话"), width=14), Column("region", N_("地区"), width=26), Column("goods", N_("商品"), width=26),
    Column("spec", N_("规格"), width=16), Column("units", N_("份数"), "num", 8), Column("net_fen", N_("净额（元）"), "yuan"),
)  # fmt: skip
PARTIES = (
    Column("number", N_("成员编号"), "num", 10), Column("name", N_("交货户"), width=20), Column("village", N_("村"), width=12),
    Column("lines", N_("订单行"), "num", 10), Column("sold_fen", N_("归属销售额（元）"), "yuan"),
    Column("credited_fen", N_("计入货款（元）"), "yuan"),
)  # fmt: skip


@bp.get(
    "/<coop>/exports/<any(receipts, lots, roster, goods, parcels, parties, shipped, counted, buying):listing>.xlsx"
)
@guards.manager
def export(coop: str, listing: str) -> Response:
    found = _LISTINGS[listing]()
    name = next(row.cooperative_name for row in guards.me().cooperatives if row.cooperative_code == coop)
    with transaction():
        activity.record(
            "list.exported", "cooperative", g.cooperative_id, cooperative_id=g.cooperative_id,
            after={"listing": listing, "rows": len(found.rows)},
        )  # fmt: skip
    notes = [
        _("导出人：%(name)s　导出时间：%(at)s", name=guards.me().name, at=moment(clock.now())),
        _("筛选：%(asked)s　共 %(n)s 行", asked=found.asked, n=len(found.rows)),
        _("口径：%(meaning)s", meaning=found.meaning),
    ]
    if found.more:
        notes.append(_("行数太多，这里只有前 %(n)s 行，请缩小筛选再导出", n=len(found.rows)))
    title = f"{name} {found.name}"
    return spreadsheet.answer(
        [Sheet(found.name, title, found.columns, found.rows, None, notes)], f"{coop}-{listing}"
    )


def _receipts() -> Listing:
    which = request.args.get("which", "")
    which = which if which in intake.WHICH else ""
    found = produce.receipts(g.cooperative_id, limit=MOST + 1, which=which)
    rows = [
        {
            "number": row.number, "day": _day(row.received_on), "party": _party(row), "code": row.household_code,
            "produce": row.produce, "grade": row.grade, "mode": _(MODES[row.mode][2]),
            "shown": qty(row.quantity, row.unit_kind, row.count_word), "quantity": row.quantity,
            "price_fen": row.price_fen if row.mode != "consign_commission" else None,
            "value_fen": row.value_fen if row.mode != "consign_commission" else None,
            "certificate_no": row.certificate_no, "lot": row.lot_code,
            "state": _("冲销单") if row.reverses_id else _("已冲销") if row.reversed_by_id else "",
        }
        for row in found[:MOST]
    ]  # fmt: skip
    meaning = _("每张交货单一行，冲销单是负数；单价按千克或按件；提成代销卖出后才算货款")
    asked = {"": _("全部"), "unconfirmed": _("待农户确认"), "outside": _("非成员")}[which]
    return Listing(_("收货登记"), asked, RECEIPTS, rows, meaning, len(found) > MOST)


def _lots() -> Listing:
    which = request.args.get("which", "")
    which = which if which in lots.WHICH else ""
    found = produce.lots(g.cooperative_id, is_open=lots.WHICH[which], limit=MOST + 1)
    rows = [
        {
            "code": row.code, "produce": row.produce, "mode": _(MODES[row.mode][2]),
            "state": _("已封批") if row.closed_at else _("收货中"), "households": row.households,
            "best": _day(row.best_before), "received": row.received, "shipped": row.shipped, "reserved": row.reserved,
            "on_hand": row.on_hand,
        }
        for row in found[:MOST]
    ]  # fmt: skip
    asked = {"": _("全部"), "open": _("收货中"), "closed": _("已封批")}[which]
    return Listing(
        _("批次"),
        asked,
        LOTS,
        rows,
        _("在库 = 收进 + 退回 − 已发 − 报损 − 加工，按导出时"),
        len(found) > MOST,
    )


def _roster() -> Listing:
    wanted, today = request.args.get("q", "")[:60], clock.today()
    which = request.args.get("which", "")
    which = which if which in roster.FILTERS else "current"
    found = roster.roster(g.cooperative_id, today, which, wanted)
    public = consents.named([row.household_id for row in found], today)
    rows = [
        {
            "number": row.number, "name": row.name, "village_name": row.village_name, "household_code": row.household_code,
            "persons": row.persons, "joined": _day(row.joined_on), "left": _day(row.left_on), "capital_fen": row.capital_fen,
            "reserve_fen": row.reserve_fen, "subsidy_fen": row.subsidy_fen,
            "consent": _("可公开姓名") if row.household_id in public else _("不公开姓名"),
        }
        for row in found
    ]  # fmt: skip
    asked = {"current": _("在册"), "left": _("已退社"), "all": _("全部")}[which] + (
        f"　{wanted}" if wanted else ""
    )
    meaning = _("一户一个成员账户；出资和公积金份额按账本，财政补助在在册成员中平均量化")
    return Listing(_("成员"), asked, ROSTER, rows, meaning)


def _goods() -> Listing:
    which = request.args.get("which", "")
    which = which if which in shelf.WHICH else ""
    found = stocktaking.products(g.cooperative_id, clock.today(), which=which, limit=MOST + 1, offset=0)
    rows = [
        {
            "name": row.name, "produce": row.produce, "category": row.category, "spec": spec["spec"],
            "price_fen": spec["price_fen"], "state": _("在售") if row.published_at else _("已下架"),
            "offered": "" if spec["published"] else _("停卖"), "available": int(row.available),
        }
        for row in found[:MOST]
        for spec in row.specs
    ]  # fmt: skip
    asked = {"": _("全部"), "on": _("在售"), "off": _("已下架"), "low": _("库存不足")}[which]
    return Listing(
        _("商品"),
        asked,
        GOODS,
        rows,
        _("每个规格一行；同一产品的规格共用库存，可卖数不能相加"),
        len(found) > MOST,
    )


def _parcels() -> Listing:
    found = work.jobs(g.cooperative_id, states.TO_SHIP, 1, MOST_PARCELS)
    rows = [
        {
            "number": job.number, "paid": moment(job.paid_at), "name": mask_name(job.recipient),
            "phone": mask_phone(job.phone), "region": job.region_text, "goods": line.name, "spec": line.spec,
            "units": line.units, "net_fen": line.net_fen,
        }
        for job in found.items
        for line in job.part.lines
    ]  # fmt: skip
    meaning = _("待发货的订单，每个商品一行；姓名电话和页面上一样遮住，完整地址在发货页上看")
    return Listing(_("待发货"), _("全部"), PARCELS, rows, meaning, (found.total or 0) > len(found.items))


def _parties() -> Listing:
    asked = month.asked()
    found = ledger_pages.parties(
        income.sales_by_party(g.cooperative_id, asked.first, asked.last),
        credited.credits_by_party(g.cooperative_id, asked.first, asked.last),
    )
    rows = [
        {
            "number": row.member_number, "name": row.head_name or row.supplier, "village": row.village, "lines": row.lines,
            "sold_fen": row.sold_fen, "credited_fen": row.credited_fen,
        }
        for row in found
    ]  # fmt: skip
    meaning = _("归属销售额按付款日；计入货款按记账日；两者不相加")
    return Listing(_("对账"), asked.name, PARTIES, rows, meaning)


_LISTINGS: dict[str, Callable[[], Listing]] = {
    "receipts": _receipts, "lots": _lots, "roster": _roster, "goods": _goods, "parcels": _parcels, "parties": _parties,
    "shipped": month_exports.shipped, "counted": month_exports.counted, "buying": month_exports.buying,
}  # fmt: skip


def _day(value: date | None) -> str:
    return value.isoformat() if value else ""


def _party(row: Any) -> str:
    if not row.head_name:
        return str(row.supplier)
    return f"{row.member_number}号 {row.head_name}" if row.member_number else str(row.head_name)
