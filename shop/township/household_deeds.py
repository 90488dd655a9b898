"""The forms on a household's page: what each asks, how it is read, which deed it does."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from flask import g, request
from flask_babel import gettext as _

from shop.accounts import guards
from shop.accounts.registration import parse_phone
from shop.cooperatives.people import register_facts, register_homes
from shop.cooperatives.people.register_steps import MOST_WHY, Step
from shop.core import clock, typed
from shop.core.form_keys import sent_key
from shop.core.money import parse_yuan
from shop.core.numbers import row_id
from shop.core.text import N_, clean_line
from shop.core.typed import Form

# field → its label
LABELS = {
    "on": N_("从哪天起"), "why": N_("原因"), "name": N_("姓名"), "person": N_("人员"), "phone": N_("电话"),
    "category": N_("类别"), "exclusion": N_("不能入社的原因"), "industry": N_("产业"), "evidence": N_("凭据"),
    "fen": N_("金额（元）"), "row": N_("哪一条"),
}  # fmt: skip
Run = Callable[[int, Step, Form], object]


@dataclass(frozen=True)
class Deed:
    """`fields` in the order of the form; `row` marks one that acts on an entry of a list; `done` is said afterwards."""

    fields: tuple[str, ...]
    run: Run
    done: str
    optional: frozenset[str] = frozenset()


def _row(form: Form, name: str = "row") -> int:
    return row_id(form.text(name)) or 0


def _phone(form: Form) -> str | None:
    return form.values.get("_phone") or None


DEEDS: Mapping[str, Deed] = {
    "person": Deed(
        ("name", "on"),
        lambda home, step, form: register_homes.add_person(home, step, form.text("name")),
        N_("人员已添加"),
    ),
    "leave": Deed(
        ("person", "on", "why"),
        lambda home, step, form: register_homes.person_leaves(home, step, _row(form, "person")),
        N_("已登记离开，以前的日子里他还在这一户"),
    ),
    "head": Deed(
        ("person", "on"),
        lambda home, step, form: register_homes.change_head(home, step, _row(form, "person")),
        N_("户主已更换；同意公开姓名要由新户主重新办理"),
    ),
    "phone": Deed(
        ("phone",),
        lambda home, step, form: register_homes.change_phone(home, step, _phone(form)),
        N_("电话已改"),
        frozenset({"phone"}),
    ),
    "category": Deed(
        ("category", "on"),
        lambda home, step, form: register_facts.give_category(home, step, form.text("category")),
        N_("类别已登记"),
    ),
    "end_category": Deed(
        ("row", "on", "why"),
        lambda home, step, form: register_facts.end_category(home, step, _row(form)),
        N_("类别已结束"),
    ),
    "exclusion": Deed(
        ("person", "exclusion", "on"),
        lambda home, step, form: register_facts.exclude(home, step, _row(form, "person"), form.text("exclusion")),
        N_("已登记不能入社的原因"),
    ),
    "end_exclusion": Deed(
        ("row", "on", "why"),
        lambda home, step, form: register_facts.end_exclusion(home, step, _row(form)),
        N_("已结束，从这天起可以入社"),
    ),
    "link": Deed(
        ("industry", "evidence", "on"),
        lambda home, step, form: register_facts.link(home, step, form.text("industry"), form.text("evidence")),
        N_("产业带动已登记"),
    ),
    "end_link": Deed(
        ("row", "on", "why"),
        lambda home, step, form: register_facts.end_link(home, step, _row(form)),
        N_("产业带动已结束"),
    ),
    "able": Deed(
        ("on",),
        lambda home, step, form: register_homes.assess_able(home, step),
        N_("已认定有条件发展产业"),
    ),
    "unable": Deed(
        ("why",),
        lambda home, step, form: register_homes.take_back_able(home, step),
        N_("产业认定已撤销"),
    ),
    "loan": Deed(
        ("fen", "on"),
        lambda home, step, form: register_facts.lend(home, step, int(form.values.get("_fen") or 0)),
        N_("贷款已登记"),
    ),
    "unlend": Deed(
        ("row", "on", "why"),
        lambda home, step, form: register_facts.withdraw_loan(home, step, _row(form)),
        N_("这一笔贷款不再计入"),
    ),
    "close": Deed(
        ("on", "why"),
        lambda home, step, form: register_homes.close(home, step),
        N_("这一户已注销"),
    ),
}  # fmt: skip


def empty(name: str) -> Form:
    """The form before anything was typed: today, where it asks for a day."""
    deed = DEEDS[name]
    values = {"on": clock.today().isoformat()} if "on" in deed.fields else {}
    return Form(_labels(name), values, frozenset(deed.fields) - deed.optional)


def sent(name: str) -> tuple[Form, date | None]:
    """The form as it was posted, its values read; and the day from which the deed counts."""
    deed = DEEDS[name]
    form = typed.posted(_labels(name), frozenset(deed.fields) - deed.optional)
    on: date | None = clock.today()
    if "on" in deed.fields:
        on = form.read("on", lambda text: typed.day(text, label=form.labels["on"]))
    if "fen" in deed.fields:
        fen = form.read("fen", lambda text: parse_yuan(text, label=form.labels["fen"]))
        form.values["_fen"] = str(fen or 0)
    if "why" in deed.fields:
        form.read("why", lambda text: clean_line(text, label=form.labels["why"], max_length=MOST_WHY))
    if "evidence" in deed.fields:
        form.read("evidence", lambda text: clean_line(text, label=form.labels["evidence"], max_length=100))
    if form.text("phone").strip():
        form.values["_phone"] = form.read("phone", parse_phone) or ""
    for field in ("person", "row"):
        if field in deed.fields and row_id(form.text(field)) is None:
            form.refuse(field, _("请选择%(what)s", what=form.labels[field]))
    return form, on


def step_of(name: str, form: Form, on: date) -> Step:
    """The key counts for what was typed: the same form with something else in it is another request."""
    return Step(g.region_code, guards.me().id, key_of(name), on, form.text("why"))


def key_of(name: str) -> str:
    """'' where the page's own key is missing."""
    key = sent_key()
    if not key:
        return ""
    parts = [name, request.path, key]
    for field, value in sorted(request.form.items(multi=True)):
        if field not in ("csrf_token", "request_key"):
            parts += [field, value]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def _labels(name: str) -> dict[str, str]:
    return {field: _(LABELS[field]) for field in DEEDS[name].fields}
