"""Invitations to a duty: by phone, accepted by its owner within a week, or withdrawn, or declined."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

import structlog
from flask_babel import gettext as _
from sqlalchemy import Row, func, select, text, update
from sqlalchemy.exc import IntegrityError

from shop.accounts import duties, registration, sms
from shop.accounts.duties import Place
from shop.accounts.duty_models import DutyInvitation
from shop.core import clock, pages
from shop.core.db import insert_rows, session
from shop.core.errors import Conflict, NotFound, Refused
from shop.core.http import settings
from shop.core.text import N_

log = structlog.get_logger()
LIFE = timedelta(days=7)
_NAMED = text(
    """
    select i.id, i.duty, i.expires_at, coalesce(c.code, r.code) as code, coalesce(c.name, r.name) as name
      from duty_invitation i left join cooperative c on c.id = i.cooperative_id left join region r on r.code = i.region_code
     where i.phone = :phone and i.accepted_at is null and i.withdrawn_at is null and i.expires_at > now() order by i.id limit 50
    """
)
_OPEN = (DutyInvitation.accepted_at.is_(None), DutyInvitation.withdrawn_at.is_(None))


class Accepted(NamedTuple):
    """Where a duty was taken on: `role` is manager or staff, `code` the cooperative's or the region's."""

    role: str
    code: str


def open_at(place: Place) -> Sequence[DutyInvitation]:
    """What is open there, also past its week, newest first."""
    return (
        session()
        .scalars(
            select(DutyInvitation)
            .where(duties.at(DutyInvitation, place), *_OPEN)
            .order_by(DutyInvitation.id.desc())
            .limit(50)
        )
        .all()
    )


def chairs_awaited(cooperative_ids: Collection[int]) -> set[int]:
    """The cooperatives among these whose chair is invited and may still accept. One statement."""
    return set(
        session().scalars(
            select(DutyInvitation.cooperative_id).where(
                DutyInvitation.cooperative_id.in_(cooperative_ids),
                DutyInvitation.duty == "chair",
                DutyInvitation.expires_at > func.now(),
                *_OPEN,
            )
        )
    )


def invited(phone: str) -> Sequence[Row[Any]]:
    """The invitations that the owner of this phone may accept: id, duty, expires_at, code and name of the place."""
    return session().execute(_NAMED, {"phone": phone}).all()


def invite(place: Place, phone: str, duty: str, by: int) -> int:
    """Invite the owner of a phone; returns the invitation's id.

    Raises Refused on `phone` or `duty`; Conflict when the phone has an open invitation of this place.
    """
    duties.known(place, duty)
    number = registration.parse_phone(phone)
    duties.one_by_one(place)
    duties.not_both(place, number)
    if duties.holder(place, number) is not None:
        raise Refused(duties.side(place).held, "phone")
    session().execute(
        update(DutyInvitation)
        .where(
            duties.at(DutyInvitation, place),
            DutyInvitation.phone == number,
            *_OPEN,
            DutyInvitation.expires_at <= func.now(),
        )
        .values(withdrawn_at=func.now())
    )
    now = clock.now()
    row = {
        **duties.scope(place), "phone": number, "duty": duty, "invited_by": by, "invited_at": now,
        "expires_at": now + LIFE,
    }  # fmt: skip
    try:
        with session().begin_nested():
            made = int(insert_rows(DutyInvitation, [row], "id")[0])
    except IntegrityError as error:
        if "uq_duty_invitation" not in str(error.orig):
            raise
        raise Conflict(N_("这个手机号已经请过了，等对方接受；要重新请，先撤回上一次"), "phone") from None
    duties.note("duty.invited", ("duty_invitation", made), place, by, is_now=duty)
    return made


def invite_first_chair(cooperative_id: int, phone: str, by: int) -> int:
    """Invite who is to lead a cooperative that has no chair yet; everybody else is the chair's to invite.

    Raises Conflict where there is a chair, and as `invite`.
    """
    duties.one_by_one(cooperative_id)
    if duties.heads_of([cooperative_id]):
        raise Conflict(N_("这个合作社已经有理事长，其他人由理事长邀请"), "phone")
    return invite(cooperative_id, phone, "chair", by)


def send(place: Place, name: str, phone: str, duty: str, where: str) -> None:
    """Tell the invited by text, and the one who invites how it went; `name` of the place, `where` invitations are accepted.

    A text that is lost takes nothing back: the page of the invited shows the invitation all the same.
    """
    words = _(
        "%(place)s请您担任%(duty)s。请用这个手机号登录 %(url)s 接受，7 天内有效。不认识的请不要理会。",
        place=name,
        duty=_(duties.side(place).duties[duty]),
        url=where,
    )
    session().rollback()
    try:
        sms.gateway(settings()).send(registration.parse_phone(phone), words)
    except OSError as error:
        log.warning("invitation_sms_not_sent", error=type(error).__name__)
        pages.say(
            _("邀请已登记，但短信没有发出去。请直接告诉对方：用这个手机号登录，在“我的”里接受"), "notice"
        )
    else:
        pages.say(_("已发短信邀请。对方用这个手机号登录后接受，7 天内有效"))


def withdraw(place: Place, invitation_id: int, by: int) -> None:
    """Take an invitation back. Raises NotFound for another place's, Conflict when it is no longer open."""
    found = session().get(DutyInvitation, invitation_id, with_for_update=True)
    if found is None or _place(found) != place:
        raise NotFound
    _end(found, by, "duty.invitation_withdrawn")


def decline(invitation_id: int, phone: str, by: int) -> None:
    """The invited does not want it. Raises NotFound, Conflict."""
    _end(_mine(invitation_id, phone), by, "duty.declined")


def accept(invitation_id: int, phone: str, by: int) -> Accepted:
    """Take the duty on. Whoever calls it has seen that `by` signed in with this phone.

    Raises NotFound, Conflict when it is over, Refused for those with a duty of the other side (Cooperative Law art. 38).
    """
    found = _mine(invitation_id, phone)
    _open(found)
    place = _place(found)
    side = duties.side(place)
    if found.expires_at <= clock.now():
        raise Conflict(side.over)
    duties.one_by_one(place)
    duties.not_both(place, phone)
    if duties.holder(place, phone) is not None:
        raise Conflict(side.held_by_me)
    registration.grant(
        by, side.role, duty=found.duty, **duties.scope(place), valid_from=clock.today(), by=found.invited_by
    )
    found.accepted_by, found.accepted_at = by, clock.now()
    duties.note("duty.accepted", ("duty_invitation", found.id), place, by, is_now=found.duty)
    if isinstance(place, str):
        return Accepted(side.role, place)
    code = session().execute(text("select code from cooperative where id = :id"), {"id": place})
    return Accepted(side.role, str(code.scalar()))


def _place(found: DutyInvitation) -> Place:
    return found.cooperative_id if found.cooperative_id is not None else str(found.region_code)


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
    duties.note(act, ("duty_invitation", found.id), _place(found), by, was=found.duty)
