"""The audit is clean on the demo town, and every check finds the one row that was altered behind its back."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import text

from shop.audit.run import CHECKS, run_check
from shop.cooperatives import tasks
from shop.cooperatives.income import distribution, runs
from shop.core.db import session, transaction
from tests.access.identities import TOWN
from tests.audit.tampering import TAMPERING


def _distribute() -> None:
    with transaction():
        run_id = runs.request_run(TOWN, 2020, None)
    for portion in runs.portions(run_id):
        with transaction():
            distribution.begin(*portion)
        with transaction():
            assert set(distribution.compute(*portion).values()) == {"draft"}


def test_every_check_has_a_tampering() -> None:
    assert {check.code for check in CHECKS} == set(TAMPERING)


def test_the_demo_town_is_clean_and_every_alteration_is_found(town: Flask) -> None:
    with town.app_context():
        _distribute()
        tasks.seal_ledgers.run()
        found = {check.code: run_check(check) for check in CHECKS}
        assert {code: item["rows"] for code, item in found.items() if item["count"]} == {}
        session().rollback()
        missed = [check.code for check in CHECKS if not _bites(check.code)]
        assert not missed, f"altered, and not found: {missed}"


def _bites(code: str) -> bool:
    session().execute(text("set local session_replication_role = replica"))
    altered = session().execute(text(TAMPERING[code])).rowcount
    assert altered > 0, f"{code}: nothing was altered"
    check = next(check for check in CHECKS if check.code == code)
    result = run_check(check)
    session().rollback()
    return result["count"] > 0 and bool(result["rows"])
