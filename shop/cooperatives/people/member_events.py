"""The steps of a member account: held, noted once, read back. Who acts on an older state than the newest is told so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from shop.cooperatives.people.models import Cooperative, Household, Member
from shop.cooperatives.people.roster_models import MemberEvent
from shop.core.db import insert_rows, session
from shop.core.errors import Conflict, NotFound, Refused
from shop.core.text import N_, clean_line

REASONS = {
    "withdrew": N_("自愿退社"),
    "expelled": N_("除名"),
    "deceased": N_("死亡"),
    "moved": N_("迁出"),
}
KINDS = {
    "joined": N_("入社"),
    "leaving": N_("退社"),
    "stayed": N_("撤回退社"),
    "succession": N_("更换户主"),
    "split": N_("分户"),
}


@dataclass(frozen=True, slots=True)
class Resolved:
    """Which assembly or board decided it, in words, and when; both empty where nothing had to be decided."""

    text: str = ""
    on: date | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """Who acts, from which page (`key` makes it once), and which step was the newest on that page."""

    by: int | None = None
    key: str | None = None
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """A member account under its lock; `seq` is the newest step."""

    member_id: int
    cooperative_id: int
    household_id: int
    number: int
    joined_on: date
    left_on: date | None
    seq: int


def hold_cooperative(cooperative_id: int) -> None:
    """One change of the roster a cooperative; closing a year waits, postings of trade go on. Raises NotFound."""
    own = select(Cooperative.id).where(Cooperative.id == cooperative_id).with_for_update(key_share=True)
    if session().scalar(own) is None:
        raise NotFound(N_("没有找到这个合作社"))


def hold(member_id: int, cooperative_id: int, seen: int | None = None) -> Held:
    """Lock a member account. Raises NotFound; Conflict where a step was made after the one that the page showed."""
    row = session().execute(
        select(Member.id, Member.cooperative_id, Member.household_id, Member.number, Member.joined_on, Member.left_on)
        .where(Member.id == member_id, Member.cooperative_id == cooperative_id)
        .with_for_update(key_share=True)
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotFound(N_("没有找到这个成员"))
    seq = newest(member_id)
    if seen is not None and seen != seq:
        raise Conflict(N_("别人刚办理过这个成员的变动，请看过最新情况再办"))
    return Held(*row, seq)


def newest(member_id: int) -> int:
    """The number of the newest step; 0 where none was kept."""
    found = select(func.max(MemberEvent.seq)).where(MemberEvent.member_id == member_id)
    return int(session().scalar(found) or 0)


def note(held: Held, kind: str, on: date, request: Request, resolved: Resolved, **more: Any) -> int:
    """Write the next step of a held account; returns its id. `more` are columns of the step's kind."""
    row = {
        "cooperative_id": held.cooperative_id, "member_id": held.member_id, "seq": held.seq + 1, "kind": kind, "on_date": on,
        "resolution": resolution_words(resolved.text), "resolved_on": resolved.on, "made_by": request.by,
        "request_key": own_key(held.cooperative_id, request.key),
    }  # fmt: skip
    return int(insert_rows(MemberEvent, [row | more], "id")[0])


def made_before(cooperative_id: int, key: str | None) -> Any:
    """id, member, day and the other side of the step that this request made, or None."""
    if key is None:
        return None
    return session().execute(
        select(
            MemberEvent.id, MemberEvent.member_id, MemberEvent.kind, MemberEvent.on_date, MemberEvent.other_member_id,
            MemberEvent.other_household_id,
        ).where(MemberEvent.request_key == own_key(cooperative_id, key))
    ).one_or_none()  # fmt: skip


def own_key(cooperative_id: int, key: str | None) -> str | None:
    """A request's key as it is stored: another cooperative's same key is another request."""
    return None if key is None else f"{cooperative_id}:{key}"


def resolution_words(text: str, *, required: bool = False) -> str:
    """Raises BadText."""
    return clean_line(text, label=N_("决议"), max_length=200, required=required)


def check_days(today: date, resolved: Resolved) -> None:
    """A resolution has words and a day, neither without the other, and was made by today. Raises Refused, BadText."""
    words = resolution_words(resolved.text)
    if resolved.on is not None and resolved.on > today:
        raise Refused(N_("决议日期不能晚于今天"), "resolved_on")
    if words and resolved.on is None:
        raise Refused(N_("请填写决议日期"), "resolved_on")
    if resolved.on is not None and not words:
        raise Refused(N_("请写明是哪次会议的决议"), "resolution")


def of_member(member_id: int, cooperative_id: int) -> Sequence[Any]:
    """Every step of a member account, newest first, with the other household of a split. One statement."""
    other, other_home = aliased(Member), aliased(Household)
    return session().execute(
        select(
            MemberEvent.id, MemberEvent.seq, MemberEvent.kind, MemberEvent.on_date, MemberEvent.noticed_on, MemberEvent.reason,
            MemberEvent.resolution, MemberEvent.resolved_on, MemberEvent.head_before, MemberEvent.head_after,
            MemberEvent.fen, MemberEvent.reserve_fen, MemberEvent.made_at, MemberEvent.made_by, MemberEvent.other_member_id,
            other.number.label("other_number"), other_home.code.label("other_code"),
            other_home.head_name.label("other_name"),
        )
        .outerjoin(other, other.id == MemberEvent.other_member_id)
        .outerjoin(other_home, other_home.id == MemberEvent.other_household_id)
        .where(MemberEvent.member_id == member_id, MemberEvent.cooperative_id == cooperative_id)
        .order_by(MemberEvent.seq.desc())
    ).all()  # fmt: skip
