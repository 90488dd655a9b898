"""The activity log as it is read: of a cooperative, or of the staff of a region."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, not_, or_, select, text, tuple_

from shop.accounts.models import RoleGrant, User
from shop.core import clock
from shop.core.activity import Activity
from shop.core.db import session

# what staff do for themselves is nobody's business here; % stands for any end
PRIVATE = ("account.%", "consent.%", "review.write", "review.add")
_BY_STAFF = text(
    """
    exists (select from role_grant g where g.user_id = activity.actor_id and g.role = 'staff'
               and activity.at >= (g.valid_from::timestamp at time zone 'Asia/Shanghai')
               and (g.ended_at is null or activity.at <= g.ended_at)
               and (g.valid_to is null or activity.at < ((g.valid_to + 1)::timestamp at time zone 'Asia/Shanghai'))
               and (starts_with(g.region_code, :region)
                    or (starts_with(:region, g.region_code) and activity.cooperative_id is not null)))
    and (activity.cooperative_id is null or activity.cooperative_id in
         (select c.id from cooperative c join village v on v.id = c.village_id where starts_with(v.region_code, :region)))
    """
)


def of_cooperative(cooperative_id: int) -> ColumnElement[bool]:
    """What was done in a cooperative, by whomever."""
    return Activity.cooperative_id == cooperative_id


def of_staff(region_code: str) -> ColumnElement[bool]:
    """What staff of the region did while they were staff, and staff of a region above it on this one's cooperatives."""
    staff = select(RoleGrant.user_id).where(RoleGrant.role == "staff")
    return and_(
        Activity.actor_id.in_(staff),
        _BY_STAFF.bindparams(region=region_code),
        *(not_(Activity.act.like(pattern)) for pattern in PRIVATE),
    )


def read(
    scope: ColumnElement[bool],
    *,
    acts: Collection[str] = (),
    actor_id: int | None = None,
    act: str = "",
    subject: str = "",
    day: date | None = None,
    before_id: int | None = None,
    limit: int,
) -> Sequence[Row[Any]]:
    """What was done, newest first, older than the row `before_id`: id, at, act, subject_type, subject_id, before, after, actor.

    `acts` are patterns of which one must fit, `subject` a subject's type or its number. Rows outside the scope are never
    among them.
    """
    rows = (
        select(
            Activity.id, Activity.at, Activity.act, Activity.subject_type, Activity.subject_id, Activity.before,
            Activity.after, Activity.actor_id, User.name.label("actor"),
        )
        .outerjoin(User, User.id == Activity.actor_id)
        .where(scope)
    )  # fmt: skip
    if actor_id is not None:
        rows = rows.where(Activity.actor_id == actor_id)
    if acts:
        rows = rows.where(or_(*(Activity.act.like(pattern) for pattern in acts)))
    if act:
        rows = rows.where(Activity.act == act)
    if subject:
        rows = rows.where((Activity.subject_type == subject) | (Activity.subject_id == subject))
    if day is not None:
        span = clock.day_range(day)
        rows = rows.where(Activity.at >= span.start, Activity.at < span.end)
    if before_id is not None:
        older = select(Activity.at, Activity.id).where(Activity.id == before_id, scope)
        rows = rows.where(tuple_(Activity.at, Activity.id) < older.scalar_subquery())
    return session().execute(rows.order_by(Activity.at.desc(), Activity.id.desc()).limit(limit)).all()
