"""What every intake receipt needs: its number, its stock move, its entries in the books, its place in an open lot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import func, select, text, update
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


def insert_receipts(receipts: Sequence[Mapping[str, Any]]) -> list[dict[str, Any] | None]:
    """Number and insert receipts that name the same columns, in two statements; each with its id and number, or None where
    a rival with the same request key or reversal was first."""
    numbers = func.nextval("intake_receipt_id_seq").label("id")
    ids = session().scalars(select(numbers).select_from(func.generate_series(1, len(receipts)))).all()
    rows = [
        {**values, "id": int(new_id), "number": receipt_number(values["received_on"], int(new_id))}
        for values, new_id in zip(receipts, ids, strict=True)
    ]
    new = set(insert_rows(IntakeReceipt, rows, "id", skip_known=True))
    return [row if row["id"] in new else None for row in rows]


def receipt_number(received_on: date, receipt_id: int) -> str:
    """J2020-000123: unique by the id; gaps are allowed, repeats never."""
    return f"J{received_on.year}-{receipt_id:06d}"


def stock_moves(receipts: Sequence[Mapping[str, Any]], kind: str) -> None:
    """Note that receipts moved goods: kind received, or unreceived by what a reversing one takes back. One statement."""
    insert_rows(
        StockMove,
        [
            {
                "cooperative_id": receipt["cooperative_id"], "lot_id": receipt["lot_id"], "kind": kind,
                "quantity": abs(receipt["quantity"]), "source_type": "intake_receipt", "source_id": receipt["id"],
            }
            for receipt in receipts
        ],
    )  # fmt: skip
