"""A live shop whose worker is killed, seen from outside: orders paid at the stand-in, rows compared with an undisturbed twin."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from celery import Celery
from flask import Flask
from sqlalchemy import make_url, select

from dev.runner import services as programs
from shop.catalog.models import Sku
from shop.core.db import db
from shop.payments import charging
from tests.orders import market
from tests.support import databases
from tests.support.apps import TestApp, test_settings
from tests.support.live import LiveShop
from tests.support.services import started
from tests.support.stand_in import StandInProcess, wait_for

SWEPT = 60  # seconds within which the sweeps must have finished everything
_copies = itertools.count(1)


@dataclass(frozen=True)
class Paid:
    """An order whose money the provider has; the shop learns of it by an event."""

    id: int
    number: str
    session: str


@dataclass
class Scene:
    """The shop's processes, the test's own application on the same database, the provider, and the broker's bell."""

    shop: LiveShop
    app: Flask
    provider: StandInProcess
    bell: Celery

    def buy(self, *baskets: dict[int, int]) -> list[Paid]:
        """One order a basket (sku → units), each by a buyer of its own, paid at the provider in this order."""
        orders = []
        with self.app.app_context():
            for wanted in baskets:
                buyer = market.buyer()
                placed = market.place(buyer, wanted)
                session = charging.pay_url(placed.number, buyer.id).rpartition("/")[2]
                orders.append(Paid(placed.order_id, placed.number, session))
            db.session.remove()
        for order in orders:
            assert self.provider.pay(order.session)["outcome"] == "paid"
        return orders

    def skus_of(self, *products: str) -> list[int]:
        """The cheapest spec of each of these products."""
        with self.app.app_context():
            found = [
                db.session.execute(
                    select(Sku.id).where(Sku.product_id == market.row("select id from product where name = :n", n=name).id)
                    .order_by(Sku.price_fen, Sku.id)
                ).scalars().first()
                for name in products
            ]  # fmt: skip
            db.session.remove()
        assert all(found), products
        return [int(sku or 0) for sku in found]

    def ring(self, task: str, queue: str, *arguments: Any) -> None:
        """Put one message into the shop's broker, as the shop itself would."""
        self.bell.send_task(task, args=arguments, queue=queue)

    def die_at(self, point: str, *messages: tuple[Any, ...]) -> None:
        """Start a worker that kills itself (SIGKILL) at the named line, ring for it, and wait until it is dead."""
        environment = {**self.shop.environment, "FAULT": point}
        log = self.shop.folder / f"worker-{point}.log"
        worker = programs.worker(environment, log, name=point.replace(":", "-"), concurrency=1)
        worker.command += ["--pool", "solo"]
        for message in messages:
            self.ring(*message)
        self.shop.begin(worker)
        started().remember(worker)
        try:
            wait_for(lambda: not worker.is_running(), 60)
            assert worker.outcome() == "was killed by SIGKILL", (
                f"{point}: {worker.outcome()}\n{worker.last_words()}"
            )
        finally:
            worker.clear_group()

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(_plain(self.shop.database_url), autocommit=True) as connection:
            return connection.execute(statement.encode(), values).fetchall()

    def wait_until(self, statement: str, *values: Any, seconds: int = SWEPT) -> None:
        """Until the statement's only value is true."""
        wait_for(lambda: self.rows(statement, *values)[0][0], seconds)

    def wait_attributed(self, orders: Sequence[Paid], seconds: int = SWEPT) -> None:
        ids = [order.id for order in orders]
        self.wait_until(
            "select bool_and(attributed_at is not null) from customer_order where id = any(%s)",
            ids,
            seconds=seconds,
        )

    def wait_events(self, orders: Sequence[Paid], seconds: int = 20) -> None:
        """Until the web has stored both paying events of each order."""
        sessions = [order.session for order in orders]
        self.wait_until(
            "select count(*) = %s from provider_event e where e.kind = 'checkout.session.completed'"
            " and e.payload #>> '{data,object,id}' = any(%s)",
            len(sessions), sessions, seconds=seconds,
        )  # fmt: skip
        self.wait_until(
            "select count(*) = %s from provider_event e"
            " join payment p on p.id::text = e.payload #>> '{data,object,metadata,payment}'"
            " where e.kind = 'payment_intent.succeeded' and p.session_ref = any(%s)",
            len(sessions), sessions, seconds=seconds,
        )  # fmt: skip

    def deliveries(self) -> list[dict[str, Any]]:
        """What the provider sent or holds, newest first."""
        found: list[dict[str, Any]] = self.provider.read("deliveries")["deliveries"]
        return found

    def paying_event(self, order: Paid) -> int:
        """The stored event that makes this order paid."""
        return int(
            self.rows(
                "select id from provider_event where kind = 'checkout.session.completed' and payload #>> '{data,object,id}' = %s",
                order.session,
            )[0][0]
        )

    @contextmanager
    def twin(self) -> Iterator[tuple[Flask, str]]:
        """A copy of the database as it is now, with an application; nobody disturbs it."""
        name = f"twin_{databases.worker_name()}_{next(_copies)}"
        source = str(make_url(self.shop.database_url).database)
        with self.app.app_context():
            db.engine.dispose()
        with started().postgres.connect() as connection:
            connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", (source,)
            )
        url = databases.clone(name, source)
        with closing(TestApp(settings_of(self.shop, url))) as test_app:
            yield test_app.app, url
        started().postgres.drop_database(name)


def settings_of(shop: LiveShop, database_url: str) -> Any:
    """The live shop's settings on another database, for an application in this process; its own bell stays the tests'."""
    own = test_settings(database_url, databases.worker_number(), Path(shop.environment["SMS_CONSOLE_FILE"]))
    return own.model_copy(
        update={"public_url": shop.url, "stripe_api_base": shop.environment["STRIPE_API_BASE"]}
    )


def provider_of(shop: LiveShop) -> StandInProcess:
    """The live shop's stand-in, to be turned by the test."""
    port = int(shop.environment["STRIPE_API_BASE"].rpartition(":")[2])
    return StandInProcess(
        shop.folder / "stand-in.sqlite",
        key=shop.environment["STRIPE_SECRET_KEY"],
        secret=shop.environment["STRIPE_WEBHOOK_SECRET"],
        port=port,
    )


def _plain(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://")
