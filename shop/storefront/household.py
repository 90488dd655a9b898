"""农户查询 /m/<token>: a household's own page, opened by a printed slip and the last four digits of its phone."""

from __future__ import annotations

import secrets

from flask import abort, redirect, render_template, request, url_for
from flask import session as cookie
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.accounts.limits import limiter
from shop.cooperatives.income import household_year, movements, notices
from shop.cooperatives.people import slips
from shop.cooperatives.produce import confirming
from shop.core import clock, pages
from shop.core.db import transaction
from shop.core.errors import Refused, said
from shop.core.numbers import row_id
from shop.core.privacy import decrypt, mask_name
from shop.core.text import BadInput
from shop.payments import payees, payout_queries
from shop.storefront.blueprint import bp

OPENED = "slip"  # in the signed cookie: [slip id, household id] of the slip whose digits were right


def slip_of(token: str) -> slips.Slip:
    """The live slip of an address; 404 for any other."""
    found = slips.find(token[:80])
    if found is None:
        abort(404)
    return found


def is_open(slip: slips.Slip) -> bool:
    """Whether this browser has said the four digits."""
    return cookie.get(OPENED) == [slip.id, slip.household_id]


@bp.get("/m/<token>")
@guards.public
def household(token: str) -> str:
    slip = slip_of(token)
    if not is_open(slip):
        return render_template("storefront/household_open.html", token=token, problem="")
    return _page(slip, token)


@bp.post("/m/<token>")
@limiter.limit("30 per 5 minutes")
@guards.public
def household_open(token: str) -> Response | tuple[str, int]:
    slip = slip_of(token)
    problem = _("手机号后四位不对，请再看看")
    try:
        with transaction():
            right = slips.check_digits(slip.id, request.form.get("digits", "")[:12])
    except Refused as refusal:
        right, problem = False, _(refusal.message)
    if not right:
        return render_template("storefront/household_open.html", token=token, problem=problem), 422
    cookie[OPENED] = [slip.id, slip.household_id]
    return redirect(url_for("storefront.household", token=token), 303)


def _page(slip: slips.Slip, token: str, problem: str = "", words: str = "") -> str:
    years = household_year.years(slip.household_id)
    typed = request.args.get("year", "")
    year = int(typed) if typed.isascii() and typed.isdigit() and int(typed[:4]) in years else 0
    year = year or (years[0] if years else clock.today().year)
    found = household_year.read(slip.household_id, year)
    return render_template(
        "storefront/household.html",
        token=token,
        found=found,
        income=movements.year_sums(slip.household_id, year),
        head=mask_name(decrypt(bytes(found.home.head_name))),
        years=years,
        today=clock.today(),
        objection_key=secrets.token_urlsafe(12),
        unconfirmed=confirming.of_household(slip.household_id, clock.today()),
        payments=payout_queries.payments_to(slip.household_id),
        accounts=payees.changes_of(slip.household_id),
        problem=problem,
        words=words,
    )


@bp.post("/m/<token>/objections")
@limiter.limit("20 per hour")
@guards.public
def household_object(token: str) -> Response | tuple[str, int]:
    slip = slip_of(token)
    if not is_open(slip):
        abort(404)
    wanted, words = row_id(request.form.get("distribution", "")), request.form.get("words", "")
    if wanted is None:
        abort(404)
    try:
        with transaction():
            notices.object_to(
                wanted,
                slip.household_id,
                words,
                "household_page",
                request_key=request.form.get("idempotency_key", "")[:100] or None,
            )
    except (Refused, BadInput) as refusal:
        return _page(slip, token, said(refusal), words[:1000]), 422
    pages.say(_("异议已提交，镇里答复后合作社会告诉您"))
    return redirect(url_for("storefront.household", token=token), 303)
