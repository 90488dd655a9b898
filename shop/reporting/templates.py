"""The templates of a region: which one counts, its versions, a new one accepted. Version 0 is the standard one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, func, select

from shop.accounts.models import User
from shop.cooperatives.people.models import Region
from shop.core import activity, clock
from shop.core.db import insert_rows, session
from shop.core.errors import NotFound, Refused
from shop.core.text import N_
from shop.reporting import facts, filling, paper, periods, standard, template_file, values
from shop.reporting.models import DONE, MONTHLY, Report, ReportTemplate

STANDARD = 0
_NO_PROOF = {
    "audit": "（账目核对的结果）", "audit_id": "0", "audit_sha256": "0" * 64, "facts_sha256": "0" * 64,
}  # fmt: skip


def current(region_code: str, kind: str) -> int:
    """The version that counts now."""
    newest = (
        select(ReportTemplate.version, ReportTemplate.body.is_(None).label("standard"))
        .where(ReportTemplate.region_code == region_code, ReportTemplate.kind == kind)
        .order_by(ReportTemplate.version.desc())
        .limit(1)
    )
    row = session().execute(newest).one_or_none()
    return STANDARD if row is None or row.standard else int(row.version)


def body(region_code: str, kind: str, version: int) -> bytes:
    """A version as a .docx. Raises NotFound."""
    if version == STANDARD:
        return standard.build(kind)
    found = session().scalar(
        select(ReportTemplate.body).where(
            ReportTemplate.region_code == region_code,
            ReportTemplate.kind == kind,
            ReportTemplate.version == version,
        )
    )
    if found is None:
        raise NotFound("没有找到这一版模板")
    return bytes(found)


def versions(region_code: str, kind: str) -> Sequence[Row[*tuple[Any, ...]]]:
    """The newest first, without their bodies: version, standard, note, at, by_name."""
    return session().execute(
        select(
            ReportTemplate.version,
            ReportTemplate.body.is_(None).label("standard"),
            ReportTemplate.note,
            ReportTemplate.at,
            User.name.label("by_name"),
        )
        .join(User, User.id == ReportTemplate.by)
        .where(ReportTemplate.region_code == region_code, ReportTemplate.kind == kind)
        .order_by(ReportTemplate.version.desc())
        .limit(50)
    ).all()  # fmt: skip


def sample_values(region_code: str, kind: str) -> Mapping[str, Any]:
    """What every placeholder stands for now: by the newest report's facts, or by the running month or year."""
    newest = select(Report.facts, Report.facts_at).where(
        Report.region_code == region_code, Report.kind == kind, Report.state == DONE
    )
    row = session().execute(newest.order_by(Report.id.desc()).limit(1)).one_or_none()
    if row is not None:
        document, day = json.loads(str(row.facts)), clock.shanghai_day(row.facts_at)
    else:
        day = clock.today()
        text = f"{day:%Y-%m}" if kind == MONTHLY else f"{day:%Y}"
        document = facts.gather(region_code, periods.of(kind, text, day))
    return values.values(document, _NO_PROOF | {"made_on": day.isoformat()})


def accept(region_code: str, kind: str, data: bytes, note: str, by: int) -> int:
    """Take a new version after checking and filling it once; returns its number. Raises Refused."""
    template_file.check(data)
    try:
        filling.check(data, kind)
        paper.page(filling.fill(data, sample_values(region_code, kind)))
    except Refused:
        raise
    except Exception as error:  # whatever else a foreign document does to the program that reads it
        raise Refused(N_("这个文件填不成报告，请从现在的模板改起，再上传"), "file") from error
    digest = hashlib.sha256(data).hexdigest()
    return _append(region_code, kind, {"body": data, "sha256": digest, "note": note}, by)


def back_to_standard(region_code: str, kind: str, by: int) -> int:
    """The standard template counts again; a version of its own, so that the history says so. Once is enough."""
    if current(region_code, kind) == STANDARD:
        return STANDARD
    return _append(region_code, kind, {"body": None, "sha256": None, "note": ""}, by)


def _append(region_code: str, kind: str, row: dict[str, Any], by: int) -> int:
    session().execute(select(Region.code).where(Region.code == region_code).with_for_update(key_share=True))
    newest = select(func.max(ReportTemplate.version)).where(
        ReportTemplate.region_code == region_code, ReportTemplate.kind == kind
    )
    version = (session().scalar(newest) or 0) + 1
    head = {"region_code": region_code, "kind": kind, "version": version, "by": by}
    insert_rows(ReportTemplate, [head | row])
    act = "report_template.reset" if row["body"] is None else "report_template.saved"
    activity.record(act, "report_template", f"{region_code}:{kind}", after={"version": version}, actor_id=by)
    return version
