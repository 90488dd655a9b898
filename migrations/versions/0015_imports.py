"""Tables sent in to be imported.

Revision ID: 0015
Revises: 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sheet_import",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("file_sha256", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("marked", sa.LargeBinary(), nullable=True),
        sa.Column("locale", sa.Text(), server_default="zh", nullable=False),
        sa.Column("state", sa.Text(), server_default="uploaded", nullable=False),
        sa.Column("rows_total", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("rows_good", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("rows_bad", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("rows_known", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("rows_done", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "problems",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
        sa.Column("refusal", sa.Text(), server_default="", nullable=False),
        sa.Column("tries", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("uploaded_by", sa.BigInteger(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("started_by", sa.BigInteger(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'done') = (done_at is not null)", name=op.f("ck_sheet_import_done")),
        sa.CheckConstraint(
            "kind in ('intake','prices','products','parcels','members')", name=op.f("ck_sheet_import_kind")
        ),
        sa.CheckConstraint("state <> 'done' or rows_done = rows_good", name=op.f("ck_sheet_import_whole")),
        sa.CheckConstraint(
            "state in ('uploaded','previewed','running','done','failed')", name=op.f("ck_sheet_import_state")
        ),
        sa.CheckConstraint("octet_length(body) between 1 and 4194304", name=op.f("ck_sheet_import_size")),
        sa.CheckConstraint(
            "rows_good >= 0 and rows_bad >= 0 and rows_known >= 0 and rows_done between 0 and rows_good",
            name=op.f("ck_sheet_import_counts"),
        ),
        sa.CheckConstraint(
            "rows_total = rows_good + rows_bad + rows_known", name=op.f("ck_sheet_import_rows")
        ),
        sa.ForeignKeyConstraint(
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_sheet_import_cooperative_id")
        ),
        sa.ForeignKeyConstraint(["started_by"], ["user_account.id"], name=op.f("fk_sheet_import_started_by")),
        sa.ForeignKeyConstraint(
            ["uploaded_by"], ["user_account.id"], name=op.f("fk_sheet_import_uploaded_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sheet_import")),
        sa.UniqueConstraint(
            "cooperative_id",
            "kind",
            "file_sha256",
            name=op.f("uq_sheet_import_cooperative_id_kind_file_sha256"),
        ),
        sa.UniqueConstraint("id", "cooperative_id", name=op.f("uq_sheet_import_id_cooperative_id")),
    )
    op.create_index(
        op.f("ix_sheet_import_cooperative_id_uploaded_at"),
        "sheet_import",
        ["cooperative_id", "uploaded_at"],
        unique=False,
    )
    op.create_index(
        "ix_sheet_import_work",
        "sheet_import",
        ["id"],
        unique=False,
        postgresql_where=sa.text("state in ('uploaded','running')"),
    )
    op.create_table(
        "sheet_import_row",
        sa.Column("import_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("subject_type", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id", "cooperative_id"],
            ["sheet_import.id", "sheet_import.cooperative_id"],
            name=op.f("fk_sheet_import_row_import_id_cooperative_id"),
        ),
        sa.PrimaryKeyConstraint("import_id", "number", name=op.f("pk_sheet_import_row")),
    )
    op.create_index(
        op.f("ix_sheet_import_row_subject_type_subject_id"),
        "sheet_import_row",
        ["subject_type", "subject_id"],
        unique=False,
    )
    op.execute(
        "create trigger sheet_import_row_append_only before update or delete on sheet_import_row "
        "for each row execute function refuse_change()"
    )
    op.execute(
        "create trigger sheet_import_row_no_truncate before truncate on sheet_import_row "
        "for each statement execute function refuse_change()"
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_sheet_import_row_subject_type_subject_id"), table_name="sheet_import_row")
    op.drop_table("sheet_import_row")
    op.drop_index(
        "ix_sheet_import_work",
        table_name="sheet_import",
        postgresql_where=sa.text("state in ('uploaded','running')"),
    )
    op.drop_index(op.f("ix_sheet_import_cooperative_id_uploaded_at"), table_name="sheet_import")
    op.drop_table("sheet_import")
