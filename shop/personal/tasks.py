"""Background work around persons' data: copies on request, and forgetting what has been kept long enough."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from celery import shared_task
from celery.schedules import crontab

from shop.core import once
from shop.core.db import transaction
from shop.orders.attempts import each
from shop.personal import exporting, forgetting

# a message that waited longer than its period is dropped: the next one does its work
SCHEDULE: dict[str, dict[str, Any]] = {
    "personal-sweep": {
        "task": "personal.sweep",
        "schedule": timedelta(minutes=1),
        "options": {"queue": "reports", "expires": 60},
    },
    "personal-tidy": {
        "task": "personal.tidy",
        "schedule": crontab(hour=19, minute=40),  # 03:40 in Shanghai
        "options": {"queue": "reports"},
    },
}


@shared_task(name="personal.export")
def export(export_id: int) -> None:
    """Make this copy; killed at any line the sweep makes it anew."""
    _make([export_id])


@shared_task(name="personal.sweep")
def sweep() -> None:
    """Make whatever waits, and let go of files whose time is over."""
    with transaction():
        exporting.forget_old()
        ids = exporting.waiting()
    _make(ids)


@shared_task(name="personal.tidy")
def tidy() -> None:
    """Network logs beyond their half year; answers to requests that nobody repeats any more."""
    with transaction():
        forgetting.forget_old_logs()
    with transaction():
        once.forget_old()


def _make(ids: list[int]) -> None:
    failed = each(ids, exporting.make, "personal.export", portion=1)
    if failed:
        with transaction():
            exporting.note_failed(failed)
