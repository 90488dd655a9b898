"""登记一笔: what a clerk enters for a household with its evidence, and taking it back with a reason."""

from __future__ import annotations

from datetime import date
from typing import cast

from flask import g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.cooperatives.income import income_entering, income_entries
from shop.cooperatives.income.income_entering import Draft
from shop.cooperatives.income.income_words import CLASSES
from shop.core import clock, pages, pictures, typed
from shop.core.db import transaction
from shop.core.errors import Conflict, Refused, said
from shop.core.form_keys import new_key, sent_key
from shop.core.money import parse_yuan
from shop.core.numbers import row_id
from shop.core.privacy import mask_name
from shop.core.text import BadInput, clean_line
from shop.core.typed import Form
from shop.township import income_rows
from shop.township.blueprint import bp
from shop.township.overview import region_name

REQUIRED = frozenset({"source", "amount", "on_date", "evidence"})


def labels() -> dict[str, str]:
    return {
        "source": _("类别和来源"), "amount": _("金额"), "on_date": _("日期"), "person": _("是谁的"), "evidence": _("凭据"),
        "picture": _("照片或 PDF"),
    }  # fmt: skip


@bp.get("/<region>/income/households/<int:household_id>/new")
@guards.staff
def income_new(region: str, household_id: int) -> str:
    form = Form(labels(), {"on_date": clock.today().isoformat()}, REQUIRED)
    return _page(household_id, form, new_key())


def _page(household_id: int, form: Form, key: str) -> str:
    home = income_entries.household(household_id, g.region_code)
    choices: dict[str, list[tuple[str, str]]] = {name: [] for name in CLASSES}
    for row in income_entries.by_hand():
        choices[row.income_class].append((row.code, _(row.name)))
    return render_template(
        "township/income_new.html",
        place=region_name(g.region_code),
        home=home,
        head=mask_name(home.head_name),
        form=form,
        key=key,
        choices=[(_(CLASSES[name]), found) for name, found in choices.items()],
        persons=[(str(row.id), mask_name(row.name)) for row in income_entries.persons(household_id)],
        accepted=pictures.ACCEPTED,
        today=clock.today(),
    )


@bp.post("/<region>/income/households/<int:household_id>/new")
@guards.staff
def income_enter(region: str, household_id: int) -> Response | tuple[str, int]:
    income_entries.household(household_id, g.region_code)
    form = typed.posted(labels(), REQUIRED)
    key = sent_key()
    if not key:
        key = new_key()
        form.refuse("", _("页面信息不完整，请核对后再按一次保存"))
    draft = _draft(household_id, form, key)
    paper = _picture(form)
    if draft is None or form.problems:
        return _page(household_id, form, key), 422
    try:
        with transaction():
            entry_id = income_entering.record(draft, g.region_code, guards.me().id, paper)
    except Conflict as refusal:
        form.blame(refusal)
        return _page(household_id, form, new_key()), 409
    except (Refused, BadInput) as refusal:
        form.blame(refusal)
        return _page(household_id, form, key), 422
    pages.say(_("已登记"))
    return redirect(url_for("township.income_entry", entry_id=entry_id), 303)


def _draft(household_id: int, form: Form, key: str) -> Draft | None:
    source = form.text("source")
    if not source:
        form.refuse("source", _("请选择来源"))
    fen = form.read("amount", lambda text: parse_yuan(text, label=_("金额")))
    on_date = form.read("on_date", lambda text: typed.day(text, label=_("日期")))
    evidence = form.read("evidence", lambda text: clean_line(text, label=_("凭据"), max_length=200))
    person = row_id(form.text("person"))
    if form.text("person") and person is None:
        form.refuse("person", _("这个人不在这一户，请重新选择"))
    if form.problems:
        return None
    return Draft(household_id, source, cast(date, on_date), fen or 0, evidence or "", key, person)


def _picture(form: Form) -> pictures.Paper | None:
    try:
        return pictures.sent(request.files.get("picture"))
    except Refused as refusal:
        form.blame(refusal)
        return None


@bp.get("/<region>/income/entries/<int:entry_id>")
@guards.staff
def income_entry(region: str, entry_id: int) -> str:
    return _entry_page(entry_id, Form({"reason": _("冲销原因")}, {}, frozenset({"reason"})), new_key())


def _entry_page(entry_id: int, form: Form, key: str) -> str:
    row = income_entries.entry(entry_id, g.region_code)
    made = row.HouseholdIncomeEntry
    return render_template(
        "township/income_entry.html",
        place=region_name(g.region_code),
        row=row,
        made=made,
        head=mask_name(row.head_name),
        person=mask_name(row.person) if row.person else "",
        class_words=CLASSES[made.income_class],
        names=income_rows.names([made.entered_by, row.undone_by]),
        form=form,
        key=key,
    )


@bp.get("/<region>/income/entries/<int:entry_id>/paper")
@guards.staff
def income_evidence(region: str, entry_id: int) -> Response:
    """The picture or PDF that proves it."""
    attachment_id, paper = income_entries.paper(entry_id, g.region_code)
    return pictures.shown(paper, attachment_id)


@bp.post("/<region>/income/entries/<int:entry_id>/reverse")
@guards.staff
def income_reverse(region: str, entry_id: int) -> Response | tuple[str, int]:
    form = typed.posted({"reason": _("冲销原因")}, {"reason"})
    key = sent_key() or new_key()
    try:
        with transaction():
            income_entries.reverse(entry_id, g.region_code, form.text("reason"), key, guards.me().id)
    except (Refused, Conflict, BadInput) as refusal:
        form.refuse("reason" if isinstance(refusal, BadInput) else "", said(refusal))
        return _entry_page(entry_id, form, key), 409 if isinstance(refusal, Conflict) else 422
    pages.say(_("已冲销，两笔都留在台账里"))
    return redirect(url_for("township.income_entry", entry_id=entry_id), 303)
