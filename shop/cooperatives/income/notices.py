"""公示: the notice of a distribution, the members' objections and their answers."""

from __future__ import annotations

import secrets
from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, select, update

from shop.cooperatives.income.lifecycle_models import Notice, Objection
from shop.cooperatives.income.models import Distribution, DistributionLine
from shop.cooperatives.people.models import Member
from shop.cooperatives.people.queries import charter_on
from shop.core import activity, clock
from shop.core.db import insert_rows, session
from shop.core.errors import NotFound, Refused, beside
from shop.core.text import clean_paragraphs

LEAST_DAYS = 15  # Cooperative Law art. 40: at the office at least 15 days before the assembly
MOST_DAYS = 90
CHECKSUM_DIGITS = 16
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


def post_notice(cooperative_id: int, distribution_id: int, by: int, days: int) -> str:
    """Post the notice from today for `days` days; returns its code. Raises Refused outside what the charter says to 90 days."""
    least = least_days(cooperative_id)
    if not least <= days <= MOST_DAYS:
        raise Refused(
            "公示期要在 %(least_days)s 到 %(most_days)s 天之间（第四十条），现在是 %(days)s 天",
            field="days",
            least_days=least,
            most_days=MOST_DAYS,
            days=days,
        )
    proof = (
        session().scalar(select(Distribution.outputs_sha256).where(Distribution.id == distribution_id)) or ""
    )
    today = clock.today()
    code = "".join(secrets.choice(_ALPHABET) for _ in range(10))
    insert_rows(
        Notice,
        [
            {
                "cooperative_id": cooperative_id,
                "distribution_id": distribution_id,
                "code": code,
                "checksum": proof[:CHECKSUM_DIGITS],
                "starts_on": today,
                "ends_on": today + timedelta(days=days),
                "published_by": by,
            }
        ],
    )
    return code


def least_days(cooperative_id: int) -> int:
    """How long a notice stands at least: 15 days by law, more where the charter says so."""
    charter = charter_on(cooperative_id, clock.today())
    return max(LEAST_DAYS, charter.notice_days if charter is not None else 0)


def publisher_of(distribution_id: int) -> int | None:
    """Who posted the live notice."""
    return session().scalar(
        select(Notice.published_by)
        .where(Notice.distribution_id == distribution_id)
        .order_by(Notice.id.desc())
        .limit(1)
    )


def refuse_unless_over(distribution_id: int) -> None:
    """Raises Refused while the notice runs or an objection has no answer."""
    ends_on = session().scalar(
        select(Notice.ends_on)
        .where(Notice.distribution_id == distribution_id)
        .order_by(Notice.id.desc())
        .limit(1)
    )
    if ends_on is None:
        raise Refused("还没有公示")
    if ends_on > clock.today():
        raise Refused("公示到 %(ends_on)s 才结束，结束后再审核", ends_on=ends_on)
    open_ones = session().scalar(
        select(func.count(Objection.id)).where(
            Objection.distribution_id == distribution_id, Objection.outcome.is_(None)
        )
    )
    if open_ones:
        raise Refused("还有 %(open_ones)s 条异议没有答复", open_ones=open_ones)


def withdraw(distribution_id: int, reason: str) -> None:
    """Take the live notice down: ended, upheld or reversed."""
    session().execute(
        update(Notice)
        .where(Notice.distribution_id == distribution_id, Notice.withdrawn_at.is_(None))
        .values(withdrawn_at=func.now(), withdrawn_reason=reason)
    )


def withdraw_ended(today: date) -> int:
    """Take down every notice whose last day is over (village rules: withdrawn after the period); returns how many."""
    ended = session().execute(
        update(Notice)
        .where(Notice.withdrawn_at.is_(None), Notice.ends_on < today)
        .values(withdrawn_at=func.now(), withdrawn_reason="ended")
        .returning(Notice.id)
    )
    return len(ended.all())


def object_to(
    distribution_id: int,
    household_id: int,
    words: str,
    via: str,
    by: int | None = None,
    request_key: str | None = None,
) -> int:
    """A member household objects while the notice runs; returns the objection's id. The same request is the same objection.

    Raises NotFound when the household has no line in it, Refused when no notice runs or nothing is said.
    """
    if request_key:
        known = session().scalar(select(Objection.id).where(Objection.request_key == request_key))
        if known is not None:
            return known
    with beside("words"):
        words = clean_paragraphs(words, label="异议", max_length=1000)
    head = (
        session()
        .execute(
            select(Distribution.cooperative_id, Distribution.state)
            .join(DistributionLine, DistributionLine.distribution_id == Distribution.id)
            .join(Member, Member.id == DistributionLine.member_id)
            .where(Distribution.id == distribution_id, Member.household_id == household_id)
            .with_for_update(of=Distribution)
        )
        .one_or_none()
    )
    if head is None:
        raise NotFound
    running = session().scalar(
        select(Notice.id).where(Notice.distribution_id == distribution_id, Notice.withdrawn_at.is_(None))
    )
    if head.state != "published" or running is None:
        raise Refused("现在不在公示期内，有疑问请直接联系合作社或镇里")
    row = {
        "cooperative_id": head.cooperative_id,
        "distribution_id": distribution_id,
        "household_id": household_id,
        "via": via,
        "words": words,
        "recorded_by": by,
        "request_key": request_key,
    }
    made = insert_rows(Objection, [row], "id")[0]
    activity.record(
        "objection.raised",
        "objection",
        made,
        cooperative_id=head.cooperative_id,
        actor_id=by,
        after={"via": via},
    )
    return int(made)


def answer(objection_id: int, cooperative_ids: set[int], outcome: str, words: str, by: int) -> int:
    """Answer an objection once: 'rejected' with a reason, or 'upheld'. Returns the distribution's id.

    The caller takes the upheld distribution back (lifecycle.uphold). Raises NotFound, Refused.
    """
    row = (
        session()
        .execute(
            select(Objection.distribution_id, Objection.cooperative_id, Objection.outcome)
            .where(Objection.id == objection_id)
            .with_for_update()
        )
        .one_or_none()
    )
    if row is None or row.cooperative_id not in cooperative_ids:
        raise NotFound
    if outcome not in {"upheld", "rejected"}:
        raise Refused("请选择采纳或不采纳", field="outcome")
    with beside("answer"):
        words = clean_paragraphs(words, label="答复", max_length=1000)
    if row.outcome is not None:
        raise Refused("这条异议已经答复过")
    session().execute(
        update(Objection)
        .where(Objection.id == objection_id)
        .values(outcome=outcome, answer=words, answered_by=by, answered_at=func.now())
    )
    activity.record(
        "objection.answered",
        "objection",
        objection_id,
        cooperative_id=row.cooperative_id,
        actor_id=by,
        after={"outcome": outcome},
    )
    return int(row.distribution_id)


def latest(distribution_id: int) -> Notice | None:
    """The distribution's last notice, live or withdrawn."""
    return session().scalar(
        select(Notice).where(Notice.distribution_id == distribution_id).order_by(Notice.id.desc()).limit(1)
    )


def live(code: str) -> Any:
    """The live notice of a code with its distribution's figures, or none: row of Notice and Distribution."""
    return (
        session()
        .execute(
            select(Notice, Distribution)
            .join(Distribution, Distribution.id == Notice.distribution_id)
            .where(Notice.code == code, Notice.withdrawn_at.is_(None))
        )
        .one_or_none()
    )


def objections_of(distribution_id: int) -> list[Any]:
    """Objections with their answers, oldest first."""
    return list(
        session().scalars(
            select(Objection).where(Objection.distribution_id == distribution_id).order_by(Objection.id)
        )
    )
