"""The audit on a schedule; staff see its last result."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import structlog
from celery import shared_task

from shop.audit import run
from shop.core.db import transaction

log = structlog.get_logger()

SCHEDULE: dict[str, dict[str, Any]] = {
    "audit": {
        "task": "audit.run",
        "schedule": timedelta(hours=1),
        "options": {"queue": "reports", "expires": 3600},
    },
}


@shared_task(name="audit.run")
def run_audit() -> None:
    """Recompute every invariant and keep the result."""
    with transaction():
        result = run.run_all()
        broken = [check["code"] for check in result.checks if check["count"]]
    if broken:
        log.error("audit_broken", checks=broken)
