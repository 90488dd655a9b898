"""A household's slip (QR to its own page) and its paper statement, printed in the office."""

from __future__ import annotations

import segno
from flask import abort, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy import select
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.cooperatives.income import household_year
from shop.cooperatives.people import slips
from shop.cooperatives.people.models import Member
from shop.core import clock, pages
from shop.core.db import session, transaction
from shop.core.errors import Refused
from shop.core.http import settings
from shop.core.privacy import decrypt
from shop.office.blueprint import bp
from shop.payments import payees, payout_queries


def _own(household_id: int) -> None:
    """404 for a household that is no member here."""
    found = session().scalar(
        select(Member.id).where(
            Member.household_id == household_id, Member.cooperative_id == g.cooperative_id
        )
    )
    if found is None:
        abort(404)


@bp.post("/<coop>/members/<int:household_id>/slip")
@guards.manager
def slip(coop: str, household_id: int) -> str | Response:
    """Issue a new slip and print it at once: the address is shown this one time."""
    _own(household_id)
    try:
        with transaction():
            token = slips.issue(g.cooperative_id, household_id, guards.me().id)
    except Refused as refusal:
        pages.say(_(refusal.message), "error")
        return redirect(url_for("office.household_statement", household_id=household_id), 303)
    address = settings().public_url + url_for("storefront.household", token=token)
    drawn = segno.make(address, error="m").svg_inline(scale=5, border=1)
    found = household_year.read(household_id, clock.today().year)
    return render_template(
        "office/slip.html",
        home=found.home,
        head=decrypt(bytes(found.home.head_name)),
        qr=Markup(drawn),  # noqa: S704 (drawn by the library)
        address=address,
        back_url=url_for("office.household_statement", household_id=household_id),
    )


@bp.post("/<coop>/members/<int:household_id>/slip/revoke")
@guards.manager
def slip_revoke(coop: str, household_id: int) -> Response:
    _own(household_id)
    with transaction():
        slips.revoke(household_id)
    pages.say(_("这一户以前的查询单都作废了"))
    return redirect(url_for("office.household_statement", household_id=household_id), 303)


@bp.get("/<coop>/members/<int:household_id>/statement")
@guards.manager
def household_statement(coop: str, household_id: int) -> str:
    """The paper statement, for those without a phone; the same rows as the household's own page."""
    _own(household_id)
    years = household_year.years(household_id)
    typed = request.args.get("year", "")
    year = int(typed) if typed.isascii() and typed.isdigit() and int(typed[:4]) in years else 0
    found = household_year.read(household_id, year or (years[0] if years else clock.today().year))
    return render_template(
        "office/household_statement.html", found=found, years=years, household_id=household_id,
        head=decrypt(bytes(found.home.head_name)), printed_at=clock.now(),
        payments=payout_queries.payments_to(household_id), accounts=payees.changes_of(household_id),
    )  # fmt: skip
