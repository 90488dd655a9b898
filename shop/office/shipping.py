"""发货: one order a card, taken from its lots, sent with company and number; and what is already on its way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.aftersale import moves, queries
from shop.core import activity, clock, pages, typed
from shop.core.db import transaction
from shop.core.errors import Conflict, Refused
from shop.core.numbers import row_id
from shop.office import packing_form
from shop.office.blueprint import bp
from shop.orders import express, fulfilment, gift_parcels, invoices, pasted_waybills, picking, states, work
from shop.payments.queries import refunds_of_part

SIZE = 10
LIST_SIZE = 30


@bp.get("/<coop>/shipping")
@guards.manager
def shipping(coop: str) -> str | Response:
    page = _jobs()
    if page.number > 1 and not page.items:
        return redirect(url_for("office.shipping"), 303)  # the last parcel of the last page has just gone
    return _page(page)


def _jobs() -> pages.Page[work.Job]:
    return work.jobs(g.cooperative_id, states.TO_SHIP, pages.page_number(), SIZE)


def _page(page: pages.Page[work.Job], form: typed.Form | None = None, suborder_id: int | None = None) -> str:
    """The cards to ship; where one was refused, with what was typed there."""
    return render_template(
        "office/shipping.html",
        page=page,
        takes=_takes(page.items),
        companies=companies(),
        form=form,
        wrong=suborder_id,
        blank=typed.Form(labels(), {}, frozenset({"company", "number"})),
    )


def labels() -> dict[str, str]:
    return {"company": _("快递公司"), "number": _("快递单号")}


def door_labels() -> dict[str, str]:
    return {"amount": _("收到现金"), "received_on": _("收款日期"), "reason": _("没有收货的原因")}


def companies() -> list[tuple[str, str]]:
    return [(company.code, _(company.name)) for company in express.COMPANIES]


def _takes(jobs: Sequence[work.Job]) -> dict[int, list[picking.Take]]:
    return picking.takes([line.id for job in jobs for line in job.part.lines])


@bp.get("/<coop>/shipping/shipped")
@guards.manager
def shipped(coop: str) -> str:
    which = states.RECEIVED if request.args.get("which") == states.RECEIVED else states.SHIPPED
    page = work.jobs(g.cooperative_id, which, pages.page_number(), LIST_SIZE)
    return render_template("office/shipped.html", page=page, which=which)


@bp.get("/<coop>/shipping/<int:suborder_id>")
@guards.manager
def parcel(coop: str, suborder_id: int) -> str:
    return parcel_page(suborder_id)


def bill_labels() -> dict[str, str]:
    return {"invoice_number": _("发票号码"), "issued_on": _("开票日期")}


def parcel_page(
    suborder_id: int,
    *,
    revealed: bool = False,
    form: typed.Form | None = None,
    bill: typed.Form | None = None,
    handed: typed.Form | None = None,
    bill_form: typed.Form | None = None,
    wrong_parcel: int | None = None,
) -> str:
    job, steps = work.job(picking.number_of(suborder_id, g.cooperative_id), g.cooperative_id)
    return render_template(
        "office/parcel.html",
        job=job,
        steps=steps,
        takes=_takes([job]),
        companies=companies(),
        revealed=revealed,
        refunds=refunds_of_part(suborder_id),
        requests=queries.of_part(suborder_id),
        moves=moves,
        asked=invoices.wanted(suborder_id, g.cooperative_id),
        bill=bill
        or typed.Form(bill_labels(), {"issued_on": clock.today().isoformat()}, frozenset(bill_labels())),
        form=form or typed.Form(labels(), {}, frozenset({"company", "number"})),
        handed=handed
        or typed.Form(door_labels(), {"received_on": clock.today().isoformat()}, frozenset(door_labels())),
        bill_form=bill_form,
        wrong_parcel=wrong_parcel,
    )


@bp.post("/<coop>/shipping/<int:suborder_id>/address")
@guards.manager
def reveal(coop: str, suborder_id: int) -> str:
    """Show name, phone and address of one parcel; who looked, and when, is kept."""
    number = picking.number_of(suborder_id, g.cooperative_id)
    with transaction():
        activity.record(
            "suborder.address_shown",
            "suborder",
            suborder_id,
            cooperative_id=g.cooperative_id,
            after={"number": number},
        )
    if request.headers.get("HX-Request"):
        job, _steps = work.job(number, g.cooperative_id)
        return render_template("office/_address.html", job=job, revealed=True)
    return parcel_page(suborder_id, revealed=True)


@bp.post("/<coop>/shipping/<int:suborder_id>")
@guards.manager
def dispatch(coop: str, suborder_id: int) -> Response | tuple[str, int]:
    number = picking.number_of(suborder_id, g.cooperative_id)
    if gift_parcels.recipients(suborder_id):
        return redirect(url_for("office.gift_boxes", suborder_id=suborder_id), 303)
    job, _steps = work.job(number, g.cooperative_id)
    form, goods = packing_form.posted(job, _takes([job]), labels())
    read_bill(form)
    if form.problems:
        return _again(form, suborder_id), 422
    try:
        with transaction():
            done = fulfilment.ship(
                suborder_id, g.cooperative_id, form.text("company"), form.text("number"), guards.me().id,
                goods=goods, parcel=row_id(request.form.get("parcel")),
            )  # fmt: skip
    except Refused as refusal:
        form.blame(refusal)
        return _again(form, suborder_id), 422
    except Conflict as conflict:
        pages.say(conflict.message, "error")
        return redirect(url_for("office.parcel", suborder_id=suborder_id), 303)
    _told(form, done)
    if request.form.get("back") == "parcel":
        return redirect(url_for("office.parcel", suborder_id=suborder_id), 303)
    return redirect(url_for("office.shipping", page=request.args.get("page")), 303)


def read_bill(form: typed.Form) -> None:
    """A company pasted together with its number counts as chosen; two that differ are said beside the field."""
    try:
        company, number = pasted_waybills.complete(form.text("company"), form.text("number"))
    except Refused as refusal:
        form.blame(refusal)
    else:
        form.values |= {"company": company, "number": number}


def _again(form: typed.Form, suborder_id: int) -> str:
    if request.form.get("back") == "parcel":
        return parcel_page(suborder_id, form=form)
    return _page(_jobs(), form, suborder_id)


def _told(form: typed.Form, done: fulfilment.Shipped) -> None:
    company, number = express.name_of(form.text("company")), form.text("number").strip()
    sent: dict[str, Any] = {"company": _(company), "number": number}
    if not done.fresh:
        pages.say(_("这一单刚才已经发过了，没有重复发"), "notice")
    elif done.unusual:
        pages.say(
            _("已发货。单号 %(number)s 和%(company)s平常的样子不一样，请再对一眼面单", **sent), "notice"
        )
    elif done.rest:
        pages.say(_("已发出一个包裹：%(company)s %(number)s。没装的还在待发货", **sent))
    else:
        pages.say(_("已发货：%(company)s %(number)s", **sent))
