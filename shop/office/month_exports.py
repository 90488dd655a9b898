"""What a month's end wants as .xlsx beside the other lists: the parcels that went, a stock count, the buying prices."""

from __future__ import annotations

from typing import Any

from flask import g, request
from flask_babel import gettext as _

from shop.cooperatives.income import stock_counts
from shop.cooperatives.produce import prices
from shop.cooperatives.produce.mode_words import MODES
from shop.core import clock
from shop.core.errors import NotFound
from shop.core.numbers import percent_of, row_id
from shop.core.pages import moment, qty
from shop.core.spreadsheet import Column
from shop.core.text import N_
from shop.office.listing import MOST, MOST_PARCELS, Listing
from shop.orders import states, work

SHIPPED = (
    Column("number", N_("订单号"), width=24), Column("goods", N_("商品"), width=26), Column("spec", N_("规格"), width=16),
    Column("units", N_("份数"), "num", 8), Column("company", N_("快递公司"), width=14),
    Column("waybill", N_("快递单号"), width=24),
    Column("shipped", N_("发货时间"), width=18), Column("received", N_("签收时间"), width=18),
    Column("cash_fen", N_("要收现金（元）"), "yuan"),
)  # fmt: skip
COUNTED = (
    Column("produce", N_("产品")), Column("lot", N_("批次"), width=18), Column("book_words", N_("账上"), width=14),
    Column("counted_words", N_("数到"), width=14), Column("book", N_("账上（克或件）"), "num"),
    Column("counted", N_("数到（克或件）"), "num"), Column("difference", N_("差（克或件）"), "num"),
    Column("value_fen", N_("价值（元）"), "yuan"),
)  # fmt: skip
BUYING = (
    Column("produce", N_("产品")), Column("grade", N_("等级"), width=8), Column("mode", N_("收货方式"), width=12),
    Column("price_fen", N_("单价（元）"), "yuan"), Column("unit", N_("计价单位"), width=10),
    Column("rate", N_("提成比例"), width=10), Column("factor", N_("等级系数"), "num", 10),
    Column("since", N_("从哪天起"), width=12), Column("state", N_("状态"), width=10), Column("notice", N_("依据"), width=40),
)  # fmt: skip


def shipped() -> Listing:
    """Of suborders on their way or received, a row a line of goods."""
    which = states.RECEIVED if request.args.get("which") == states.RECEIVED else states.SHIPPED
    found = work.jobs(g.cooperative_id, which, 1, MOST_PARCELS)
    rows = [
        {
            "number": job.number, "goods": line.name, "spec": line.spec, "units": line.units,
            "company": "；".join(_(parcel.company_name) for parcel in job.part.parcels),
            "waybill": "；".join(parcel.number for parcel in job.part.parcels),
            "shipped": moment(job.part.shipped_at) if job.part.shipped_at else "",
            "received": moment(job.part.received_at) if job.part.received_at else "",
            "cash_fen": job.cash_fen if place == 0 else None,
        }
        for job in found.items
        for place, line in enumerate(job.part.lines)
    ]  # fmt: skip
    name = _("已签收") if which == states.RECEIVED else _("已发货")
    meaning = _("每个商品一行；一单几个包裹的，单号依次列出；要收的现金只写在一单的第一行")
    return Listing(name, _("全部"), SHIPPED, rows, meaning, (found.total or 0) > len(found.items))


def counted() -> Listing:
    """One stock count, named by ?count=. Raises NotFound, also for another cooperative's."""
    count_id = row_id(request.args.get("count", ""))
    if count_id is None:
        raise NotFound
    head, lines = stock_counts.count(count_id, g.cooperative_id)
    rows = [
        {
            "produce": line.produce, "lot": line.code, "book_words": qty(line.book, line.unit_kind, line.count_word),
            "counted_words": qty(line.counted, line.unit_kind, line.count_word), "book": line.book, "counted": line.counted,
            "difference": line.counted - line.book, "value_fen": line.value_fen,
        }
        for line in lines
    ]  # fmt: skip
    meaning = _("短缺按账面成本或约定价，多出来的按以前报损时的价值；提成代销的货不记账")
    return Listing(_("盘点"), head.counted_on.isoformat(), COUNTED, rows, meaning)


def buying() -> Listing:
    """The prices that goods are taken in at, with their past."""
    today = clock.today()
    found = prices.of_cooperative(g.cooperative_id, MOST + 1)
    rows: list[dict[str, Any]] = []
    seen: set[tuple[int, str, str]] = set()
    for row in found[:MOST]:
        what = (row.produce_id, row.grade, row.mode)
        state = _("以前的") if what in seen else _("现行")
        if row.valid_from > today:
            state = _("还没生效")
        else:
            seen.add(what)
        commission = row.commission_rate is not None
        rows.append(
            {
                "produce": row.produce, "grade": _(row.grade), "mode": _(MODES[row.mode][2]),
                "price_fen": None if commission else row.price_fen,
                "unit": "" if commission else _("公斤") if row.unit_kind == "g" else row.count_word,
                "rate": percent_of(row.commission_rate) if commission else "", "factor": row.grade_factor,
                "since": row.valid_from.isoformat(), "state": state, "notice": row.notice,
            }
        )  # fmt: skip
    meaning = _("每次定价一行，以前的也在；单价按公斤或按件；等级系数 100 是统货")
    return Listing(_("收购价目"), _("全部"), BUYING, rows, meaning, len(found) > MOST)
