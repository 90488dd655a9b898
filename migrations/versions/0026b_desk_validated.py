"""The rules on duties and invitations now hold for what was there before, too.

In a transaction of its own, so that reading goes on while the rows are looked at.

Revision ID: 0026b
Revises: 0026
"""

from __future__ import annotations

from alembic import op

revision = "0026b"
down_revision = "0026"
branch_labels = None
depends_on = None

ADDED = {
    "role_grant": ("ck_role_grant_staff_duty",),
    "duty_invitation": (
        "ck_duty_invitation_place_duty",
        "ck_duty_invitation_one_place",
        "fk_duty_invitation_region_code",
    ),
}


def upgrade() -> None:
    for table, names in ADDED.items():
        for name in names:
            op.execute(f"alter table {table} validate constraint {name}")


def downgrade() -> None:
    """A validated rule is no different from one that is not, for whatever is written."""
