"""异常: what the rules flag, each with its rows and its threshold; staff note what they found out. Nothing is blocked."""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from itertools import groupby
from typing import Any

from flask import g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.audit import odd as rules
from shop.audit.odd_rules import LIMITS, RULES
from shop.core import clock, pages
from shop.core.db import transaction
from shop.core.errors import Conflict, Refused, said
from shop.core.text import BadInput
from shop.township.blueprint import bp
from shop.township.overview import region_name


@bp.get("/<region>/odd")
@guards.staff
def odd(region: str) -> str:
    return _page({})


def _page(typed: dict[str, str], problem: str = "") -> str:
    found = rules.find(g.region_code)
    by_rule = {code: list(rows) for code, rows in groupby(found, lambda finding: finding.rule.code)}
    groups = [(rule, [f for f in by_rule.get(rule.code, []) if f.reason is None]) for rule in RULES]
    return render_template(
        "township/odd.html",
        place=region_name(g.region_code),
        groups=groups,
        explained=[finding for finding in found if finding.reason is not None],
        open=sum(len(rows) for _rule, rows in groups),
        most=rules.MOST,
        limits=LIMITS,
        link=_link,
        typed=typed,
        problem=problem,
        now=clock.now(),
    )


def _link(finding: Any) -> str:
    """Where the rows behind a finding are seen."""
    kind, _colon, value = finding.place.partition(":")
    if kind == "order":
        return url_for("township.trace_order", number=value)
    if kind == "orders":
        first, last = _month(str(finding.figures["month"]))
        return url_for("township.sales", coop=value, first=first, last=last)
    if kind == "sku":
        return url_for("township.sales", product=finding.figures["product"])
    if kind == "batch":
        return url_for("township.payout", batch_id=int(value))
    if kind == "household":
        return url_for("township.odd_capacity", code=value)
    return url_for("township.conscience")


def _month(text: str) -> tuple[str, str]:
    """The first and last day of a month, for a list of that month's sales."""
    first = date.fromisoformat(f"{text}-01")
    last = first.replace(day=monthrange(first.year, first.month)[1])
    return first.isoformat(), min(last, clock.today()).isoformat()


@bp.post("/<region>/odd")
@guards.staff
def odd_note(region: str) -> Response | tuple[str, int]:
    """The form names the finding as it was seen: rule, subject, fingerprint; and the reason."""
    typed = {name: request.form.get(name, "")[:400] for name in ("rule", "subject", "fingerprint", "reason")}
    try:
        with transaction():
            fresh = rules.note(g.region_code, **typed, by=guards.me().id)
    except (Refused, BadInput) as refusal:
        return _page(typed, said(refusal)), 422
    except Conflict as conflict:
        pages.say(conflict.message, "error")
        return redirect(url_for("township.odd"), 303)
    pages.say(_("已记下，移到“已说明”") if fresh else _("这一条刚才已经有人说明了"))
    return redirect(url_for("township.odd"), 303)
