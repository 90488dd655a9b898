"""One SQLite file for everything that must outlive a restart: objects, answers saved under keys, webhook deliveries."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Json = dict[str, Any]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS object (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, created INTEGER NOT NULL,
    body TEXT NOT NULL, private TEXT NOT NULL, due INTEGER);
CREATE INDEX IF NOT EXISTS object_kind ON object (kind, seq);
CREATE INDEX IF NOT EXISTS object_due ON object (due) WHERE due IS NOT NULL;
CREATE INDEX IF NOT EXISTS object_intent ON object (kind, json_extract(body, '$.payment_intent'));
CREATE INDEX IF NOT EXISTS object_charge ON object (kind, json_extract(body, '$.charge'));
CREATE INDEX IF NOT EXISTS object_source ON object (kind, json_extract(body, '$.source'));
CREATE INDEX IF NOT EXISTS object_payout ON object (kind, json_extract(private, '$.payout'));
CREATE TABLE IF NOT EXISTS answer (
    key TEXT PRIMARY KEY, path TEXT NOT NULL, fingerprint TEXT NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL,
    request TEXT NOT NULL, created INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS answer_created ON answer (created);
CREATE TABLE IF NOT EXISTS delivery (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL, type TEXT NOT NULL, batch INTEGER NOT NULL,
    place INTEGER NOT NULL DEFAULT 0, state TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
    due INTEGER NOT NULL, status INTEGER);
CREATE INDEX IF NOT EXISTS delivery_due ON delivery (state, due);
CREATE INDEX IF NOT EXISTS delivery_event ON delivery (event);
"""
_KEY_LIFE = 24 * 3600  # seconds; Stripe may forget a key after a day
_COMPARE = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class Store:
    """All use goes through one connection and one lock: calls are short and strictly one after another."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._lock = threading.RLock()
        self._depth = 0
        self.batch = 0  # names the running transaction; its events are delivered together
        self._db.executescript(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=2000;" + _SCHEMA
        )

    @contextmanager
    def transaction(self) -> Iterator[None]:
        with self._lock:
            if self._depth:
                raise RuntimeError("transactions do not nest")
            self._db.execute("BEGIN IMMEDIATE")
            self._depth, self.batch = 1, time.time_ns()
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            else:
                self._db.execute("COMMIT")
            finally:
                self._depth = 0

    def sql(self, statement: str, *values: Any) -> list[sqlite3.Row]:
        with self._lock:
            return self._db.execute(statement, values).fetchall()

    def close(self) -> None:
        """The lock is kept: threads that still want something wait until the process has ended."""
        self._lock.acquire()
        self._db.close()

    def add(self, thing: Json, private: Json | None = None, due: int | None = None) -> Json:
        """`due`: epoch milliseconds at which the clockwork looks at the object again."""
        self.sql(
            "INSERT INTO object (id, kind, created, body, private, due) VALUES (?, ?, ?, ?, ?, ?)",
            thing["id"],
            thing["object"],
            thing.get("created", 0),
            json.dumps(thing),
            json.dumps(private or {}),
            due,
        )
        return thing

    def save(self, thing: Json) -> Json:
        self.sql("UPDATE object SET body = ? WHERE id = ?", json.dumps(thing), thing["id"])
        return thing

    def set_due(self, object_id: str, due: int | None) -> None:
        self.sql("UPDATE object SET due = ? WHERE id = ?", due, object_id)

    def get(self, object_id: str, kind: str = "") -> Json | None:
        rows = self.sql("SELECT body FROM object WHERE id = ? AND ? IN ('', kind)", object_id, kind)
        return json.loads(rows[0]["body"]) if rows else None

    def private(self, object_id: str) -> Json:
        rows = self.sql("SELECT private FROM object WHERE id = ?", object_id)
        return json.loads(rows[0]["private"]) if rows else {}

    def save_private(self, object_id: str, private: Json) -> None:
        self.sql("UPDATE object SET private = ? WHERE id = ?", json.dumps(private), object_id)

    def overdue(self, moment: int) -> list[tuple[str, str]]:
        rows = self.sql("SELECT id, kind FROM object WHERE due <= ? ORDER BY due LIMIT 100", moment)
        return [(row["id"], row["kind"]) for row in rows]

    def find(
        self,
        kind: str,
        filters: Mapping[str, Any] | None = None,
        *,
        limit: int = 10,
        after: str = "",
        before: str = "",
    ) -> tuple[list[Json], bool]:
        """Newest first; (page, whether more follow). Filters are fields, `created` ranges, `types` or a `type` with *."""
        where, values = ["kind = ?"], [kind]
        for name, wanted in (filters or {}).items():
            if name == "created":
                where += [f"created {_COMPARE[word]} ?" for word in wanted]
                values += wanted.values()
            elif name == "payout":  # which payout pays an entry: no field of it, as with Stripe
                where.append("json_extract(private, '$.payout') = ?")
                values.append(wanted)
            elif name == "arrival_date":
                where += [f"json_extract(body, '$.arrival_date') {_COMPARE[word]} ?" for word in wanted]
                values += wanted.values()
            elif name == "types":
                where.append(f"json_extract(body, '$.type') IN ({', '.join('?' * len(wanted))})")
                values += wanted
            else:
                where.append(f"json_extract(body, '$.{name}') {'GLOB' if name == 'type' else '='} ?")
                values.append(wanted)
        for cursor, sign in ((after, "<"), (before, ">")):
            if cursor:
                where.append(f"seq {sign} (SELECT seq FROM object WHERE id = ?)")  # noqa: S608 – `sign` is ours
                values.append(cursor)
        order = "ASC" if before else "DESC"
        rows = self.sql(
            f"SELECT body FROM object WHERE {' AND '.join(where)} ORDER BY seq {order} LIMIT ?",  # noqa: S608 – names are ours
            *values,
            limit + 1,
        )
        page = [json.loads(row["body"]) for row in rows[:limit]]
        return (page[::-1] if before else page), len(rows) > limit

    def answer(self, key: str) -> sqlite3.Row | None:
        self.sql("DELETE FROM answer WHERE created < ?", int(time.time()) - _KEY_LIFE)
        rows = self.sql("SELECT * FROM answer WHERE key = ?", key)
        return rows[0] if rows else None

    def keep_answer(
        self, key: str, path: str, fingerprint: str, status: int, body: str, request: str
    ) -> None:
        self.sql(
            "INSERT INTO answer VALUES (?, ?, ?, ?, ?, ?, ?)",
            key,
            path,
            fingerprint,
            status,
            body,
            request,
            int(time.time()),
        )

    def deliveries_to_come(self, event_id: str) -> int:
        rows = self.sql(
            "SELECT count(*) FROM delivery WHERE event = ? AND state IN ('held', 'waiting', 'sending')",
            event_id,
        )
        return int(rows[0][0])

    def latest_deliveries(self) -> list[Json]:
        rows = self.sql(
            "SELECT event, type, state, attempts, status FROM delivery ORDER BY seq DESC LIMIT 200"
        )
        return [dict(row) for row in rows]

    def balance(self) -> dict[str, int]:
        """Net fen by status."""
        rows = self.sql(
            "SELECT json_extract(body, '$.status'), sum(json_extract(body, '$.net')) FROM object"
            " WHERE kind = 'balance_transaction' GROUP BY 1"
        )
        return {row[0]: row[1] for row in rows}

    def to_pay_out(self) -> list[tuple[str, int]]:
        """Entries that are available and in no payout: (id, net fen)."""
        rows = self.sql(
            "SELECT id, json_extract(body, '$.net') AS net FROM object WHERE kind = 'balance_transaction'"
            " AND json_extract(body, '$.status') = 'available' AND json_extract(private, '$.payout') IS NULL"
        )
        return [(row["id"], row["net"]) for row in rows]

    def counts(self) -> Json:
        objects = self.sql("SELECT kind, count(*) FROM object GROUP BY kind")
        deliveries = self.sql("SELECT state, count(*) FROM delivery GROUP BY state")
        return {
            "objects": {row[0]: row[1] for row in objects},
            "deliveries": {row[0]: row[1] for row in deliveries},
        }
