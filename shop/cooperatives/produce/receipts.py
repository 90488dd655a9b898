"""What every intake receipt needs: its number, its stock move, its entries in the books, its place in an open lot."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert

from shop.cooperatives.ledger.accounts import Account, consigned, payable
from shop.cooperatives.ledger.posting import Entry
from shop.cooperatives.produce.models import IntakeReceipt, Lot, StockMove
from shop.core import trace_codes
from shop.core.db import insert_rows, session

# member, household, supplier: as the entries of the books name a deliverer.
Party = tuple[int | None, int | None, int | None]


def party_of(receipt: Mapping[str, Any]) -> Party:
    """The deliverer as a receipt's columns name it."""
    return receipt["member_id"], receipt["household_id"], receipt["supplier_id"]


def intake_key(receipt_id: int) -> str:
    """Idempotency key of a receipt's posting; the same for a reversing receipt."""
    return f"intake:receipt:{receipt_id}"


def intake_entries(mode: str, value_fen: int, quantity: int, party: Party) -> tuple[Entry, ...]:
    """What an intake books (docs/money.md): nothing in commission mode."""
    member_id = party[0]
    if mode == "buyout":
        return (Entry(Account.INVENTORY, value_fen), Entry(payable(member_id), -value_fen, *party, quantity))
    if mode == "consign_fixed":
        return (Entry(Account.CONSIGNED_IN, value_fen), Entry(consigned(member_id), -value_fen, *party))
    return ()


def open_lot(cooperative_id: int, produce_id: int, mode: str, on: date) -> int:
    """Lock the one open lot of this produce and mode, opening it where there is none; returns its id."""
    wanted = (
        Lot.cooperative_id == cooperative_id,
        Lot.produce_id == produce_id,
        Lot.mode == mode,
        Lot.closed_at.is_(None),
    )
    while True:
        lot_id = session().scalar(select(Lot.id).where(*wanted).with_for_update(key_share=True))
        if lot_id is not None:
            return lot_id
        new_id = session().scalar(text("select nextval('lot_id_seq')"))
        lot = {
            "id": new_id, "cooperative_id": cooperative_id, "produce_id": produce_id, "mode": mode,
            "code": f"L{on:%y%m}-{new_id:05d}", "trace_code": trace_codes.new(),
        }  # fmt: skip
        # Somebody else may open, or close, the lot between the two statements: then look again.
        session().execute(insert(Lot).values(lot).on_conflict_do_nothing())


def into_lot(lot_id: int, quantity: int) -> None:
    """Raise (or, with a negative quantity, lower) what a lot received."""
    session().execute(update(Lot).where(Lot.id == lot_id).values(received=Lot.received + quantity))


def insert_receipt(values: Mapping[str, Any]) -> int | None:
    """Number and insert a receipt; None where a rival with the same request key or reversal was first."""
    new_id = int(session().scalar(text("select nextval('intake_receipt_id_seq')")) or 0)
    row = {**values, "id": new_id, "number": receipt_number(values["received_on"], new_id)}
    statement = insert(IntakeReceipt).values(row).on_conflict_do_nothing()
    return session().scalar(statement.returning(IntakeReceipt.id))


def receipt_number(received_on: date, receipt_id: int) -> str:
    """J2020-000123: unique by the id; gaps are allowed, repeats never."""
    return f"J{received_on.year}-{receipt_id:06d}"


def stock_move(cooperative_id: int, lot_id: int, kind: str, quantity: int, receipt_id: int) -> None:
    """Note that a receipt moved goods: kind received or unreceived."""
    move = {
        "cooperative_id": cooperative_id, "lot_id": lot_id, "kind": kind, "quantity": quantity,
        "source_type": "intake_receipt", "source_id": receipt_id,
    }  # fmt: skip
    insert_rows(StockMove, [move])
