"""The statutory distribution of a fiscal year, computed from the ledger and kept as a draft with its proof."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, text, update

from shop.cooperatives.income import rules
from shop.cooperatives.income.models import Distribution, DistributionLine, DistributionRun
from shop.cooperatives.income.rules_document import to_document
from shop.cooperatives.income.year_inputs import YearInputs, read_year
from shop.cooperatives.people.models import Cooperative
from shop.core import activity, faults
from shop.core.db import insert_rows, session
from shop.core.errors import Conflict, NotFound

MOST_TRIES = 5
OPEN_STATES = ("waiting", "computing")


@dataclass(frozen=True)
class Progress:
    """How far a run is: cooperatives done of all, who is being computed, how many were refused."""

    run_id: int
    year: int
    total: int
    done: int
    refused: int
    current: tuple[str, ...]
    finished: bool


def request_run(region_code: str, year: int, by: int | None) -> int:
    """Ask for the year's distribution of every cooperative of a region; a second request joins the one under way.

    Drafts of the year are replaced (void), anything already published or later is left alone.
    """
    running = (
        session()
        .execute(
            select(DistributionRun.id)
            .where(
                DistributionRun.year == year,
                DistributionRun.region_code == region_code,
                DistributionRun.finished_at.is_(None),
            )
            .with_for_update()
        )
        .scalar()
    )
    if running is not None:
        return running
    run_id = (
        session()
        .execute(
            text(
                "insert into distribution_run (year, region_code, requested_by) values (:year, :region, :by)"
                " on conflict (year, region_code) where finished_at is null do nothing returning id"
            ),
            {"year": year, "region": region_code, "by": by},
        )
        .scalar()
    )
    if run_id is None:
        raise Conflict("同一年度的分配正在计算，请稍候刷新")
    session().execute(
        text(
            "update distribution d set state = 'void' from cooperative c join village v on v.id = c.village_id"
            " where c.id = d.cooperative_id and v.region_code like :prefix and d.year = :year"
            " and d.state in ('draft', 'waiting', 'computing')"
        ),
        {"prefix": region_code + "%", "year": year},
    )
    session().execute(
        text(
            "insert into distribution (run_id, cooperative_id, year)"
            " select :run, c.id, :year from cooperative c join village v on v.id = c.village_id"
            " where v.region_code like :prefix order by c.id"
            " on conflict (cooperative_id, year) where state not in ('refused','void','reversed') do nothing"
        ),
        {"run": run_id, "prefix": region_code + "%", "year": year},
    )
    activity.record(
        "distribution.requested", "distribution_run", run_id, after={"year": year, "region": region_code}
    )
    return int(run_id)


def open_children(run_id: int | None = None) -> list[int]:
    """Distributions still to compute, oldest first: of one run, or of all (for the sweep)."""
    statement = select(Distribution.id).where(Distribution.state.in_(OPEN_STATES)).order_by(Distribution.id)
    if run_id is not None:
        statement = statement.where(Distribution.run_id == run_id)
    return list(session().execute(statement).scalars())


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
            raise Conflict(f"{year} 年度的分配已进入“{live.state}”，账目与当时不同，不能重算")
        session().execute(update(Distribution).where(Distribution.id == live.id).values(state="void"))
    made = insert_rows(
        Distribution, [{"cooperative_id": cooperative_id, "year": year, "state": "computing"}], "id"
    )
    _store(made[0], cooperative_id, inputs, result)
    return document


def close_finished(run_id: int) -> None:
    """Mark the run finished once no child is waiting or being computed."""
    session().execute(
        text(
            "update distribution_run r set finished_at = now() where r.id = :run and r.finished_at is null and not exists"
            " (select 1 from distribution d where d.run_id = r.id and d.state in ('waiting','computing'))"
        ),
        {"run": run_id},
    )


def unfinished_runs() -> list[int]:
    """Runs whose end has not been noted yet."""
    return list(
        session().execute(select(DistributionRun.id).where(DistributionRun.finished_at.is_(None))).scalars()
    )


def cancel(run_id: int, region_code: str, by: int) -> None:
    """Stop a run: what is computed stays, what waits is void. Raises NotFound for another region's run."""
    found = (
        session()
        .execute(
            update(DistributionRun)
            .where(
                DistributionRun.id == run_id,
                DistributionRun.region_code == region_code,
                DistributionRun.finished_at.is_(None),
            )
            .values(cancelled_at=func.now(), finished_at=func.now())
            .returning(DistributionRun.id)
        )
        .scalar()
    )
    if found is None:
        raise NotFound
    session().execute(
        update(Distribution)
        .where(Distribution.run_id == run_id, Distribution.state == "waiting")
        .values(state="void")
    )
    activity.record("distribution.cancelled", "distribution_run", run_id, actor_id=by)


def progress(run_id: int, region_code: str) -> Progress:
    """Counts of a run. Raises NotFound for another region's run."""
    run = (
        session()
        .execute(
            select(DistributionRun.year, DistributionRun.finished_at).where(
                DistributionRun.id == run_id, DistributionRun.region_code == region_code
            )
        )
        .one_or_none()
    )
    if run is None:
        raise NotFound
    rows = (
        session()
        .execute(
            select(Distribution.state, Cooperative.name)
            .join(Cooperative, Cooperative.id == Distribution.cooperative_id)
            .where(Distribution.run_id == run_id)
            .order_by(Distribution.id)
        )
        .all()
    )
    return Progress(
        run_id=run_id,
        year=run.year,
        total=len(rows),
        done=sum(row.state not in OPEN_STATES for row in rows),
        refused=sum(row.state == "refused" for row in rows),
        current=tuple(row.name for row in rows if row.state == "computing"),
        finished=run.finished_at is not None,
    )
