"""退社、撤回、更换户主、分户: the changes of one member, each once and never on an older state than the newest."""

from __future__ import annotations

from datetime import date
from typing import cast

from flask import g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.cooperatives.income import membership, roster, splitting
from shop.cooperatives.income.membership import Notice
from shop.cooperatives.ledger.accounts import title
from shop.cooperatives.people import eligibility, member_events, succession
from shop.cooperatives.people.member_events import Resolved
from shop.core import clock, pages, typed
from shop.core.money import parse_yuan
from shop.core.numbers import row_id
from shop.core.typed import Form
from shop.office import member_forms
from shop.office.blueprint import bp

NEW_NAME = "new"


def leave_labels() -> dict[str, str]:
    return {"reason": _("退社原因"), "noticed_on": _("收到书面申请的日期")} | member_forms.decided()


def head_labels() -> dict[str, str]:
    return {"person": _("新户主"), "name": _("新户主姓名"), "on": _("从哪天起")} | member_forms.decided()


def split_labels() -> dict[str, str]:
    return {
        "persons": _("分出去的人"), "head": _("新户的户主"), "on": _("分户日期"), "joins": _("新户也入社"),
        "fen": _("划给新户的股金"),
    } | member_forms.decided()  # fmt: skip


def _page(template: str, member_id: int, form: Form) -> str:
    today = clock.today()
    who = roster.head(member_id, g.cooperative_id)
    return render_template(
        f"office/{template}.html",
        who=who,
        live=who.left_on is None or who.left_on >= today,
        persons=eligibility.persons_of([who.household_id], today).get(who.household_id, []),
        exclusions=eligibility.EXCLUSIONS,
        balances=roster.balances(member_id, g.cooperative_id),
        account_title=title,
        reasons=member_events.REASONS,
        form=form,
        **member_forms.hidden(member_id),
    )


def _back(member_id: int) -> Response:
    return redirect(url_for("office.member", member_id=member_id), 303)


@bp.get("/<coop>/members/<int:member_id>/leave")
@guards.manager
def member_leave(coop: str, member_id: int) -> str:
    form = member_forms.fresh(leave_labels(), ("reason", "noticed_on"), noticed_on=member_forms.today())
    return _page("member_leave", member_id, form)


@bp.post("/<coop>/members/<int:member_id>/leave")
@guards.manager
def member_leave_save(coop: str, member_id: int) -> Response | tuple[str, int]:
    roster.head(member_id, g.cooperative_id)
    form = typed.posted(leave_labels(), {"reason", "noticed_on"})
    reason = form.text("reason")
    if reason not in member_events.REASONS:
        form.refuse("reason", _("请选择退社原因"))
    noticed_on = member_forms.day(form, "noticed_on")
    resolved = member_forms.resolved(form)
    asked = member_forms.request_of(form)

    def deed() -> None:
        membership.leave(member_id, g.cooperative_id, Notice(reason, cast(date, noticed_on), resolved), asked)

    status = member_forms.attempt(form, deed)
    if status != 303:
        return _page("member_leave", member_id, form), status
    left_on = roster.head(member_id, g.cooperative_id).left_on
    pages.say(_("退社已登记，成员资格到 %(day)s 终止", day=left_on.isoformat() if left_on else ""))
    return _back(member_id)


@bp.post("/<coop>/members/<int:member_id>/stay")
@guards.manager
def member_stay(coop: str, member_id: int) -> Response | tuple[str, int]:
    roster.head(member_id, g.cooperative_id)
    form = Form({}, {})
    asked = member_forms.request_of(form)
    status = member_forms.attempt(
        form, lambda: membership.stay(member_id, g.cooperative_id, Resolved(), asked)
    )
    if status != 303:
        return _page("member_leave", member_id, Form(leave_labels(), {}, problems=form.problems)), status
    pages.say(_("退社已撤回"))
    return _back(member_id)


@bp.get("/<coop>/members/<int:member_id>/head")
@guards.manager
def member_head(coop: str, member_id: int) -> str:
    form = member_forms.fresh(head_labels(), ("person", "on"), on=member_forms.today())
    return _page("member_head", member_id, form)


@bp.post("/<coop>/members/<int:member_id>/head")
@guards.manager
def member_head_save(coop: str, member_id: int) -> Response | tuple[str, int]:
    roster.head(member_id, g.cooperative_id)
    form = typed.posted(head_labels(), {"person", "on"})
    chosen = form.text("person")
    person_id = row_id(chosen)
    if person_id is None and chosen != NEW_NAME:
        form.refuse("person", _("请选择新户主"))
    if chosen == NEW_NAME and not form.text("name").strip():
        form.refuse("name", _("请填写新户主的姓名"))
    on = member_forms.day(form, "on")
    resolved = member_forms.resolved(form)
    asked = member_forms.request_of(form)

    def deed() -> None:
        succession.succeed(
            member_id, g.cooperative_id, person_id, form.text("name"), cast(date, on), resolved, asked
        )

    status = member_forms.attempt(form, deed, {"head_name": "name"})
    if status != 303:
        return _page("member_head", member_id, form), status
    pages.say(_("户主已更换；收款账户和同意公开姓名要由新户主重新办理"))
    return _back(member_id)


@bp.get("/<coop>/members/<int:member_id>/split")
@guards.manager
def member_split(coop: str, member_id: int) -> str:
    form = member_forms.fresh(split_labels(), ("persons", "head", "on"), on=member_forms.today())
    return _split_page(member_id, form, [])


@bp.post("/<coop>/members/<int:member_id>/split")
@guards.manager
def member_split_save(coop: str, member_id: int) -> Response | tuple[str, int]:
    roster.head(member_id, g.cooperative_id)
    form = typed.posted(split_labels(), {"persons", "head", "on"})
    going = [one for one in map(row_id, request.form.getlist("persons")[:100]) if one is not None]
    if not going:
        form.refuse("persons", _("请选择分出去的人"))
    head_id = row_id(form.text("head"))
    if head_id is None:
        form.refuse("head", _("请选择新户的户主"))
    on = member_forms.day(form, "on")
    fen = 0
    if form.text("fen").strip():
        fen = (
            form.read("fen", lambda text: parse_yuan(text, label=form.labels["fen"], zero_allowed=True)) or 0
        )
    resolved = member_forms.resolved(form)
    asked = member_forms.request_of(form)

    def deed() -> None:
        parting = splitting.Split(
            tuple(going), head_id, cast(date, on), bool(form.text("joins")), fen, resolved
        )
        splitting.split(member_id, g.cooperative_id, parting, asked)

    status = member_forms.attempt(form, deed, {"on_date": "on", "joined_on": "on", "household_id": "joins"})
    if status != 303:
        return _split_page(member_id, form, going), status
    pages.say(_("分户已登记"))
    return _back(member_id)


def _split_page(member_id: int, form: Form, going: list[int]) -> str:
    form.values["going"] = ",".join(map(str, going))
    return _page("member_split", member_id, form)
