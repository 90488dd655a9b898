"""Sales made elsewhere and income entries come in by tables.

Revision ID: 0032
Revises: 0031
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

SMALL = "-- squawk-ignore constraint-missing-not-valid\n"  # thousands of rows at most: validated at once
KINDS_BEFORE = "kind in ('intake','prices','products','parcels','members','opening','households')"
ADDED = {
    "sheet_import": {
        "ck_sheet_import_kind": "check (kind in ('intake','prices','products','parcels','members','opening','households','sales',"
        "'income'))"
    },
    "household_income_entry": {
        "ck_household_income_entry_content": "check (content_key is null or reverses_id is null)"
    },
}


def upgrade() -> None:
    op.add_column("household_income_entry", sa.Column("content_key", sa.Text(), nullable=True))
    op.add_column(
        "household_income_entry",
        sa.Column("turn", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
    )
    op.create_index(
        op.f("ix_household_income_entry_content_key_turn"),
        "household_income_entry",
        ["content_key", "turn"],
        unique=True,
    )
    op.execute(
        "-- squawk-ignore ban-drop-constraint\nalter table sheet_import drop constraint ck_sheet_import_kind"
    )
    for table, rules in ADDED.items():
        for name, rule in rules.items():
            op.execute(f"alter table {table} add constraint {name} {rule} not valid")
            op.execute(f"{SMALL}alter table {table} validate constraint {name}")


def downgrade() -> None:
    for table, rules in ADDED.items():
        for name in rules:
            op.execute(f"alter table {table} drop constraint {name}")
    op.execute(
        f"alter table sheet_import add constraint ck_sheet_import_kind check ({KINDS_BEFORE}) not valid"
    )
    op.drop_index(op.f("ix_household_income_entry_content_key_turn"), table_name="household_income_entry")
    op.drop_column("household_income_entry", "turn")
    op.drop_column("household_income_entry", "content_key")
