"""Who agreed to be named in public, by day (PIPL art. 25)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import or_, select

from shop.cooperatives.people.models import HouseholdConsent
from shop.core.db import session


def named(household_ids: Sequence[int], on: date) -> set[int]:
    """Those of the households whose consent was in force on that day. One statement."""
    rows = session().scalars(
        select(HouseholdConsent.household_id).where(
            HouseholdConsent.household_id.in_(household_ids),
            HouseholdConsent.purpose == "public_name",
            HouseholdConsent.given_on <= on,
            or_(HouseholdConsent.withdrawn_on.is_(None), HouseholdConsent.withdrawn_on > on),
        )
    )
    return set(rows)
