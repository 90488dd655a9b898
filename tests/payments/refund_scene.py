"""What the tests of refunds look at: the books, the lots, and the audit's word on all of it."""

from __future__ import annotations

import itertools
from datetime import date
from typing import Any

from shop.audit import run as conscience
from shop.core.db import db, transaction
from shop.orders import fulfilment, returns
from shop.payments import refunds
from shop.payments.refunds import Made
from tests.orders import market

_keys = itertools.count(1)
END = date(2099, 1, 1)


def new_key() -> str:
    return f"request-{next(_keys):06d}"


def part_ids(order_id: int) -> list[int]:
    return [
        row.id for row in market.rows("select id from suborder where order_id = :id order by id", id=order_id)
    ]


def line_ids(order_id: int) -> list[int]:
    return [
        row.id
        for row in market.rows(
            "select l.id from order_line l join suborder s on s.id = l.suborder_id where s.order_id = :id order by l.id",
            id=order_id,
        )
    ]


def give_back(suborder_id: int, *wanted: tuple[Any, ...], key: str = "", **more: Any) -> Made:
    """One goods refund in a transaction of its own: (line, quantity[, goods]) each."""
    with transaction():
        return refunds.refund_goods(
            suborder_id,
            [returns.Wanted(*one) for one in wanted],
            by=None,
            reason="买家不要了",
            request_key=key or new_key(),
            **more,
        )


def amount_back(suborder_id: int, fen: int, key: str = "", **more: Any) -> Made:
    with transaction():
        return refunds.refund_amount(
            suborder_id, fen, by=None, reason="包装压坏了", request_key=key or new_key(), **more
        )


def ship(order_id: int) -> None:
    for part in market.rows(
        "select id, cooperative_id, state from suborder where order_id = :id", id=order_id
    ):
        if part.state == "to_ship":
            with transaction():
                fulfilment.ship(part.id, part.cooperative_id, "own", "", by=None)


def books() -> dict[tuple[Any, ...], int]:
    """Cooperative, account and sub-account → balance, zeros left out."""
    return {
        tuple(row[:5]): int(row.fen)
        for row in market.rows(
            "select cooperative_id, account, member_id, household_id, supplier_id, sum(fen) as fen from ledger_entry"
            " group by 1, 2, 3, 4, 5 having sum(fen) <> 0 order by 1, 2, 3, 4, 5"
        )
    }


def account(code: str) -> int:
    return sum(fen for key, fen in books().items() if key[1] == code)


def volumes() -> dict[tuple[Any, ...], int]:
    """Member or party → grams of its trade in the books."""
    return {
        tuple(row[:3]): int(row.quantity)
        for row in market.rows(
            "select member_id, household_id, supplier_id, sum(quantity) as quantity from ledger_entry"
            " where account in ('114.payable', '211') group by 1, 2, 3 having sum(quantity) <> 0"
        )
    }


def attributed() -> dict[int, tuple[int, int]]:
    """Lot part → grams and fen of its sales, net of reversals; zeros left out."""
    return {
        row.lot_part_id: (int(row.quantity), int(row.fen))
        for row in market.rows(
            "select lot_part_id, sum(quantity) as quantity, sum(fen) as fen from attribution group by 1"
            " having sum(quantity) <> 0 or sum(fen) <> 0"
        )
    }


def lot(lot_id: int) -> Any:
    return market.rows("select * from lot where id = :id", id=lot_id)[0]


def everything() -> dict[str, Any]:
    """All rows that a refund may write or change, without moments."""
    tables = {
        "refund": "id, payment_id, order_id, suborder_id, kind, key, amount_fen, state, reason, bearer",
        "refund_line": "*",
        "attribution": "id, line_id, allocation_id, lot_part_id, kind, quantity, fen, reverses_id, refund_line_id, on_date",
        "ledger_transaction": "id, cooperative_id, kind, key, on_date, source_type, source_id",
        "ledger_entry": "*",
        "stock_move": "id, lot_id, kind, quantity, source_type, source_id",
        "lot_part": "*",
        "lot_allocation": "id, line_id, lot_id, quantity, state, fen",
        "lot": "id, received, reserved, shipped, returned, written_off, attributed_quantity, attributed_fen",
        "suborder": "id, state",
        "customer_order": "id, state, close_reason, paid_on",
        "order_event": "id, order_id, suborder_id, event, note",
    }
    return {
        name: [tuple(row) for row in market.rows(f"select {columns} from {name} order by id")]
        for name, columns in tables.items()
    }


def assert_clean() -> None:
    """Every invariant of the audit holds."""
    db.session.rollback()
    with transaction():
        result = conscience.run_all()
        broken = [(check["code"], check["rows"][:3]) for check in result.checks if check["count"]]
    assert broken == []
