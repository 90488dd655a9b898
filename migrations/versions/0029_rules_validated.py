"""The rules on duties, invitations and parted households now hold for what was there before, too.

In a transaction of its own, so that reading goes on while the rows are looked at.

Revision ID: 0029
Revises: 0028
"""

from __future__ import annotations

from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

ADDED = {
    "member_event": ("ck_member_event_reserve_fen",),
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
