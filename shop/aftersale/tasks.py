"""Background work of requests: what the buyer let pass is withdrawn, found from the rows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from celery import shared_task

from shop.aftersale import deciding
from shop.core.db import transaction
from shop.orders.attempts import each

# a message that waited longer than its period is dropped: the next one does its work
SCHEDULE: dict[str, dict[str, Any]] = {
    "aftersale-sweep": {
        "task": "aftersale.sweep",
        "schedule": timedelta(minutes=5),
        "options": {"queue": "default", "expires": 300},
    },
}


@shared_task(name="aftersale.sweep")
def sweep() -> None:
    """Withdraw requests whose goods were not sent back in their days."""
    with transaction():
        late = deciding.overdue()
    each(late, deciding.lapse, "aftersale.lapse")
