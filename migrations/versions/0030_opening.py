"""Opening balances come in as the other tables do.

Revision ID: 0030
Revises: 0029
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

SMALL = "-- squawk-ignore constraint-missing-not-valid\n"  # a few files: validated at once
KINDS = "'intake','prices','products','parcels','members','households'"
ADDED = {
    "ck_sheet_import_kind": f"check (kind in ({KINDS},'opening'))",
    "ck_sheet_import_held": "check (not held or state not in ('running','done'))",
}


def upgrade() -> None:
    op.add_column(
        "sheet_import", sa.Column("held", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.execute(
        "-- squawk-ignore ban-drop-constraint\nalter table sheet_import drop constraint ck_sheet_import_kind"
    )
    for name, rule in ADDED.items():
        op.execute(f"alter table sheet_import add constraint {name} {rule} not valid")
        op.execute(f"{SMALL}alter table sheet_import validate constraint {name}")


def downgrade() -> None:
    for name in ADDED:
        op.execute(f"alter table sheet_import drop constraint {name}")
    op.execute(
        f"alter table sheet_import add constraint ck_sheet_import_kind check (kind in ({KINDS})) not valid"
    )
    op.drop_column("sheet_import", "held")
