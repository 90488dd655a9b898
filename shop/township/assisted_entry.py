"""登记帮扶销售: a sale on the phone in under a minute, with the picture of its receipt."""

from __future__ import annotations

from dataclasses import replace

from flask import g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.assisted import contacts, selling
from shop.assisted.alike import ProbablyKnown
from shop.core import pages, pictures
from shop.core.errors import Conflict, NotFound, Refused
from shop.core.money import format_yuan
from shop.core.text import BadInput
from shop.orders.attempts import retried
from shop.township import assisted_form
from shop.township.assisted_form import Entry
from shop.township.blueprint import bp
from shop.township.overview import region_name

DRAFT = "assisted"


@bp.get("/<region>/assisted/new")
@guards.staff
def assisted_new(region: str) -> str:
    return _page(region, assisted_form.fresh(g.region_code))


@bp.post("/<region>/assisted/new")
@guards.staff
def assisted_enter(region: str) -> Response | tuple[str, int]:
    entry = assisted_form.sent(g.region_code)
    sale = assisted_form.read(entry, g.region_code, guards.me().id)
    paper = None
    try:
        paper = pictures.sent(request.files.get("picture"))
    except Refused as refusal:
        entry.form.blame(refusal)
    if sale is None or entry.form.problems:
        return _page(region, entry), 422
    try:
        made = retried(lambda: _enter(sale, [paper] if paper else []))
    except ProbablyKnown as known:
        entry.alike = known.rows
        entry.form.blame(known)
        return _page(region, entry), 422
    except (Refused, NotFound, Conflict, BadInput) as refusal:
        entry.form.blame(refusal, assisted_form.FIELDS)
        return _page(region, entry), 422
    if made.fresh:
        pages.say(_("已登记 %(fen)s，请另一位同事核实凭证", fen=format_yuan(sale.fen)))
    else:
        pages.say(_("这一笔刚才已经登记过，没有重复登记"), "notice")
    return redirect(url_for("township.assisted_sale", assisted_id=made.order_id), 303)


def _enter(sale: selling.Sale, papers: list[pictures.Paper]) -> selling.Entered:
    contact_id = contacts.known_or_new(sale.region_code, sale.buyer, sale.by)
    return selling.enter(replace(sale, contact_id=contact_id), papers)


def _page(region: str, entry: Entry) -> str:
    return render_template(
        "township/assisted_new.html",
        place=region_name(region),
        entry=entry,
        form=entry.form,
        names=contacts.names(g.region_code),
        ways=selling.PAID,
        units=assisted_form.UNITS,
        priced=assisted_form.priced(),
        accepted=pictures.ACCEPTED,
    )
