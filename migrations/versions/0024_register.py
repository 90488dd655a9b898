"""The township's register by day: steps, reveals, imports of a region.

Revision ID: 0024
Revises: 0023
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

# a household's or a person's few rows: validated at once; an exclusion cannot be added unvalidated
SMALL = "-- squawk-ignore constraint-missing-not-valid\n"
NULLABLE = "-- squawk-ignore ban-drop-not-null\n"  # the code before reads rows of cooperatives only
APPEND_ONLY = ("register_step", "reveal", "reveal_household")
KINDS_BEFORE = "kind in ('intake','prices','products','parcels','members')"
ADDED = {
    "household": {"ck_household_days": "check (left_on >= entered_on - 1)"},
    "household_category": {"ck_household_category_days": "check (valid_to >= valid_from - 1)"},
    "person_exclusion": {"ck_person_exclusion_days": "check (valid_to >= valid_from - 1)"},
    "industry_link": {"ck_industry_link_days": "check (valid_to >= valid_from - 1)"},
    "microloan": {"ck_microloan_days": "check (withdrawn_on >= lent_on)"},
    "person": {
        "ck_person_days": "check (left_on >= joined_on - 1)",
        "ck_person_before": "check (before_id is null or joined_on is not null)",
        "fk_person_before_id": "foreign key (before_id) references person (id)",
    },
    "sheet_import": {
        "ck_sheet_import_kind": "check (kind in ('intake','prices','products','parcels','members','households'))",
        "ck_sheet_import_owner": "check (num_nonnulls(cooperative_id, region_code) = 1)",
        "fk_sheet_import_region_code": "foreign key (region_code) references region (code)",
    },
    "sheet_import_row": {
        "fk_sheet_import_row_import_id": "foreign key (import_id) references sheet_import (id)"
    },
}
# what ends before it begins was a mistake and never in force: its days are empty and overlap with nothing
_DAYS = "daterange(valid_from, valid_to + 1, '[)') with &&"
ONE_AT_A_TIME = {
    "household_category": f"household_id with =, category with =, {_DAYS}",
    "person_exclusion": f"person_id with =, reason with =, {_DAYS}",
    "industry_link": f"household_id with =, kind with =, {_DAYS}",
}


def upgrade() -> None:
    op.create_table(
        "reveal",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("households", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kind in ('household','list')", name=op.f("ck_reveal_kind")),
        sa.CheckConstraint("households > 0", name=op.f("ck_reveal_households")),
        sa.CheckConstraint("length(btrim(reason)) >= 5", name=op.f("ck_reveal_reason")),
        sa.ForeignKeyConstraint(["made_by"], ["user_account.id"], name=op.f("fk_reveal_made_by")),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_reveal_region_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reveal")),
    )
    op.create_index(op.f("ix_reveal_region_code_id"), "reveal", ["region_code", "id"], unique=False)
    op.create_table(
        "register_step",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("household_id", sa.BigInteger(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("request_key", sa.Text(), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "reason <> '' or act not in ('close','leave','unlend','unable','end_category','end_exclusion','end_link')",
            name=op.f("ck_register_step_reason"),
        ),
        sa.ForeignKeyConstraint(
            ["household_id"], ["household.id"], name=op.f("fk_register_step_household_id")
        ),
        sa.ForeignKeyConstraint(["made_by"], ["user_account.id"], name=op.f("fk_register_step_made_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register_step")),
        sa.UniqueConstraint("request_key", name=op.f("uq_register_step_request_key")),
    )
    op.create_index(
        op.f("ix_register_step_household_id_id"), "register_step", ["household_id", "id"], unique=False
    )
    op.create_table(
        "reveal_household",
        sa.Column("reveal_id", sa.BigInteger(), nullable=False),
        sa.Column("household_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["household_id"], ["household.id"], name=op.f("fk_reveal_household_household_id")
        ),
        sa.ForeignKeyConstraint(["reveal_id"], ["reveal.id"], name=op.f("fk_reveal_household_reveal_id")),
        sa.PrimaryKeyConstraint("reveal_id", "household_id", name=op.f("pk_reveal_household")),
    )
    op.create_index(
        op.f("ix_reveal_household_household_id"), "reveal_household", ["household_id"], unique=False
    )
    op.add_column("household", sa.Column("entered_on", sa.Date(), nullable=True))
    op.add_column("household", sa.Column("left_on", sa.Date(), nullable=True))
    op.add_column("microloan", sa.Column("withdrawn_on", sa.Date(), nullable=True))
    op.add_column("person", sa.Column("joined_on", sa.Date(), nullable=True))
    op.add_column("person", sa.Column("left_on", sa.Date(), nullable=True))
    op.add_column("person", sa.Column("before_id", sa.BigInteger(), nullable=True))
    op.create_index(op.f("ix_person_before_id"), "person", ["before_id"], unique=True)
    op.create_index(
        "uq_person_head",
        "person",
        ["household_id"],
        unique=True,
        postgresql_where=sa.text("is_head and left_on is null"),
    )
    op.add_column("sheet_import", sa.Column("region_code", sa.Text(), nullable=True))
    op.execute(f"{NULLABLE}alter table sheet_import alter column cooperative_id drop not null")
    op.create_index(
        op.f("ix_sheet_import_region_code_uploaded_at"),
        "sheet_import",
        ["region_code", "uploaded_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_sheet_import_region_code_kind_file_sha256"),
        "sheet_import",
        ["region_code", "kind", "file_sha256"],
        unique=True,
    )
    op.execute(f"{NULLABLE}alter table sheet_import_row alter column cooperative_id drop not null")
    op.execute(
        "-- squawk-ignore ban-drop-constraint\nalter table sheet_import drop constraint ck_sheet_import_kind"
    )
    for table, rules in ADDED.items():
        for name, rule in rules.items():
            op.execute(f"alter table {table} add constraint {name} {rule} not valid")
            op.execute(f"{SMALL}alter table {table} validate constraint {name}")
    for table, rule in ONE_AT_A_TIME.items():
        op.execute(
            f"{SMALL}alter table {table} add constraint ex_{table}_one_at_a_time exclude using gist ({rule})"
        )
    for table in APPEND_ONLY:
        op.execute(
            f"create trigger {table}_append_only before update or delete on {table} "
            "for each row execute function refuse_change()"
        )
        op.execute(
            f"create trigger {table}_no_truncate before truncate on {table} "
            "for each statement execute function refuse_change()"
        )


def downgrade() -> None:
    for table in APPEND_ONLY:
        op.execute(f"drop trigger {table}_no_truncate on {table}")
        op.execute(f"drop trigger {table}_append_only on {table}")
    for table in ONE_AT_A_TIME:
        op.execute(f"alter table {table} drop constraint ex_{table}_one_at_a_time")
    for table, rules in ADDED.items():
        for name in rules:
            op.execute(f"alter table {table} drop constraint {name}")
    op.execute(f"alter table sheet_import add constraint ck_sheet_import_kind check ({KINDS_BEFORE})")
    op.alter_column("sheet_import_row", "cooperative_id", existing_type=sa.BIGINT(), nullable=False)
    op.drop_index(op.f("ix_sheet_import_region_code_kind_file_sha256"), table_name="sheet_import")
    op.drop_index(op.f("ix_sheet_import_region_code_uploaded_at"), table_name="sheet_import")
    op.alter_column("sheet_import", "cooperative_id", existing_type=sa.BIGINT(), nullable=False)
    op.drop_column("sheet_import", "region_code")
    op.drop_index(
        "uq_person_head", table_name="person", postgresql_where=sa.text("is_head and left_on is null")
    )
    op.drop_index(op.f("ix_person_before_id"), table_name="person")
    op.drop_column("person", "before_id")
    op.drop_column("person", "left_on")
    op.drop_column("person", "joined_on")
    op.drop_column("microloan", "withdrawn_on")
    op.drop_column("household", "left_on")
    op.drop_column("household", "entered_on")
    op.drop_index(op.f("ix_reveal_household_household_id"), table_name="reveal_household")
    op.drop_table("reveal_household")
    op.drop_index(op.f("ix_register_step_household_id_id"), table_name="register_step")
    op.drop_table("register_step")
    op.drop_index(op.f("ix_reveal_region_code_id"), table_name="reveal")
    op.drop_table("reveal")
