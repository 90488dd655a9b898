"""Dated facts of the register: categories, exclusions, industry links, loans. Days of one fact never overlap.

Nothing is edited or deleted. What was a mistake ends on the day it began, so it never held; then the right one is entered.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import func, or_, select, update

from shop.cooperatives.people.eligibility import EXCLUSIONS
from shop.cooperatives.people.lists import CATEGORIES
from shop.cooperatives.people.models import (
    HouseholdCategory,
    IndustryLink,
    Microloan,
    Person,
    PersonExclusion,
)
from shop.cooperatives.people.register_steps import Held, Step, begin, eve, tell
from shop.core.db import insert_rows, session
from shop.core.errors import Conflict, NotFound, Refused
from shop.core.text import N_, clean_line

INDUSTRIES = {"planting": N_("种植"), "husbandry": N_("养殖"), "tourism": N_("乡村旅游")}
MOST_LENT_FEN = 100_000_00  # a microloan (扶贫小额信贷) is at most 50,000 yuan; renewals reach twice that


def give_category(household_id: int, step: Step, category: str) -> None:
    """The household has the category from that day on. Raises as `begin`; Refused where it has it already, or later."""
    if category not in CATEGORIES:
        raise Refused(N_("请选择类别"), "category")
    held = begin(household_id, step, "category")
    if held is None:
        return
    own = (HouseholdCategory.household_id == held.id, HouseholdCategory.category == category)
    _refuse_overlap(HouseholdCategory, own, step.on, "category")
    insert_rows(HouseholdCategory, [{"household_id": held.id, "category": category, "valid_from": step.on}])
    tell(held, step, "household.category", category=category)


def end_category(household_id: int, step: Step, row_id: int) -> None:
    """From that day on it is no more; on its first day: it never was. Raises as `begin`, NotFound, Conflict, Refused."""
    held = begin(household_id, step, "end_category", reasoned=True)
    if held is None:
        return
    row = _end(HouseholdCategory, HouseholdCategory.household_id == held.id, row_id, step.on)
    _tell_end(held, step, "household.category_ended", "category", row.category, row)


def exclude(household_id: int, step: Step, person_id: int, reason: str) -> None:
    """The person may not join from that day on, for that reason. Raises as `give_category`."""
    if reason not in EXCLUSIONS:
        raise Refused(N_("请选择原因"), "exclusion")
    held = begin(household_id, step, "exclusion")
    if held is None:
        return
    there = (Person.id == person_id, Person.household_id == held.id, Person.left_on.is_(None))
    if session().scalar(select(Person.id).where(*there)) is None:
        raise NotFound(N_("没有找到这个人"), "person")
    own = (PersonExclusion.person_id == person_id, PersonExclusion.reason == reason)
    _refuse_overlap(PersonExclusion, own, step.on, "exclusion")
    insert_rows(PersonExclusion, [{"person_id": person_id, "reason": reason, "valid_from": step.on}])
    tell(held, step, "household.exclusion", exclusion=reason, person=person_id)


def end_exclusion(household_id: int, step: Step, row_id: int) -> None:
    """From that day on the person may join again, as far as this reason goes. Raises as `end_category`."""
    held = begin(household_id, step, "end_exclusion", reasoned=True)
    if held is None:
        return
    here = PersonExclusion.person_id.in_(select(Person.id).where(Person.household_id == held.id))
    row = _end(PersonExclusion, here, row_id, step.on)
    _tell_end(held, step, "household.exclusion_ended", "exclusion", row.reason, row)


def link(household_id: int, step: Step, industry: str, evidence: str) -> None:
    """The household is led by an industry from that day on; `evidence` names the contract or list. Raises as `give_category`."""
    if industry not in INDUSTRIES:
        raise Refused(N_("请选择产业"), "industry")
    paper = clean_line(evidence, label=N_("凭据"), max_length=100)
    held = begin(household_id, step, "link")
    if held is None:
        return
    own = (IndustryLink.household_id == held.id, IndustryLink.kind == industry)
    _refuse_overlap(IndustryLink, own, step.on, "industry")
    insert_rows(
        IndustryLink,
        [{"household_id": held.id, "kind": industry, "valid_from": step.on, "evidence": paper}],
    )
    tell(held, step, "household.link", industry=industry)


def end_link(household_id: int, step: Step, row_id: int) -> None:
    """From that day on it is led no more. Raises as `end_category`."""
    held = begin(household_id, step, "end_link", reasoned=True)
    if held is None:
        return
    row = _end(IndustryLink, IndustryLink.household_id == held.id, row_id, step.on)
    _tell_end(held, step, "household.link_ended", "industry", row.kind, row)


def lend(household_id: int, step: Step, fen: int) -> None:
    """A microloan of `fen` was paid out that day. Raises as `begin`, Refused."""
    if not 0 < fen <= MOST_LENT_FEN:
        raise Refused(N_("贷款金额要在 0 到 10 万元之间，请检查单位"), "fen")
    held = begin(household_id, step, "lend")
    if held is None:
        return
    insert_rows(Microloan, [{"household_id": held.id, "amount_fen": fen, "lent_on": step.on}])
    tell(held, step, "household.loan", fen=fen)


def withdraw_loan(household_id: int, step: Step, row_id: int) -> None:
    """A loan that was entered by mistake counts no more from that day on. Raises as `end_category`."""
    held = begin(household_id, step, "unlend", reasoned=True)
    if held is None:
        return
    own = (Microloan.id == row_id, Microloan.household_id == held.id)
    row: Any = session().execute(
        select(Microloan.amount_fen, Microloan.lent_on, Microloan.withdrawn_on).where(*own)
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotFound(N_("没有找到这一笔"))
    if row.withdrawn_on is not None:
        raise Conflict(N_("这一笔刚才已经撤销了"))
    if step.on < row.lent_on:
        raise Refused(N_("不能早于放款日"), "on")
    session().execute(update(Microloan).where(*own).values(withdrawn_on=step.on))
    tell(held, step, "household.loan_withdrawn", fen=row.amount_fen)


def _refuse_overlap(model: Any, own: tuple[Any, ...], on: date, field: str) -> None:
    """Under the household's lock; the database's exclusion constraint stands behind it."""
    later = or_(model.valid_to.is_(None), model.valid_to >= func.greatest(on, model.valid_from))
    row = session().execute(
        select(model.valid_from, model.valid_to).where(*own, later).order_by(model.valid_from).limit(1)
    ).one_or_none()  # fmt: skip
    if row is None:
        return
    if row.valid_to is None:
        raise Refused("从 %(day)s 起已经有了", field, day=row.valid_from.isoformat())
    raise Refused(
        "%(first)s 到 %(last)s 已经有了，日期不能重叠", field, first=row.valid_from.isoformat(), last=row.valid_to.isoformat()
    )  # fmt: skip


def _end(model: Any, own: Any, row_id: int, on: date) -> Any:
    row: Any = session().execute(select(model.__table__).where(model.id == row_id, own)).one_or_none()
    if row is None:
        raise NotFound(N_("没有找到这一条"))
    if row.valid_to is not None:
        raise Conflict(N_("这一条刚才已经结束了，请看过最新情况再办"))
    if on < row.valid_from:
        raise Refused("它从 %(day)s 才开始，结束不能更早", "on", day=row.valid_from.isoformat())
    session().execute(update(model).where(model.id == row_id).values(valid_to=eve(on)))
    return row


def _tell_end(held: Held, step: Step, act: str, field: str, value: str, row: Any) -> None:
    tell(held, step, act, before={field: value, "on": row.valid_from.isoformat()}, **{field: value})
