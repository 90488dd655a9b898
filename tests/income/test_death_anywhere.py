"""A worker that dies before any of its statements, fifty times over: the sweep ends in the same rows and hashes."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, func, select, update

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


def outcome(run_id: int) -> list[tuple[Any, ...]]:
    """Of every cooperative: state, hashes, number of lines and their sums."""
    lines = (func.count(), func.sum(DistributionLine.patronage_fen), func.sum(DistributionLine.residual_fen))
    found = (
        session()
        .execute(
            select(
                Distribution.cooperative_id,
                Distribution.state,
                Distribution.inputs_sha256,
                Distribution.outputs_sha256,
                *lines,
            )
            .outerjoin(DistributionLine, DistributionLine.distribution_id == Distribution.id)
            .where(Distribution.run_id == run_id)
            .group_by(Distribution.id)
            .order_by(Distribution.cooperative_id)
        )
        .all()
    )
    session().rollback()
    return [tuple(row) for row in found]


def fresh_run() -> tuple[int, list[int]]:
    """A run and its five cooperatives as one portion; earlier drafts no longer stand, so that all are computed."""
    with transaction():
        session().execute(update(Distribution).values(seen=None))
        run_id = runs.request_run(TOWN, 2020, None)
    ids = [child for portion in runs.portions(run_id) for child in portion]
    session().rollback()
    return run_id, ids


@pytest.mark.timeout(240)
def test_fifty_deaths_end_in_one_result(town: Flask) -> None:
    with town.app_context():
        run_id, together = fresh_run()
        with dying_before(-1) as seen:
            tasks.distribute_portion.run(together, run_id)
        undisturbed, statements = outcome(run_id), seen[0]
        assert [row[1] for row in undisturbed] == ["draft"] * 5
        chance = random.Random(SEED)  # noqa: S311 (repeatable, no secret)
        for _ in range(POINTS):
            point = chance.randint(1, statements)
            run_id, together = fresh_run()
            with dying_before(point), pytest.raises(Death):
                tasks.distribute_portion.run(together, run_id)
            session().rollback()
            session().info.pop("in_transaction", None)
            for portion in runs.portions(run_id):
                tasks.distribute_portion.run(portion, run_id)
            tasks.distribution_sweep.run()
            assert outcome(run_id) == undisturbed, f"died before statement {point} of {statements}"
        assert distribution.MOST_TRIES > 1
