"""Resolutions of the members' assembly: recorded once with their minutes, and whether they carry."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, or_, select

from shop.cooperatives.income.lifecycle_models import Resolution
from shop.cooperatives.people.models import Member
from shop.core import activity, clock
from shop.core.db import insert_rows, session
from shop.core.errors import Refused, beside
from shop.core.text import clean_paragraphs

NAMES = {
    "distribution": "盈余分配方案",
    "conversion": "盈余转为出资",
    "quantify": "公积金量化到成员",
    "loss_plan": "亏损处理方案",
    "charter": "章程修改",
}


@dataclass(frozen=True)
class Vote:
    """What the minutes say. `extra_votes` are additional votes by charter, at most a fifth of the members (art. 22)."""

    subject: str
    held_on: date
    present: int
    votes_for: int
    votes_against: int
    summary: str
    extra_votes: int = 0


def members_on(cooperative_id: int, day: date) -> int:
    """Number of member accounts on a day."""
    return int(
        session().scalar(
            select(func.count(Member.id)).where(
                Member.cooperative_id == cooperative_id,
                Member.joined_on <= day,
                or_(Member.left_on.is_(None), Member.left_on >= day),
            )
        )
        or 0
    )


def record(cooperative_id: int, distribution_id: int | None, vote: Vote, minutes_id: int, by: int) -> int:
    """Write a resolution down; returns its id. What it says is checked when it is used, not here: a lost vote is a fact too.

    Raises Refused for numbers that cannot be, a day in the future, or a second resolution on the same thing.
    """
    members = members_on(cooperative_id, vote.held_on)
    if vote.subject not in NAMES:
        raise Refused("请选择决议事项", field="subject")
    if vote.held_on > clock.today():
        raise Refused("开会日期不能在今天之后", field="held_on")
    if members == 0:
        raise Refused("开会那天合作社没有成员，请检查日期", field="held_on")
    if not 0 <= vote.present <= members:
        raise Refused(
            "出席人数要在 0 到 %(members)s 之间（当天成员 %(members)s 户）", field="present", members=members
        )
    if vote.extra_votes < 0 or vote.extra_votes * 5 > members:
        raise Refused("附加表决权不能超过成员数的 20%（第二十二条）", field="extra_votes")
    if min(vote.votes_for, vote.votes_against) < 0 or (
        vote.votes_for + vote.votes_against > vote.present + vote.extra_votes
    ):
        raise Refused("赞成票与反对票之和不能超过出席人数", field="votes_for")
    with beside("summary"):
        summary = clean_paragraphs(vote.summary, label="决议内容", max_length=2000)
    if distribution_id is not None and _found(distribution_id, vote.subject):
        raise Refused("这件事的决议已经登记过；要改就登记更正后的新决议，并写明原因", field="subject")
    row = {
        **asdict(vote),
        "summary": summary,
        "cooperative_id": cooperative_id,
        "distribution_id": distribution_id,
        "members": members,
        "minutes_id": minutes_id,
        "recorded_by": by,
    }
    made = insert_rows(Resolution, [row], "id")[0]
    activity.record(
        "resolution.recorded",
        "resolution",
        made,
        cooperative_id=cooperative_id,
        actor_id=by,
        after={"subject": vote.subject, "for": vote.votes_for, "against": vote.votes_against},
    )
    return int(made)


def refuse_unless_passed(distribution_id: int, subject: str) -> None:
    """Raises Refused unless the assembly resolved it: quorum 2/3 of the members, more than half of all votes (art. 30)."""
    row = _found(distribution_id, subject)
    if row is None:
        raise Refused("还没有登记成员大会关于“%(names)s”的决议", names=NAMES[subject])
    refuse_unless_carried(row)


def refuse_unless_carried(row: Resolution) -> None:
    """Raises Refused where the quorum or the majority was missed (art. 30): a change of the charter needs two thirds."""
    if row.present * 3 < row.members * 2:
        raise Refused(
            "出席 %(present)s 户，不到成员 %(members)s 户的三分之二，决议无效（第三十条）",
            present=row.present,
            members=row.members,
        )
    votes = row.members + row.extra_votes
    if row.subject == "charter" and row.votes_for * 3 < votes * 2:
        raise Refused(
            "赞成 %(votes_for)s 票，不到表决权总数 %(members)s 的三分之二，章程修改未通过（第三十条）",
            votes_for=row.votes_for,
            members=votes,
        )
    if row.votes_for * 2 <= votes:
        raise Refused(
            "赞成 %(votes_for)s 票，没有超过表决权总数 %(members)s 的一半，未通过（第三十条）",
            votes_for=row.votes_for,
            members=votes,
        )


def of_cooperative(cooperative_id: int, subject: str) -> list[Resolution]:
    """The assembly's resolutions on a matter that is not of one distribution, newest first."""
    return list(
        session().scalars(
            select(Resolution)
            .where(Resolution.cooperative_id == cooperative_id, Resolution.subject == subject)
            .order_by(Resolution.id.desc())
            .limit(50)
        )
    )


def of_distribution(distribution_id: int) -> list[Any]:
    """Its resolutions with members, votes and the id of the minutes, oldest first."""
    return list(
        session().scalars(
            select(Resolution).where(Resolution.distribution_id == distribution_id).order_by(Resolution.id)
        )
    )


def _found(distribution_id: int, subject: str) -> Any:
    return session().scalar(
        select(Resolution).where(Resolution.distribution_id == distribution_id, Resolution.subject == subject)
    )
