"""Killing the worker at any step of attribution or distribution, losing the broker, strange webhooks: the same rows in the end.

One live shop for the module; the tests run in the order of the file. While lines are being killed at, beat rests, so that each
death is the one asked for; at the end nobody rings: beat's sweeps alone must find the work.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shop.audit import run as audit
from shop.cooperatives import tasks as cooperatives
from shop.cooperatives.income import runs
from shop.core.db import db, transaction
from shop.orders import tasks as orders
from shop.payments import tasks as payments
from tests.faults.facts import DISTRIBUTIONS, SALES, differences, facts
from tests.faults.scene import SWEPT, Paid, Scene
from tests.support.stand_in import wait_for

TOWN = "420302100"
PAYING = ("webhooks:claimed", "paying:payment", "webhooks:applied", "webhooks:marked")
ATTRIBUTING = (
    "attributing:claimed", "attribution.after_rows", "attribution.after_state", "attribution.after_posting",
    "attributing:attributed", "attributing:booked", "attributing:done",
)  # fmt: skip
DISTRIBUTING = ("distribution.computed", "distribution.lines", "distribution.stored")
# (products, units): several orders share a lot, one order spans cooperatives, one takes 100 g of many households' tea
BASKETS = (
    {"大川干香菇": 3, "唐家高山绿茶": 1},
    {"大川干香菇": 1},
    {"大川干香菇": 2, "卡子干竹笋": 2, "段家土蜂蜜": 1},
    {"唐家高山绿茶": 2, "大川高山绿茶": 1},
)


@pytest.fixture(autouse=True)
def _everything_runs_again(scene: Scene) -> Iterator[None]:
    yield
    shop = scene.shop
    if not shop.parts["worker"].is_running():
        shop.start_worker()
    if not shop.parts["beat"].is_running():
        shop.start_beat()


def shopping(scene: Scene) -> list[Paid]:
    names = sorted({name for basket in BASKETS for name in basket})
    sku = dict(zip(names, scene.skus_of(*names), strict=True))
    return scene.buy(*({sku[name]: units for name, units in basket.items()} for basket in BASKETS))


def last_order(scene: Scene) -> int:
    return int(scene.rows("select max(id) from customer_order")[0][0])


def silence(scene: Scene) -> None:
    """No worker, no beat, an empty broker."""
    scene.shop.kill_worker()
    scene.shop.parts["beat"].stop()
    scene.shop.flush_broker()


def test_a_worker_killed_at_any_step_of_paying_and_attribution(scene: Scene) -> None:
    """Every death leaves whole rows only; after the last one the sweeps end where an undisturbed run ends."""
    silence(scene)
    before = last_order(scene)
    bought = shopping(scene)
    scene.wait_events(bought)
    with scene.twin() as (twin, twin_url):
        untouched = facts(twin_url, SALES, before)
        with twin.app_context():
            payments.sweep.run()
            orders.sweep.run()
            payments.sweep.run()
            db.session.remove()
        expected = facts(twin_url, SALES, before)

    for point, order in zip(PAYING, bought, strict=True):
        scene.die_at(point, ("payments.process_event", "payments", scene.paying_event(order)))
        assert differences(facts(scene.shop.database_url, SALES, before), untouched) == [], point

    process = [("payments.process_event", "payments", scene.paying_event(order)) for order in bought]
    for number, point in enumerate(ATTRIBUTING):
        scene.die_at(point, *(process if number == 0 else []), ("orders.sweep", "default"))
        books = {name: SALES[name] for name in ("allocations", "attribution", "lots", "parts", "books")}
        assert (
            differences(
                facts(scene.shop.database_url, books, before), {name: untouched[name] for name in books}
            )
            == []
        ), point

    scene.shop.flush_broker()
    scene.shop.start_worker()
    scene.shop.start_beat()
    scene.wait_attributed(bought)
    scene.wait_until("select count(*) = 0 from provider_event where processed_at is null")
    scene.wait_until("select bool_and(fee_fen is not null) from payment where order_id > %s", before)
    assert differences(facts(scene.shop.database_url, SALES, before), expected) == []


def test_a_worker_killed_at_any_step_of_distribution(scene: Scene) -> None:
    silence(scene)
    with scene.app.app_context():
        with transaction():
            run = runs.request_run(TOWN, 2020, None)
        db.session.remove()
    with scene.twin() as (twin, twin_url):
        with twin.app_context():
            cooperatives.distribution_sweep.run()
            db.session.remove()
        expected = facts(twin_url, DISTRIBUTIONS, run - 1)
    assert len(expected["distributions"]) == 5
    assert len(expected["lines"]) == 416

    for point in DISTRIBUTING:
        scene.die_at(point, ("cooperatives.distribute_run", "distribution", run))
        assert scene.rows("select count(*) from distribution_line")[0][0] == 0, point

    scene.shop.flush_broker()
    scene.shop.start_worker()
    scene.shop.start_beat()
    scene.wait_until("select finished_at is not null from distribution_run where id = %s", run)
    assert differences(facts(scene.shop.database_url, DISTRIBUTIONS, run - 1), expected) == []


def test_orders_paid_while_the_worker_is_down_are_done_when_it_comes_back(scene: Scene) -> None:
    scene.shop.kill_worker()
    bought = shopping(scene)
    scene.wait_events(bought)
    ids = [order.id for order in bought]
    assert scene.rows("select distinct state from customer_order where id = any(%s)", ids) == [("pending",)]
    scene.shop.start_worker()
    scene.wait_attributed(bought)
    assert scene.rows("select distinct state from suborder where order_id = any(%s)", ids) == [("to_ship",)]


def test_a_flushed_broker_loses_nothing(scene: Scene) -> None:
    """FLUSHALL with events, attributions and a distribution outstanding: the sweeps finish all of it within a minute."""
    scene.shop.kill_worker()
    bought = shopping(scene)
    scene.wait_events(bought)
    with scene.app.app_context():
        with transaction():
            run = runs.request_run(TOWN, 2020, None)
        db.session.remove()
    scene.ring("cooperatives.distribute_run", "distribution", run)
    scene.shop.flush_broker()
    scene.shop.start_worker()
    scene.wait_attributed(bought, SWEPT)
    scene.wait_until("select finished_at is not null from distribution_run where id = %s", run)
    states = scene.rows("select state, count(*) from distribution where run_id = %s group by 1", run)
    assert states == [("draft", 5)]


def test_doubled_and_reordered_webhooks_have_one_effect(scene: Scene) -> None:
    """Every event three times, newest first: each order is paid, attributed and booked once."""
    before = last_order(scene)
    scene.provider.control("webhooks", duplicates=2, reorder=200)
    try:
        bought = shopping(scene)
        held = [each for each in scene.deliveries() if each["state"] == "held"]
        assert len(held) == 3 * len({each["event"] for each in held}) >= 3 * 2 * len(bought)
        scene.provider.control("webhooks/release")
    finally:
        scene.provider.control("webhooks", duplicates=0, reorder=0)
    wait_for(lambda: all(each["state"] == "done" for each in scene.deliveries()), 20)
    scene.wait_attributed(bought)
    scene.wait_until("select count(*) = 0 from provider_event where processed_at is null")

    came = "select payload #>> '{data,object,id}' from provider_event where kind = 'checkout.session.completed' order by id"
    assert [row[0] for row in scene.rows(came)][-len(bought) :] == [
        order.session for order in reversed(bought)
    ]
    assert scene.rows(
        "select count(*), count(distinct order_id) from payment where order_id > %s", before
    ) == [(4, 4)]
    assert scene.rows("select count(*) from refund where order_id > %s", before) == [(0,)]
    paid = "select order_id, count(*) from order_event where order_id > %s and event = 'paid' group by 1 order by 1"
    assert scene.rows(paid, before) == [(order.id, 1) for order in bought]
    wrong = scene.rows(
        "select l.id, l.net_fen, sum(a.fen) from order_line l join suborder s on s.id = l.suborder_id"
        " left join attribution a on a.line_id = l.id where s.order_id > %s"
        " group by l.id having l.net_fen is distinct from sum(a.fen)",
        before,
    )
    assert wrong == []


def test_after_all_that_the_audit_finds_nothing(scene: Scene) -> None:
    with scene.app.app_context():
        with transaction():
            result = audit.run_all()
        broken = {check["code"]: check["rows"][:3] for check in result.checks if check["count"]}
        db.session.remove()
    assert broken == {}
