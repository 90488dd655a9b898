"""The statutory distribution of a fiscal year, computed from the ledger and kept as a draft with its proof."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select, update

from shop.cooperatives.income import rules
from shop.cooperatives.income.models import Distribution, DistributionLine
from shop.cooperatives.income.rules_document import to_document
from shop.cooperatives.income.year_inputs import YearInputs, read_year
from shop.core import faults
from shop.core.db import insert_rows, session
from shop.core.errors import Conflict

MOST_TRIES = 5
OPEN_STATES = ("waiting", "computing")


def begin(distribution_id: int) -> bool:
    """Count a try and mark the row as being computed; false when it is done, void, or in other hands.

    A row that killed its worker MOST_TRIES times is set aside as refused, so that the queue goes on.
    """
    row = (
        session()
        .execute(
            select(Distribution.state, Distribution.tries)
            .where(Distribution.id == distribution_id, Distribution.state.in_(OPEN_STATES))
            .with_for_update(skip_locked=True)
        )
        .one_or_none()
    )
    if row is None:
        return False
    if row.tries >= MOST_TRIES:
        _refuse(distribution_id, f"计算中断了 {row.tries} 次，已搁置。请联系运维查看日志后重新发起")
        return False
    session().execute(
        update(Distribution)
        .where(Distribution.id == distribution_id)
        .values(state="computing", tries=Distribution.tries + 1)
    )
    return True


def compute_one(distribution_id: int) -> str:
    """Compute and store one cooperative's draft under the row's lock; returns the new state ('' when in other hands).

    A refusal of the rules (no surplus, no trade, a ratio below 60 % …) is stored as such with its sentence.
    """
    row = (
        session()
        .execute(
            select(Distribution.cooperative_id, Distribution.year)
            .where(Distribution.id == distribution_id, Distribution.state.in_(OPEN_STATES))
            .with_for_update(skip_locked=True)
        )
        .one_or_none()
    )
    if row is None:
        return ""
    try:
        year = read_year(row.cooperative_id, row.year)
        result = rules.compute(year.inputs)
    except rules.DistributionRefused as refusal:
        _refuse(distribution_id, str(refusal))
        return "refused"
    faults.point("distribution.computed")
    _store(distribution_id, row.cooperative_id, year, result)
    faults.point("distribution.stored")
    return "draft"


def _refuse(distribution_id: int, sentence: str) -> None:
    session().execute(
        update(Distribution)
        .where(Distribution.id == distribution_id)
        .values(state="refused", refusal=sentence, computed_at=func.now())
    )


def _store(
    distribution_id: int, cooperative_id: int, year: YearInputs, result: rules.DistributionResult
) -> None:
    document = to_document(year.inputs, result)
    results = {row.member: row for row in result.members}
    insert_rows(
        DistributionLine,
        [
            {
                "distribution_id": distribution_id,
                "cooperative_id": cooperative_id,
                "member_id": year.member_ids[row.member],
                "number": row.member,
                "trade_fen": row.trade_fen,
                "capital_fen": row.capital_fen,
                "reserve_share_fen": row.reserve_share_fen,
                "patronage_fen": results[row.member].patronage_fen,
                "residual_fen": results[row.member].residual_fen,
            }
            for row in rules.by_number(year.inputs)
        ],
    )
    faults.point("distribution.lines")
    session().execute(
        update(Distribution)
        .where(Distribution.id == distribution_id)
        .values(
            state="draft",
            rules=year.charter,
            document=document,
            inputs_sha256=document["inputs_sha256"],
            outputs_sha256=document["outputs_sha256"],
            surplus_fen=year.inputs.surplus_fen,
            reserve_fen=result.reserve_fen,
            distributable_fen=result.distributable_fen,
            patronage_fen=result.patronage_fen,
            residual_fen=result.residual_fen,
            computed_at=func.now(),
        )
    )


def compute_now(cooperative_id: int, year: int) -> dict[str, Any]:
    """Compute one cooperative's year at once (the command): keeps an equal draft, replaces a different one.

    Returns the printed document. Raises rules.DistributionRefused (nothing is stored) and Conflict when the year is
    already published or later.
    """
    inputs = read_year(cooperative_id, year)
    result = rules.compute(inputs.inputs)
    document = to_document(inputs.inputs, result)
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
    _store(made[0], cooperative_id, inputs, result)
    return document
