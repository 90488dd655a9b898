"""Background work of imports: check a file, save its rows; the sweep does what a lost message left."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import structlog
from celery import shared_task

from shop.core import importing
from shop.core.db import session, transaction
from shop.core.errors import Refused
from shop.core.table_import import working

log = structlog.get_logger()

SCHEDULE: dict[str, dict[str, Any]] = {
    "imports-sweep": {
        "task": "imports.sweep",
        "schedule": timedelta(seconds=30),
        "options": {"queue": "reports", "expires": 30},
    },
}


@shared_task(name="imports.work")
def work(import_id: int, state: str) -> None:
    """Check the file or save its rows, whichever its state asks for; a try that broke off is counted."""
    try:
        if state == importing.UPLOADED:
            with transaction():
                working.check(import_id)
        else:
            _run(import_id)
    except Exception as error:
        session().rollback()
        log.exception("import_failed", id=import_id, error=type(error).__name__)
        with transaction():
            importing.note_try(import_id)


def _run(import_id: int) -> None:
    try:
        working.run(import_id)
    except working.RowRefusedError as refused:
        with transaction():
            working.back_to_preview(import_id, refused.row)
    except Refused as refusal:
        with transaction():
            importing.failed(import_id, refusal.message)


@shared_task(name="imports.sweep")
def sweep() -> None:
    """Whatever waits; one that a worker has in hand is passed over."""
    waiting = importing.waiting()
    session().rollback()
    for import_id, state in waiting:
        work.run(import_id, state)
