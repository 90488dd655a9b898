"""Fresh goods of three households, and the work that makes other goods of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import text

from shop.audit.run import CHECKS, run_check
from shop.cooperatives.income import transforming
from shop.cooperatives.produce import intake, lots
from shop.cooperatives.produce.work_terms import Made, Work
from shop.core.db import db, transaction
from tests.support import town_builder as town

FACTORS = (120, 100, 80)
GRAMS = (50_000, 30_000, 20_000)
TERMS: dict[str, dict[str, Any]] = {
    "buyout": {"price_fen": 613},
    "consign_fixed": {"price_fen": 787},
    "consign_commission": {"commission_rate": "0.08"},
}
SOUND = {
    "lot-quantity", "lot-moves", "reservations", "running-split", "attribution", "attribution-parties", "ledger-zero",
    "goods-value", "consigned-due", "transformed-goods", "transformed-parts", "transformed-value",
}  # fmt: skip


@dataclass
class Store:
    """A cooperative with a closed lot of fresh goods and the produce that they can become."""

    coop: town.Coop
    parties: list[town.Party]
    fresh: int
    lot_id: int
    dried: int

    def dry(self, into: int = 100_000, out: int = 18_000, **more: Any) -> int:
        """The lot that comes of it."""
        return made(self.work("dry", [(self.lot_id, into)], [out], **more))[0]

    def work(self, kind: str, inputs: list[tuple[int, int]], outputs: list[int], **more: Any) -> int:
        factors = more.pop("factors", [100] * len(outputs))
        best = more.pop("best_before", town.BEST_BEFORE)
        goods = [
            Made(more.get("produce_id", self.dried), grams, best, factor)
            for grams, factor in zip(outputs, factors, strict=True)
        ]
        more.pop("produce_id", None)
        with transaction():
            return transforming.transform(Work(self.coop.id, kind, inputs, goods, **more))


def store(mode: str = "consign_commission", *, best_before: date = town.BEST_BEFORE) -> Store:
    with transaction():
        coop = town.cooperative()
        parties = town.members(coop, 3)
        fresh, dried = town.produce(coop, "鲜香菇"), town.produce(coop, "干香菇")
        lot_id = fresh_lot(coop, fresh, parties, mode, best_before)
    return Store(coop, parties, fresh, lot_id, dried)


def fresh_lot(
    coop: town.Coop,
    produce_id: int,
    parties: list[town.Party],
    mode: str,
    best_before: date = town.BEST_BEFORE,
) -> int:
    receipts = [
        intake.record(
            intake.Delivery(
                coop.id, produce_id, grams, mode, town.DELIVERED_ON, household_id=party.household_id,
                grade_factor=factor, **TERMS[mode],
            )
        )
        for party, grams, factor in zip(parties, GRAMS, FACTORS, strict=True)
    ]  # fmt: skip
    lot_id = intake.lot_of(receipts[0])
    lots.close(lot_id, coop.id, best_before)
    return lot_id


def made(work_id: int) -> list[int]:
    """The lots that came out, in order."""
    rows = db.session.execute(
        text("select lot_id from transformation_output where transformation_id = :id order by id"),
        {"id": work_id},
    )
    found = [int(lot_id) for lot_id in rows.scalars()]
    db.session.rollback()
    return found


def rows(statement: str, **values: Any) -> list[tuple[Any, ...]]:
    found = [tuple(row) for row in db.session.execute(text(statement), values)]
    db.session.rollback()
    return found


def parts(lot_id: int) -> list[tuple[int, int]]:
    """(quantity, value) by part number."""
    return rows("select quantity, value_fen from lot_part where lot_id = :id order by seq", id=lot_id)  # type: ignore[return-value]


def lot(lot_id: int) -> dict[str, int]:
    names = ("received", "reserved", "shipped", "returned", "written_off", "transformed")
    found = rows(f"select {', '.join(names)} from lot where id = :id", id=lot_id)[0]
    return {name: number for name, number in zip(names, found, strict=True) if number}


def assert_sound() -> None:
    """Every invariant of goods, parts and their value holds."""
    db.session.rollback()
    broken = [run_check(check) for check in CHECKS if check.code in SOUND]
    db.session.rollback()
    assert len(broken) == len(SOUND)
    assert [(found["code"], found["rows"][:3]) for found in broken if found["count"]] == []
