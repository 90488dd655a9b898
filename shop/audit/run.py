"""Run every check, keep the result, name the rows."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import text

from shop.audit import (
    checks_accounts,
    checks_aftersale,
    checks_assisted,
    checks_books,
    checks_buying,
    checks_connect,
    checks_coupons,
    checks_facts,
    checks_goods,
    checks_household_income,
    checks_imports,
    checks_income,
    checks_losses,
    checks_odd,
    checks_orders,
    checks_packing,
    checks_parcels,
    checks_payouts,
    checks_pictures,
    checks_provider,
    checks_register,
    checks_reports,
    checks_reviews,
    checks_roster,
    checks_stock,
    checks_transformations,
)
from shop.audit.check import Check
from shop.audit.models import AuditResult
from shop.core import clock
from shop.core.db import session

CHECKS: tuple[Check, ...] = (
    *checks_orders.CHECKS,
    *checks_buying.CHECKS,
    *checks_aftersale.CHECKS,
    *checks_assisted.CHECKS,
    *checks_coupons.CHECKS,
    *checks_stock.CHECKS,
    *checks_goods.CHECKS,
    *checks_losses.CHECKS,
    *checks_transformations.CHECKS,
    *checks_parcels.CHECKS,
    *checks_packing.CHECKS,
    *checks_income.CHECKS,
    *checks_household_income.CHECKS,
    *checks_books.CHECKS,
    *checks_payouts.CHECKS,
    *checks_provider.CHECKS,
    *checks_connect.CHECKS,
    *checks_accounts.CHECKS,
    *checks_roster.CHECKS,
    *checks_register.CHECKS,
    *checks_reviews.CHECKS,
    *checks_pictures.CHECKS,
    *checks_imports.CHECKS,
    *checks_facts.CHECKS,
    *checks_reports.CHECKS,
    *checks_odd.CHECKS,
)
KEPT_ROWS = 100


def run_all() -> AuditResult:
    """Recompute every invariant from the rows in one snapshot and add the result to the session; the caller commits.

    Call it as the first statement of a transaction.
    """
    started = clock.now()
    session().execute(text("set transaction isolation level repeatable read"))
    session().execute(text("set local statement_timeout = '15min'"))
    findings = [run_check(check) for check in CHECKS]
    result = AuditResult(
        started_at=started, clean=all(item["count"] == 0 for item in findings), checks=findings
    )
    session().add(result)
    session().flush()
    return result


def run_check(check: Check) -> dict[str, Any]:
    """Count and name the rows that break one invariant, as the stored result prints them."""
    rows = check.broken() if callable(check.broken) else _select(check.broken)
    shown = [{key: _plain(value) for key, value in row.items()} for row in rows[:KEPT_ROWS]]
    return {"code": check.code, "name": check.name, "rule": check.rule, "count": len(rows), "rows": shown}


def _select(statement: str) -> list[dict[str, Any]]:
    return [dict(row) for row in session().execute(text(statement)).mappings()]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if value is None or isinstance(value, int | str | bool):
        return value
    return str(value)
