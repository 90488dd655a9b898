"""这一单帮到了谁: what each line of an order brought to whom, without naming anybody who did not consent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from flask_babel import gettext as _
from sqlalchemy import Row, func, select

from shop.cooperatives.income.models import Attribution
from shop.cooperatives.people.consents import may_be_named
from shop.cooperatives.people.models import Household, Village
from shop.cooperatives.produce.models import LotPart
from shop.core import clock
from shop.core.db import session
from shop.core.privacy import SMALLEST_GROUP, mask_name
from shop.orders.models import OrderLine, Suborder


class Share(NamedTuple):
    """A household's fen: `label` is a masked name where the household consented, else 1户."""

    label: str
    fen: int


@dataclass(frozen=True, slots=True)
class VillageShare:
    """What a village got. `village` is None for outside suppliers; `households` None where the group is too small to count."""

    village: str | None
    households: int | None
    fen: int
    shares: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class LineImpact:
    """Figure (a) of one line: the villages' fen add up to the line's net (less what was refunded)."""

    line_id: int
    name: str
    spec: str
    net_fen: int
    villages: tuple[VillageShare, ...]


def impact_of(order_id: int) -> list[LineImpact]:
    """The block of an order's page, line by line; empty before it is attributed. One statement."""
    lines: dict[int, list[Row[*tuple[Any, ...]]]] = {}
    for row in _rows(order_id):
        lines.setdefault(row.line_id, []).append(row)
    return [
        LineImpact(
            line_id, rows[0].product_name, rows[0].spec, sum(int(row.fen) for row in rows), _villages(rows)
        )
        for line_id, rows in lines.items()
    ]


def _rows(order_id: int) -> Iterable[Row[*tuple[Any, ...]]]:
    """A row for each line, lot and party with something left after reversals."""
    today = clock.today()
    group = (
        select(func.count(LotPart.household_id.distinct()))
        .where(LotPart.lot_id == Attribution.lot_id)
        .correlate(Attribution)
        .scalar_subquery()
    )
    return session().execute(
        select(
            Attribution.line_id,
            Attribution.household_id,
            OrderLine.product_name,
            OrderLine.spec,
            Village.name.label("village"),
            Village.pinyin,
            Household.head_name,
            may_be_named(today).label("named"),
            group.label("group"),
            func.sum(Attribution.fen).label("fen"),
        )
        .join(OrderLine, OrderLine.id == Attribution.line_id)
        .join(Suborder, Suborder.id == OrderLine.suborder_id)
        .outerjoin(Household, Household.id == Attribution.household_id)
        .outerjoin(Village, Village.id == Household.village_id)
        .where(Suborder.order_id == order_id)
        .group_by(
            Attribution.line_id,
            Attribution.lot_id,
            Attribution.household_id,
            OrderLine.id,
            Village.id,
            Household.id,
        )
        .having(func.sum(Attribution.fen) != 0)
        .order_by(Attribution.line_id, Village.pinyin.nulls_last(), Attribution.household_id)
    )


def _villages(rows: Iterable[Row[*tuple[Any, ...]]]) -> tuple[VillageShare, ...]:
    grouped: dict[tuple[str | None, bool], list[Row[*tuple[Any, ...]]]] = {}
    for row in rows:
        small = row.household_id is None or row.group < SMALLEST_GROUP
        grouped.setdefault((row.village, small), []).append(row)
    return tuple(_village(name, small, mine) for (name, small), mine in grouped.items())


def _village(name: str | None, small: bool, rows: list[Row[*tuple[Any, ...]]]) -> VillageShare:
    fen = sum(int(row.fen) for row in rows)
    if small:
        return VillageShare(name, None, fen, ())
    households: dict[int, list[Row[*tuple[Any, ...]]]] = {}
    for row in rows:
        households.setdefault(row.household_id, []).append(row)
    shares = [
        Share(
            mask_name(mine[0].head_name) if mine[0].named else str(_("1户")),
            sum(int(row.fen) for row in mine),
        )
        for mine in households.values()
    ]
    shares.sort(key=lambda share: -share.fen)
    return VillageShare(name, len(households), fen, tuple(shares))
