"""Duties inside a cooperative: invited by phone, accepted by its owner, changed, ended; there is always a chair."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, func, select, text, update
from sqlalchemy.exc import IntegrityError

from shop.accounts import registration
from shop.accounts.duty_models import DutyInvitation
from shop.accounts.models import RoleGrant, User
from shop.core import activity, clock
from shop.core.db import insert_rows, session
from shop.core.errors import Conflict, NotFound, Refused
from shop.core.text import N_

DUTIES: dict[str, str] = {
    "chair": N_("理事长"), "manager": N_("经理"), "stock": N_("库管"), "shipping": N_("发货"), "accounts": N_("会计"),
}  # fmt: skip
LIFE = timedelta(days=7)
# one after the other for each cooperative, so that two chairs cannot remove one another at the same moment
_ONE_BY_ONE = text("select id from cooperative where id = :id for no key update")
_NAMED = text(
    """
    select i.id, i.duty, i.expires_at, c.code, c.name from duty_invitation i join cooperative c on c.id = i.cooperative_id
     where i.phone = :phone and i.accepted_at is null and i.withdrawn_at is null and i.expires_at > now() order by i.id limit 50
    """
)


def of_cooperative(cooperative_id: int, ended: int = 30) -> Sequence[Row[Any]]:
    """Who holds a duty now, then the last `ended` who held one.

    Of each: id, user_id, name, phone, duty, valid_from, valid_to, ended_at.
    """
    rows = (
        select(
            RoleGrant.id, RoleGrant.user_id, RoleGrant.duty, RoleGrant.valid_from, RoleGrant.valid_to,
            RoleGrant.ended_at, User.name, User.phone,
        )
        .join(User, User.id == RoleGrant.user_id)
        .where(RoleGrant.cooperative_id == cooperative_id)
    )  # fmt: skip
    now = session().execute(rows.where(RoleGrant.valid_to.is_(None)).order_by(RoleGrant.id)).all()
    before = session().execute(
        rows.where(RoleGrant.valid_to.is_not(None))
        .order_by(RoleGrant.valid_to.desc(), RoleGrant.id.desc())
        .limit(ended)
    )
    return [*now, *before]


def chairs(cooperative_id: int) -> list[str]:
    """The names of those who may give duties, for the page that says whom to ask."""
    found = session().execute(
        select(User.name)
        .join(RoleGrant, RoleGrant.user_id == User.id)
        .where(
            RoleGrant.cooperative_id == cooperative_id,
            RoleGrant.duty == "chair",
            RoleGrant.valid_to.is_(None),
        )
        .order_by(RoleGrant.id)
        .limit(5)
    )
    return list(found.scalars())


def invitations(cooperative_id: int) -> Sequence[DutyInvitation]:
    """What is open, also past its week, newest first."""
    return (
        session()
        .scalars(
            select(DutyInvitation)
            .where(
                DutyInvitation.cooperative_id == cooperative_id,
                DutyInvitation.accepted_at.is_(None),
                DutyInvitation.withdrawn_at.is_(None),
            )
            .order_by(DutyInvitation.id.desc())
            .limit(50)
        )
        .all()
    )


def invited(phone: str) -> Sequence[Row[Any]]:
    """The invitations that the owner of this phone may accept: id, duty, expires_at, code and name of the cooperative."""
    return session().execute(_NAMED, {"phone": phone}).all()


def invite(cooperative_id: int, phone: str, duty: str, by: int) -> int:
    """Invite the owner of a phone; returns the invitation's id.

    Raises Refused on `phone` or `duty`; Conflict when the phone has an open invitation of this cooperative.
    """
    _known(duty)
    number = registration.parse_phone(phone)
    session().execute(_ONE_BY_ONE, {"id": cooperative_id})
    _not_both(number)
    if _holder(cooperative_id, number) is not None:
        raise Refused(N_("这个手机号在本社已经有职务，要换职务请在名单里改"), "phone")
    session().execute(
        update(DutyInvitation)
        .where(
            DutyInvitation.cooperative_id == cooperative_id,
            DutyInvitation.phone == number,
            DutyInvitation.accepted_at.is_(None),
            DutyInvitation.withdrawn_at.is_(None),
            DutyInvitation.expires_at <= func.now(),
        )
        .values(withdrawn_at=func.now())
    )
    now = clock.now()
    row = {
        "cooperative_id": cooperative_id, "phone": number, "duty": duty, "invited_by": by, "invited_at": now,
        "expires_at": now + LIFE,
    }  # fmt: skip
    try:
        with session().begin_nested():
            made = int(insert_rows(DutyInvitation, [row], "id")[0])
    except IntegrityError as error:
        if "uq_duty_invitation_open" not in str(error.orig):
            raise
        raise Conflict(N_("这个手机号已经请过了，等对方接受；要重新请，先撤回上一次"), "phone") from None
    activity.record(
        "duty.invited",
        "duty_invitation",
        made,
        cooperative_id=cooperative_id,
        actor_id=by,
        after={"duty": duty},
    )
    return made


def withdraw(cooperative_id: int, invitation_id: int, by: int) -> None:
    """Take an invitation back. Raises NotFound for another cooperative's, Conflict when it is no longer open."""
    found = session().get(DutyInvitation, invitation_id, with_for_update=True)
    if found is None or found.cooperative_id != cooperative_id:
        raise NotFound
    _end(found, by, "duty.invitation_withdrawn")


def decline(invitation_id: int, phone: str, by: int) -> None:
    """The invited does not want it. Raises NotFound, Conflict."""
    _end(_mine(invitation_id, phone), by, "duty.declined")


def accept(invitation_id: int, phone: str, by: int) -> str:
    """Take the duty on; returns the cooperative's code. Whoever calls it has seen that `by` signed in with this phone.

    Raises NotFound, Conflict when it is over, Refused for those with a public duty (Cooperative Law art. 38).
    """
    found = _mine(invitation_id, phone)
    _open(found)
    if found.expires_at <= clock.now():
        raise Conflict(N_("这份邀请过了 7 天，已经失效，请理事长重新邀请"))
    session().execute(_ONE_BY_ONE, {"id": found.cooperative_id})
    _not_both(phone)
    if _holder(found.cooperative_id, phone) is not None:
        raise Conflict(N_("您在这个合作社已经有职务，要换职务请理事长在名单里改"))
    registration.grant(
        by, "manager", duty=found.duty, cooperative_id=found.cooperative_id, valid_from=clock.today(),
        by=found.invited_by,
    )  # fmt: skip
    found.accepted_by, found.accepted_at = by, clock.now()
    code = session().execute(
        text("select code from cooperative where id = :id"), {"id": found.cooperative_id}
    )
    activity.record(
        "duty.accepted", "duty_invitation", found.id, cooperative_id=found.cooperative_id, actor_id=by,
        after={"duty": found.duty},
    )  # fmt: skip
    return str(code.scalar())


def change(cooperative_id: int, grant_id: int, duty: str, by: int) -> None:
    """Give somebody another duty, from now on. Raises Refused, NotFound, Conflict (ended meanwhile; the last chair)."""
    row = _live(cooperative_id, grant_id)
    _known(duty)
    if row.duty == duty:
        return
    _finish(row, cooperative_id)
    registration.grant(
        row.user_id, "manager", duty=duty, cooperative_id=cooperative_id, valid_from=clock.today(), by=by
    )
    activity.record(
        "duty.changed", "user", row.user_id, cooperative_id=cooperative_id, actor_id=by,
        before={"duty": row.duty}, after={"duty": duty},
    )  # fmt: skip


def remove(cooperative_id: int, grant_id: int, by: int) -> None:
    """End a duty at once: the next request finds no office. Raises NotFound, Conflict (ended meanwhile; the last chair)."""
    row = _live(cooperative_id, grant_id)
    _finish(row, cooperative_id)
    activity.record(
        "duty.ended",
        "user",
        row.user_id,
        cooperative_id=cooperative_id,
        actor_id=by,
        before={"duty": row.duty},
    )


def _known(duty: str) -> None:
    if duty not in DUTIES:
        raise Refused(N_("请选择职务"), "duty")


def _holder(cooperative_id: int, phone: str) -> int | None:
    return session().scalar(
        select(RoleGrant.id)
        .join(User, User.id == RoleGrant.user_id)
        .where(RoleGrant.cooperative_id == cooperative_id, User.phone == phone, RoleGrant.valid_to.is_(None))
    )


def _not_both(phone: str) -> None:
    """Say it before the exclusion constraint would (Cooperative Law art. 38). Raises Refused on `phone`."""
    staff = session().scalar(
        select(RoleGrant.id)
        .join(User, User.id == RoleGrant.user_id)
        .where(
            User.phone == phone,
            RoleGrant.role == "staff",
            func.coalesce(RoleGrant.valid_to, clock.today()) >= clock.today(),
        )
        .limit(1)
    )
    if staff is not None:
        raise Refused(
            N_("这个手机号是镇村工作人员的，不能在合作社任职（农民专业合作社法第三十八条）"), "phone"
        )


def _mine(invitation_id: int, phone: str) -> DutyInvitation:
    found = session().get(DutyInvitation, invitation_id, with_for_update=True)
    if found is None or found.phone != phone:
        raise NotFound
    return found


def _open(found: DutyInvitation) -> None:
    if found.accepted_at is not None or found.withdrawn_at is not None:
        raise Conflict(N_("这份邀请已经接受过或撤回了"))


def _end(found: DutyInvitation, by: int, act: str) -> None:
    _open(found)
    found.withdrawn_at = clock.now()
    activity.record(
        act,
        "duty_invitation",
        found.id,
        cooperative_id=found.cooperative_id,
        actor_id=by,
        before={"duty": found.duty},
    )


def _live(cooperative_id: int, grant_id: int) -> RoleGrant:
    session().execute(_ONE_BY_ONE, {"id": cooperative_id})
    found = session().get(RoleGrant, grant_id, populate_existing=True)
    if found is None or found.cooperative_id != cooperative_id:
        raise NotFound
    if found.valid_to is not None:
        raise Conflict(N_("这个人的职务刚才已经变了，请刷新再看"))
    return found


def _finish(row: RoleGrant, cooperative_id: int) -> None:
    """End a grant now; the last chair stays. The caller holds the cooperative's row."""
    if row.duty == "chair":
        others = session().scalar(
            select(func.count())
            .select_from(RoleGrant)
            .where(
                RoleGrant.cooperative_id == cooperative_id,
                RoleGrant.duty == "chair",
                RoleGrant.valid_to.is_(None),
                RoleGrant.id != row.id,
            )
        )
        if not others:
            raise Conflict(N_("这是唯一的理事长。先请另一个人当理事长，再换掉这一位"))
    session().execute(
        update(RoleGrant)
        .where(RoleGrant.id == row.id)
        .values(valid_to=func.greatest(clock.today(), RoleGrant.valid_from), ended_at=func.now())
    )
