"""成员: the roster, found by name, pinyin, initials or number. Read only."""

from __future__ import annotations

from flask import g, render_template, request

from shop.accounts import guards
from shop.cooperatives.people import consents, queries
from shop.core import clock, pages
from shop.office.blueprint import bp

SIZE = 30


@bp.get("/<coop>/members")
@guards.manager
def members(coop: str) -> str:
    wanted = request.args.get("q", "")[:60]
    today = clock.today()
    found = queries.find_members(g.cooperative_id, wanted, today)
    number = pages.page_number()
    shown = found[(number - 1) * SIZE : number * SIZE]
    return render_template(
        "office/members.html",
        page=pages.Page(shown, number, SIZE, len(found)),
        consents=consents.named([row.household_id for row in shown], today),
        wanted=wanted,
        today=today,
    )
