"""Duties in a cooperative and in the public service: who holds which, changed, ended; there is always somebody to give them.

A *place* is what a duty is of: a cooperative's id, or a region's code. Invitations are in `invitations`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, func, select, text, update

from shop.accounts import registration
from shop.accounts.duty_models import DutyInvitation
from shop.accounts.models import RoleGrant, User
from shop.core import activity, clock
from shop.core.db import session
from shop.core.errors import Conflict, NotFound, Refused
from shop.core.text import N_

Place = int | str

DUTIES: dict[str, str] = {
    "chair": N_("理事长"), "manager": N_("经理"), "stock": N_("库管"), "shipping": N_("发货"), "accounts": N_("会计"),
}  # fmt: skip
STAFF_DUTIES: dict[str, str] = {
    "approver": N_("审核岗"), "clerk": N_("经办岗"), "leader": N_("领导（只看）"), "county": N_("区县（只看）"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Side:
    """What differs between the two kinds of places: role, duties, the duty that gives duties, sentences."""

    role: str
    duties: dict[str, str]
    head: str
    last: str  # the last head stays
    held: str  # who is invited has a duty here
    held_by_me: str
    over: str  # whom to ask when an invitation is over
    both: str  # the other side's duty forbids this one (Cooperative Law art. 38)


COOPERATIVE = Side(
    "manager", DUTIES, "chair",
    N_("这是唯一的理事长。先请另一个人当理事长，再换掉这一位"),
    N_("这个手机号在本社已经有职务，要换职务请在名单里改"),
    N_("您在这个合作社已经有职务，要换职务请理事长在名单里改"),
    N_("这份邀请过了 7 天，已经失效，请理事长重新邀请"),
    N_("这个手机号是镇村工作人员的，不能在合作社任职（农民专业合作社法第三十八条）"),
)  # fmt: skip
REGION = Side(
    "staff", STAFF_DUTIES, "approver",
    N_("这是唯一的审核岗。先请另一个人当审核岗，再换掉这一位"),
    N_("这个手机号在本地已经有职务，要换职务请在名单里改"),
    N_("您在这里已经有职务，要换职务请审核岗在名单里改"),
    N_("这份邀请过了 7 天，已经失效，请审核岗重新邀请"),
    N_("这个手机号在合作社任职，不能当镇村工作人员（农民专业合作社法第三十八条）"),
)  # fmt: skip
# one after the other for each place, so that two chairs cannot remove one another at the same moment
_ONE_BY_ONE = {
    int: text("select id from cooperative where id = :place for no key update"),
    str: text("select code from region where code = :place for no key update"),
}


def side(place: Place) -> Side:
    """Whether it is a cooperative or a region."""
    return COOPERATIVE if isinstance(place, int) else REGION


def at(model: type[RoleGrant] | type[DutyInvitation], place: Place) -> ColumnElement[bool]:
    """That a row is of this very place, not of one below it."""
    return model.cooperative_id == place if isinstance(place, int) else model.region_code == place


def scope(place: Place) -> dict[str, Any]:
    """The place as columns."""
    return {"cooperative_id": place} if isinstance(place, int) else {"region_code": place}


def one_by_one(place: Place) -> None:
    """Hold the place's row until the transaction ends: duties there are given and ended one after the other."""
    session().execute(_ONE_BY_ONE[type(place)], {"place": place})


def note(
    act: str,
    subject: tuple[str, int],
    place: Place,
    by: int,
    *,
    was: str | None = None,
    is_now: str | None = None,
) -> None:
    """Record what was done about a duty."""
    where = {} if isinstance(place, int) else {"region": place}
    activity.record(
        act,
        *subject,
        cooperative_id=place if isinstance(place, int) else None,
        actor_id=by,
        before={"duty": was} if was else None,
        after={"duty": is_now, **where} if is_now else where or None,
    )


def heads_of(cooperative_ids: Collection[int]) -> dict[int, list[str]]:
    """The chairs' names by cooperative; one without a chair is left out. One statement."""
    found: dict[int, list[str]] = {}
    rows = session().execute(
        select(RoleGrant.cooperative_id, User.name)
        .join(User, User.id == RoleGrant.user_id)
        .where(
            RoleGrant.cooperative_id.in_(cooperative_ids),
            RoleGrant.duty == "chair",
            RoleGrant.valid_to.is_(None),
        )
        .order_by(RoleGrant.id)
    )
    for cooperative_id, name in rows:
        found.setdefault(int(cooperative_id or 0), []).append(name)
    return found


def held_at(place: Place, ended: int = 30) -> Sequence[Row[Any]]:
    """Who holds a duty now, then the last `ended` who held one.

    Of each: id, user_id, name, phone, duty, valid_from, valid_to, ended_at.
    """
    rows = (
        select(
            RoleGrant.id, RoleGrant.user_id, RoleGrant.duty, RoleGrant.valid_from, RoleGrant.valid_to,
            RoleGrant.ended_at, User.name, User.phone,
        )
        .join(User, User.id == RoleGrant.user_id)
        .where(at(RoleGrant, place))
    )  # fmt: skip
    now = session().execute(rows.where(RoleGrant.valid_to.is_(None)).order_by(RoleGrant.id)).all()
    before = session().execute(
        rows.where(RoleGrant.valid_to.is_not(None))
        .order_by(RoleGrant.valid_to.desc(), RoleGrant.id.desc())
        .limit(ended)
    )
    return [*now, *before]


def names(place: Place, wanted: Collection[str]) -> list[str]:
    """The names of those who hold one of these duties, for the page that says whom to ask."""
    found = session().execute(
        select(User.name)
        .join(RoleGrant, RoleGrant.user_id == User.id)
        .where(at(RoleGrant, place), RoleGrant.duty.in_(wanted), RoleGrant.valid_to.is_(None))
        .order_by(RoleGrant.id)
        .limit(5)
    )
    return list(found.scalars())


def staff_above(region_code: str) -> Sequence[Row[Any]]:
    """Who has a duty in a region above this one, and so may open its pages: name, duty, valid_from, region."""
    found = session().execute(
        text(
            "select u.name, g.duty, g.valid_from, r.name as region from role_grant g"
            " join user_account u on u.id = g.user_id join region r on r.code = g.region_code"
            " where g.role = 'staff' and g.valid_to is null and g.region_code <> :code"
            " and starts_with(:code, g.region_code) order by g.region_code, g.id limit 50"
        ),
        {"code": region_code},
    )
    return found.all()


def change(place: Place, grant_id: int, duty: str, by: int) -> None:
    """Give somebody another duty, from now on. Raises Refused, NotFound, Conflict (ended meanwhile; the last head)."""
    row = _live(place, grant_id)
    known(place, duty)
    if row.duty == duty:
        return
    _finish(row, place)
    registration.grant(
        row.user_id, side(place).role, duty=duty, **scope(place), valid_from=clock.today(), by=by
    )
    note("duty.changed", ("user", row.user_id), place, by, was=row.duty, is_now=duty)


def remove(place: Place, grant_id: int, by: int) -> None:
    """End a duty at once: the next request finds no door. Raises NotFound, Conflict (ended meanwhile; the last head)."""
    row = _live(place, grant_id)
    _finish(row, place)
    note("duty.ended", ("user", row.user_id), place, by, was=row.duty)


def known(place: Place, duty: str) -> None:
    """Raises Refused on `duty` for what is none of this place."""
    if duty not in side(place).duties:
        raise Refused(N_("请选择职务"), "duty")


def holder(place: Place, phone: str) -> int | None:
    """The grant of this phone's owner at the place, if any."""
    return session().scalar(
        select(RoleGrant.id)
        .join(User, User.id == RoleGrant.user_id)
        .where(at(RoleGrant, place), User.phone == phone, RoleGrant.valid_to.is_(None))
    )


def not_both(place: Place, phone: str) -> None:
    """Say it before the exclusion constraint would (Cooperative Law art. 38). Raises Refused on `phone`."""
    other = "staff" if side(place) is COOPERATIVE else "manager"
    held = session().scalar(
        select(RoleGrant.id)
        .join(User, User.id == RoleGrant.user_id)
        .where(
            User.phone == phone,
            RoleGrant.role == other,
            func.coalesce(RoleGrant.valid_to, clock.today()) >= clock.today(),
        )
        .limit(1)
    )
    if held is not None:
        raise Refused(side(place).both, "phone")


def _live(place: Place, grant_id: int) -> RoleGrant:
    one_by_one(place)
    found = session().get(RoleGrant, grant_id, populate_existing=True)
    if found is None or place not in (found.cooperative_id, found.region_code):
        raise NotFound
    if found.valid_to is not None:
        raise Conflict(N_("这个人的职务刚才已经变了，请刷新再看"))
    return found


def _finish(row: RoleGrant, place: Place) -> None:
    """End a grant now; the last head stays. The caller holds the place's row."""
    if row.duty == side(place).head:
        others = session().scalar(
            select(func.count())
            .select_from(RoleGrant)
            .where(
                at(RoleGrant, place),
                RoleGrant.duty == row.duty,
                RoleGrant.valid_to.is_(None),
                RoleGrant.id != row.id,
            )
        )
        if not others:
            raise Conflict(side(place).last)
    session().execute(
        update(RoleGrant)
        .where(RoleGrant.id == row.id)
        .values(valid_to=func.greatest(clock.today(), RoleGrant.valid_from), ended_at=func.now())
    )
