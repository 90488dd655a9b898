"""The audit that stands behind a report: its last result if that is younger than every booking and clean, else a new one."""

from __future__ import annotations

import hashlib
from typing import Any

from sqlalchemy import select, text

from shop.audit import run
from shop.audit.models import AuditResult
from shop.cooperatives.income.rules_document import canonical_json
from shop.core.db import session

_NEWEST = text(
    "select greatest((select max(at) from attribution), (select max(posted_at) from ledger_transaction))"
)


def heed() -> AuditResult:
    """The result that holds for the snapshot of this transaction, which the caller has made repeatable read."""
    last = session().scalars(select(AuditResult).order_by(AuditResult.id.desc()).limit(1)).one_or_none()
    booked = session().scalar(_NEWEST)
    if last is not None and last.clean and (booked is None or booked < last.started_at):
        return last
    return run.run_all()


def broken(result: AuditResult) -> list[str]:
    """Names of the checks that found something; empty of a clean result."""
    return [str(check["name"]) for check in result.checks if check["count"]]


def sha256(result: AuditResult) -> str:
    """SHA-256 of the whole stored result: when it ran and what every check found, as canonical JSON."""
    whole: dict[str, Any] = {
        "id": result.id,
        "started_at": result.started_at.isoformat(),
        "clean": result.clean,
        "checks": result.checks,
    }
    return hashlib.sha256(canonical_json(whole)).hexdigest()
