"""One member: persons, account, consents and every step; the account with every movement, on screen and on paper."""

from __future__ import annotations

from datetime import date
from typing import cast

from flask import g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.cooperatives.income import member_accounts, roster
from shop.cooperatives.ledger import entries as ledger
from shop.cooperatives.ledger.accounts import title
from shop.cooperatives.people import consents, eligibility, member_events, registry
from shop.core import activity, clock, pages, pictures, spans
from shop.core.db import transaction
from shop.core.errors import Refused
from shop.core.typed import Form, posted
from shop.office import member_forms
from shop.office.blueprint import bp
from shop.payments import left_behind

SIZE = 50
CONSENT_PAPER = "household_consent"


def consent_labels() -> dict[str, str]:
    return {"on": _("日期"), "how": _("书面材料编号"), "picture": _("签字同意书的照片")}


def _consent_form() -> Form:
    return Form(consent_labels(), {"on": member_forms.today()}, frozenset({"on"}))


@bp.get("/<coop>/members/<int:member_id>")
@guards.manager
def member(coop: str, member_id: int) -> str:
    return member_page(member_id, _consent_form())


def member_page(member_id: int, form: Form, *, revealed: bool = False) -> str:
    today = clock.today()
    who = roster.head(member_id, g.cooperative_id)
    return render_template(
        "office/member.html",
        who=who,
        live=who.left_on is None or who.left_on >= today,
        persons=eligibility.persons_of([who.household_id], today).get(who.household_id, []),
        exclusions=eligibility.EXCLUSIONS,
        balances=roster.balances(member_id, g.cooperative_id),
        account_title=title,
        consents=consents.history(who.household_id),
        named=bool(consents.named([who.household_id], today)),
        left=left_behind.of_household(who.household_id, [g.cooperative_id]),
        steps=member_events.of_member(member_id, g.cooperative_id),
        step_names=member_events.KINDS,
        reasons=member_events.REASONS,
        form=form,
        accepted=pictures.ACCEPTED,
        revealed=revealed,
        today=today,
        **member_forms.hidden(member_id),
    )


@bp.post("/<coop>/members/<int:member_id>/phone")
@guards.manager
def member_phone(coop: str, member_id: int) -> str:
    """Show the telephone number of one household; who looked, and when, is kept."""
    who = roster.head(member_id, g.cooperative_id)
    with transaction():
        activity.record("member.phone_shown", "member", who.member_id, cooperative_id=g.cooperative_id)
    return member_page(member_id, _consent_form(), revealed=True)


@bp.post("/<coop>/members/<int:member_id>/consent")
@guards.manager
def member_consent(coop: str, member_id: int) -> Response | tuple[str, int]:
    """Give or withdraw (by the button pressed) the consent to be named, with the signed paper."""
    who = roster.head(member_id, g.cooperative_id)
    form = posted(consent_labels(), {"on"})
    on = member_forms.day(form, "on")
    how = form.read("how", registry.paper_words) or ""
    paper = None
    try:
        paper = pictures.sent(request.files.get("picture"))
    except Refused as refusal:
        form.blame(refusal)
    giving = request.form.get("step") == "give"
    if not giving and request.form.get("step") != "withdraw":
        form.refuse("", _("请选择同意或撤回"))
    if who.left_on is not None and who.left_on < clock.today():
        form.refuse("", _("这个成员已经退社"))

    def deed() -> None:
        if not giving:
            registry.withdraw_consent(who.household_id, cast(date, on), guards.me().id, how)
            return
        paper_id = None
        if paper is not None:
            paper_id = pictures.store(
                paper,
                subject_type=CONSENT_PAPER,
                subject_id=who.household_id,
                cooperative_id=g.cooperative_id,
                by=guards.me().id,
            )
        registry.give_consent(who.household_id, cast(date, on), guards.me().id, how, paper_id)

    status = member_forms.attempt(form, deed)
    if status != 303:
        return member_page(member_id, form), status
    pages.say(_("已登记同意公开姓名") if giving else _("已登记撤回，公开页不再写姓名"))
    return redirect(url_for("office.member", member_id=member_id), 303)


@bp.get("/<coop>/members/<int:member_id>/account")
@guards.manager
def member_account(coop: str, member_id: int) -> str:
    """Every entry on the member's accounts since the beginning, and the trade of each year by produce."""
    who = roster.head(member_id, g.cooperative_id)
    number = pages.page_number()
    part = ledger.Slice(roster.MOVED, spans.of_year(spans.FIRST_YEAR).first, clock.today(), member_id)
    rows = ledger.entries(g.cooperative_id, part, limit=SIZE, offset=(number - 1) * SIZE)
    return render_template(
        "office/member_account.html",
        who=who,
        balances=roster.balances(member_id, g.cooperative_id),
        trade=roster.trade_by_year(member_id, g.cooperative_id),
        page=pages.Page(rows, number, SIZE, rows[0].total if rows else 0),
        kinds=ledger.KIND_NAMES,
        account_title=title,
        today=clock.today(),
    )


@bp.get("/<coop>/members/<int:member_id>/account/print")
@guards.manager
def member_account_paper(coop: str, member_id: int) -> str:
    """A year of the member account in the columns of art. 43, on A4."""
    span = spans.of_year(spans.asked_year())
    return render_template(
        "office/member_account_paper.html",
        book=member_accounts.book(g.cooperative_id, member_id, span.first, span.last),
        span=span,
        kinds=ledger.KIND_NAMES,
        today=clock.today(),
        back_url=url_for("office.member_account", member_id=member_id),
    )
