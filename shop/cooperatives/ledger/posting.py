"""Posting facts to the books: once by their key, balanced, never into a closed year."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.exc import IntegrityError

from shop.cooperatives.ledger.models import LedgerEntry, LedgerTransaction
from shop.cooperatives.people.models import Cooperative
from shop.core.db import db, insert_rows, session
from shop.core.errors import Refused
from shop.core.money import format_yuan

_Sub = tuple[str, int | None, int | None, int | None]
_COLUMNS = (
    "cooperative_id", "kind", "key", "on_date", "memo", "source_type", "source_id", "reverses_id", "posted_by",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: debit positive, credit negative fen. `quantity` (grams or pieces, positive on a credit) rides on what we
    owe a deliverer, so that trade can be read by volume."""

    account: str
    fen: int
    member_id: int | None = None
    household_id: int | None = None
    supplier_id: int | None = None
    quantity: int = 0


@dataclass(frozen=True, slots=True)
class Posting:
    """One fact with its entries; `key` makes a second posting of it a no-op, `source_*` names the row it comes from."""

    cooperative_id: int
    kind: str
    key: str
    on_date: date
    source_type: str
    source_id: int
    entries: tuple[Entry, ...]
    memo: str = ""
    posted_by: int | None = None
    reverses_id: int | None = None


def post(postings: Sequence[Posting]) -> dict[str, int]:
    """Write them in two statements; returns key → transaction id of those that were new.

    Postings whose entries all cancel out are left out. Raises Refused when one does not balance or its year is closed.
    """
    merged = [(posting, _merge(posting)) for posting in postings]
    ready = [(posting, entries) for posting, entries in merged if entries]
    if not ready:
        return {}
    if len({posting.key for posting, _ in ready}) < len(ready):
        raise ValueError("one fact twice in a batch: keys repeat")
    new = _insert_transactions([posting for posting, _ in ready])
    insert_rows(
        LedgerEntry,
        [
            {
                "transaction_id": new[posting.key], "cooperative_id": posting.cooperative_id, "account": str(entry.account),
                "fen": entry.fen, "member_id": entry.member_id, "household_id": entry.household_id,
                "supplier_id": entry.supplier_id, "quantity": entry.quantity,
            }
            for posting, entries in ready
            if posting.key in new
            for entry in entries
        ],
    )  # fmt: skip
    return new


def entries_of(transaction_ids: Sequence[int]) -> dict[int, list[Entry]]:
    """What these transactions wrote, in its order: to be turned round. One statement."""
    rows = session().execute(
        select(
            LedgerEntry.transaction_id, LedgerEntry.account, LedgerEntry.fen, LedgerEntry.member_id,
            LedgerEntry.household_id, LedgerEntry.supplier_id, LedgerEntry.quantity,
        )
        .where(LedgerEntry.transaction_id.in_(transaction_ids))
        .order_by(LedgerEntry.id)
    )  # fmt: skip
    found: dict[int, list[Entry]] = {}
    for row in rows:
        entry = Entry(row.account, row.fen, row.member_id, row.household_id, row.supplier_id, row.quantity)
        found.setdefault(row.transaction_id, []).append(entry)
    return found


def reversing(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """The same lines with every sign turned."""
    return tuple(
        Entry(e.account, -e.fen, e.member_id, e.household_id, e.supplier_id, -e.quantity) for e in entries
    )


def _merge(posting: Posting) -> list[Entry]:
    """One line a sub-account, without those that cancel out. A quantity worth no whole fen goes with its line."""
    fen: Counter[_Sub] = Counter()
    quantity: Counter[_Sub] = Counter()
    for entry in posting.entries:
        sub = (str(entry.account), entry.member_id, entry.household_id, entry.supplier_id)
        fen[sub] += entry.fen
        quantity[sub] += entry.quantity
    if difference := sum(fen.values()):
        raise Refused(
            "凭证“%(memo)s”借贷不平，相差 %(format_yuan)s",
            memo=posting.memo or posting.key,
            format_yuan=format_yuan(abs(difference)),
        )
    return [_entry(sub, amount, quantity[sub]) for sub, amount in fen.items() if amount]


def _entry(sub: _Sub, fen: int, quantity: int) -> Entry:
    account, member_id, household_id, supplier_id = sub
    return Entry(account, fen, member_id, household_id, supplier_id, quantity)


def _insert_transactions(postings: Sequence[Posting]) -> dict[str, int]:
    """One statement. The cooperative's row is held in key share first: closing a year takes it alone, so a posting either
    comes before the closing and is in its sums, or sees the closed year and is refused."""
    table: Any = LedgerTransaction.__table__
    arrays = [
        bindparam(
            f"a_{name}", [getattr(posting, name) for posting in postings], type_=ARRAY(table.c[name].type)
        )
        for name in _COLUMNS
    ]
    source = func.unnest(*arrays).table_valued(*_COLUMNS, with_ordinality="position").render_derived("source")
    held = (
        select(Cooperative.id)
        .where(Cooperative.id.in_({posting.cooperative_id for posting in postings}))
        .order_by(Cooperative.id)
        .with_for_update(read=True, key_share=True)
        .cte("held")
        .prefix_with("materialized", dialect="postgresql")
    )
    rows = (
        select(*(source.c[name] for name in _COLUMNS))
        .select_from(source.outerjoin(held, held.c.id == source.c.cooperative_id))
        .where(~select(LedgerTransaction.id).where(LedgerTransaction.key == source.c.key).exists())
        .order_by(source.c.position)
    )
    statement = (
        insert(LedgerTransaction)
        .from_select(_COLUMNS, rows, include_defaults=False)
        .on_conflict_do_nothing(index_elements=["key"])
        .returning(LedgerTransaction.key, LedgerTransaction.id)
    )
    try:
        return {key: int(row_id) for key, row_id in db.session.execute(statement)}
    except IntegrityError as error:
        if "fiscal year" in str(error.orig) and "is closed" in str(error.orig):
            raise Refused("这一年的账已经结账，不能再记入；请记到未结账的日期", "on_date") from error
        if "month" in str(error.orig) and "is closed" in str(error.orig):
            raise Refused("这个月的账已经结账，不能再记入；请记到未结账的日期", "on_date") from error
        raise
