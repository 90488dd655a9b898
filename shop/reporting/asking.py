"""A report asked for, found, listed. One that is under way is given to everybody who asks for the same."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.dialects.postgresql import insert

from shop.accounts.models import User
from shop.core import activity
from shop.core.db import session
from shop.core.errors import NotFound
from shop.reporting import templates
from shop.reporting.models import ASKED, FORMS, RUNNING, SAME, Report
from shop.reporting.periods import Period

_BODIES = {*FORMS, "facts"}
_SHOWN = [column for column in Report.__table__.c if column.name not in _BODIES]
_MADE = [Report.__table__.c[form].is_not(None).label(f"has_{form}") for form in FORMS]
UNDER_WAY = (ASKED, RUNNING)


@dataclass(frozen=True, slots=True)
class Found:
    """A report as its page shows it: the row without its files, its facts once they are read."""

    row: Row[*tuple[Any, ...]]
    facts: Mapping[str, Any] | None

    @property
    def waiting(self) -> bool:
        return self.row.state in UNDER_WAY

    @property
    def done(self) -> int:
        """Steps that are behind: the rows read, and each file."""
        return sum((self.facts is not None, self.row.has_docx, self.row.has_xlsx, self.row.has_pdf))


def ask(region_code: str, period: Period, by: int) -> int:
    """Ask for the report of a period with the template that counts now; returns the id of the one under way."""
    version = templates.current(region_code, period.kind)
    made = session().scalar(
        insert(Report)
        .values(
            region_code=region_code, kind=period.kind, period=period.text, template_version=version, asked_by=by
        )
        .on_conflict_do_nothing()
        .returning(Report.id)
    )  # fmt: skip
    if made is not None:
        activity.record(
            "report.asked", "report", made, after={"kind": period.kind, "period": period.text}, actor_id=by
        )
        return int(made)
    under_way = select(Report.id).where(
        Report.region_code == region_code,
        Report.kind == period.kind,
        Report.period == period.text,
        Report.template_version == version,
        Report.state.in_(UNDER_WAY),
    )
    found = session().scalar(under_way)
    # the one in the way may have been finished between the two statements: then this one is new
    return int(found) if found is not None else ask(region_code, period, by)


def one(report_id: int, region_code: str) -> Found:
    """Raises NotFound, also for another region's. One statement."""
    row = session().execute(
        select(*_SHOWN, *_MADE, Report.facts, User.name.label("asker"))
        .outerjoin(User, User.id == Report.asked_by)
        .where(Report.id == report_id, Report.region_code == region_code)
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotFound("没有找到这份报告")
    return Found(row, json.loads(row.facts) if row.facts else None)


def latest(region_code: str, limit: int, before_id: int | None) -> Sequence[Row[*tuple[Any, ...]]]:
    """The newest first; those that turned out to be an earlier one again are left out. One statement."""
    wanted = (
        select(*_SHOWN, User.name.label("asker"))
        .outerjoin(User, User.id == Report.asked_by)
        .where(Report.region_code == region_code, Report.state != SAME)
    )
    if before_id is not None:
        wanted = wanted.where(Report.id < before_id)
    return session().execute(wanted.order_by(Report.id.desc()).limit(limit)).all()


def take_file(report_id: int, region_code: str, form: str, by: int) -> bytes:
    """The bytes of one of FORMS, for a download that is noted. Raises NotFound."""
    body = session().scalar(
        select(Report.__table__.c[form]).where(Report.id == report_id, Report.region_code == region_code)
    )
    if body is None:
        raise NotFound("没有找到这份报告")
    activity.record("report.taken", "report", report_id, after={"form": form}, actor_id=by)
    return bytes(body)
