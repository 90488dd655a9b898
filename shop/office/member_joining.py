"""入社: households picked from the township's register, looked at once more, and admitted together."""

from __future__ import annotations

from datetime import date
from typing import cast

from flask import g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.cooperatives.income import membership
from shop.cooperatives.people import candidates, eligibility
from shop.cooperatives.people.joining import Joined
from shop.core import clock, pages, typed
from shop.core.numbers import row_id
from shop.core.typed import Form
from shop.office import member_forms
from shop.office.blueprint import bp

SIZE = 50
MOST = 100


def labels() -> dict[str, str]:
    return {"joined_on": _("入社日期")} | member_forms.decided()


@bp.get("/<coop>/members/new")
@guards.manager
def member_new(coop: str) -> str:
    """The picker."""
    wanted = request.args.get("q", "")[:60]
    village = row_id(request.args.get("village", ""))
    today = clock.today()
    found = candidates.candidates(g.cooperative_id, today, wanted, village)
    number = pages.page_number()
    shown = found[(number - 1) * SIZE : number * SIZE]
    ids = [row.household_id for row in shown]
    return render_template(
        "office/member_new.html",
        page=pages.Page(shown, number, SIZE, len(found)),
        villages=candidates.villages(g.cooperative_id),
        village=village,
        wanted=wanted,
        verdicts=eligibility.judge(g.cooperative_id, ids, today) if ids else {},
        persons=eligibility.persons_of(ids, today),
        exclusions=eligibility.EXCLUSIONS,
    )


@bp.get("/<coop>/members/join")
@guards.manager
def member_join(coop: str) -> str:
    """What would happen: who joins, who does not and why."""
    return _page(_chosen(request.args.getlist("h")), _form({"joined_on": member_forms.today()}))


@bp.post("/<coop>/members/join")
@guards.manager
def member_join_save(coop: str) -> Response | tuple[str, int]:
    form = typed.posted(labels(), {"joined_on"})
    chosen = _chosen(request.form.getlist("h"))
    if not chosen:
        form.refuse("", _("请先选择要入社的户"))
    on = member_forms.day(form, "joined_on")
    resolved = member_forms.resolved(form)
    asked = member_forms.request_of(form)
    made: list[Joined] = []

    def deed() -> None:
        made.append(membership.join(g.cooperative_id, chosen, cast(date, on), resolved, asked))

    status = member_forms.attempt(form, deed)
    if status != 303:
        return _page(chosen, form), status
    joined = made[0]
    if not joined.members:
        form.refuse("", _("选的户都不能入社，原因写在每一户下面"))
        return _page(chosen, form), 422
    if not joined.refused:
        pages.say(_("%(n)s 户已入社；股金到账本里记收款", n=len(joined.members)))
        return redirect(url_for("office.members"), 303)
    pages.say(
        _("%(n)s 户已入社，下面 %(m)s 户没有办", n=len(joined.members), m=len(joined.refused)), "notice"
    )
    return redirect(url_for("office.member_join", h=list(joined.refused)), 303)


def _form(values: dict[str, str]) -> Form:
    return Form(labels(), values, frozenset({"joined_on"}))


def _chosen(sent: list[str]) -> list[int]:
    """The households of the address or form, each once; what is no number is left out."""
    return list(dict.fromkeys(one for one in map(row_id, sent[:MOST]) if one is not None))


def _page(chosen: list[int], form: Form) -> str:
    """Judged on the day that is typed, on today where it cannot be read."""
    day = (
        Form(form.labels, form.values).read("joined_on", lambda text: typed.day(text, label=""))
        or clock.today()
    )
    verdicts = eligibility.judge(g.cooperative_id, chosen, day) if chosen else {}
    # whom the picker would not show, and who is no member here, stays unnamed
    known = [one for one in chosen if verdicts[one].code not in ("unknown", "outside", "elsewhere")]
    names = candidates.named(known) if known else {}
    return render_template(
        "office/member_join.html",
        good=[names[one] for one in chosen if verdicts[one].refusal is None],
        bad=[(names.get(one), verdicts[one]) for one in chosen if verdicts[one].refusal is not None],
        persons=eligibility.persons_of(known, day),
        exclusions=eligibility.EXCLUSIONS,
        form=form,
        **member_forms.hidden(),
    )
