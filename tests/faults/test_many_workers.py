"""Three worker processes on one shop, one of them killed in the middle: one result, the same as one process alone gives.

One live shop for the module; the tests run in the order of the file. The town is copied into more towns of its county, so that
a run has several portions and every worker takes part. Beat rests until its sweep is what is looked at.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import psycopg
import pytest

from benchmarks.ours import copies
from shop.audit import run as audit
from shop.cooperatives import tasks as cooperatives
from shop.cooperatives.income import runs
from shop.core import clock
from shop.core.db import db, transaction
from shop.orders import tasks as orders
from shop.payments import tasks as payments
from tests.faults.crew import crew, took_part, wait_killed
from tests.faults.facts import DISTRIBUTIONS, SALES, SETTLEMENTS, Facts, differences, facts
from tests.faults.scene import SWEPT, Scene
from tests.faults.test_killed_worker import last_order, shopping, silence
from tests.support.stand_in import wait_for

COUNTY, YEAR, TOWNS = "420302", 2020, 40
COOPERATIVES = 5 * TOWNS
HEALTHY = ""
TOWN_OF = "update village set region_code = '4203021' || lpad((id / 1000000000)::text, 2, '0') where id > 1000000000"
TOWN_ROWS = (
    "insert into region (code, name, level, parent_code)"
    " select '4203021' || lpad(k::text, 2, '0'), '镇' || k, 'township', '420302' from generate_series(1, %s) k"
    " on conflict do nothing"
)
# Which of two orders takes a lot's next grams first decides on whose grams they are (the running split follows the sequence), so
# rows of households depend on who was quicker; sums of lines and lots do not. The audit proves the rest.
SUMS = (
    "orders",
    "suborders",
    "order events",
    "payments",
    "refunds",
    "allocations",
    "lots",
    "provider events",
)
SETTLED = {name: SALES[name] for name in SUMS} | {
    "lines": "select line_id, lot_id, kind, sum(quantity), sum(fen) from attribution group by 1, 2, 3",
    "turnover": "select e.cooperative_id, t.kind, t.source_type, t.on_date, e.account, sum(e.fen)"
    " from ledger_entry e join ledger_transaction t on t.id = e.transaction_id"
    " where e.account like '113%%' or e.account = '502' group by 1, 2, 3, 4, 5",
}
WAITING = "select count(*) = %s from distribution where run_id = %s and state = any(%s)"


@pytest.fixture(autouse=True)
def _silent(scene: Scene) -> Iterator[None]:
    silence(scene)
    yield
    silence(scene)


def beat(scene: Scene) -> None:
    if not scene.shop.parts["beat"].is_running():
        scene.shop.start_beat()


def progress(scene: Scene, run_id: int) -> runs.Progress:
    with scene.app.app_context():
        found = runs.progress(run_id, COUNTY)
        db.session.remove()
    return found


def distributions(scene: Scene, run_id: int) -> Facts:
    return facts(scene.shop.database_url, DISTRIBUTIONS, run_id - 1)


def request_at_once(scene: Scene, people: int) -> set[int]:
    """So many ask for the county's run at the same moment; the runs that they were told."""
    gate = Barrier(people)

    def ask(_: int) -> int:
        with scene.app.app_context():
            gate.wait()
            with transaction():
                run_id = runs.request_run(COUNTY, YEAR, None)
            db.session.remove()
        return run_id

    with ThreadPoolExecutor(people) as pool:
        return set(pool.map(ask, range(people)))


def test_doubled_and_disordered_events_before_three_workers(scene: Scene) -> None:
    """Each event delivered three times, newest first, and rung for thrice more in any order; one worker dies while paying."""
    before = last_order(scene)
    scene.provider.control("webhooks", duplicates=2, reorder=200)
    try:
        bought = shopping(scene)
        scene.provider.control("webhooks/release")
    finally:
        scene.provider.control("webhooks", duplicates=0, reorder=0)
    wait_for(lambda: all(each["state"] == "done" for each in scene.deliveries()), 20)
    scene.wait_events(bought)
    with scene.twin() as (twin, twin_url):
        with twin.app_context():
            payments.sweep.run()
            orders.sweep.run()
            payments.sweep.run()
            db.session.remove()
        expected = facts(twin_url, SETTLED, before)

    scene.shop.flush_broker()  # what the web rang: the same is rung below, when all three listen
    rung = 3 * [row[0] for row in scene.rows("select id from provider_event where processed_at is null")]
    random.Random(7).shuffle(rung)  # noqa: S311 (repeatable, no secret)
    with crew(scene, HEALTHY, "paying:payment", HEALTHY) as (_one, dying, _other):
        for event in rung:
            scene.ring("payments.process_event", "payments", event)
        wait_killed(dying)
        beat(scene)
        scene.wait_attributed(bought)
        scene.wait_until("select count(*) = 0 from provider_event where processed_at is null")
        scene.wait_until("select bool_and(fee_fen is not null) from payment where order_id > %s", before)
    assert differences(facts(scene.shop.database_url, SETTLED, before), expected) == []
    with scene.app.app_context():
        with transaction():
            result = audit.run_all()
        assert {check["code"]: check["rows"][:3] for check in result.checks if check["count"]} == {}
        db.session.remove()


@pytest.fixture(scope="module")
def county(scene: Scene) -> Facts:
    """More towns, and what one process alone makes of their year."""
    silence(scene)
    with psycopg.connect(scene.shop.database_url.replace("+psycopg", ""), autocommit=True) as connection:
        copies.multiply(connection, TOWNS)
        connection.execute(TOWN_ROWS.encode(), (TOWNS,))
        connection.execute(TOWN_OF.encode())
        connection.execute("analyze")
    with scene.twin() as (twin, twin_url):
        with twin.app_context():
            with transaction():
                run_id = runs.request_run(COUNTY, YEAR, None)
            cooperatives.distribution_sweep.run()
            db.session.remove()
        alone = facts(twin_url, DISTRIBUTIONS, run_id - 1)
    assert len(alone["distributions"]) == COOPERATIVES
    assert len(alone["lines"]) == 416 * TOWNS
    return alone


def test_a_run_of_many_towns_whose_worker_is_killed(scene: Scene, county: Facts) -> None:
    """Three ask at once: one run. One of three workers dies within its portion; the others do theirs; the sweep does the rest."""
    (run_id,) = request_at_once(scene, 3)
    with crew(scene, HEALTHY, "distribution.lines", HEALTHY) as (one, dying, other):
        scene.ring("cooperatives.distribute_run", "distribution", run_id)
        wait_killed(dying)
        scene.wait_until(WAITING, 0, run_id, ["waiting"])
        scene.wait_until(WAITING, COOPERATIVES - runs.PORTION, run_id, ["draft"])
        seen = progress(scene, run_id)
        assert (seen.total, seen.done, len(seen.current)) == (COOPERATIVES, COOPERATIVES - 50, 50)
        assert not seen.finished
        assert all(took_part([one, dying, other], "cooperatives.distribute_portion"))
        assert request_at_once(scene, 2) == {run_id}  # joined, not begun anew
        beat(scene)
        scene.wait_until("select finished_at is not null from distribution_run where id = %s", run_id)
    seen = progress(scene, run_id)
    assert (seen.total, seen.done, seen.refused, seen.current) == (COOPERATIVES, COOPERATIVES, 0, ())
    assert differences(distributions(scene, run_id), county) == []


def test_a_run_that_is_stopped_and_asked_for_again(scene: Scene, county: Facts) -> None:
    """What was computed stays and goes over to the new run; messages of the stopped one do nothing any more."""
    scene.rows(
        "update distribution set seen = null where run_id is not null returning 1"
    )  # nothing stands: all anew
    (stopped,) = request_at_once(scene, 1)
    children = [
        row[0] for row in scene.rows("select id from distribution where run_id = %s order by id", stopped)
    ]
    done, held = children[:80], children[80:]
    with crew(scene, HEALTHY, HEALTHY, HEALTHY):
        with psycopg.connect(scene.shop.database_url.replace("+psycopg", "")) as busy:
            busy.execute("select 1 from distribution where id = any(%s) for update", (held,))
            scene.ring("cooperatives.distribute_run", "distribution", stopped)
            scene.wait_until(WAITING, len(done), stopped, ["draft"])
            seen = progress(scene, stopped)
            assert (seen.total, seen.done, seen.finished, seen.cancelled) == (COOPERATIVES, 80, False, False)
        with scene.app.app_context():
            with transaction():
                runs.cancel(stopped, COUNTY, 1)
            db.session.remove()
        seen = progress(scene, stopped)
        assert (seen.total, seen.done, seen.finished, seen.cancelled) == (COOPERATIVES, 80, True, True)
        scene.ring("cooperatives.distribute_portion", "distribution", held, stopped)
        scene.ring("cooperatives.distribute_run", "distribution", stopped)

        (again,) = request_at_once(scene, 2)
        assert again != stopped
        seen = progress(scene, again)
        assert (seen.total, seen.done) == (COOPERATIVES, 80)
        scene.ring("cooperatives.distribute_run", "distribution", again)
        scene.wait_until("select finished_at is not null from distribution_run where id = %s", again)
    assert differences(distributions(scene, again), county) == []
    assert scene.rows("select count(*) from distribution where id = any(%s) and state = 'draft'", done) == [
        (80,)
    ]
    assert scene.rows("select count(*) from distribution where id = any(%s) and state <> 'void'", held) == [
        (0,)
    ]


def test_a_months_settlements_whose_worker_is_killed(scene: Scene, county: Facts) -> None:
    """The next hour's turn does the portion that died; the lines are those of one process alone."""
    period = (clock.today().replace(day=1) - timedelta(days=1)).strftime("%Y-%m")
    ids = [row[0] for row in scene.rows("select id from cooperative order by id")]
    assert len(ids) == COOPERATIVES
    scene.rows(
        "delete from settlement_line l using settlement s where s.id = l.settlement_id and s.state = 'draft' returning 1"
    )
    with scene.twin() as (twin, twin_url):
        with twin.app_context():
            cooperatives.settle_portion.run(ids, period)
            db.session.remove()
        expected = facts(twin_url, SETTLEMENTS, 0)
    assert expected["settlement lines"]
    with crew(scene, HEALTHY, "settlement.after_delete", HEALTHY) as (_one, dying, _other):
        scene.ring("cooperatives.settle_due", "default")
        wait_killed(dying)
        scene.ring("cooperatives.settle_due", "default")
        wait_for(lambda: not differences(facts(scene.shop.database_url, SETTLEMENTS, 0), expected), SWEPT)
