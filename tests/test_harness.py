"""The harness itself: a clean database for every test, exact counting, Chinese in trigrams."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import scoped_session

from tests.support.sql import SqlCount

Counter = Callable[[Flask], AbstractContextManager[SqlCount]]


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_starts_with_the_same_database(db_session: scoped_session[Any], turn: int) -> None:
    before = db_session.scalar(text("SELECT count(*) FROM activity"))
    db_session.execute(
        text("INSERT INTO activity (act, subject_type, subject_id) VALUES ('test', 'harness', '1')")
    )
    db_session.commit()
    assert before == 0


def test_trigrams_see_hanzi(db_session: scoped_session[Any]) -> None:
    assert len(db_session.scalar(text("SELECT show_trgm('干香菇 蜂蜜')"))) == 7


def test_statements_are_counted(app: Flask, db_session: scoped_session[Any], sql_counter: Counter) -> None:
    with sql_counter(app) as count:
        db_session.execute(text("SELECT 1"))
        db_session.execute(text("SELECT 2"))
    assert count.total == 2
    assert count.statements == ["SELECT 1", "SELECT 2"]
