"""Background work of orders: attribution after payment, and the sweep that needs no message to find its work."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from celery import shared_task
from celery.schedules import crontab

from shop.core.db import transaction
from shop.orders import attributing, basket, facts, fulfilment, guest
from shop.orders.attempts import each

# a message that waited longer than its period is dropped: the next one does its work
SCHEDULE: dict[str, dict[str, Any]] = {
    "orders-sweep": {
        "task": "orders.sweep",
        "schedule": timedelta(seconds=10),
        "options": {"queue": "default", "expires": 20},
    },
    "orders-facts": {
        "task": "orders.facts",
        "schedule": timedelta(minutes=1),
        "options": {"queue": "default", "expires": 120},
    },
    "orders-tidy": {
        "task": "orders.tidy",
        "schedule": crontab(hour=19, minute=20),  # 03:20 in Shanghai
        "options": {"queue": "default"},
    },
}


@shared_task(name="orders.attribute")
def attribute(order_ids: list[int]) -> None:
    """Attribute these paid orders; killed at any line the sweep does it again with the same rows."""
    each(order_ids, attributing.attribute_orders, "orders.attribute")


@shared_task(name="orders.sweep")
def sweep() -> None:
    """Attribute whatever is paid and not attributed; confirm what was dispatched long ago."""
    with transaction():
        waiting = attributing.waiting()
        overdue = fulfilment.overdue()
    each(waiting, attributing.attribute_orders, "orders.attribute")
    each(overdue, fulfilment.receive_overdue, "orders.receive")


@shared_task(name="orders.facts")
def fold_facts() -> None:
    """Fold into the daily facts what came since the last time; nothing waits for it."""
    facts.sweep()


@shared_task(name="orders.tidy")
def tidy() -> None:
    """Forget guests' baskets of last season, and what guests typed who never ordered."""
    with transaction():
        basket.forget_old()
        guest.forget_unused()
