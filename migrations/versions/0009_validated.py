"""The checks that were added to filled tables now hold for what was there before, too.

In a transaction of its own, so that reading goes on while the rows are looked at.

Revision ID: 0009
Revises: 0008
"""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ADDED = {
    "suborder": ("town_borne",),
    "order_line": ("town_borne",),
    "refund_line": ("town_borne",),
    "lot_allocation": ("sent", "shipped"),
}


def upgrade() -> None:
    for table, names in ADDED.items():
        for name in names:
            op.execute(f"alter table {table} validate constraint ck_{table}_{name}")


def downgrade() -> None:
    """A validated check is no different from one that is not, for whatever is written."""
