"""Reports of a region and the Word templates that its staff edit."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from shop.core.db import Base

MONTHLY, YEARLY = "monthly", "yearly"
KINDS = (MONTHLY, YEARLY)
ASKED, RUNNING, DONE, FAILED, SAME = "asked", "running", "done", "failed", "same"
FORMS = ("docx", "xlsx", "pdf")


class Report(Base):
    """One report: asked → running → done, each file kept as soon as it is made; failed after three tries.

    `facts` is the canonical JSON whose SHA-256 stands beside it, byte for byte. Asked again with the same facts and
    template the row becomes `same` and names the report that says it already. Holds no names of persons.
    """

    __tablename__ = "report"
    __table_args__ = (
        Index(
            "uq_report_facts",
            *("region_code", "kind", "period", "facts_sha256", "template_version"),
            unique=True,
            postgresql_where=text("state in ('running','done')"),
        ),
        Index(
            "uq_report_under_way",
            *("region_code", "kind", "period", "template_version"),
            unique=True,
            postgresql_where=text("state in ('asked','running')"),
        ),
        CheckConstraint("kind in ('monthly','yearly')", name="kind"),
        CheckConstraint("state in ('asked','running','done','failed','same')", name="state"),
        CheckConstraint("period ~ '^[0-9]{4}(-[0-9]{2})?$'", name="period"),
        CheckConstraint(
            "num_nulls(facts, facts_sha256, facts_at, audit_id, audit_sha256) in (0, 5)", name="facts_whole"
        ),
        CheckConstraint(
            "state <> 'done' or num_nulls(facts, docx, xlsx, pdf, done_at) = 0", name="done_whole"
        ),
        CheckConstraint("(state = 'same') = (same_as is not null)", name="same"),
        CheckConstraint("state <> 'same' or facts is null", name="same_empty"),
        Index(None, "region_code", "id"),
        Index("ix_report_work", "id", postgresql_where=text("state in ('asked','running')")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(ForeignKey("region.code"))
    kind: Mapped[str]
    period: Mapped[str]  # 2020 or 2020-11
    template_version: Mapped[int]  # 0: the standard one
    state: Mapped[str] = mapped_column(server_default="asked")
    tries: Mapped[int] = mapped_column(server_default=text("0"))
    asked_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    asked_at: Mapped[datetime] = mapped_column(server_default=func.now())
    facts: Mapped[str | None]
    facts_sha256: Mapped[str | None]
    facts_at: Mapped[datetime | None]  # when the rows were read
    audit_id: Mapped[int | None] = mapped_column(ForeignKey("audit_result.id"))
    audit_sha256: Mapped[str | None]
    docx: Mapped[bytes | None] = mapped_column(LargeBinary)
    xlsx: Mapped[bytes | None] = mapped_column(LargeBinary)
    pdf: Mapped[bytes | None] = mapped_column(LargeBinary)
    done_at: Mapped[datetime | None]
    same_as: Mapped[int | None] = mapped_column(ForeignKey("report.id"))


class ReportTemplate(Base):
    """A version of a region's template, append-only; without a body the standard one counts again from there on."""

    __tablename__ = "report_template"
    __table_args__ = (
        UniqueConstraint("region_code", "kind", "version"),
        CheckConstraint("kind in ('monthly','yearly')", name="kind"),
        CheckConstraint("version > 0", name="version"),
        CheckConstraint("body is null or octet_length(body) between 1 and 2097152", name="size"),
        CheckConstraint("(body is null) = (sha256 is null)", name="whole"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(ForeignKey("region.code"))
    kind: Mapped[str]
    version: Mapped[int]
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    sha256: Mapped[str | None]
    note: Mapped[str] = mapped_column(server_default="")
    by: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime] = mapped_column(server_default=func.now())
