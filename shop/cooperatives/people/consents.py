"""Who agreed to be named in public, by day (PIPL art. 25)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select

from shop.cooperatives.people.models import Household, HouseholdConsent
from shop.core.db import session

PUBLIC_NAME = "public_name"


def in_force(on: date | ColumnElement[date]) -> ColumnElement[bool]:
    """SQL: this consent lets the household be named on that day; a withdrawal counts from its day on."""
    return and_(
        HouseholdConsent.purpose == PUBLIC_NAME,
        HouseholdConsent.given_on <= on,
        or_(HouseholdConsent.withdrawn_on.is_(None), HouseholdConsent.withdrawn_on > on),
    )


def may_be_named(on: date | ColumnElement[date]) -> ColumnElement[bool]:
    """SQL: the statement's Household may be named on that day."""
    mine = select(HouseholdConsent.id).where(HouseholdConsent.household_id == Household.id, in_force(on))
    return mine.correlate(Household).exists()


def named(household_ids: Sequence[int], on: date) -> set[int]:
    """Those of the households whose consent was in force on that day. One statement."""
    rows = session().scalars(
        select(HouseholdConsent.household_id).where(
            HouseholdConsent.household_id.in_(household_ids), in_force(on)
        )
    )
    return set(rows)


def history(household_id: int) -> Sequence[Any]:
    """Every consent of a household to be named, newest first: days, how it was said, the signed paper's id."""
    return session().execute(
        select(
            HouseholdConsent.id, HouseholdConsent.given_on, HouseholdConsent.withdrawn_on, HouseholdConsent.how,
            HouseholdConsent.withdrawn_how, HouseholdConsent.paper_id,
        )
        .where(HouseholdConsent.household_id == household_id, HouseholdConsent.purpose == PUBLIC_NAME)
        .order_by(HouseholdConsent.given_on.desc(), HouseholdConsent.id.desc())
    ).all()  # fmt: skip
