"""The same with everything as it runs for real: web, worker, beat, broker and payment provider are processes of their own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from shop.core.db import db, transaction
from shop.orders.attributing import waiting
from shop.payments import charging
from tests.orders import market
from tests.support import databases
from tests.support.apps import TestApp, migrate, test_settings
from tests.support.live import LiveShop, build_live_shop
from tests.support.stand_in import StandInProcess, wait_for

# group and long time limit: as for every module with a shop of its own
pytestmark = [
    pytest.mark.journey,
    pytest.mark.xdist_group("tests/payments/test_live.py"),
    pytest.mark.timeout(600),
]
SOON, WITHIN_A_MINUTE = 45, 60


class Town:
    """A live shop on an empty database, and an application of ours that only shares its database."""

    def __init__(self, shop: LiveShop) -> None:
        self.shop = shop
        self.provider = StandInProcess(
            Path(), port=int(shop.environment["STRIPE_API_BASE"].rpartition(":")[2])
        )

    def buy(self, goods: market.Stall, units: int = 1) -> tuple[int, str]:
        """An order whose checkout is open: (order id, session id)."""
        who = market.buyer()
        placed = market.place(who, {goods.sku_id: units})
        return placed.order_id, charging.pay_url(placed.number, who.id).rpartition("/")[2]

    def wait(self, statement: str, seconds: int = SOON, **values: Any) -> Any:
        """The first row of a query, as soon as there is one."""
        return wait_for(lambda: market.rows(statement, **values), seconds)[0]

    def attributed(self, order_id: int, seconds: int = SOON) -> list[tuple[int, int]]:
        """The order's attribution rows once it is attributed."""
        self.wait(
            "select 1 from customer_order where id = :id and attributed_at is not null", seconds, id=order_id
        )
        rows = market.rows(
            "select a.quantity, a.fen from attribution a join order_line l on l.id = a.line_id"
            " join suborder s on s.id = l.suborder_id where s.order_id = :id order by a.id",
            id=order_id,
        )
        return [tuple(row) for row in rows]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveShop]:
    databases.ensure_template(databases.EMPTY, migrate)
    shop = build_live_shop(databases.EMPTY, tmp_path_factory.mktemp("live-payments"))
    try:
        shop.start()
        yield shop
    finally:
        shop.stop()


@pytest.fixture(scope="module")
def ours(running: LiveShop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestApp]:
    settings = test_settings(running.database_url, 15, tmp_path_factory.mktemp("sms") / "sms.log")
    settings = settings.model_copy(
        update={"stripe_api_base": running.environment["STRIPE_API_BASE"], "public_url": running.url}
    )
    with closing(TestApp(settings)) as made:
        yield made


@pytest.fixture
def town(running: LiveShop, ours: TestApp) -> Iterator[Town]:
    with ours.app.app_context():
        yield Town(running)
        db.session.remove()


def test_events_twice_and_in_disorder_pay_once(town: Town) -> None:
    goods = market.stall(packs=50)
    town.provider.control("webhooks", duplicates=2, reorder=4)
    bought = [town.buy(goods, units) for units in (1, 2, 3)]
    for _, session in bought:
        assert town.provider.pay(session)["outcome"] == "paid"
    for place, (order_id, _) in enumerate(bought, start=1):
        rows = town.attributed(order_id)
        assert sum(fen for _, fen in rows) == place * 6800
        assert (
            market.rows(
                "select count(*) from order_event where order_id = :id and event = 'paid'", id=order_id
            )[0][0]
            == 1
        )
    town.provider.control("webhooks", duplicates=0, reorder=0)
    fees = "select 1 from payment where order_id = :id and fee_fen is not null"
    assert town.wait(fees, id=bought[0][0])


def test_a_flushed_broker_loses_nothing(town: Town) -> None:
    """The events are answered while no worker runs; then everything in the broker is gone. The sweeps find the work."""
    goods = market.stall(packs=50)
    bought = [town.buy(goods) for _ in range(5)]
    town.shop.kill_worker()
    for _, session in bought:
        town.provider.pay(session)
    town.wait(
        "select 1 from provider_event where kind = 'checkout.session.completed' and processed_at is null having count(*) = 5"
    )
    town.shop.flush_broker()
    town.shop.start_worker()
    for order_id, _ in bought:
        assert sum(fen for _, fen in town.attributed(order_id, WITHIN_A_MINUTE)) == 6800


def test_an_unpaid_order_ends_by_itself(town: Town) -> None:
    goods = market.stall(packs=10)
    order_id, session = town.buy(goods, 4)
    market.make_due(order_id)
    town.wait("select 1 from customer_order where id = :id and state = 'closed'", id=order_id)
    assert market.counters(goods.lot_id)[1] == 0
    assert town.provider.pay(session)["outcome"] == "closed"


def test_nothing_is_left_over(town: Town) -> None:
    town.wait("select 1 where not exists (select from provider_event where processed_at is null)")
    with transaction():
        assert waiting() == []
    assert market.broken_holds() == []
