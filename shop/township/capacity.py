"""土地和蜂箱: what a household can grow, entered by staff; 异常 then judges deliveries by it instead of by the others."""

from __future__ import annotations

from flask import g, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.audit.odd_rules import LIMITS
from shop.cooperatives.people import capacity
from shop.core import clock, pages, typed
from shop.core.db import transaction
from shop.core.errors import Refused
from shop.core.privacy import mask_name
from shop.core.typed import Form
from shop.township.blueprint import bp
from shop.township.overview import region_name

REQUIRED = frozenset({"kind", "amount", "valid_from"})


def labels() -> dict[str, str]:
    return {"kind": _("什么"), "amount": _("数量"), "valid_from": _("从哪一天起")}


@bp.get("/<region>/odd/capacity/<code>")
@guards.staff
def odd_capacity(region: str, code: str) -> str:
    year_start = clock.today().replace(month=1, day=1).isoformat()
    return _page(code, Form(labels(), {"kind": "land_mu", "valid_from": year_start}, REQUIRED))


def _page(code: str, form: Form) -> str:
    household = capacity.household_of(code, g.region_code)
    return render_template(
        "township/capacity.html",
        place=region_name(g.region_code),
        household=household,
        head=mask_name(household.head_name),
        rows=capacity.entered(household.id),
        kinds=capacity.KINDS,
        shown=capacity.shown,
        limits=LIMITS,
        form=form,
    )


@bp.post("/<region>/odd/capacity/<code>")
@guards.staff
def odd_capacity_save(region: str, code: str) -> Response | tuple[str, int]:
    household = capacity.household_of(code, g.region_code)
    form = typed.posted(labels(), REQUIRED)
    kind = form.text("kind")
    amount = form.read("amount", lambda text: capacity.parse(kind, text, label=_("数量")))
    day = form.read("valid_from", lambda text: typed.day(text, label=_("从哪一天起")))
    if amount is None or day is None:
        return _page(code, form), 422
    try:
        with transaction():
            capacity.enter(household.id, kind, amount, day, guards.me().id)
    except Refused as refusal:
        form.blame(refusal)
        return _page(code, form), 422
    pages.say(_("已记下"))
    return redirect(url_for("township.odd_capacity", code=code), 303)
