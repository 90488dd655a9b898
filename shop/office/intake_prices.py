"""收购价目: the prices in force, those to come and those before, and a new one."""

from __future__ import annotations

from datetime import timedelta
from itertools import groupby
from typing import Any

from flask import g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.cooperatives.produce import prices, queries
from shop.cooperatives.produce.mode_words import MODES
from shop.core import clock, pages, typed
from shop.core.db import transaction
from shop.core.errors import Conflict, NotFound, Refused
from shop.core.form_keys import new_key
from shop.core.money import format_yuan, parse_yuan
from shop.core.numbers import percent_of, read_decimal, read_percent, row_id
from shop.office.blueprint import bp
from shop.office.intake_form import GRADES, PRICED

NEED = ("produce", "grade", "mode", "valid_from", "notice")
FARTHEST = timedelta(days=366)


def _labels() -> dict[str, str]:
    return {
        "produce": _("产品"), "grade": _("等级"), "mode": _("收货方式"), "price": _("单价"),
        "price_unit": _("计价单位"), "commission_rate": _("提成比例"), "grade_factor": _("等级系数"),
        "valid_from": _("从哪天起"), "notice": _("依据"),
    }  # fmt: skip


@bp.get("/<coop>/intake/prices")
@guards.manager
def intake_prices(coop: str) -> str:
    values = {
        "grade": GRADES[0],
        "mode": "buyout",
        "grade_factor": "100",
        "valid_from": clock.today().isoformat(),
    }
    values["produce"] = request.args.get("produce", "")[:19]
    return _page(typed.Form(_labels(), values, frozenset(NEED)), new_key())


def _page(form: typed.Form, key: str) -> str:
    today = clock.today()
    rows, produces = prices.of_cooperative(g.cooperative_id), queries.produce_of(g.cooperative_id)
    units = [*PRICED, *dict.fromkeys(row.count_word for row in produces if row.unit_kind != "g")]
    return render_template(
        "office/intake_prices.html",
        groups=[_group(list(found), today) for _produce, found in groupby(rows, key=_what)],
        produces=[(row.id, row.name) for row in produces],
        grades=[(name, _(name)) for name in GRADES],
        modes=MODES,
        units=units,
        price_words={unit: _("元/%(unit)s", unit=unit) for unit in units},
        form=form,
        key=key,
        today=today,
        spoken=spoken,
    )


def _what(row: Any) -> tuple[int, str, str]:
    return row.produce_id, row.grade, row.mode


def _group(rows: list[Any], today: Any) -> dict[str, Any]:
    """One grade and mode of a produce: what is in force, what comes, what was."""
    now = next((row for row in rows if row.valid_from <= today), None)
    coming = [row for row in rows if row.valid_from > today]
    past = [row for row in rows if row.valid_from <= today and row is not now]
    return {"head": rows[0], "now": now, "coming": coming, "past": past}


def spoken(row: Any, unit_kind: str, count_word: str) -> str:
    """A listed price for people: ¥58.00/公斤, ¥80.00/只, 8%."""
    if row.commission_rate is not None:
        return percent_of(row.commission_rate)
    return f"{format_yuan(row.price_fen)}/{_('公斤') if unit_kind == 'g' else count_word}"


@bp.post("/<coop>/intake/prices")
@guards.manager
def intake_price_set(coop: str) -> Response | tuple[str, int]:
    form = typed.posted(_labels(), NEED)
    key = request.form.get("idempotency_key", "")[:64]
    wanted = _offer(form, key)
    if wanted is not None:
        try:
            with transaction():
                prices.offer(wanted)
        except (Refused, Conflict, NotFound) as refusal:
            form.blame(refusal)
    if form.problems or wanted is None:
        return _page(form, key or new_key()), 422
    pages.say(_("新价已登记，从 %(day)s 起用", day=wanted.valid_from.isoformat()))
    return redirect(url_for("office.intake_prices"), 303)


def _offer(form: typed.Form, key: str) -> prices.Offer | None:
    """What the form means; None where something has to be mended."""
    wanted = row_id(form.text("produce"))
    produce = next((row for row in queries.produce_of(g.cooperative_id) if row.id == wanted), None)
    if produce is None:
        form.refuse("produce", _("请选择产品"))
    if form.text("grade") not in GRADES:
        form.refuse("grade", _("请选择等级"))
    if form.text("mode") not in MODES:
        form.refuse("mode", _("请选择收货方式"))
    rated = form.text("mode") == "consign_commission"
    price, rate = _price(form, produce, rated), _rate(form, rated)
    factor = form.read(
        "grade_factor", lambda text: read_decimal(text or "100", label=_("等级系数"), max_places=0).digits
    )
    day = form.read("valid_from", lambda text: typed.day(text, label=_("从哪天起")))
    if day is not None and day > clock.today() + FARTHEST:
        form.refuse("valid_from", _("最多提前一年登记"))
    if len(key) != 32 or not key.isalnum():
        form.refuse("", _("页面信息不完整，请核对后再按一次保存"))
    if form.problems or produce is None or day is None:
        return None
    return prices.Offer(
        g.cooperative_id, produce.id, form.text("grade"), form.text("mode"), day, form.text("notice"),
        price or 0, rate, factor or 0, guards.me().id, key,
    )  # fmt: skip


def _price(form: typed.Form, produce: Any, rated: bool) -> int | None:
    """Fen per kilogram or piece; 0 in commission mode."""
    if rated:
        if form.text("price").strip():
            form.refuse("price", _("提成代销没有约定价，请清空单价"))
        return 0
    fen = form.read("price", lambda text: parse_yuan(text, label=_("单价")))
    units = tuple(PRICED) if produce is None or produce.unit_kind == "g" else (produce.count_word,)
    unit = form.text("price_unit")
    if unit not in units:
        form.refuse("price", _("请选择单价按什么算：%(units)s", units="、".join(units)))
        return None
    return None if fen is None else fen * PRICED.get(unit, 1)


def _rate(form: typed.Form, rated: bool) -> str | None:
    if rated:
        return form.read("commission_rate", lambda text: read_percent(text, label=_("提成比例")))
    if form.text("commission_rate").strip():
        form.refuse("commission_rate", _("只有提成代销才填提成比例，请清空"))
    return None
