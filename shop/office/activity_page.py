"""操作记录: who did what on what and when, in this cooperative; nothing of it can be changed."""

from __future__ import annotations

from flask import g, render_template, request
from flask_babel import gettext as _

from shop.accounts import acts, duties, guards
from shop.audit import act_words
from shop.core import pages, typed
from shop.core.numbers import row_id
from shop.office.blueprint import bp

SIZE = 30


@bp.get("/<coop>/activity")
@guards.manager
def activity(coop: str) -> str:
    asked = {name: request.args.get(name, "")[:60].strip() for name in ("who", "act", "subject", "day")}
    day, problem = typed.day_asked(asked["day"], label=_("日期"))
    rows = acts.read(
        acts.of_cooperative(g.cooperative_id),
        actor_id=row_id(asked["who"]),
        act=asked["act"],
        subject=asked["subject"].lstrip("#"),
        day=day,
        before_id=row_id(request.args.get("after", "")),
        limit=SIZE + 1,
    )
    shown = rows[:SIZE]
    people = {row.user_id: row.name for row in duties.held_at(g.cooperative_id)}
    return render_template(
        "office/activity.html",
        page=pages.Page(shown, size=SIZE, next_after=str(shown[-1].id) if len(rows) > SIZE else None),
        asked=asked,
        problem=problem,
        people=people,
        words=act_words,
        acts=sorted(((code, _(words)) for code, words in act_words.ACTS.items()), key=lambda item: item[0]),
        subjects=[(code, _(words)) for code, words in act_words.SUBJECTS.items()],
    )
