"""What every change of a member has in common: who decided it, which page it comes from, what that page had seen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from flask import request
from flask_babel import gettext as _

from shop.accounts import guards
from shop.cooperatives.people import member_events
from shop.cooperatives.people.member_events import Request, Resolved
from shop.core import clock, typed
from shop.core.db import transaction
from shop.core.errors import Conflict, Refused
from shop.core.form_keys import new_key, sent_key
from shop.core.numbers import row_id
from shop.core.text import BadInput
from shop.core.typed import Form


def decided() -> dict[str, str]:
    """The fields that say who decided it."""
    return {"resolution": _("哪次会议的决议"), "resolved_on": _("决议日期")}


def fresh(labels: dict[str, str], required: tuple[str, ...], **values: str) -> Form:
    return Form(labels, values, frozenset(required))


def day(form: Form, name: str) -> date | None:
    return form.read(name, lambda text: typed.day(text, label=form.labels[name]))


def resolved(form: Form) -> Resolved:
    on = day(form, "resolved_on") if form.text("resolved_on").strip() else None
    return Resolved(form.read("resolution", member_events.resolution_words) or "", on)


def request_of(form: Form) -> Request:
    """Who asks, the key of the page and the newest step it showed; a page without them must be looked at again."""
    key = sent_key()
    seen = request.form.get("seen", "")
    if not key:
        form.refuse("", _("页面信息不完整，请核对后再按一次保存"))
    return Request(guards.me().id, key, 0 if seen == "0" else row_id(seen))


def hidden(member_id: int | None = None) -> dict[str, object]:
    """For the template: the key of this page and the newest step of the member."""
    return {
        "request_key": new_key(),
        "seen": member_events.newest(member_id) if member_id is not None else 0,
    }


def attempt(form: Form, deed: Callable[[], object], names: dict[str, str] | None = None) -> int:
    """Run a deed in its transaction; 303 where it is done, else the status of the page that says why not."""
    if form.problems:
        return 422
    try:
        with transaction():
            deed()
    except Conflict as refusal:
        form.blame(refusal, names)
        return 409
    except (Refused, BadInput) as refusal:
        form.blame(refusal, names)
        return 422
    return 303


def today() -> str:
    return clock.today().isoformat()
