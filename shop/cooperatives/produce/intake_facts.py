"""What deliveries are judged by, read for many of them at once: their produce, the price list, the charter, who brought them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from sqlalchemy import BigInteger, Date, Row, and_, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import aliased

from shop.cooperatives.people.models import Cooperative, Household, Member, Village
from shop.cooperatives.people.queries import charters, live_on
from shop.cooperatives.produce import prices
from shop.cooperatives.produce.models import IntakeReceipt, Produce, Supplier
from shop.core.db import session
from shop.core.errors import Conflict


@dataclass(frozen=True)
class Facts:
    """Of one cooperative. `members` holds the households that may deliver here, by day, with their membership of that day;
    `listed` the price list's rows by produce, day, grade and mode."""

    cooperative_id: int
    unit_kinds: Mapping[int, str]
    members: Mapping[tuple[int, date], int | None]
    suppliers: Collection[int]
    listed: Mapping[tuple[int, date, str, str], Row[*tuple[Any, ...]]]

    def commission_rate(self, on: date) -> str | None:
        """The charter's on a day; None where no assembly had decided any yet."""
        return next((terms.commission_rate for terms in self._charters if terms.valid_from <= on), None)

    @cached_property
    def _charters(self) -> Any:
        return charters(self.cooperative_id)


def read(
    cooperative_id: int,
    goods: Collection[tuple[int, date]],
    households: Collection[tuple[int, date]],
    suppliers: Collection[int],
) -> Facts:
    """For produce and households by day, and suppliers. At most four statements, and one more where the charter is asked."""
    return Facts(
        cooperative_id,
        _unit_kinds(cooperative_id, {produce_id for produce_id, _on in goods}),
        _members(cooperative_id, households) if households else {},
        _suppliers(cooperative_id, suppliers) if suppliers else (),
        prices.on_days(cooperative_id, goods),
    )


def earlier(cooperative_id: int, request_keys: Collection[str]) -> dict[str | None, int]:
    """Request keys that already made a receipt → its id. One statement. Raises Conflict for another cooperative's."""
    rows = session().execute(
        select(IntakeReceipt.request_key, IntakeReceipt.id, IntakeReceipt.cooperative_id).where(
            IntakeReceipt.request_key.in_(request_keys)
        )
    ).all()  # fmt: skip
    if any(row.cooperative_id != cooperative_id for row in rows):
        raise Conflict("这个表单已经用过，请重新打开登记页面")
    return {row.request_key: row.id for row in rows}


def _unit_kinds(cooperative_id: int, produce_ids: Collection[int]) -> dict[int, str]:
    own = (Produce.id.in_(produce_ids), Produce.cooperative_id == cooperative_id)
    return {
        row.id: row.unit_kind for row in session().execute(select(Produce.id, Produce.unit_kind).where(*own))
    }


def _suppliers(cooperative_id: int, supplier_ids: Collection[int]) -> set[int]:
    own = (Supplier.id.in_(supplier_ids), Supplier.cooperative_id == cooperative_id)
    return set(session().scalars(select(Supplier.id).where(*own)))


def _members(
    cooperative_id: int, households: Collection[tuple[int, date]]
) -> dict[tuple[int, date], int | None]:
    """A household must be a member, or have been one, or live in the cooperative's township."""
    home = aliased(Village)
    asked = (
        func.unnest(
            bindparam("households", [household for household, _on in households], type_=ARRAY(BigInteger)),
            bindparam("days", [on for _household, on in households], type_=ARRAY(Date)),
        )
        .table_valued("household_id", "day")
        .render_derived("asked")
    )
    day: Any = asked.c.day
    rows = session().execute(
        select(
            asked.c.household_id, asked.c.day, func.max(Member.id).filter(live_on(day)).label("member_id")
        )
        .select_from(asked)
        .join(Household, Household.id == asked.c.household_id)
        .join(Village, Village.id == Household.village_id)
        .join(Cooperative, Cooperative.id == cooperative_id)
        .join(home, home.id == Cooperative.village_id)
        .outerjoin(Member, and_(Member.household_id == Household.id, Member.cooperative_id == cooperative_id))
        .group_by(asked.c.household_id, asked.c.day)
        .having((func.count(Member.id) > 0) | func.bool_or(Village.region_code == home.region_code))
    )  # fmt: skip
    return {(row.household_id, row.day): row.member_id for row in rows}
