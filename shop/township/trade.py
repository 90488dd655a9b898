"""供需对接: who has watermelons beside who wants them; a match leads on to entering the sale."""

from __future__ import annotations

import re
import secrets
from datetime import timedelta

from flask import g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.assisted import contacts, goods, matching
from shop.assisted.matching import DEMAND, OFFER, SIDES, Notice
from shop.cooperatives.people.queries import cooperatives_under
from shop.core import clock, pages, typed
from shop.core.db import transaction
from shop.core.errors import Conflict, NotFound, Refused
from shop.core.money import parse_yuan
from shop.core.numbers import row_id
from shop.core.quantity import parse_pieces, parse_weight
from shop.core.text import clean_line
from shop.core.typed import Form
from shop.township.blueprint import bp
from shop.township.overview import region_name

UNITS = ("斤", "公斤", "件")
PER = {"斤": 2, "公斤": 1, "件": 1}  # a price for this unit times so much is fen per kilogram, or per piece
RECENT = 20
RUNS = timedelta(days=30)
_KEY = re.compile(r"[A-Za-z0-9_-]{16,64}")


@bp.get("/<region>/trade")
@guards.staff
def trade(region: str) -> str:
    return _page(region)


def _page(region: str, problem: str = "") -> str:
    offers = matching.open_notices(g.region_code, OFFER)
    return render_template(
        "township/trade.html",
        place=region_name(region),
        offers=offers,
        by_id={row.id: row for row in offers},
        demands=matching.open_notices(g.region_code, DEMAND),
        proposals=matching.proposals(g.region_code),
        matches=matching.matches(g.region_code, RECENT),
        problem=problem,
        today=clock.today(),
    )


def _labels(side: str) -> dict[str, str]:
    party = {"party": _("哪个村或合作社有货") if side == OFFER else _("谁要货")}
    return party | {
        "goods": _("什么货"), "quantity": _("多少"), "unit": _("单位"), "low": _("最低价"), "high": _("最高价"),
        "from_on": _("从哪天起"), "to_on": _("到哪天止"), "note": _("备注"),
    }  # fmt: skip


REQUIRED = frozenset({"party", "goods", "quantity", "from_on", "to_on"})


def _side() -> str:
    return DEMAND if request.values.get("side") == DEMAND else OFFER


@bp.get("/<region>/trade/new")
@guards.staff
def trade_new(region: str) -> str:
    side, today = _side(), clock.today()
    values = {"from_on": today.isoformat(), "to_on": (today + RUNS).isoformat(), "unit": UNITS[0]}
    return _form_page(region, side, Form(_labels(side), values, REQUIRED))


def _form_page(region: str, side: str, form: Form) -> str:
    sent = request.form.get("idempotency_key", "")
    return render_template(
        "township/trade_new.html",
        place=region_name(region),
        side=side,
        form=form,
        key=sent if _KEY.fullmatch(sent) else secrets.token_urlsafe(18),
        parties=_parties(side),
        names=goods.produce_names(g.region_code),
        units=UNITS,
    )


def _parties(side: str) -> list[tuple[str, str]]:
    """(value, name): contacts for a demand; villages and their cooperatives for an offer."""
    if side == DEMAND:
        rows = contacts.listed(g.region_code, "", limit=300, offset=0)
        return [(str(row.id), row.name) for row in rows if row.active]
    found = [(f"c{row.id}", row.name) for row in cooperatives_under(g.region_code)]
    return found + [
        (f"v{row.id}", _("%(name)s（没有合作社的农户）", name=row.name))
        for row in goods.villages(g.region_code)
    ]


@bp.post("/<region>/trade/new")
@guards.staff
def trade_post(region: str) -> Response | tuple[str, int]:
    side = _side()
    form = typed.posted(_labels(side), REQUIRED)
    notice, key = _read(form, side), request.form.get("idempotency_key", "")
    if notice is not None and not _KEY.fullmatch(key):
        form.refuse("", _("页面信息不完整，请刷新后再填"))
    if notice is None or form.problems:
        return _form_page(region, side, form), 422
    try:
        with transaction():
            matching.post(g.region_code, notice, request_key=key, by=guards.me().id)
    except (Refused, NotFound) as refusal:
        form.blame(refusal)
        return _form_page(region, side, form), 422
    pages.say(_("已登记"))
    return redirect(url_for("township.trade"), 303)


def _read(form: Form, side: str) -> Notice | None:
    unit = form.text("unit")
    name = form.read("goods", lambda text: clean_line(text, label=_("什么货"), max_length=40))
    note = form.read("note", lambda text: clean_line(text, label=_("备注"), max_length=200, required=False))
    days = [form.read(one, lambda text: typed.day(text, label=_("日期"))) for one in ("from_on", "to_on")]
    if unit not in UNITS:
        form.refuse("quantity", _("请选择单位"))
        return None
    by_weight = unit != "件"
    quantity = form.read(
        "quantity",
        lambda text: (
            parse_weight(text, unit, label=_("数量")) if by_weight else parse_pieces(text, label=_("数量"))
        ),
    )
    low = form.read("low", _price)
    high = form.read("high", _price) if form.text("high") else low
    party = _party(form, side)
    if form.problems or None in (name, quantity, low, high, days[0], days[1], party):
        return None
    return Notice(
        side=side, goods=name or "", unit_kind="g" if by_weight else "piece", quantity=quantity or 0,
        low_fen=(low or 0) * PER[unit], high_fen=(high or 0) * PER[unit], from_on=days[0] or clock.today(),
        to_on=days[1] or clock.today(), note=note or "", **(party or {}),
    )  # fmt: skip


def _price(text: str) -> int:
    return int(parse_yuan(text or "0", label=_("价格"), zero_allowed=True))


def _party(form: Form, side: str) -> dict[str, int] | None:
    """The deed's fields for whom the form names; whether they are the region's, the deed finds out."""
    value = form.text("party")
    if side == DEMAND and (contact_id := row_id(value)):
        return {"contact_id": contact_id}
    number = row_id(value[1:])
    if side == OFFER and number and value.startswith("v"):
        return {"village_id": number}
    if side == OFFER and number and value.startswith("c"):
        found = next((row for row in cooperatives_under(g.region_code) if row.id == number), None)
        if found is not None:
            return {"village_id": found.village_id, "cooperative_id": number}
    form.refuse("party", _("请从列表里选一个"))
    return None


@bp.post("/<region>/trade/<int:notice_id>/close")
@guards.staff
def trade_close(region: str, notice_id: int) -> Response:
    with transaction():
        fresh = matching.close(notice_id, g.region_code, guards.me().id)
    pages.say(_("已关闭，不再列出") if fresh else _("这一条已经对接或关闭了"))
    return redirect(url_for("township.trade"), 303)


@bp.post("/<region>/trade/match")
@guards.staff
def trade_match(region: str) -> Response | tuple[str, int]:
    """The form names an offer and a demand; leads to the sale's form, filled with both."""
    offer, demand = (row_id(request.form.get(name, "")) or 0 for name in SIDES)
    try:
        with transaction():
            match_id = matching.match(offer, demand, g.region_code, guards.me().id)
    except (Refused, Conflict, NotFound) as refusal:
        return _page(region, refusal.message), 422
    pages.say(_("已记下这次对接；货送到以后在这里登记销售"))
    return redirect(url_for("township.assisted_new", match=match_id), 303)
