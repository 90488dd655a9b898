"""A member with three persons, and a household that is none yet."""

from __future__ import annotations

from shop.cooperatives.people import registry
from shop.core.db import transaction
from tests.office.conftest import Office
from tests.support import town_builder as town


def household(office: Office, name: str = "赵大山", **more: object) -> int:
    with transaction():
        new = registry.NewHousehold(office.coop.village_id, name, **more)  # type: ignore[arg-type]
        return registry.register_household(new)


def member(office: Office) -> int:
    """A member of three persons, joined in 2020; the newest step is 1."""
    home = household(office, phone="+8613812345678", persons=("赵二山", "赵小山"))
    with transaction():
        return town.admit(office.coop.id, home, town.DELIVERED_ON)
