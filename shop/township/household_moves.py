"""人员变动: somebody of a household marries, splits off, comes back, leaves the town or dies; and a mistake taken back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from flask import g, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.cooperatives.people import moves_reading, moving, register_reading
from shop.cooperatives.people.moving import Move
from shop.cooperatives.people.register_steps import MOST_WHY, Step, open_from
from shop.core import clock, pages, typed
from shop.core.db import transaction
from shop.core.errors import Conflict, NotFound, Refused
from shop.core.form_keys import new_key
from shop.core.numbers import row_id
from shop.core.privacy import mask_name
from shop.core.text import BadInput, clean_line
from shop.core.typed import Form
from shop.payments import left_behind
from shop.township.blueprint import bp
from shop.township.household_deeds import key_of
from shop.township.overview import region_name

_NEEDED = frozenset({"person", "kind", "on", "evidence"})
_PAGE = "/<region>/register/<int:household_id>/moves"


def _labels() -> dict[str, str]:
    return {
        "person": _("谁"), "kind": _("去向"), "to": _("去哪一户（户编号）"), "on": _("从哪天起"), "evidence": _("凭据"),
    }  # fmt: skip


def _undo_labels() -> dict[str, str]:
    return {"move": _("哪一次"), "why": _("为什么撤销")}


@bp.get(_PAGE)
@guards.staff
def household_moves(region: str, household_id: int) -> str:
    return _page(household_id)


@bp.post(_PAGE)
@guards.staff
def household_move(region: str, household_id: int) -> Response | tuple[str, int]:
    register_reading.head(household_id, g.region_code)
    form = typed.posted(_labels(), _NEEDED)
    person = row_id(form.text("person"))
    if person is None:
        form.refuse("person", _("请选择%(what)s", what=form.labels["person"]))
    kind = form.text("kind")
    if kind not in moving.KINDS:
        form.refuse("kind", _("请选择去向"))
    elif kind not in moving.ENDING and not form.text("to").strip():
        form.refuse("to", _("请填写去哪一户的编号"))
    elif kind in moving.ENDING and form.text("to").strip():
        form.refuse("to", _("迁出和去世不写户编号，请清空，或改选去向"))
    on = form.read("on", lambda text: typed.day(text, label=form.labels["on"]))
    form.read(
        "evidence",
        lambda text: clean_line(text, label=form.labels["evidence"], max_length=moving.MOST_EVIDENCE),
    )
    status = 422
    if not form.problems and person is not None and on is not None:
        asked = Move(person, kind, form.text("to"), form.text("evidence"))
        status = _do(form, lambda: moving.move(household_id, _step("move", on), asked))
    if status != 303:
        return _page(household_id, form=form), status
    pages.say(_("人员变动已登记，以前的日子里他还在这一户"))
    return redirect(url_for("township.household_moves", household_id=household_id), 303)


@bp.post(f"{_PAGE}/undo")
@guards.staff
def household_move_undo(region: str, household_id: int) -> Response | tuple[str, int]:
    register_reading.head(household_id, g.region_code)
    form = typed.posted(_undo_labels(), {"move", "why"})
    move_id = row_id(form.text("move")) or 0
    form.read("why", lambda text: clean_line(text, label=form.labels["why"], max_length=MOST_WHY))
    status = 422
    if not form.problems:
        step = _step("undo", clock.today(), form.text("why"))
        status = _do(form, lambda: moving.undo(household_id, step, move_id))
    if status != 303:
        return _page(household_id, undo_form=form), status
    pages.say(_("已撤销，他从那天起一直在原来的户里"))
    return redirect(url_for("township.household_moves", household_id=household_id), 303)


def _step(name: str, on: date, why: str = "") -> Step:
    return Step(g.region_code, guards.me().id, key_of(name), on, why)


def _do(form: Form, deed: Callable[[], object]) -> int:
    try:
        with transaction():
            deed()
    except Conflict as refusal:
        form.blame(refusal)
        return 409
    except (Refused, NotFound, BadInput) as refusal:
        form.blame(refusal)
        return 422
    return 303


def _page(household_id: int, form: Form | None = None, undo_form: Form | None = None) -> str:
    """Either form is the one that was sent and refused."""
    today = clock.today()
    house = register_reading.head(household_id, g.region_code)
    persons = register_reading.persons(household_id, [], today)
    members = [
        row
        for row in register_reading.memberships(household_id)
        if row.left_on is None or row.left_on >= today
    ]
    fresh = Form(_labels(), {"on": today.isoformat()}, _NEEDED)
    return render_template(
        "township/household_moves.html",
        place=region_name(g.region_code),
        house=house,
        head=mask_name(house.head_name),
        mask_name=mask_name,
        who=[(one.id, _choice(one)) for one in persons if not one.never],
        headless=not any(one.is_head and one.present for one in persons),
        empty=not any(one.present for one in persons),
        members={row.cooperative_id: row for row in members},
        left=left_behind.of_household(household_id, [row.cooperative_id for row in members]),
        moves=moves_reading.of_household(household_id),
        kinds=moving.KINDS,
        form=form or fresh,
        undo_form=undo_form or Form(_undo_labels(), {}, frozenset({"move", "why"})),
        gone=house.left_on is not None and house.left_on < today,
        open_from=open_from(today),
        request_key=new_key(),
    )


def _choice(one: register_reading.PersonLine) -> str:
    """His masked name, and what to know before choosing him."""
    name = mask_name(one.name)
    if not one.present:
        return str(_("%(name)s（已离开）", name=name))
    return str(_("%(name)s（户主）", name=name)) if one.is_head else name
