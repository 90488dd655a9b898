"""A household's telephone: its slip is opened with it, its confirmations are sent there. A change needs a reason and is kept."""

from __future__ import annotations

from sqlalchemy import select, update

from shop.cooperatives.people import member_events
from shop.cooperatives.people.models import Household
from shop.core import activity, clock
from shop.core.db import session
from shop.core.errors import Conflict, Refused
from shop.core.privacy import mask_phone
from shop.core.text import N_, clean_line


def masked(phone: str | None) -> str:
    """As pages and the log show it; empty where there is none."""
    return mask_phone(phone) if phone else ""


def change(
    member_id: int, cooperative_id: int, phone: str, reason: str, seen: str, by: int | None = None
) -> str | None:
    """Give a member's household another number (E.164); returns the old one, which is to be told. The same changes nothing.

    `seen` is the masked number that the page showed. Raises NotFound; Refused (no reason, a member who has left); Conflict
    where somebody changed it since.
    """
    words = clean_line(reason, label=N_("原因"), max_length=100)
    held = member_events.hold(member_id, cooperative_id)
    if held.left_on is not None and held.left_on < clock.today():
        raise Refused(N_("这个成员已经退社"))
    before = session().scalar(
        select(Household.phone).where(Household.id == held.household_id).with_for_update(key_share=True)
    )
    if before == phone:
        return None
    if masked(before) != seen:
        raise Conflict(N_("别人刚改过这一户的电话，请看过现在的号码再改"), "phone")
    session().execute(update(Household).where(Household.id == held.household_id).values(phone=phone))
    activity.record(
        "member.phone_changed", "member", member_id, cooperative_id=cooperative_id, actor_id=by,
        before={"phone": masked(before)}, after={"phone": masked(phone), "reason": words},
    )  # fmt: skip
    return before
