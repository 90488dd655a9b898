"""The cooperatives take in more when the demo traffic has bought what there was: real deliveries, real lots, in every mode."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from sqlalchemy import select

from shop.commands.demo.dice import Dice
from shop.cooperatives.people.models import Member
from shop.cooperatives.produce import intake, lots
from shop.cooperatives.produce.models import Produce
from shop.core import clock
from shop.core.db import session, transaction
from shop.orders.attempts import retried

MODES = ("buyout", "consign_fixed", "consign_commission")
WEIGHTS = (40, 40, 20)
HOUSEHOLDS = 7
GRAMS, PIECES = (3_000, 9_000), (4, 12)
PRICE_FEN = 4_000  # a kilogram or a piece, whatever it is: nothing is earned or lost on purpose


def restock(produce_ids: Sequence[int], dice: Dice) -> None:
    """A lot of each produce by some member households of its cooperative, closed and so on sale."""
    for produce_id in produce_ids:
        with transaction():
            produce = session().execute(
                select(Produce.cooperative_id, Produce.unit_kind).where(Produce.id == produce_id)
            ).one()  # fmt: skip
            homes = session().scalars(
                select(Member.household_id)
                .where(Member.cooperative_id == produce.cooperative_id, Member.left_on.is_(None))
                .order_by(Member.number)
            ).all()  # fmt: skip
        if homes:
            mode = dice.weighted(MODES, WEIGHTS)
            bring = [
                intake.Delivery(
                    produce.cooperative_id, produce_id, dice.between(*(GRAMS if produce.unit_kind == "g" else PIECES)), mode,
                    clock.today(), household_id=home, price_fen=0 if mode == "consign_commission" else PRICE_FEN,
                )
                for home in dice.chosen(homes, min(HOUSEHOLDS, len(homes)))
            ]  # fmt: skip
            retried(partial(_lot, bring))


def _lot(bring: Sequence[intake.Delivery]) -> None:
    receipts = [intake.record(delivery) for delivery in bring]
    lots.close(intake.lot_of(receipts[-1]), bring[0].cooperative_id)
