"""Three worker processes, as on three hosts, on one run and one month: one dies, and the rows are those of one process."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Barrier, Thread

import psycopg
import pytest

from benchmarks.ours.copies import multiply
from dev.runner import services as programs
from dev.runner.process import Service
from shop.cooperatives import tasks as cooperatives
from shop.cooperatives.income import runs
from shop.core.db import db, transaction
from tests.faults.facts import DISTRIBUTIONS, differences, facts
from tests.faults.scene import Scene
from tests.faults.test_killed_worker import silence
from tests.support.services import started
from tests.support.stand_in import wait_for

TOWN = "420302100"
TOWNS = 3
COOPERATIVES, MEMBERS = 5 * TOWNS, 416 * TOWNS
SETTLED = {
    "lines": "select l.cooperative_id, s.period, l.household_id, l.supplier_id, l.member_id, l.quantity, l.credit_fen,"
    " l.deduction_fen, l.carried_in_fen, l.due_fen, l.details::text from settlement_line l join settlement s"
    " on s.id = l.settlement_id where s.state = 'draft' and s.period > '2021' and %(last)s = 0"
}


@pytest.fixture(scope="module")
def crowd(scene: Scene) -> Scene:
    """Three towns' cooperatives in the live shop, nobody at work."""
    silence(scene)
    with psycopg.connect(_address(scene)) as connection:
        multiply(connection, TOWNS)
    return scene


def _address(scene: Scene) -> str:
    return scene.shop.database_url.replace("postgresql+psycopg://", "postgresql://")


@contextmanager
def workers(scene: Scene, *names: str, dies_at: str = "") -> Iterator[dict[str, Service]]:
    """Worker processes that are ready; the first one kills itself where `dies_at` says."""
    found = {}
    try:
        for place, name in enumerate(names):
            environment = scene.shop.environment | ({"FAULT": dies_at} if dies_at and place == 0 else {})
            service = programs.worker(environment, _log(scene, name), name=name, concurrency=1)
            service.command += ["--pool", "solo"]
            service.start()
            started().remember(service)
            found[name] = service
        for name in names:
            wait_for(lambda name=name: "ready." in _log(scene, name).read_text(), 60)  # type: ignore[misc]
        yield found
    finally:
        for service in found.values():
            service.clear_group()


def _log(scene: Scene, name: str) -> Path:
    return scene.shop.folder / f"{name}.log"


def _computed(scene: Scene, name: str) -> int:
    """How many portions a worker computed."""
    return len(re.findall("cooperatives.distribute_portion.*succeeded", _log(scene, name).read_text()))


def _request(scene: Scene, made: list[int], begin: Barrier | None = None) -> None:
    with scene.app.app_context():
        if begin is not None:
            begin.wait()
        with transaction():
            made.append(runs.request_run(TOWN, 2020, None))
        db.session.remove()


def _alone(scene: Scene, run: int) -> dict[str, object]:
    """What one process makes of it, on a copy of the database."""
    with scene.twin() as (twin, url):
        with twin.app_context():
            cooperatives.distribution_sweep.run()
            db.session.remove()
        return facts(url, DISTRIBUTIONS, run - 1)  # type: ignore[return-value]


def test_one_of_three_dies_and_the_run_ends_as_if_one_had_done_it(crowd: Scene) -> None:
    made: list[int] = []
    begin = Barrier(2)
    clerks = [Thread(target=_request, args=(crowd, made, begin)) for _ in range(2)]
    for clerk in clerks:
        clerk.start()
    for clerk in clerks:
        clerk.join()
    assert len(set(made)) == 1  # two clerks asked at once: one run
    run = made[0]
    expected = _alone(crowd, run)
    with workers(crowd, "first", "second", "third", dies_at="distribution.lines") as three:
        for _ in range(2):  # the message doubled as well
            crowd.ring("cooperatives.distribute_run", "distribution", run)
        wait_for(lambda: not three["first"].is_running(), 60)
        assert three["first"].outcome() == "was killed by SIGKILL"
        crowd.shop.start_beat()  # its sweep finds what the dead one held
        crowd.wait_until("select finished_at is not null from distribution_run where id = %s", run)
        crowd.shop.parts["beat"].stop()
        assert [name for name in ("second", "third") if _computed(crowd, name)] == ["second", "third"]
    assert crowd.rows("select count(*) from distribution where run_id = %s", run) == [(COOPERATIVES,)]
    assert crowd.rows("select count(*) from distribution_line") == [(MEMBERS,)]
    assert differences(facts(crowd.shop.database_url, DISTRIBUTIONS, run - 1), expected) == []  # type: ignore[arg-type]


def test_a_cancelled_run_keeps_what_is_done_and_the_next_takes_up_the_rest(crowd: Scene) -> None:
    before = crowd.rows("select max(id) from distribution_run")[0][0]
    crowd.rows("update distribution set seen = null where true returning id")  # as if every input had changed
    made: list[int] = []
    _request(crowd, made)
    with workers(crowd, "fourth", dies_at="distribution.lines") as one:
        crowd.ring("cooperatives.distribute_run", "distribution", made[0])
        wait_for(lambda: not one["fourth"].is_running(), 60)
    with crowd.app.app_context():
        with transaction():
            runs.cancel(made[0], TOWN, 1)
        db.session.remove()
    states = dict(
        crowd.rows("select state, count(*) from distribution where run_id = %s group by 1", made[0])
    )
    assert states["void"] > 0
    crowd.shop.flush_broker()
    _request(crowd, made)
    expected = _alone(crowd, made[1])
    with workers(crowd, "fifth", "sixth", "seventh"):
        crowd.ring("cooperatives.distribute_run", "distribution", made[1])
        crowd.wait_until("select finished_at is not null from distribution_run where id = %s", made[1])
    live = crowd.rows(
        "select count(*), count(distinct cooperative_id) from distribution where run_id > %s and state = 'draft'",
        before,
    )
    assert live == [(COOPERATIVES, COOPERATIVES)]
    assert differences(facts(crowd.shop.database_url, DISTRIBUTIONS, made[1] - 1), expected) == []  # type: ignore[arg-type]


def test_three_settle_the_same_month_at_once(crowd: Scene) -> None:
    with crowd.twin() as (twin, url):
        with twin.app_context():
            cooperatives.settle_due.run()
            db.session.remove()
        expected = facts(url, SETTLED, 0)
    assert len({row[0] for row in expected["lines"]}) >= 4 * TOWNS  # last month has real sales
    with workers(crowd, "eighth", "ninth", "tenth", dies_at="settlement.after_delete") as three:
        for _ in range(4):
            crowd.ring("cooperatives.settle_due", "default")
        wait_for(lambda: not three["eighth"].is_running(), 60)
        wait_for(lambda: not differences(facts(crowd.shop.database_url, SETTLED, 0), expected), 60)
    heads = crowd.rows(
        "select count(*), count(distinct cooperative_id) from settlement where period > '2021'"
    )
    assert heads == [(COOPERATIVES, COOPERATIVES)]
