"""The township's entries for a household: read, and taken back by a reversal, never by an edit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from shop.cooperatives.income.income_models import HouseholdIncomeEntry, IncomeSource
from shop.cooperatives.people.models import Household, Person, Village
from shop.core import activity, pictures
from shop.core.attachments import Attachment
from shop.core.db import session
from shop.core.errors import Conflict, NotFound, Refused
from shop.core.text import N_, clean_line

SUBJECT = "household_income_entry"  # of its attachments and acts
SAID_ELSE = N_("这个页面已经记过一笔，请从户的台账重新打开登记页")


def household(household_id: int, region_code: str) -> Any:
    """id, code, head_name (decrypted) and village of a household of the region. Raises NotFound for any other."""
    row = (
        session()
        .execute(
            select(Household.id, Household.code, Household.head_name, Village.name.label("village"))
            .join(Village, Village.id == Household.village_id)
            .where(Household.id == household_id, Village.region_code.startswith(region_code, autoescape=True))
        )
        .one_or_none()
    )
    if row is None:
        raise NotFound(N_("没有找到这一户"))
    return row


def by_hand() -> Sequence[Row[str, str, str]]:
    """code, name and income_class of the sources that people enter, in the order of lists."""
    return (
        session()
        .execute(
            select(IncomeSource.code, IncomeSource.name, IncomeSource.income_class)
            .where(IncomeSource.by_hand)
            .order_by(IncomeSource.income_class, IncomeSource.position)
        )
        .all()
    )


def persons(household_id: int) -> Sequence[Row[int, str]]:
    """id and name (decrypted: mask it) of the household's roster, the head first."""
    return (
        session()
        .execute(
            select(Person.id, Person.name)
            .where(Person.household_id == household_id)
            .order_by(Person.is_head.desc(), Person.id)
        )
        .all()
    )


def reverse(entry_id: int, region_code: str, reason: str, request_key: str, by: int | None) -> int:
    """Take an entry back, on its own day, with a reason; returns the reversal's id, also for the same request again.

    Raises NotFound for another region's entry, BadText without a reason, Refused for a reversal, Conflict where somebody
    else took it back before.
    """
    reason = clean_line(reason, label=N_("冲销原因"), max_length=200)
    row = session().scalar(
        select(HouseholdIncomeEntry)
        .join(Household, Household.id == HouseholdIncomeEntry.household_id)
        .join(Village, Village.id == Household.village_id)
        .where(
            HouseholdIncomeEntry.id == entry_id,
            Village.region_code.startswith(region_code, autoescape=True),
        )
        .with_for_update(of=HouseholdIncomeEntry)
    )
    if row is None:
        raise NotFound(N_("没有找到这笔记录"))
    if row.reverses_id is not None:
        raise Refused(N_("这一笔是冲销，不能再冲销；请重新记一笔"))
    made = session().execute(
        select(HouseholdIncomeEntry.id, HouseholdIncomeEntry.request_key).where(
            HouseholdIncomeEntry.reverses_id == entry_id
        )
    ).one_or_none()  # fmt: skip
    if made is not None and made.request_key != request_key:
        raise Conflict(N_("这一笔已经冲销过"))
    values = {
        "household_id": row.household_id, "person_id": row.person_id, "on_date": row.on_date,
        "income_class": row.income_class, "source_code": row.source_code, "fen": row.fen, "evidence": reason,
        "entered_by": by, "request_key": request_key, "reverses_id": entry_id,
    }  # fmt: skip
    reversal_id, fresh = _once(values)
    if fresh:
        activity.record(
            "income.reversed", SUBJECT, entry_id, actor_id=by,
            after={"household": row.household_id, "kind": row.source_code, "fen": row.fen},
        )  # fmt: skip
    return reversal_id


def entry(entry_id: int, region_code: str) -> Any:
    """One entry of the region with its household, source, paper and reversal. Raises NotFound.

    head_name and person are decrypted: mask them.
    """
    undone = aliased(HouseholdIncomeEntry)
    paper = (
        select(Attachment.id)
        .where(Attachment.subject_type == SUBJECT, Attachment.subject_id == HouseholdIncomeEntry.id)
        .order_by(Attachment.id)
        .limit(1)
        .scalar_subquery()
    )
    row = session().execute(
        select(
            HouseholdIncomeEntry, IncomeSource.name.label("source"), Household.code, Household.head_name,
            Village.name.label("village"), Person.name.label("person"), paper.label("paper_id"),
            undone.id.label("undone_id"), undone.evidence.label("reason"), undone.at.label("undone_at"),
            undone.entered_by.label("undone_by"),
        )
        .join(Household, Household.id == HouseholdIncomeEntry.household_id)
        .join(Village, Village.id == Household.village_id)
        .join(IncomeSource, IncomeSource.code == HouseholdIncomeEntry.source_code)
        .outerjoin(Person, Person.id == HouseholdIncomeEntry.person_id)
        .outerjoin(undone, undone.reverses_id == HouseholdIncomeEntry.id)
        .where(
            HouseholdIncomeEntry.id == entry_id,
            Village.region_code.startswith(region_code, autoescape=True),
        )
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotFound(N_("没有找到这笔记录"))
    return row


def paper(entry_id: int, region_code: str) -> tuple[int, pictures.Paper]:
    """The picture or PDF of an entry of the region, with its id. Raises NotFound where there is none."""
    row = (
        session()
        .execute(
            select(Attachment.id, Attachment.media_type, Attachment.body)
            .join(HouseholdIncomeEntry, HouseholdIncomeEntry.id == Attachment.subject_id)
            .join(Household, Household.id == HouseholdIncomeEntry.household_id)
            .join(Village, Village.id == Household.village_id)
            .where(
                Attachment.subject_type == SUBJECT,
                Attachment.subject_id == entry_id,
                Village.region_code.startswith(region_code, autoescape=True),
            )
            .order_by(Attachment.id)
            .limit(1)
        )
        .one_or_none()
    )
    if row is None:
        raise NotFound
    return row.id, pictures.Paper(row.media_type, row.body)


def _once(values: dict[str, Any]) -> tuple[int, bool]:
    """Insert unless this request has done so; (id, whether it is new). Raises Conflict where it has entered something else."""
    new = session().scalar(
        insert(HouseholdIncomeEntry)
        .values(**values)
        .on_conflict_do_nothing(index_elements=["request_key"])
        .returning(HouseholdIncomeEntry.id)
    )
    if new is not None:
        return int(new), True
    known = session().execute(
        select(HouseholdIncomeEntry).where(HouseholdIncomeEntry.request_key == values["request_key"])
    ).scalar_one()  # fmt: skip
    asked = {name: value for name, value in values.items() if name != "entered_by"}
    if any(getattr(known, name) != value for name, value in asked.items()):
        raise Conflict(SAID_ELSE)
    return known.id, False
