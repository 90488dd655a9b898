"""收货登记, the form: one delivery a page, or one after the other with the same produce, mode and price."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.cooperatives.produce import daybook, deliverers, intake
from shop.cooperatives.produce.mode_words import MODES
from shop.core import clock, pages
from shop.core.db import transaction
from shop.core.errors import Conflict, NotFound, Refused
from shop.core.form_keys import new_key
from shop.core.numbers import row_id
from shop.core.quantity import format_quantity
from shop.core.text import BadInput
from shop.office import intake_deliverer, intake_form, intake_listed
from shop.office.blueprint import bp
from shop.office.intake_form import Entry

KEPT = ("produce", "mode", "price", "price_unit", "unit", "grade", "received_on")


@bp.get("/<coop>/intake/new")
@guards.manager
def intake_new(coop: str) -> str:
    entry = intake_form.fresh(g.cooperative_id)
    if entry is not None:
        intake_listed.begin(entry)
    return _page(entry)


def _page(entry: Entry | None) -> str:
    if entry is None:
        return render_template("office/intake_none.html")
    today = clock.today()
    return render_template(
        "office/intake_new.html",
        entry=entry,
        form=entry.form,
        modes=MODES,
        grades=[(name, _(name)) for name in intake_form.GRADES],
        offered=entry.people[: intake_form.OFFERED],
        today=today,
        totals=daybook.totals(g.cooperative_id, today),
        asked_by_post=request.method == "POST",
        listed=intake_listed.row_of(entry),
        listed_words=intake_listed.spoken(entry),
        off_list=intake_listed.differs(entry),
    )


@bp.post("/<coop>/intake/new")
@guards.manager
def intake_save(coop: str) -> Response | str | tuple[str, int]:
    entry = intake_form.sent(g.cooperative_id)
    if entry is None:
        return _page(None), 422
    intake_deliverer.find(entry)
    if intake_form.searching():
        return _look_up(entry)
    earlier = daybook.by_request(g.cooperative_id, entry.key) if entry.key else None
    if earlier is None or entry.form.text("mode") == "consign_commission":
        intake_listed.settle(entry)
    delivery = intake_form.delivery_of(entry, g.cooperative_id, guards.me().id)
    if not entry.key:
        entry.key = new_key()
        entry.form.refuse("", _("页面信息不完整，请核对后再按一次保存"))
        return _page(entry), 422
    if delivery is None:
        return _page(entry), 422
    if earlier is not None:
        return _answered(entry, delivery, earlier)
    return _store(entry, delivery)


def _look_up(entry: Entry) -> str:
    """Find the household or go over to another produce; everything typed stays, nothing is stored."""
    act = request.form.get("act", "")
    if act.startswith("produce-"):
        wanted = row_id(act.removeprefix("produce-"))
        produce = next((row for row in entry.produces if row.id == wanted), None)
        if produce is None:
            raise NotFound(_("没有找到这种产品"))
        entry.produce = produce
        entry.form.values |= {
            "produce": str(produce.id), "unit": entry.units[0], "price": "", "price_unit": entry.price_units[0],
        }  # fmt: skip
        entry.listed = intake_form.listed_on(g.cooperative_id, produce.id, entry.form.text("received_on"))
    elif entry.form.text("q").strip() and not entry.candidates and entry.chosen is None:
        intake_form.check_party(entry)
    intake_listed.follow(entry)
    if entry.form.text("quantity").strip():
        price = intake_form.price_of(entry) if entry.form.text("price").strip() else None
        intake_form.note_echo(entry, intake_form.quantity_of(entry), price)
    return _page(entry)


def _answered(entry: Entry, delivery: intake.Delivery, earlier: Any) -> Response | tuple[str, int]:
    """This page has already made a receipt: the same delivery is answered with it, another one needs a page of its own."""
    same = all(
        getattr(delivery, name) == getattr(earlier, name)
        for name in ("produce_id", "household_id", "quantity", "mode", "price_fen", "received_on", "grade")
    )
    if same and (delivery.household_id is None) == (earlier.supplier_id is not None):
        pages.say(_("这一单已经登记过（%(number)s），没有重复记", number=earlier.number), "notice")
        return redirect(url_for("office.receipt", receipt_id=earlier.id), 303)
    entry.key = new_key()
    entry.form.refuse(
        "", _("这个页面已经登记过一单（%(number)s）。如果现在是另一单，请再按一次保存", number=earlier.number)
    )
    return _page(entry), 409


def _store(entry: Entry, delivery: intake.Delivery) -> Response | tuple[str, int]:
    try:
        with transaction():
            name = entry.form.text("supplier_new").strip()
            if name:
                delivery = replace(delivery, supplier_id=deliverers.supplier_named(g.cooperative_id, name))
            receipt_id = intake.record(delivery)
    except (Refused, Conflict, NotFound, BadInput) as refusal:
        entry.form.blame(refusal, intake_form.FIELDS)
        return _page(entry), 422
    if request.form.get("act") != "next":
        return redirect(url_for("office.receipt", receipt_id=receipt_id, fresh=1), 303)
    who = entry.chosen.name if entry.chosen else _("外部供货商")
    what = format_quantity(delivery.quantity, entry.produce.unit_kind, entry.produce.count_word)
    pages.say(
        _(
            "已登记：%(who)s，%(produce)s %(what)s。请记下一户",
            who=who,
            produce=entry.produce.name,
            what=what,
        ),
        link=(url_for("office.receipt", receipt_id=receipt_id), _("拍照、请对方确认")),
    )
    return redirect(url_for("office.intake_new", fresh=1, **_kept(entry)), 303)


def _kept(entry: Entry) -> dict[str, Any]:
    kept = {name: entry.form.text(name) for name in KEPT}
    if kept["received_on"] == clock.today().isoformat():
        del kept["received_on"]
    return kept
