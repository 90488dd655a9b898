"""What goes with the capital when a household parts; who hears that a recall is lifted.

Revision ID: 0028
Revises: 0027
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

RESERVE = "ck_member_event_reserve_fen"


def upgrade() -> None:
    op.add_column(
        "lot_recall_lift", sa.Column("told", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.add_column(
        "member_event", sa.Column("reserve_fen", sa.BigInteger(), server_default=sa.text("0"), nullable=False)
    )
    rule = "reserve_fen = 0 or (reserve_fen > 0 and fen > 0)"
    # Validated by 0029: in this transaction it would block all reads.
    op.execute(f"alter table member_event add constraint {RESERVE} check ({rule}) not valid")


def downgrade() -> None:
    op.drop_constraint(op.f(RESERVE), "member_event")
    op.drop_column("member_event", "reserve_fen")
    op.drop_column("lot_recall_lift", "told")
