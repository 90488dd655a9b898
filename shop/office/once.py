"""A weak network sends a form twice: the deed is done once, and the repeat gets the first answer.

Every form of this door carries a key of its own. See docs/decisions/33-request-keys.md.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from typing import Any

from flask import abort, current_app, flash, g, redirect, render_template, request, url_for
from flask import session as cookie
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.core import http, once, pages
from shop.core.db import first_of_all, is_done, session, transaction
from shop.office.blueprint import bp

FIELD = "once"
_KEY = re.compile(r"[A-Za-z0-9_-]{16,64}")
_MARK = re.compile(r"[0-9a-f]{64}")
# their answer is a page or a file that may be asked for again, and their deeds are the same when repeated
SHOWN = frozenset({"office.reveal", "office.slip", "office.payout_file", "office.member_phone"})
WAIT = 2  # seconds until the page of a running request looks again


def key() -> str:
    """A new key for a form; none outside this door, where forms have keys of their own."""
    return secrets.token_urlsafe(18) if "cooperative_id" in g else ""


def _mark() -> str:
    """The request as a whole: its key, its address and all that it sends. Another number typed is another request."""
    digest = hmac.new(current_app.config["SECRET_KEY"].encode(), digestmod=hashlib.sha256)
    parts = [request.path.encode()]
    for name, value in sorted(request.form.items(multi=True)):
        if name != "csrf_token":
            parts += [name.encode(), value.encode()]
    for name, file in sorted(request.files.items(multi=True), key=lambda item: item[0]):
        hashed = hashlib.sha256()
        while portion := file.stream.read(1 << 16):
            hashed.update(portion)
        file.stream.seek(0)
        parts += [name.encode(), (file.filename or "").encode(), hashed.digest()]
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


@bp.before_request
def begin() -> Any:
    """Answer a repeat, or let the deed of this request claim it. Comes after the duty was seen."""
    if request.method != "POST" or "cooperative_id" not in g or request.endpoint in SHOWN:
        return None
    if not _KEY.fullmatch(request.form.get(FIELD, "")):
        return None  # no key: a machine, or a page from before; the deeds' own constraints hold
    g.once, g.once_said = _mark(), len(cookie.get("_flashes", []))
    known = once.answered(guards.me().id, g.once)
    session().rollback()
    if known is not None:
        return _answer(known)
    row = {
        "user_id": guards.me().id, "cooperative_id": g.cooperative_id, "endpoint": request.endpoint, "mark": g.once,
    }  # fmt: skip
    first_of_all(lambda within: once.claim(within, row))
    g.once_armed = True
    return None


@bp.after_request
def leads(response: Response) -> Response:
    """Stands before `keep`: the last one to be registered is the first to see the answer."""
    answer: Response = http.lead_script(response)
    return answer


@bp.after_request
def keep(response: Response) -> Response:
    """Note the answer of a deed that was done; a refusal after all sets the request free, a crash after the deed does not."""
    if not g.pop("once_armed", False) or not is_done():
        return response
    with transaction():
        if 400 <= response.status_code < 500:
            once.release(guards.me().id, g.once)
        else:
            said = [
                {"kind": kind, "said": message} for kind, message in cookie.get("_flashes", [])[g.once_said :]
            ]
            location = response.headers.get("Location")
            once.note(guards.me().id, g.once, response.status_code, location, said)
    return response


def _answer(known: once.RequestAnswer) -> Response:
    """The first answer again: its address with its messages."""
    if known.status is None and not once.is_lost(known):
        return _wait()
    if known.location is None:
        pages.say(_("这一步刚才已经办好，没有重复办"), "notice")
        return redirect(url_for("office.today"), 303)
    for each in known.messages:
        flash(each["said"], each["kind"])
    return redirect(known.location, 303)


def _wait() -> Response:
    """409, and the browser looks again by itself for what the first one was answered."""
    g.once_armed = False
    shown = current_app.make_response((render_template("office/wait.html"), 409))
    shown.headers["Refresh"] = f"{WAIT}; url={url_for('office.once_answer', mark=g.once)}"
    return shown


@bp.errorhandler(once.Repeated)
def repeated(error: once.Repeated) -> Response:
    """The first one finished while this one was on its way."""
    g.once_armed = False
    known = once.answered(guards.me().id, g.once)
    if known is None:
        abort(409)
    return _answer(known)


@bp.errorhandler(once.Running)
def running(error: once.Running) -> Response:
    """The first one is at work this moment."""
    return _wait()


@bp.get("/<coop>/answers/<mark>")
@guards.manager
def once_answer(coop: str, mark: str) -> Response:
    """Where the page of a running request looks again: the own requests only."""
    if not _MARK.fullmatch(mark):
        abort(404)
    g.once = mark
    running_now = once.is_running(mark)
    session().rollback()
    known = once.answered(guards.me().id, mark)
    if known is None and running_now:
        return _wait()
    if known is None:
        pages.say(_("刚才那一步没有办成，请再试一次"), "notice")
        return redirect(url_for("office.today"), 303)
    return _answer(known)
