"""The activity log of a cooperative, as it is read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Row, select, tuple_

from shop.accounts.models import User
from shop.core import clock
from shop.core.activity import Activity
from shop.core.db import session


def read(
    cooperative_id: int,
    *,
    actor_id: int | None = None,
    act: str = "",
    subject: str = "",
    day: date | None = None,
    before_id: int | None = None,
    limit: int,
) -> Sequence[Row[Any]]:
    """What was done, newest first, older than the row `before_id`: id, at, act, subject_type, subject_id, before, after, actor.

    `subject` is a subject's type, or its number. Rows of other cooperatives are never among them.
    """
    rows = (
        select(
            Activity.id, Activity.at, Activity.act, Activity.subject_type, Activity.subject_id, Activity.before,
            Activity.after, Activity.actor_id, User.name.label("actor"),
        )
        .outerjoin(User, User.id == Activity.actor_id)
        .where(Activity.cooperative_id == cooperative_id)
    )  # fmt: skip
    if actor_id is not None:
        rows = rows.where(Activity.actor_id == actor_id)
    if act:
        rows = rows.where(Activity.act == act)
    if subject:
        rows = rows.where((Activity.subject_type == subject) | (Activity.subject_id == subject))
    if day is not None:
        span = clock.day_range(day)
        rows = rows.where(Activity.at >= span.start, Activity.at < span.end)
    if before_id is not None:
        older = select(Activity.at, Activity.id).where(
            Activity.id == before_id, Activity.cooperative_id == cooperative_id
        )
        rows = rows.where(tuple_(Activity.at, Activity.id) < older.scalar_subquery())
    return session().execute(rows.order_by(Activity.at.desc(), Activity.id.desc()).limit(limit)).all()
