"""改电话: another telephone for a member's household, with why; the old number is told of it."""

from __future__ import annotations

import structlog
from flask import g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards, registration, sms
from shop.cooperatives.income import roster
from shop.cooperatives.people import phones
from shop.core import clock, pages, typed
from shop.core.http import settings
from shop.core.text import clean_line
from shop.core.typed import Form
from shop.office import member_forms
from shop.office.blueprint import bp

log = structlog.get_logger()
REQUIRED = frozenset({"phone", "reason"})


def labels() -> dict[str, str]:
    return {"phone": _("新的手机号"), "reason": _("为什么改")}


@bp.get("/<coop>/members/<int:member_id>/phone/change")
@guards.manager
def member_phone_change(coop: str, member_id: int) -> str:
    return _page(member_id, Form(labels(), {}, REQUIRED))


def _page(member_id: int, form: Form) -> str:
    who = roster.head(member_id, g.cooperative_id)
    return render_template(
        "office/member_phone.html",
        who=who,
        live=who.left_on is None or who.left_on >= clock.today(),
        now=phones.masked(who.phone),
        form=form,
    )


@bp.post("/<coop>/members/<int:member_id>/phone/change")
@guards.manager
def member_phone_save(coop: str, member_id: int) -> Response | tuple[str, int]:
    roster.head(member_id, g.cooperative_id)
    form = typed.posted(labels(), REQUIRED)
    phone = form.read("phone", registration.parse_phone) or ""
    reason = form.read("reason", lambda text: clean_line(text, label=form.labels["reason"], max_length=100)) or ""  # fmt: skip
    old: list[str] = []

    def deed() -> None:
        seen = request.form.get("seen", "")[:20]
        before = phones.change(member_id, g.cooperative_id, phone, reason, seen, guards.me().id)
        old.extend([before] if before else [])

    status = member_forms.attempt(form, deed)
    if status != 303:
        return _page(member_id, form), status
    for number in old:
        _tell(number, phone)
    pages.say(_("电话已改，以后确认码和短信都发到新号码"))
    return redirect(url_for("office.member", member_id=member_id), 303)


def _tell(old: str, new: str) -> None:
    """The old number hears of it while it still can object; a gateway that fails does not undo the change."""
    words = _(
        "您家在合作社登记的电话改成了尾号 %(digits)s 的号码。如果不是您家要改的，请马上联系合作社。",
        digits=new[-4:],
    )
    try:
        sms.gateway(settings()).send(old, words)
    except OSError as error:
        log.warning("phone_change_sms_not_sent", error=type(error).__name__)
