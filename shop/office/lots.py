"""批次: what lies in the store, whose it is, how it moved; closing a lot so that it can be sold."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.cooperatives.produce import daybook, lot_codes, queries
from shop.cooperatives.produce import lots as deeds
from shop.cooperatives.produce.mode_words import MODES
from shop.core import clock, pages, typed
from shop.core.db import transaction
from shop.core.errors import Conflict, Refused
from shop.core.numbers import row_id
from shop.core.text import N_
from shop.office import work
from shop.office.blueprint import bp

SIZE = 30
WHICH = {"": None, "open": True, "closed": False}
MOVES = {
    "received": N_("收货"),
    "unreceived": N_("冲销退回"),
    "shipped": N_("发货"),
    "returned": N_("退货入库"),
    "written_off": N_("报损"),
    "found": N_("盘盈"),
    "transformed": N_("加工"),
}


@dataclass
class Share:
    """What one party has in a lot, over all its deliveries."""

    head_name: str | None
    member_number: int | None
    supplier: str | None
    household_id: int | None
    commission_rate: str | None
    quantity: int = 0
    value_fen: int = 0
    sold: int = 0
    sold_fen: int = 0


def shares(parts: Iterable[Any]) -> list[Share]:
    """The parts of a lot per party, in the order in which they first came."""
    found: dict[tuple[int | None, int | None], Share] = {}
    for part in parts:
        share = found.setdefault(
            (part.household_id, part.supplier_id),
            Share(part.head_name, part.member_number, part.supplier, part.household_id, part.commission_rate),
        )
        share.quantity += part.quantity
        share.value_fen += part.value_fen
        share.sold += part.attributed_quantity
        share.sold_fen += part.attributed_fen
    return list(found.values())


@bp.get("/<coop>/lots")
@guards.manager
def lots(coop: str) -> str | Response | tuple[str, int]:
    """?find= leads on to the lot that a label or a code means; what is none is said beside the field."""
    form = typed.Form({"find": _("找批次")}, {"find": request.args.get("find", "")[: lot_codes.LONGEST]})
    if form.text("find").strip():
        try:
            return redirect(
                url_for("office.lot", lot_id=lot_codes.find(form.text("find"), g.cooperative_id)), 303
            )
        except Refused as refusal:
            form.blame(refusal)
            return _list(form), 422
    return _list(form)


def _list(form: typed.Form) -> str:
    which = request.args.get("which", "")
    which = which if which in WHICH else ""
    before = row_id(request.args.get("after", ""))
    rows = queries.lots(g.cooperative_id, is_open=WHICH[which], before_id=before, limit=SIZE + 1)
    shown = rows[:SIZE]
    return render_template(
        "office/lots.html",
        page=pages.Page(shown, size=SIZE, next_after=str(shown[-1].id) if len(rows) > SIZE else None),
        which=which,
        form=form,
        modes=MODES,
        today=clock.today(),
    )


@bp.get("/<coop>/lots/<int:lot_id>")
@guards.manager
def lot(coop: str, lot_id: int) -> str:
    row = queries.lot(lot_id, g.cooperative_id)
    number = pages.page_number()
    found = shares(queries.parts(lot_id, g.cooperative_id)) if row.closed_at else []
    page = pages.Page(found[(number - 1) * SIZE : number * SIZE], number, SIZE, len(found))
    return render_template(
        "office/lot.html",
        row=row,
        page=page,
        modes=MODES,
        today=clock.today(),
        **_waiting(row),
        **work.around(row),
    )


def _waiting(row: Any) -> dict[str, Any]:
    """What an open lot will be made of: its deliveries so far."""
    if row.closed_at:
        return {"deliveries": []}
    return {"deliveries": queries.receipts_of_lot(row.id, g.cooperative_id)}


@bp.get("/<coop>/lots/<int:lot_id>/moves")
@guards.manager
def lot_moves(coop: str, lot_id: int) -> str:
    row = queries.lot(lot_id, g.cooperative_id)
    before = row_id(request.args.get("after", ""))
    rows = daybook.moves(lot_id, g.cooperative_id, before_id=before, limit=SIZE + 1)
    shown = rows[:SIZE]
    page = pages.Page(shown, size=SIZE, next_after=str(shown[-1].id) if len(rows) > SIZE else None)
    return render_template(
        "office/lot_moves.html", row=row, page=page, kinds=MOVES, today=clock.today(), modes=MODES
    )


@bp.get("/<coop>/lots/<int:lot_id>/close")
@guards.manager
def lot_close(coop: str, lot_id: int) -> str | Response:
    row = queries.lot(lot_id, g.cooperative_id)
    if row.closed_at:
        return redirect(url_for("office.lot", lot_id=lot_id), 303)
    last = daybook.last_day(lot_id, g.cooperative_id)
    suggested = (last or clock.today()) + timedelta(days=row.shelf_life_days)
    return _close_page(
        row, typed.Form(_labels(), {"best_before": suggested.isoformat()}, frozenset({"best_before"}))
    )


def _labels() -> dict[str, str]:
    return {"best_before": _("保质到哪一天")}


def _close_page(row: Any, form: typed.Form) -> str:
    return render_template("office/lot_close.html", row=row, form=form, modes=MODES, today=clock.today())


@bp.post("/<coop>/lots/<int:lot_id>/close")
@guards.manager
def lot_close_now(coop: str, lot_id: int) -> Response | tuple[str, int]:
    row = queries.lot(lot_id, g.cooperative_id)
    if row.closed_at:
        return _closed_before(row)
    form = typed.posted(_labels(), {"best_before"})
    best_before = form.read("best_before", lambda text: typed.day(text, label=_("保质日期")))
    if best_before is None:
        return _close_page(row, form), 422
    try:
        with transaction():
            deeds.close(
                lot_id, g.cooperative_id, best_before, guards.me().id, row_id(request.form.get("seen", ""))
            )
    except Conflict as conflict:
        row = queries.lot(lot_id, g.cooperative_id)
        if row.closed_at:
            return _closed_before(row)
        form.blame(conflict)
        return _close_page(row, form), 409
    except Refused as refusal:
        form.blame(refusal)
        return _close_page(row, form), 422
    pages.say(_("批次 %(code)s 已封批，可以卖了", code=row.code))
    return redirect(url_for("office.lot", lot_id=lot_id), 303)


def _closed_before(row: Any) -> Response:
    """Somebody was faster: the lot is shown as it was closed."""
    pages.say(_("批次 %(code)s 已经封批了", code=row.code), "notice")
    return redirect(url_for("office.lot", lot_id=row.id), 303)
