"""A hash chain over each cooperative's books: a change made behind the triggers' back breaks a link that can be named.

A link is SHA-256 over the link before it and the canonical JSON of every transaction up to its last id. The newest link
stands on what is printed or downloaded of the books (a household's month, the year's notice, the sheets of the books), so
whoever keeps such a paper can have it checked (`check`, `flask seal`): was anything before it altered, or the chain made anew?
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, text

from shop.cooperatives.ledger.models import LedgerSeal
from shop.cooperatives.people.models import Cooperative
from shop.core import faults
from shop.core.db import insert_rows, session

GENESIS = "0" * 64
LINK_SIZE = 2_000  # transactions of one link, and held in memory at a time

_WAITING = text(
    """
    select c.id from cooperative c
     where exists (select 1 from ledger_transaction t where t.cooperative_id = c.id
                      and t.id > coalesce((select max(s.last_id) from ledger_seal s where s.cooperative_id = c.id), -1))
     order by c.id
    """
)
_TRANSACTIONS = text(
    """
    select t.id, t.key, t.kind, t.on_date::text as on_date, t.memo, t.source_type, t.source_id, t.reverses_id, t.posted_by,
           coalesce((select json_agg(json_build_array(e.account, e.fen, e.member_id, e.household_id, e.supplier_id, e.quantity)
                                     order by e.account collate "C", e.member_id nulls first, e.household_id nulls first,
                                              e.supplier_id nulls first, e.fen, e.quantity, e.id)
                       from ledger_entry e where e.transaction_id = t.id), '[]'::json) as entries
      from ledger_transaction t
     where t.cooperative_id = :cooperative and t.id > :after and t.id <= :until
     order by t.id limit :limit
    """
)
_LEAST_ID, _GREATEST_ID = -(2**63), 2**63 - 1  # whatever somebody slips in lies between them


@dataclass(frozen=True, slots=True)
class Broken:
    """The first link of a cooperative that the rows no longer give."""

    code: str
    seal_id: int
    first_id: int
    last_id: int
    problem: str


def waiting_cooperatives() -> list[int]:
    """Those with transactions that no link covers yet."""
    return [int(row_id) for row_id in session().execute(_WAITING).scalars()]


def seal(cooperative_id: int) -> int:
    """Add one link over what is committed and not sealed yet, at most LINK_SIZE; returns how many transactions it took.

    Takes the cooperative's row alone: `post` holds it in key share until its commit, and takes its ids after that. So no
    smaller id can still appear once we have it, and two sealers follow each other.
    """
    session().execute(select(Cooperative.id).where(Cooperative.id == cooperative_id).with_for_update())
    last = newest(cooperative_id)
    before, after = (last.sha256, last.last_id) if last else (GENESIS, _LEAST_ID)
    rows = _transactions(cooperative_id, after, _GREATEST_ID, LINK_SIZE)
    if not rows:
        return 0
    row = {
        "cooperative_id": cooperative_id, "first_id": rows[0]["id"], "last_id": rows[-1]["id"], "transactions": len(rows),
        "before_sha256": before, "sha256": link_hash(before, rows),
    }  # fmt: skip
    insert_rows(LedgerSeal, [row])
    faults.point("sealing.after_insert")
    return len(rows)


@dataclass(frozen=True, slots=True)
class Newest:
    """The end of a chain."""

    last_id: int
    sha256: str
    sealed_at: datetime


def newest(cooperative_id: int) -> Newest | None:
    """The last link of a cooperative, or None."""
    row = session().execute(
        select(LedgerSeal.last_id, LedgerSeal.sha256, LedgerSeal.sealed_at)
        .where(LedgerSeal.cooperative_id == cooperative_id)
        .order_by(LedgerSeal.last_id.desc())
        .limit(1)
    ).one_or_none()  # fmt: skip
    return None if row is None else Newest(*row)


def link_hash(before: str, rows: list[dict[str, Any]]) -> str:
    """SHA-256 over the hash before and each transaction as UTF-8 JSON with sorted keys and no blanks, line by line."""
    digest = hashlib.sha256(before.encode())
    for row in rows:
        digest.update(b"\n")
        digest.update(json.dumps(row, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode())
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of a link that was written down; `problem` is empty where every row up to it is as it was."""

    code: str
    last_id: int
    sealed_at: datetime
    problem: str


def check(sha256: str) -> Checked | None:
    """Recompute a chain up to the link of this digest. None where no chain has it: misread, or the chain was made anew."""
    found = session().execute(
        select(LedgerSeal.cooperative_id, Cooperative.code, LedgerSeal.last_id, LedgerSeal.sealed_at)
        .join(Cooperative, Cooperative.id == LedgerSeal.cooperative_id)
        .where(LedgerSeal.sha256 == sha256)
        .order_by(LedgerSeal.id)
    ).first()  # fmt: skip
    if found is None:
        return None
    bad = _first_broken(found.cooperative_id, found.code, found.last_id)
    return Checked(found.code, found.last_id, found.sealed_at, bad.problem if bad else "")


def broken_links() -> list[dict[str, Any]]:
    """Recompute every chain from the rows; the first broken link of each cooperative, as the audit prints it."""
    cooperatives = session().execute(select(Cooperative.id, Cooperative.code).order_by(Cooperative.id)).all()
    found = (_first_broken(cooperative_id, code) for cooperative_id, code in cooperatives)
    return [
        {
            "cooperative": bad.code, "seal": bad.seal_id, "first": bad.first_id, "last": bad.last_id,
            "problem": bad.problem,
        }
        for bad in found
        if bad is not None
    ]  # fmt: skip


def _first_broken(cooperative_id: int, code: str, until: int = _GREATEST_ID) -> Broken | None:
    before, after = GENESIS, _LEAST_ID
    for link in _links(cooperative_id):
        if link.last_id > until:
            break
        problem = _problem(cooperative_id, link, before, after)
        if problem:
            return Broken(code, link.id, link.first_id, link.last_id, problem)
        before, after = link.sha256, link.last_id
    return None


def _problem(cooperative_id: int, link: Any, before: str, after: int) -> str:
    if link.before_sha256 != before:
        return "前一环不见了，或被改过"
    rows = _transactions(cooperative_id, after, link.last_id, link.transactions + 1)
    if len(rows) != link.transactions:
        return f"封存时有 {link.transactions} 笔，现在有 {len(rows)} 笔或更多"
    if link_hash(before, rows) != link.sha256:
        return "其中有凭证或分录被改过"
    return ""


def _links(cooperative_id: int) -> Iterator[Any]:
    return iter(
        session()
        .execute(
            select(
                LedgerSeal.id,
                LedgerSeal.first_id,
                LedgerSeal.last_id,
                LedgerSeal.transactions,
                LedgerSeal.before_sha256,
                LedgerSeal.sha256,
            )
            .where(LedgerSeal.cooperative_id == cooperative_id)
            .order_by(LedgerSeal.last_id)
        )
        .all()
    )


def _transactions(cooperative_id: int, after: int, until: int, limit: int) -> list[dict[str, Any]]:
    rows = session().execute(
        _TRANSACTIONS, {"cooperative": cooperative_id, "after": after, "until": until, "limit": limit}
    )
    return [dict(row) for row in rows.mappings()]
