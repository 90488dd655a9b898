"""Background work of reminders: what is due is noted and rung; each message is a task of its own."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from celery import shared_task

from shop.core.background import ring
from shop.core.db import transaction
from shop.orders.reminders import sending as reminding
from shop.orders.reminders import telling

# a message that waited longer than its period is dropped: the next one does its work
SCHEDULE: dict[str, dict[str, Any]] = {
    "reminders-sweep": {
        "task": "reminders.sweep",
        "schedule": timedelta(seconds=30),
        "options": {"queue": "default", "expires": 30},
    }
}
# a refund of the last day that reached the buyer: the provider's, and those handed back by a person
_REFUNDED = """
select 'refunded:' || r.id as key, 'refunded' as kind, r.order_id, jsonb_build_object('fen', r.amount_fen) as details
  from refund r where r.state = 'succeeded' and r.succeeded_at > now() - interval '1 day'
"""


@shared_task(name="reminders.deliver")
def deliver(reminder_id: int) -> None:
    """One message; a second task for it finds it taken."""
    reminding.deliver(reminder_id)


@shared_task(name="reminders.sweep")
def sweep() -> None:
    """Note what is due by the clock, and ring for everything that waits."""
    with transaction():
        telling.remember_due()
        telling.remember(_REFUNDED)
    with transaction():
        waiting = reminding.waiting()
    for reminder_id in waiting:
        ring(deliver, reminder_id)
