"""A worker that dies before any of its statements, fifty times over: the sweep ends in the same rows and hashes."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, func, select

from shop.cooperatives import tasks
from shop.cooperatives.income import distribution, runs
from shop.cooperatives.income.models import Distribution, DistributionLine
from shop.core.db import db, session, transaction
from tests.access.identities import TOWN

POINTS = 50
SEED = 20201231


class Death(BaseException):
    """Nobody catches it: what was not committed is gone, as after SIGKILL."""


@contextmanager
def dying_before(number: int) -> Iterator[list[int]]:
    """Die before the `number`-th statement sent to the database; yields the counter."""
    seen = [0]

    def count(*_: Any) -> None:
        seen[0] += 1
        if seen[0] == number:
            raise Death

    event.listen(db.engine, "before_cursor_execute", count)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", count)


def outcome(distribution_id: int) -> tuple[Any, ...]:
    head = (
        session()
        .execute(
            select(Distribution.state, Distribution.inputs_sha256, Distribution.outputs_sha256).where(
                Distribution.id == distribution_id
            )
        )
        .one()
    )
    lines = (
        session()
        .execute(
            select(
                func.count(),
                func.sum(DistributionLine.patronage_fen),
                func.sum(DistributionLine.residual_fen),
            ).where(DistributionLine.distribution_id == distribution_id)
        )
        .one()
    )
    session().rollback()
    return (*head, *lines)


def fresh_child() -> tuple[int, int]:
    with transaction():
        run_id = runs.request_run(TOWN, 2020, None)
    return runs.open_children(run_id)[0], run_id


def end(run_id: int) -> None:
    """Leave nothing open behind: the next round asks for a run of its own."""
    with transaction():
        for child in runs.open_children(run_id):
            session().execute(
                Distribution.__table__.update().where(Distribution.id == child).values(state="void")  # type: ignore[attr-defined]
            )
    with transaction():
        runs.close_finished(run_id)


@pytest.mark.timeout(240)
def test_fifty_deaths_end_in_one_result(town: Flask) -> None:
    with town.app_context():
        child, run_id = fresh_child()
        session().rollback()
        with dying_before(-1) as seen:
            tasks.distribute_one.run(child, run_id)
        undisturbed, statements = outcome(child), seen[0]
        assert undisturbed[0] == "draft"
        end(run_id)
        chance = random.Random(SEED)  # noqa: S311 (repeatable, no secret)
        for _ in range(POINTS):
            point = chance.randint(1, statements)
            child, run_id = fresh_child()
            session().rollback()
            with dying_before(point), pytest.raises(Death):
                tasks.distribute_one.run(child, run_id)
            session().rollback()
            session().info.pop("in_transaction", None)
            tasks.distribute_one.run(child, run_id)
            assert outcome(child) == undisturbed, f"died before statement {point} of {statements}"
            end(run_id)
        assert distribution.MOST_TRIES > 1
