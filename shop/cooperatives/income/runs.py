"""Runs: a year's distribution of every cooperative of a region, asked for once, watched, cancelled."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select, text, update

from shop.cooperatives.income.distribution import OPEN_STATES
from shop.cooperatives.income.models import Distribution, DistributionRun
from shop.cooperatives.income.year_inputs import fingerprints
from shop.cooperatives.people.models import Cooperative
from shop.core import activity
from shop.core.db import session
from shop.core.errors import Conflict, NotFound

FEW, PORTION = 16, 50  # so many cooperatives have a child each; of more, a child computes a portion


@dataclass(frozen=True)
class Progress:
    """How far a run is: cooperatives done of all, who is being computed, how many were refused, whether it was stopped.

    What waited when the run was stopped is not done.
    """

    run_id: int
    year: int
    total: int
    done: int
    refused: int
    current: tuple[str, ...]
    finished: bool
    cancelled: bool = False


def request_run(region_code: str, year: int, by: int | None) -> int:
    """Ask for the year's distribution of every cooperative of a region; a second request joins the one under way.

    A draft whose inputs are still the same goes over to the new run, other drafts of the year are replaced (void), anything
    already published or later is left alone.
    """
    running = _running(region_code, year)
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
    if run_id is None:  # somebody asked at the same moment, and we waited for his commit
        running = _running(region_code, year)
        if running is None:
            raise Conflict("同一年度的分配正在计算，请稍候刷新")
        return running
    _keep_standing_drafts(region_code, year, run_id)
    session().execute(
        text(
            "update distribution d set state = 'void' from cooperative c join village v on v.id = c.village_id"
            " where c.id = d.cooperative_id and v.region_code like :prefix and d.year = :year"
            " and d.state in ('draft', 'waiting', 'computing') and d.run_id is distinct from :run"
        ),
        {"prefix": region_code + "%", "year": year, "run": run_id},
    )
    session().execute(
        text(
            "insert into distribution (run_id, cooperative_id, year, made_by)"
            " select :run, c.id, :year, :by from cooperative c join village v on v.id = c.village_id"
            " where v.region_code like :prefix order by c.id"
            " on conflict (cooperative_id, year) where state not in ('refused','void','reversed') do nothing"
        ),
        {"run": run_id, "prefix": region_code + "%", "year": year, "by": by},
    )
    activity.record(
        "distribution.requested", "distribution_run", run_id, after={"year": year, "region": region_code}
    )
    return int(run_id)


def _running(region_code: str, year: int) -> int | None:
    """The run under way, held so that it does not end while we join it."""
    unfinished = select(DistributionRun.id).where(
        DistributionRun.year == year,
        DistributionRun.region_code == region_code,
        DistributionRun.finished_at.is_(None),
    )
    return session().execute(unfinished.with_for_update()).scalar()


def _keep_standing_drafts(region_code: str, year: int, run_id: int) -> None:
    """What would come out the same is not computed again: a new run costs what has changed since the last."""
    drafts = session().execute(
        text(
            "select d.id, d.cooperative_id, d.seen from distribution d join cooperative c on c.id = d.cooperative_id"
            " join village v on v.id = c.village_id where v.region_code like :prefix and d.year = :year"
            " and d.state = 'draft' and d.seen is not null order by d.id for update of d"
        ),
        {"prefix": region_code + "%", "year": year},
    ).all()  # fmt: skip
    now = fingerprints([row.cooperative_id for row in drafts], year)
    standing = [row.id for row in drafts if now.get(row.cooperative_id) == row.seen]
    session().execute(
        text("update distribution set run_id = :run where id = any(:ids)"), {"run": run_id, "ids": standing}
    )


def portions(run_id: int | None = None) -> list[list[int]]:
    """Distributions still to compute, oldest first, as the children take them: of one run, or of all (for the sweep).

    A township's few go one by one, so that their progress is seen; many go in portions of PORTION, whose statements cost
    hardly more than one cooperative's. One that was begun before and not finished goes alone: it stops no other.
    """
    statement = select(Distribution.id, Distribution.tries).where(Distribution.state.in_(OPEN_STATES))
    if run_id is not None:
        statement = statement.where(Distribution.run_id == run_id)
    rows = session().execute(statement.order_by(Distribution.id)).all()
    again = [[row.id] for row in rows if row.tries]
    fresh = [row.id for row in rows if not row.tries]
    size = 1 if len(fresh) <= FEW else PORTION
    return [fresh[at : at + size] for at in range(0, len(fresh), size)] + again


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
            select(DistributionRun.year, DistributionRun.finished_at, DistributionRun.cancelled_at).where(
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
    stopped = run.cancelled_at is not None
    not_done = (*OPEN_STATES, "void") if stopped else OPEN_STATES
    return Progress(
        run_id=run_id,
        year=run.year,
        total=len(rows),
        done=sum(row.state not in not_done for row in rows),
        refused=sum(row.state == "refused" for row in rows),
        current=tuple(row.name for row in rows if row.state == "computing"),
        finished=run.finished_at is not None,
        cancelled=stopped,
    )
