"""Orders of the demo traffic paid by bank transfer: the code chosen, the cooperative's statement imported, in one line or two."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from sqlalchemy import select

from shop.commands.demo.dice import Dice
from shop.commands.demo.figures import MARK
from shop.core import clock
from shop.core.db import session, transaction
from shop.orders.models import Suborder
from shop.payments import by_transfer, reconciling
from shop.payments.statement_lines import Line


def pay(
    order_id: int, number: str, buyer_id: int, dice: Dice, managers: Mapping[int, int]
) -> tuple[int, ...]:
    """Choose the transfer and let the money come; returns the orders that are paid now.

    Raises Refused where the cooperative has no account.
    """
    by_transfer.choose(number, buyer_id)
    with transaction():
        slip = by_transfer.slip_of(order_id)
        cooperative_id = session().scalars(
            select(Suborder.cooperative_id).where(Suborder.order_id == order_id)
        ).one()  # fmt: skip
    if slip is None:
        raise LookupError(f"order {number} chose a transfer, and there is none")
    first = slip.due_fen // 2 if slip.due_fen > 1 and dice.percent(30) else slip.due_fen
    lines = [
        Line(f"demo-{secrets.token_hex(8)}", clock.today(), fen, MARK, f"货款 {slip.code}")
        for fen in (first, slip.due_fen - first)
        if fen
    ]
    with transaction():
        return reconciling.import_lines(cooperative_id, lines, managers[cooperative_id]).paid
