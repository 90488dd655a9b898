"""What a household can grow at most: its land and its hives by date, as staff entered them. Append-only: a later row counts."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, func, select
from sqlalchemy.orm import Mapped, mapped_column

from shop.cooperatives.people.models import Household, Village
from shop.core import activity
from shop.core.db import Base, insert_rows, session
from shop.core.errors import NotFound, Refused
from shop.core.numbers import read_decimal, trimmed
from shop.core.text import N_

# kind → (name, unit, how many of the stored number make one)
KINDS: dict[str, tuple[str, str, int]] = {
    "land_mu": (N_("土地"), N_("亩"), 10),
    "hives": (N_("蜂箱"), N_("箱"), 1),
}
MOST = {"land_mu": 10_000, "hives": 2_000}  # 1,000 mu; more is a typing error


class HouseholdCapacity(Base):
    """`amount`: tenths of a mu (land_mu) or hives, from a day on; 0 says that there is none."""

    __tablename__ = "household_capacity"
    __table_args__ = (
        CheckConstraint("kind in ('land_mu','hives')", name="kind"),
        CheckConstraint("amount >= 0", name="amount"),
        Index(None, "household_id", "kind", "valid_from"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    household_id: Mapped[int] = mapped_column(ForeignKey("household.id"))
    kind: Mapped[str]
    amount: Mapped[int]
    valid_from: Mapped[date]
    entered_by: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    entered_at: Mapped[datetime] = mapped_column(server_default=func.now())


def household_of(code: str, region_code: str) -> Any:
    """id, code, head_name and village of a household of the region. Raises NotFound."""
    found = (
        session()
        .execute(
            select(Household.id, Household.code, Household.head_name, Village.name.label("village"))
            .join(Village, Village.id == Household.village_id)
            .where(Household.code == code, Village.region_code.startswith(region_code, autoescape=True))
        )
        .one_or_none()
    )
    if found is None:
        raise NotFound
    return found


def entered(household_id: int) -> list[Any]:
    """What was entered, the newest first: kind, amount, valid_from, entered_at."""
    rows = session().execute(
        select(
            HouseholdCapacity.kind,
            HouseholdCapacity.amount,
            HouseholdCapacity.valid_from,
            HouseholdCapacity.entered_at,
        )
        .where(HouseholdCapacity.household_id == household_id)
        .order_by(HouseholdCapacity.valid_from.desc(), HouseholdCapacity.id.desc())
        .limit(30)
    )
    return list(rows.all())


def enter(household_id: int, kind: str, amount: int, valid_from: date, by: int) -> int:
    """Say what the household has from a day on; returns the row's id. Raises Refused on `kind` or `amount`."""
    if kind not in KINDS:
        raise Refused(N_("请选择土地或蜂箱"), "kind")
    if amount > MOST[kind]:
        raise Refused(N_("数量太大了，请检查单位"), "amount")
    row = {
        "household_id": household_id, "kind": kind, "amount": amount, "valid_from": valid_from, "entered_by": by,
    }  # fmt: skip
    made = int(insert_rows(HouseholdCapacity, [row], "id")[0])
    activity.record(
        "household.capacity_entered", "household", household_id, actor_id=by,
        after={"kind": kind, "amount": amount, "valid_from": valid_from.isoformat()},
    )  # fmt: skip
    return made


def parse(kind: str, text: str, *, label: str) -> int:
    """3.5 mu as 35, 12 hives as 12. Raises BadInput."""
    places = len(str(KINDS[kind][2])) - 1 if kind in KINDS else 0
    number = read_decimal(text, label=label, max_places=places)
    return int(number.digits * 10 ** (places - number.places))


def shown(kind: str, amount: int) -> str:
    """3.5 for 35 tenths of a mu; hives as they are."""
    return trimmed(amount, 1) if KINDS[kind][2] == 10 else str(amount)
