"""The benchmark's single SQL statement computes a whole year's distribution anew, so it checks ours to the fen."""

from __future__ import annotations

from datetime import date

from flask import Flask

from benchmarks.distribution import minimal
from shop.cooperatives import tasks
from shop.cooperatives.income import runs
from shop.core.db import db, transaction

YEAR = 2020


def test_one_statement_and_the_deeds_agree_on_every_member(town: Flask) -> None:
    with town.app_context():
        with transaction() as session:
            session.execute(minimal.TABLE)
            session.execute(minimal.STATEMENT, {"year": YEAR, "last": date(YEAR, 12, 31)})
            run = runs.request_run("42", YEAR, None)
        tasks.distribute_portion.run([child for portion in runs.portions(run) for child in portion], run)
        assert db.session.scalar(minimal.COUNT) == 416
        assert db.session.scalar(minimal.DIFFERENCE, {"year": YEAR}) == 0
