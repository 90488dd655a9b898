"""账目核对: the last result of the audit, with the rows that break an invariant."""

from __future__ import annotations

from flask import render_template
from sqlalchemy import select

from shop.accounts import guards
from shop.audit.models import AuditResult
from shop.core.db import session
from shop.township.blueprint import bp
from shop.township.overview import region_name


@bp.get("/<region>/audit")
@guards.staff
def conscience(region: str) -> str:
    last = (
        session().execute(select(AuditResult).order_by(AuditResult.id.desc()).limit(1)).scalar_one_or_none()
    )
    return render_template("township/audit.html", place=region_name(region), result=last)
