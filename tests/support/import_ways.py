"""A checked file saved by portions and row by row: every table after each of the two, nothing of either kept."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from shop.core import importing, privacy
from shop.core.db import session, transaction
from shop.core.table_import import kinds, working
from tests.demo.rows import Rows, everything

MARKS = {
    "fact_touched"
}  # one a statement, so a batch leaves fewer: it says which days are to be added up again
OPENED = {"lot": ("id", "code", "trace_code")}  # in another order, and by chance


class Undone(Exception):
    """What was saved has been looked at and is not kept."""


def both(import_id: int, kind: str, monkeypatch: pytest.MonkeyPatch) -> tuple[Rows, Rows]:
    """What portions leave, and what the rows one by one leave."""
    many = _saved(import_id, kind)
    with monkeypatch.context() as single:
        single.setattr(working, "_together", lambda *_: [])
        return many, _saved(import_id, kind)


def _saved(import_id: int, kind: str) -> Rows:
    """Every table after the good rows are in; then all is taken back, the counters of the ids too."""
    marks = _sequences()
    found: Rows = {}
    with pytest.raises(Undone), transaction():
        _save_and_look(import_id, kind, found)
    with transaction():
        for name, (last, called) in marks.items():
            session().execute(text("select setval(:n, :v, :c)"), {"n": name, "v": last, "c": called})
    return _by_their_goods(found)


def _save_and_look(import_id: int, kind: str, found: Rows) -> None:
    job = importing.work_on(import_id, importing.RUNNING)
    assert job is not None
    data = privacy.unseal(bytes(job.body))
    read = working._read(kinds.of(kind), data, importing.owner_of(job), job.started_by)
    made = working._save(import_id, kinds.of(kind), read)
    assert list(made) == [r.number for r in read.good]
    session().flush()
    found |= everything()
    raise Undone


def _by_their_goods(found: Rows) -> Rows:
    """Lots called by what is in them: each of the two ways opens them in its own order."""
    names = {r["id"]: f"{r['produce_id']} {r['mode']} {r['closed_at']}" for r in found["lot"]}

    def plain(table: str, row: dict[str, Any]) -> dict[str, Any]:
        kept = {key: value for key, value in row.items() if key not in OPENED.get(table, ())}
        if "lot_id" in kept:
            kept["lot_id"] = names.get(kept["lot_id"])
        if table == "activity" and "lot" in (kept["after"] or {}):
            kept["after"] = kept["after"] | {"lot": names[kept["after"]["lot"]]}
        return kept

    rows = {table: [plain(table, one) for one in lines] for table, lines in found.items()}
    return rows | {"lot": sorted(rows["lot"], key=repr)}


def _sequences() -> dict[str, tuple[int, bool]]:
    names = list(session().scalars(text("select sequencename from pg_sequences where schemaname = 'public'")))
    return {
        name: tuple(session().execute(text(f'select last_value, is_called from "{name}"')).one())
        for name in names
    }
