"""The statutory distribution of a fiscal year, computed from the ledger and kept as a draft with its proof."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Row, bindparam, select, text, update
from sqlalchemy.dialects.postgresql import JSONB

from shop.cooperatives.income import rules
from shop.cooperatives.income.models import Distribution, DistributionLine
from shop.cooperatives.income.rules_document import to_document
from shop.cooperatives.income.year_inputs import YearInputs, fingerprints, read_year, read_years
from shop.core import faults
from shop.core.db import insert_rows, session
from shop.core.errors import Conflict

MOST_TRIES = 5
OPEN_STATES = ("waiting", "computing")


def begin(*distribution_ids: int) -> list[int]:
    """Count a try and mark the rows as being computed; returns those to compute, not the done, void or locked ones.

    A row that killed its worker MOST_TRIES times is set aside as refused, so that the queue goes on.
    """
    rows = _locked(distribution_ids)
    spent = [row for row in rows if row.tries >= MOST_TRIES]
    _refuse({row.id: f"计算中断了 {row.tries} 次，已搁置。请联系运维查看日志后重新发起" for row in spent})
    mine = [row.id for row in rows if row.tries < MOST_TRIES]
    if mine:
        session().execute(
            update(Distribution)
            .where(Distribution.id.in_(mine))
            .values(state="computing", tries=Distribution.tries + 1)
            .execution_options(synchronize_session=False)
        )
    return mine


def compute(*distribution_ids: int) -> dict[int, str]:
    """Compute and store the drafts of some cooperatives under their rows' locks; returns the new states.

    A refusal of the rules (no surplus, no trade, a ratio below 60 % …) is stored as such with its sentence. Rows in other
    hands are left out. The number of statements is the same for one cooperative and for many.
    """
    refused: dict[int, str] = {}
    drafts: list[Draft] = []
    rows = _locked(distribution_ids)
    session().execute(_ROOM)
    for year in sorted({row.year for row in rows}):
        asked = {row.cooperative_id: row.id for row in rows if row.year == year}
        seen = fingerprints(list(asked), year)  # before the read: what comes in between makes the draft stale
        for cooperative_id, found in read_years(list(asked), year).items():
            try:
                drafts.append(
                    replace(_draft(asked[cooperative_id], cooperative_id, found), seen=seen[cooperative_id])
                )
            except rules.DistributionRefused as refusal:
                refused[asked[cooperative_id]] = str(refusal)
    _refuse(refused)
    faults.point("distribution.computed")
    _store(drafts)
    faults.point("distribution.stored")
    return dict.fromkeys(refused, "refused") | {draft.id: "draft" for draft in drafts}


_ROOM = text("set local work_mem = '64MB'")  # the sums of a portion fit: no sorting on disk


@dataclass(frozen=True, slots=True)
class Draft:
    """One cooperative's result, ready to be stored."""

    id: int
    cooperative_id: int
    year: YearInputs
    result: rules.DistributionResult
    document: dict[str, Any]
    seen: str | None = None


def _locked(distribution_ids: Sequence[int]) -> Sequence[Row[int, int, int, int]]:
    """(id, cooperative, year, tries) of the rows still to compute that nobody else holds."""
    return (
        session()
        .execute(
            select(Distribution.id, Distribution.cooperative_id, Distribution.year, Distribution.tries)
            .where(Distribution.id.in_(distribution_ids), Distribution.state.in_(OPEN_STATES))
            .order_by(Distribution.id)
            .with_for_update(skip_locked=True)
        )
        .all()
    )


def _draft(distribution_id: int, cooperative_id: int, found: YearInputs | rules.DistributionRefused) -> Draft:
    if isinstance(found, rules.DistributionRefused):
        raise found
    result = rules.compute(found.inputs)
    return Draft(distribution_id, cooperative_id, found, result, to_document(found.inputs, result))


def _refuse(sentences: Mapping[int, str]) -> None:
    if sentences:
        session().execute(
            text(
                "update distribution d set state = 'refused', refusal = s.sentence, computed_at = now()"
                " from unnest(cast(:ids as bigint[]), cast(:sentences as text[])) s(id, sentence) where d.id = s.id"
            ),
            {"ids": list(sentences), "sentences": list(sentences.values())},
        )


_DRAFTED = text(
    """
    update distribution d
       set state = 'draft', computed_at = now(), seen = s.head ->> 'seen', rules = s.head -> 'rules',
           document = s.head -> 'document',
           inputs_sha256 = s.head #>> '{document,inputs_sha256}', outputs_sha256 = s.head #>> '{document,outputs_sha256}',
           surplus_fen = (s.head #>> '{document,inputs,surplus_fen}')::bigint,
           reserve_fen = (s.head #>> '{document,outputs,reserve_fen}')::bigint,
           distributable_fen = (s.head #>> '{document,outputs,distributable_fen}')::bigint,
           patronage_fen = (s.head #>> '{document,outputs,patronage_fen}')::bigint,
           residual_fen = (s.head #>> '{document,outputs,residual_fen}')::bigint
      from jsonb_array_elements(:heads) s(head) where d.id = (s.head -> 'id')::bigint
    """
).bindparams(bindparam("heads", type_=JSONB))


def _store(drafts: Sequence[Draft]) -> None:
    insert_rows(DistributionLine, [line for draft in drafts for line in _lines(draft)])
    faults.point("distribution.lines")
    if drafts:
        heads = [
            {"id": draft.id, "seen": draft.seen, "rules": draft.year.charter, "document": draft.document}
            for draft in drafts
        ]
        session().execute(_DRAFTED, {"heads": heads})


def _lines(draft: Draft) -> Iterator[dict[str, Any]]:
    results = {row.member: row for row in draft.result.members}
    for row in rules.by_number(draft.year.inputs):
        yield {
            "distribution_id": draft.id,
            "cooperative_id": draft.cooperative_id,
            "member_id": draft.year.member_ids[row.member],
            "number": row.member,
            "trade_fen": row.trade_fen,
            "capital_fen": row.capital_fen,
            "reserve_share_fen": row.reserve_share_fen,
            "patronage_fen": results[row.member].patronage_fen,
            "residual_fen": results[row.member].residual_fen,
        }


def compute_now(cooperative_id: int, year: int) -> dict[str, Any]:
    """Compute one cooperative's year at once (the command): keeps an equal draft, replaces a different one.

    Returns the printed document. Raises rules.DistributionRefused (nothing is stored) and Conflict when the year is
    already published or later.
    """
    computed = _draft(0, cooperative_id, read_year(cooperative_id, year))
    document = computed.document
    live = (
        session()
        .execute(
            select(
                Distribution.id, Distribution.state, Distribution.inputs_sha256, Distribution.outputs_sha256
            )
            .where(
                Distribution.cooperative_id == cooperative_id,
                Distribution.year == year,
                Distribution.state.not_in(("refused", "void", "reversed")),
            )
            .with_for_update()
        )
        .one_or_none()
    )
    if live is not None:
        same = (
            live.outputs_sha256 == document["outputs_sha256"]
            and live.inputs_sha256 == document["inputs_sha256"]
        )
        if same:
            return document
        if live.state not in ("draft", *OPEN_STATES):
            raise Conflict(
                "%(year)s 年度的分配已进入“%(state)s”，账目与当时不同，不能重算", year=year, state=live.state
            )
        session().execute(update(Distribution).where(Distribution.id == live.id).values(state="void"))
    made = insert_rows(
        Distribution, [{"cooperative_id": cooperative_id, "year": year, "state": "computing"}], "id"
    )
    _store([replace(computed, id=made[0])])
    return document
