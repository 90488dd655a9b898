"""操作记录 as the pages of both doors ask for it and show it; nothing of it can be changed."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from flask import request
from flask_babel import gettext as _
from sqlalchemy import ColumnElement

from shop.accounts import acts, duties
from shop.audit import act_words
from shop.core import pages, typed
from shop.core.numbers import row_id

SIZE = 30


def context(scope: ColumnElement[bool], place: int | str, patterns: Collection[str] = ()) -> dict[str, Any]:
    """For the template: the acts of `scope` that the address asks for, one of `patterns` fitting each; the people who may be
    chosen are those with a duty at `place`, a cooperative's id or a region's code."""
    asked = {name: request.args.get(name, "")[:60].strip() for name in ("who", "act", "subject", "day")}
    day, problem = typed.day_asked(asked["day"], label=_("日期"))
    rows = acts.read(
        scope,
        acts=patterns,
        actor_id=row_id(asked["who"]),
        act=asked["act"],
        subject=asked["subject"].lstrip("#"),
        day=day,
        before_id=row_id(request.args.get("after", "")),
        limit=SIZE + 1,
    )
    shown = rows[:SIZE]
    return {
        "page": pages.Page(shown, size=SIZE, next_after=str(shown[-1].id) if len(rows) > SIZE else None),
        "asked": asked,
        "problem": problem,
        "people": {row.user_id: row.name for row in duties.held_at(place)},
        "words": act_words,
        "acts": sorted(
            ((code, _(words)) for code, words in act_words.ACTS.items()), key=lambda item: item[0]
        ),
        "subjects": [(code, _(words)) for code, words in act_words.SUBJECTS.items()],
    }
