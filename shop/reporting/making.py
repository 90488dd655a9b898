"""A report made step by step: its rows read in one snapshot, then each file kept as soon as it is there.

Every step is one transaction of the caller's; killed at any line the next worker goes on at the first thing missing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, func, select, text, update

from shop.cooperatives.income.rules_document import canonical_json
from shop.core.clock import shanghai_day
from shop.core.db import session
from shop.reporting import conscience, facts, filling, paper, periods, sheets, templates, values
from shop.reporting.asking import UNDER_WAY
from shop.reporting.models import ASKED, DONE, FAILED, FORMS, RUNNING, SAME, Report

TRIES = 3
_LOCK = 20261128_6  # first key of the advisory locks: one worker at a time works on a report


def begin(report_id: int) -> None:
    """It is under way, for everybody to see."""
    session().execute(
        update(Report).where(Report.id == report_id, Report.state == ASKED).values(state=RUNNING)
    )


def read_rows(report_id: int) -> None:
    """Audit and figures from one snapshot. First statement of a transaction; done twice it does nothing."""
    session().execute(text("set transaction isolation level repeatable read"))
    session().execute(text("set local statement_timeout = '15min'"))
    row = _hold(report_id)
    if row is None or row.facts is not None:
        return
    audited = conscience.heed()
    period = periods.of(row.kind, row.period, shanghai_day(_now()))
    document = facts.gather(row.region_code, period)
    document["audit"] = {"clean": audited.clean, "broken": conscience.broken(audited)}
    body = canonical_json(document)
    digest = hashlib.sha256(body).hexdigest()
    earlier = session().scalar(
        select(Report.id).where(
            Report.region_code == row.region_code, Report.kind == row.kind, Report.period == row.period,
            Report.template_version == row.template_version, Report.facts_sha256 == digest, Report.state == DONE,
        )
    )  # fmt: skip
    found: dict[str, Any] = {"state": SAME, "same_as": earlier}
    if earlier is None:
        found = {
            "state": RUNNING, "facts": body.decode(), "facts_sha256": digest, "facts_at": func.now(),
            "audit_id": audited.id, "audit_sha256": conscience.sha256(audited),
        }  # fmt: skip
    session().execute(update(Report).where(Report.id == report_id).values(**found))


def write_next(report_id: int) -> bool:
    """The first file that is missing; with the last one the report is done. False when nothing is left for this worker."""
    row = _hold(report_id)
    if row is None or row.facts is None:
        return False
    form = next(form for form in FORMS if getattr(row, form) is None)
    document = json.loads(row.facts)
    proof = _proof(row, document)
    if form == "docx":
        template = templates.body(row.region_code, row.kind, row.template_version)
        body = filling.fill(template, values.values(document, proof))
    elif form == "xlsx":
        body = sheets.book(document, _notes(document, proof))
    else:
        body = paper.pdf(bytes(row.docx))
    last = form == FORMS[-1]
    done: Mapping[str, Any] = {"state": DONE, "done_at": func.now()} if last else {}
    session().execute(update(Report).where(Report.id == report_id).values({form: body, **done}))
    return not last


def waiting() -> Sequence[int]:
    """What a lost message or a dead worker left undone."""
    wanted = select(Report.id).where(Report.state.in_(UNDER_WAY)).order_by(Report.id)
    return session().scalars(wanted).all()


def note_try(report_id: int) -> None:
    """A try that broke off; after the third the report is given up and may be asked for again."""
    tries = session().scalar(
        update(Report)
        .where(Report.id == report_id, Report.state.in_(UNDER_WAY))
        .values(tries=Report.tries + 1)
        .returning(Report.tries)
    )
    if tries is not None and tries >= TRIES:
        session().execute(update(Report).where(Report.id == report_id).values(state=FAILED))


def _hold(report_id: int) -> Row[*tuple[Any, ...]] | None:
    """The report, for this transaction alone; None where somebody else works on it or nothing is left to do."""
    if not session().scalar(select(func.pg_try_advisory_xact_lock(_LOCK, report_id))):
        return None
    return session().execute(
        select(Report.__table__).where(Report.id == report_id, Report.state.in_(UNDER_WAY))
    ).one_or_none()  # fmt: skip


def _now() -> Any:
    return session().scalar(select(func.now()))


def _proof(row: Row[*tuple[Any, ...]], document: Mapping[str, Any]) -> dict[str, str]:
    found = document["audit"]
    said = (
        "全部账目已核对，没有发现不符。"
        if found["clean"]
        else "账目核对发现不符，使用前请先查明：" + "、".join(found["broken"]) + "。"
    )
    return {
        "made_on": shanghai_day(row.facts_at).isoformat(),
        "facts_sha256": row.facts_sha256,
        "audit": said,
        "audit_id": str(row.audit_id),
        "audit_sha256": row.audit_sha256,
    }


def _notes(document: Mapping[str, Any], proof: Mapping[str, str]) -> list[str]:
    return [
        f"截至 {document['as_of']}，{proof['made_on']} 生成。{proof['audit']}",
        f"账目核对第 {proof['audit_id']} 号，SHA-256 {proof['audit_sha256']}",
        f"报告数据 SHA-256 {proof['facts_sha256']}",
        facts.SOLD,
        facts.CREDITED,
    ]
