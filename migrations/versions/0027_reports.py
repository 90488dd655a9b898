"""Reports of a region, and the templates its staff edit.

Revision ID: 0027
Revises: 0026
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "report",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("template_version", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), server_default="asked", nullable=False),
        sa.Column("tries", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("asked_by", sa.BigInteger(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("facts", sa.Text(), nullable=True),
        sa.Column("facts_sha256", sa.Text(), nullable=True),
        sa.Column("facts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("audit_id", sa.BigInteger(), nullable=True),
        sa.Column("audit_sha256", sa.Text(), nullable=True),
        sa.Column("docx", sa.LargeBinary(), nullable=True),
        sa.Column("xlsx", sa.LargeBinary(), nullable=True),
        sa.Column("pdf", sa.LargeBinary(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("same_as", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(state = 'same') = (same_as is not null)", name=op.f("ck_report_same")),
        sa.CheckConstraint("kind in ('monthly','yearly')", name=op.f("ck_report_kind")),
        sa.CheckConstraint("period ~ '^[0-9]{4}(-[0-9]{2})?$'", name=op.f("ck_report_period")),
        sa.CheckConstraint(
            "state <> 'done' or num_nulls(facts, docx, xlsx, pdf, done_at) = 0",
            name=op.f("ck_report_done_whole"),
        ),
        sa.CheckConstraint("state <> 'same' or facts is null", name=op.f("ck_report_same_empty")),
        sa.CheckConstraint(
            "state in ('asked','running','done','failed','same')", name=op.f("ck_report_state")
        ),
        sa.CheckConstraint(
            "num_nulls(facts, facts_sha256, facts_at, audit_id, audit_sha256) in (0, 5)",
            name=op.f("ck_report_facts_whole"),
        ),
        sa.ForeignKeyConstraint(["asked_by"], ["user_account.id"], name=op.f("fk_report_asked_by")),
        sa.ForeignKeyConstraint(["audit_id"], ["audit_result.id"], name=op.f("fk_report_audit_id")),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_report_region_code")),
        sa.ForeignKeyConstraint(["same_as"], ["report.id"], name=op.f("fk_report_same_as")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report")),
    )
    op.create_index(op.f("ix_report_region_code_id"), "report", ["region_code", "id"], unique=False)
    op.create_index(
        "ix_report_work",
        "report",
        ["id"],
        unique=False,
        postgresql_where=sa.text("state in ('asked','running')"),
    )
    op.create_index(
        "uq_report_facts",
        "report",
        ["region_code", "kind", "period", "facts_sha256", "template_version"],
        unique=True,
        postgresql_where=sa.text("state in ('running','done')"),
    )
    op.create_index(
        "uq_report_under_way",
        "report",
        ["region_code", "kind", "period", "template_version"],
        unique=True,
        postgresql_where=sa.text("state in ('asked','running')"),
    )
    op.create_table(
        "report_template",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("by", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kind in ('monthly','yearly')", name=op.f("ck_report_template_kind")),
        sa.CheckConstraint("(body is null) = (sha256 is null)", name=op.f("ck_report_template_whole")),
        sa.CheckConstraint(
            "body is null or octet_length(body) between 1 and 2097152", name=op.f("ck_report_template_size")
        ),
        sa.CheckConstraint("version > 0", name=op.f("ck_report_template_version")),
        sa.ForeignKeyConstraint(["by"], ["user_account.id"], name=op.f("fk_report_template_by")),
        sa.ForeignKeyConstraint(
            ["region_code"], ["region.code"], name=op.f("fk_report_template_region_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_template")),
        sa.UniqueConstraint(
            "region_code", "kind", "version", name=op.f("uq_report_template_region_code_kind_version")
        ),
    )
    op.execute(
        "create trigger report_template_append_only before update or delete on report_template "
        "for each row execute function refuse_change()"
    )
    op.execute(
        "create trigger report_template_no_truncate before truncate on report_template "
        "for each statement execute function refuse_change()"
    )
    op.execute(
        "create trigger report_append_only before update or delete on report "
        "for each row when (old.state = 'done') execute function refuse_change()"
    )


def downgrade() -> None:
    op.drop_table("report_template")
    op.drop_index(
        "uq_report_under_way", table_name="report", postgresql_where=sa.text("state in ('asked','running')")
    )
    op.drop_index(
        "uq_report_facts", table_name="report", postgresql_where=sa.text("state in ('running','done')")
    )
    op.drop_index(
        "ix_report_work", table_name="report", postgresql_where=sa.text("state in ('asked','running')")
    )
    op.drop_index(op.f("ix_report_region_code_id"), table_name="report")
    op.drop_table("report")
