"""Who brings goods to a cooperative: its members, households that delivered before, outside suppliers by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, Select, and_, or_, select
from sqlalchemy.dialects.postgresql import insert

from shop.cooperatives.people.models import Household, Member, Village
from shop.cooperatives.people.queries import live_on, spell
from shop.cooperatives.produce.models import IntakeReceipt, Supplier
from shop.core import activity
from shop.core.db import session
from shop.core.errors import NotFound, Refused
from shop.core.numbers import fold
from shop.core.text import clean_line


@dataclass(frozen=True, slots=True)
class Deliverer:
    """A household the cooperative knows; `number` is its member number of that day, None where it is no member."""

    household_id: int
    code: str
    name: str
    village: str
    number: int | None
    pinyin: str
    initials: str

    @property
    def label(self) -> str:
        """As the search box offers it: 12号 王小华."""
        return f"{self.number}号 {self.name}" if self.number is not None else f"{self.name} {self.code}"


def known(cooperative_id: int, on: date) -> list[Deliverer]:
    """Members of a day by number, then households that delivered here before. One statement; names decrypted in Python."""
    rows = session().execute(
        _households(cooperative_id, on)
        .where(or_(Member.id.is_not(None), _delivered(cooperative_id)))
        .order_by(Member.number.nulls_last(), Household.code)
    )
    return [_deliverer(row) for row in rows]


def one(household_id: int, cooperative_id: int, on: date) -> Deliverer:
    """A household that is or was a member here, or delivered here. Raises NotFound for everybody else's."""
    ever = select(Member.id).where(
        Member.household_id == Household.id, Member.cooperative_id == cooperative_id
    )
    row = session().execute(
        _households(cooperative_id, on).where(
            Household.id == household_id, or_(ever.correlate(Household).exists(), _delivered(cooperative_id))
        )
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotFound("没有找到这一户")
    return _deliverer(row)


def matching(people: Sequence[Deliverer], text: str) -> list[Deliverer]:
    """Those whose name holds the text, whose pinyin or initials begin with it, or whose number or code it is."""
    wanted = _plain(text)
    if not wanted:
        return []
    return exactly(people, text) or [row for row in people if _fits(row, wanted)]


def exactly(people: Sequence[Deliverer], text: str) -> list[Deliverer]:
    """Those whose member number, name, code or offered label is just this text."""
    wanted = _plain(text)
    return [
        row
        for row in people
        if wanted in (row.name.lower(), row.code.lower(), _plain(row.label)) or wanted == str(row.number)
    ]


def supplier_named(cooperative_id: int, name: str) -> int:
    """The outside supplier of this name, entered where it is new. Raises BadText; call it inside the deed."""
    name = clean_line(name, label="供货商名称", max_length=60)
    statement = insert(Supplier).values(cooperative_id=cooperative_id, name=name).on_conflict_do_nothing()
    new_id = session().scalar(statement.returning(Supplier.id))
    if new_id is not None:
        activity.record("supplier.named", "supplier", new_id, cooperative_id=cooperative_id)
        return int(new_id)
    found = session().scalar(
        select(Supplier.id).where(Supplier.cooperative_id == cooperative_id, Supplier.name == name)
    )
    if found is None:
        raise Refused("这个供货商正在登记，请再试一次", field="supplier_new")
    return int(found)


def _households(cooperative_id: int, on: date) -> Select[*tuple[Any, ...]]:
    here = and_(Member.household_id == Household.id, Member.cooperative_id == cooperative_id, live_on(on))
    return (
        select(
            Household.id, Household.code, Household.head_name, Village.name.label("village"), Member.number
        )
        .join(Village, Village.id == Household.village_id)
        .outerjoin(Member, here)
    )


def _deliverer(row: Row[*tuple[Any, ...]]) -> Deliverer:
    pinyin, initials = spell(row.head_name)
    return Deliverer(row.id, row.code, row.head_name, row.village, row.number, pinyin, initials)


def _delivered(cooperative_id: int) -> Any:
    return Household.id.in_(
        select(IntakeReceipt.household_id).where(
            IntakeReceipt.cooperative_id == cooperative_id, IntakeReceipt.household_id.is_not(None)
        )
    )


def _plain(text: str) -> str:
    return "".join(fold(text).lower().split())


def _fits(row: Deliverer, wanted: str) -> bool:
    if wanted.isdigit():
        return row.code.lower().endswith(wanted)
    return (
        wanted in row.name.lower()
        or row.pinyin.startswith(wanted)
        or row.initials.startswith(wanted)
        or row.code.lower() == wanted
    )
