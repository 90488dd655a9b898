"""一户: persons, categories, exclusions, industry, loans, membership, consents and every change, each by day; names masked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.accounts.registration import parse_phone
from shop.cooperatives.people import consents, lists, moving, register_homes, register_reading, reveals
from shop.cooperatives.people.eligibility import EXCLUSIONS
from shop.cooperatives.people.lists import CATEGORIES
from shop.cooperatives.people.register_facts import INDUSTRIES
from shop.cooperatives.people.register_steps import Step, open_from
from shop.cooperatives.people.register_words import ACTS, ALSO, FIELDS
from shop.cooperatives.people.registry import NewHousehold
from shop.core import clock, pages, typed
from shop.core.db import transaction
from shop.core.errors import Conflict, NotFound, Refused
from shop.core.form_keys import new_key
from shop.core.money import format_yuan
from shop.core.numbers import row_id
from shop.core.privacy import mask_name, mask_phone
from shop.core.text import BadInput
from shop.core.typed import Form
from shop.township import household_deeds
from shop.township.blueprint import bp
from shop.township.overview import region_name
from shop.township.period import day_asked

DEEDS = "<any(" + ", ".join(household_deeds.DEEDS) + "):deed>"


def _new_labels() -> dict[str, str]:
    return {
        "village": _("村"), "head": _("户主"), "others": _("其他人员"), "phone": _("电话"), "agricultural": _("户口"),
        "on": _("从哪天起"),
    }  # fmt: skip


@bp.get("/<region>/register/new")
@guards.staff
def household_new(region: str) -> str:
    form = Form(_new_labels(), {"on": clock.today().isoformat(), "agricultural": "yes"}, _NEEDED)
    return _new_page(form)


_NEEDED = frozenset({"village", "head", "agricultural", "on"})


def _new_page(form: Form) -> str:
    return render_template(
        "township/household_new.html",
        place=region_name(g.region_code),
        form=form,
        villages=[(row.id, row.name) for row in lists.villages(g.region_code)],
        request_key=new_key(),
    )


@bp.post("/<region>/register/new")
@guards.staff
def household_enter(region: str) -> Response | tuple[str, int]:
    form = typed.posted(_new_labels(), _NEEDED)
    village = row_id(form.text("village"))
    if village is None:
        form.refuse("village", _("请选择村"))
    if form.text("agricultural") not in ("yes", "no"):
        form.refuse("agricultural", _("请选择户口"))
    on = form.read("on", lambda text: typed.day(text, label=form.labels["on"]))
    phone = form.read("phone", parse_phone) if form.text("phone").strip() else None
    others = tuple(name for name in map(str.strip, form.text("others").splitlines()) if name)
    made = 0
    if not form.problems and on is not None and village is not None:
        new = NewHousehold(village, form.text("head"), phone, form.text("agricultural") == "yes", others, on)
        step = Step(g.region_code, guards.me().id, household_deeds.key_of("enter"), on)
        try:
            with transaction():
                made = register_homes.enter(step, new)
        except (Refused, NotFound, BadInput) as refusal:
            form.blame(refusal, {"head_name": "head", "persons": "others"})
    if not made:
        return _new_page(form), 422
    pages.say(_("这一户已登记，接着登记类别"))
    return redirect(url_for("township.household", household_id=made), 303)


@bp.get("/<region>/register/<int:household_id>")
@guards.staff
def household(region: str, household_id: int) -> str:
    return _page(household_id, {})


@bp.post(f"/<region>/register/<int:household_id>/{DEEDS}")
@guards.staff
def household_deed(region: str, household_id: int, deed: str) -> Response | tuple[str, int]:
    register_reading.head(household_id, g.region_code)
    form, on = household_deeds.sent(deed)
    status = 422
    if not form.problems and on is not None:
        status = _do(deed, household_id, household_deeds.step_of(deed, form, on), form)
    if status != 303:
        return _page(household_id, {deed: form}), status
    pages.say(_(household_deeds.DEEDS[deed].done))
    return redirect(url_for("township.household", household_id=household_id), 303)


def _do(deed: str, household_id: int, step: Step, form: Form) -> int:
    try:
        with transaction():
            household_deeds.DEEDS[deed].run(household_id, step, form)
    except Conflict as refusal:
        form.blame(refusal)
        return 409
    except (Refused, NotFound, BadInput) as refusal:
        form.blame(refusal, {"head_name": "name"})
        return 422
    return 303


@bp.post("/<region>/register/<int:household_id>/reveal")
@guards.staff
def household_reveal(region: str, household_id: int) -> str | tuple[str, int]:
    """Full names and telephone of one household, once, for a reason that is kept."""
    register_reading.head(household_id, g.region_code)
    form = typed.posted({"reveal_why": _("为什么要看")}, {"reveal_why"})
    try:
        with transaction():
            reveals.reveal(g.region_code, [household_id], form.text("reveal_why"), guards.me().id)
    except (Refused, BadInput) as refusal:
        form.blame(refusal, {"why": "reveal_why", "": "reveal_why"})
        return _page(household_id, {"reveal": form}), 422
    return _page(household_id, {}, revealed=True)


@bp.get("/<region>/register/reveals")
@guards.staff
def register_reveals(region: str) -> str:
    """Who looked at full names, when and why: for the approver and the county."""
    size, number = 50, pages.page_number()
    rows = reveals.of_region(g.region_code, size + 1, (number - 1) * size)
    return render_template(
        "township/reveals.html",
        place=region_name(region),
        page=pages.Page(rows[:size], number, size, more=len(rows) > size),
    )


def _page(household_id: int, forms: dict[str, Form], *, revealed: bool = False) -> str:
    """`forms` holds the one that was sent and refused."""
    house = register_reading.head(household_id, g.region_code)
    day = day_asked("day", clock.today())
    facts = register_reading.facts(household_id)
    persons = register_reading.persons(household_id, facts["exclusion"], day)
    shown = {one.id: one.name if revealed else mask_name(one.name) for one in persons}
    refused = next(iter(forms), "")
    first = open_from(clock.today())
    all_forms = {name: forms.get(name) or household_deeds.empty(name) for name in household_deeds.DEEDS}
    reveal_form = forms.get("reveal") or Form({"reveal_why": _("为什么要看")}, {}, frozenset({"reveal_why"}))
    return render_template(
        "township/household.html",
        place=region_name(g.region_code),
        house=house,
        head=house.head_name if revealed else mask_name(house.head_name),
        phone=house.phone and (house.phone if revealed else mask_phone(house.phone)),
        revealed=revealed,
        day=day,
        verdict=register_reading.verdict(house, persons, day),
        persons=persons,
        shown=shown,
        facts=facts,
        members=register_reading.memberships(household_id),
        consents=consents.history(household_id),
        history=[_told(row, shown) for row in register_reading.history(household_id)],
        reveals=reveals.of_household(household_id),
        forms=all_forms,
        reveal_form=reveal_form,
        refused=refused,
        row=request.form.get("row", "") if refused else "",
        words={"category": CATEGORIES, "exclusion": EXCLUSIONS, "link": INDUSTRIES},
        open_from=first,
        gone=house.left_on is not None and house.left_on < clock.today(),
        able_open=house.industry_able_on is not None
        and max(house.industry_able_on, house.entered_on or date.min) >= first,
        request_key=new_key(),
    )


def _told(row: Any, shown: Mapping[int, str]) -> dict[str, Any]:
    """A line of the history in words; persons by their masked names."""
    return {
        "at": row.at,
        "what": _(ACTS.get(row.act) or ALSO.get(row.act) or row.act),
        "who": row.who or _("系统"),
        "before": _said(row.before, shown),
        "after": _said(row.after, shown),
    }


def _said(values: Mapping[str, Any] | None, shown: Mapping[int, str]) -> list[tuple[str, str]]:
    return [
        (_(FIELDS[name]), _value(name, value, shown))
        for name, value in (values or {}).items()
        if name in FIELDS and value not in (None, "")
    ]


def _value(name: str, value: Any, shown: Mapping[int, str]) -> str:
    codes = {"category": CATEGORIES, "exclusion": EXCLUSIONS, "industry": INDUSTRIES}.get(name)
    if codes is not None:
        return _(codes[value]) if value in codes else str(value)
    if name == "move":
        return _(moving.KINDS[value]) if value in moving.KINDS else str(value)
    if name == "fen":
        return format_yuan(int(value))
    if name == "person":
        return shown.get(int(value), "—")
    return str(value)
