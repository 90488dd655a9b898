"""The rules that were put on filled tables now hold for what was there before, too.

In a transaction of its own, so that reading goes on while the rows are looked at.

Revision ID: 0020
Revises: 0019
"""

from __future__ import annotations

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

ADDED = {
    "lot_part": (
        "ck_lot_part_one_origin",
        "ck_lot_part_returned",
        "ck_lot_part_transformed",
        "fk_lot_part_parent_part_id_cooperative_id",
    ),
    "role_grant": (
        "ck_role_grant_manager_duty",
        "ck_role_grant_ended",
    ),
    "stock_move": ("ck_stock_move_kind",),
}


def upgrade() -> None:
    for table, names in ADDED.items():
        for name in names:
            op.execute(f"alter table {table} validate constraint {name}")


def downgrade() -> None:
    """A validated rule is no different from one that is not, for whatever is written."""
