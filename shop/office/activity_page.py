"""操作记录: who did what on what and when, in this cooperative."""

from __future__ import annotations

from flask import g, render_template

from shop.accounts import acts, guards
from shop.audit import acts_page
from shop.office.blueprint import bp


@bp.get("/<coop>/activity")
@guards.manager
def activity(coop: str) -> str:
    shown = acts_page.context(acts.of_cooperative(g.cooperative_id), g.cooperative_id)
    return render_template("office/activity.html", **shown)
