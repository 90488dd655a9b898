"""A clerk's deed on a household: held, dated, done once, told. What every deed of the register begins with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from shop.cooperatives.people.models import Household, Village
from shop.cooperatives.people.register_models import RegisterStep
from shop.core import activity, clock
from shop.core.db import session
from shop.core.errors import NotFound, Refused
from shop.core.text import N_, clean_line

_REPORTED_UNTIL = (3, 31)  # until then last year's figures are still being made up
MOST_WHY = 100


@dataclass(frozen=True, slots=True)
class Step:
    """Who acts where, from which form (`key`), from which day on it counts, and why."""

    region: str
    by: int
    key: str
    on: date
    why: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """A household under its lock."""

    id: int
    village_id: int
    head_name: str
    phone: str | None
    able_on: date | None
    entered_on: date | None
    left_on: date | None


def open_from(today: date) -> date:
    """The first day whose figures may still change: this year's, until the end of March last year's too."""
    year = today.year - 1 if (today.month, today.day) <= _REPORTED_UNTIL else today.year
    return date(year, 1, 1)


def begin(household_id: int, step: Step, act: str, *, reasoned: bool = False) -> Held | None:
    """Lock the household and take the request for this deed; None where the same form was done before.

    Raises NotFound for another township's household; Refused for a day to come, a day whose figures are closed (a household
    that came later has none), a household that is gone, and a reason that is missing.
    """
    held = _hold(household_id, step.region)
    if not step.key:
        raise Refused(N_("页面信息不完整，请核对后再按一次保存"))
    why = clean_line(step.why, label=N_("原因"), max_length=MOST_WHY, required=reasoned)
    claimed = session().scalar(
        insert(RegisterStep)
        .values(
            household_id=held.id, act=act, on_date=step.on, reason=why, request_key=f"{step.region}:{step.key}",
            made_by=step.by,
        )
        .on_conflict_do_nothing()
        .returning(RegisterStep.id)
    )  # fmt: skip
    if claimed is None:
        return None
    check_day(step.on, held.entered_on)
    if held.left_on is not None and held.left_on < clock.today():
        raise Refused(N_("这一户已经注销，不能再改"))
    return held


def check_day(on: date, entered_on: date | None) -> None:
    """Raises Refused."""
    today = clock.today()
    if on > today:
        raise Refused(N_("日期不能晚于今天"), "on")
    first = open_from(today)
    if on < first and (entered_on is None or entered_on < first):
        raise Refused(
            "%(first)s 以前的数字已经上报，不能再改；日期最早写这一天", "on", first=first.isoformat()
        )


def tell(held: Held, step: Step, act: str, *, before: dict[str, Any] | None = None, **after: Any) -> None:
    """Into the activity log; codes and days only, no persons' data."""
    said = after | {"on": step.on.isoformat()} | ({"why": step.why.strip()} if step.why.strip() else {})
    tell_of(held.id, step, act, said, before)


def tell_of(
    household_id: int, step: Step, act: str, after: dict[str, Any], before: dict[str, Any] | None = None
) -> None:
    """The same for a household that nobody else can hold yet, in full as it stands in the log."""
    activity.record(act, "household", household_id, before=before, after=after, actor_id=step.by)


def eve(on: date) -> date:
    """The last day of what ends with that day."""
    return on - timedelta(days=1)


def _hold(household_id: int, region: str) -> Held:
    row = session().execute(
        select(
            Household.id, Household.village_id, Household.head_name, Household.phone, Household.industry_able_on,
            Household.entered_on, Household.left_on,
        )
        .join(Village, Village.id == Household.village_id)
        .where(Household.id == household_id, Village.region_code.startswith(region, autoescape=True))
        .with_for_update(key_share=True, of=Household)
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotFound(N_("没有找到这一户"))
    return Held(*row)
