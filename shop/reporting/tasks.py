"""Background work of reports: make one, step by step; the sweep finishes what a lost message left."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import structlog
from celery import shared_task

from shop.core import faults
from shop.core.db import session, transaction
from shop.reporting import making

log = structlog.get_logger()

SCHEDULE: dict[str, dict[str, Any]] = {
    "reporting-sweep": {
        "task": "reporting.sweep",
        "schedule": timedelta(minutes=1),
        "options": {"queue": "reports", "expires": 60},
    },
}


@shared_task(name="reporting.make")
def make(report_id: int) -> None:
    """Make what is missing of this report; a try that broke off is counted."""
    try:
        with transaction():
            making.begin(report_id)
        with transaction():
            making.read_rows(report_id)
        more = True
        while more:
            with transaction():
                more = making.write_next(report_id)
            faults.point("report:file")
    except Exception as error:
        session().rollback()
        log.exception("report_failed", id=report_id, error=type(error).__name__)
        with transaction():
            making.note_try(report_id)


@shared_task(name="reporting.sweep")
def sweep() -> None:
    """Whatever waits; one that a worker has in hand is passed over."""
    waiting = making.waiting()
    session().rollback()
    for report_id in waiting:
        make.run(report_id)
