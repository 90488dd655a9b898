"""Persons leave a household: by marriage, split or return into another one, out of the town, by death; and a mistake undone.

Days before stay as they were: the old row ends on the eve, a new one begins. Member rights are the household's, so nothing of
a cooperative changes here; who is its named member or payee is decided there.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, or_, select, update

from shop.cooperatives.people import persons
from shop.cooperatives.people.models import Household, Person, Village
from shop.cooperatives.people.move_models import PersonMove
from shop.cooperatives.people.register_homes import MOST_PERSONS, refuse_before_entering
from shop.cooperatives.people.register_steps import Held, Step, begin, check_day, eve, tell
from shop.core import clock
from shop.core.db import insert_rows, session
from shop.core.errors import Conflict, NotFound, Refused
from shop.core.text import N_, clean_line

KINDS = {
    "marriage": N_("婚嫁"),
    "split": N_("分户"),
    "return": N_("迁回"),
    "other": N_("其他，转到另一户"),
    "out": N_("迁出本镇"),
    "death": N_("去世"),
}
ENDING = frozenset({"out", "death"})  # no other household takes him in
MOST_EVIDENCE = 100


@dataclass(frozen=True, slots=True)
class Move:
    """Who goes why, into which household (its code; empty where he leaves the town), by which paper."""

    person_id: int
    kind: str
    to_code: str
    evidence: str


def move(household_id: int, step: Step, asked: Move) -> None:
    """He belongs to the household no more from that day on. A head may go, too: the page then asks for the next one.

    Raises as `begin`; NotFound for the person and the other household; Conflict where he has gone already; Refused for the
    other household (the same one, closed, later than the day, full) and the day; BadText for the paper.
    """
    if asked.kind not in KINDS:
        raise Refused(N_("请选择去向"), "kind")
    evidence = clean_line(asked.evidence, label=N_("凭据"), max_length=MOST_EVIDENCE)
    goal = None if asked.kind in ENDING else _goal(step, asked.to_code)
    _hold({household_id} | ({goal} if goal else set()))
    held = begin(household_id, step, "move")
    if held is None:
        return
    refuse_before_entering(held, step.on)
    here = _person(held, asked.person_id)
    gone = here.left_on is not None
    last = _last(asked.person_id) if gone else asked.person_id
    if last is None or (gone and (asked.kind in ENDING or here.died)):
        raise Conflict(N_("他刚才已经登记离开了，请看过最新情况再办"))
    if (gone and step.on <= here.left_on) or (here.joined_on is not None and step.on < here.joined_on):
        raise Refused(N_("这一天和他以前登记的日期重叠，请写晚一些的日期"), "on")
    after = None
    if goal is None:
        session().execute(update(Person).where(Person.id == last).values(left_on=eve(step.on)))
    elif goal == held.id and not gone:
        raise Refused(N_("他现在就在这一户，请写另一户的编号"), "to")
    else:
        after = _settle(goal, last, step)
    row = {"kind": asked.kind, "evidence": evidence, "from_outside": gone}
    _note(held.id, last, after, step, row)
    tell(held, step, "household.person_moved_out", person=asked.person_id, move=asked.kind)
    if goal is not None and after is not None:
        there = Held(goal, 0, "", None, None, None, None)
        tell(there, step, "household.person_moved_in", person=after, move=asked.kind)


def undo(household_id: int, step: Step, move_id: int) -> None:
    """A move that was a mistake: from its own day on he is in the household again, as if he had never gone.

    Raises as `begin` and `check_day` (figures of that day must still be open); NotFound; Conflict where it is undone already;
    Refused where he has moved on since: the later move comes first.
    """
    wrong: Any = session().execute(
        select(
            PersonMove.id, PersonMove.household_id, PersonMove.person_id, PersonMove.to_person_id, PersonMove.on_date,
            PersonMove.evidence, PersonMove.from_outside, Person.household_id.label("goal"),
        )
        .outerjoin(Person, Person.id == PersonMove.to_person_id)
        .where(PersonMove.id == move_id, PersonMove.household_id == household_id, PersonMove.reverses_id.is_(None))
    ).one_or_none()  # fmt: skip
    if wrong is None:
        raise NotFound(N_("没有找到这一次变动"))
    _hold({household_id} | ({wrong.goal} if wrong.goal else set()))
    since = Step(step.region, step.by, step.key, wrong.on_date, step.why)
    held = begin(household_id, since, "unmove", reasoned=True)
    if held is None:
        return
    if session().scalar(select(PersonMove.id).where(PersonMove.reverses_id == move_id)) is not None:
        raise Conflict(N_("这一次变动刚才已经撤销了"))
    last = wrong.to_person_id or wrong.person_id
    row = session().execute(select(Person.left_on).where(Person.id == last)).one()
    later = session().scalar(select(Person.id).where(Person.before_id == last))
    if later is not None or (wrong.to_person_id is not None and row.left_on is not None):
        raise Refused(N_("他后来又有变动，先撤销后面的那一次"))
    back = None
    if wrong.from_outside:
        session().execute(update(Person).where(Person.id == last).values(left_on=eve(wrong.on_date)))
    else:
        head = last if _was_head(household_id, wrong.person_id) else None
        back = persons.follow([last], household_id, wrong.on_date, head)[0]
    undone = {"kind": "undo", "evidence": wrong.evidence, "reverses_id": move_id}
    _note(household_id, last, back, since, undone)
    tell(held, since, "household.move_undone", person=back or wrong.person_id)
    if wrong.goal is not None:
        tell(Held(wrong.goal, 0, "", None, None, None, None), since, "household.move_undone", person=last)


def _goal(step: Step, code: str) -> int:
    """The household that takes him in, of this township or county."""
    found = session().scalar(
        select(Household.id)
        .join(Village, Village.id == Household.village_id)
        .where(
            func.upper(Household.code) == code.strip().upper(),
            Village.region_code.startswith(step.region, autoescape=True),
        )
    )
    if found is None:
        raise NotFound(N_("没有找到这个户编号，请在“户和成员”里查"), "to")
    return int(found)


def _hold(household_ids: Collection[int]) -> None:
    """In the order of their ids, so that two moves in opposite directions wait for one another."""
    both = select(Household.id).where(Household.id.in_(household_ids)).order_by(Household.id)
    session().execute(both.with_for_update(key_share=True)).all()


def _person(held: Held, person_id: int) -> Any:
    undone = select(PersonMove.reverses_id).where(PersonMove.reverses_id.is_not(None))
    died = (
        select(PersonMove.id)
        .where(PersonMove.person_id == person_id, PersonMove.kind == "death", PersonMove.id.not_in(undone))
        .exists()
    )
    row = session().execute(
        select(Person.joined_on, Person.left_on, died.label("died")).where(
            Person.id == person_id, Person.household_id == held.id
        )
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotFound(N_("没有找到这个人"), "person")
    return row


def _last(person_id: int) -> int | None:
    """Of somebody who left, the row that a new one may follow: his own, or a return that was undone; None: he is elsewhere."""
    last = person_id
    while True:
        row = session().execute(
            select(Person.id, Person.joined_on, Person.left_on).where(Person.before_id == last)
        ).one_or_none()  # fmt: skip
        if row is None:
            return last
        if row.left_on is None or row.left_on >= row.joined_on:
            return None
        last = row.id


def _settle(goal: int, last: int, step: Step) -> int:
    there = session().execute(
        select(Household.entered_on, Household.left_on, func.count(Person.id).label("persons"))
        .outerjoin(Person, (Person.household_id == Household.id) & Person.left_on.is_(None))
        .where(Household.id == goal)
        .group_by(Household.id)
    ).one()  # fmt: skip
    if there.left_on is not None and there.left_on < clock.today():
        raise Refused(N_("那一户已经注销，请核对户编号"), "to")
    if there.entered_on is not None and step.on < there.entered_on:
        raise Refused("那一户 %(day)s 才登记，日期不能更早", "on", day=there.entered_on.isoformat())
    if there.persons >= MOST_PERSONS:
        raise Refused("一户最多 %(most)s 人，请核对", "to", most=MOST_PERSONS)
    check_day(step.on, there.entered_on)
    return persons.follow([last], goal, step.on)[0]


def _was_head(household_id: int, person_id: int) -> bool:
    """Whether he headed it when he went and nobody does now."""
    heads = session().scalar(
        select(func.count()).where(
            Person.household_id == household_id, Person.is_head, or_(Person.left_on.is_(None), Person.id == person_id)
        )
    )  # fmt: skip
    he = session().scalar(select(Person.is_head).where(Person.id == person_id))
    return bool(he) and heads == 1


def _note(household_id: int, last: int, after: int | None, step: Step, row: dict[str, Any]) -> None:
    """`row` has what only this move has."""
    always = {
        "household_id": household_id,
        "person_id": last,
        "to_person_id": after,
        "on_date": step.on,
        "made_by": step.by,
    }
    insert_rows(PersonMove, [always | row])
