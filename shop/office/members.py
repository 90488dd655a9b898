"""成员: the roster as the law wants it (art. 19), found by name, pinyin, initials or number, and as a paper."""

from __future__ import annotations

from flask import g, render_template, request, url_for

from shop.accounts import guards
from shop.cooperatives.income import roster
from shop.cooperatives.people import consents, eligibility
from shop.core import activity, clock, pages
from shop.core.db import transaction
from shop.office.blueprint import bp

SIZE = 30


def _which() -> str:
    asked = request.args.get("which", "")
    return asked if asked in roster.FILTERS else "current"


@bp.get("/<coop>/members")
@guards.manager
def members(coop: str) -> str:
    wanted = request.args.get("q", "")[:60]
    today = clock.today()
    which = _which()
    everybody = roster.roster(g.cooperative_id, today, "all", wanted)
    found = {name: [row for row in everybody if roster.counts(row, name, today)] for name in roster.FILTERS}
    number = pages.page_number()
    shown = found[which][(number - 1) * SIZE : number * SIZE]
    return render_template(
        "office/members.html",
        page=pages.Page(shown, number, SIZE, len(found[which])),
        counts={name: len(rows) for name, rows in found.items()},
        consents=consents.named([row.household_id for row in shown], today),
        which=which,
        wanted=wanted,
        today=today,
    )


@bp.get("/<coop>/members/print")
@guards.manager
def members_paper(coop: str) -> str:
    """The roster on A4 with every person's name; that it was printed is kept."""
    today = clock.today()
    which = _which()
    rows = roster.roster(g.cooperative_id, today, which)
    households = [row.household_id for row in rows]
    with transaction():
        activity.record(
            "roster.printed", "cooperative", g.cooperative_id, cooperative_id=g.cooperative_id,
            after={"which": which, "rows": len(rows)},
        )  # fmt: skip
    return render_template(
        "office/members_paper.html",
        rows=rows,
        which=which,
        persons=eligibility.persons_of(households, today),
        consents=consents.named(households, today),
        sums={name: sum(getattr(row, name) for row in rows) for name in ("persons", "capital_fen", "reserve_fen", "subsidy_fen")},
        now=clock.now(),
        today=today,
        back_url=url_for("office.members", which=which),
    )  # fmt: skip
