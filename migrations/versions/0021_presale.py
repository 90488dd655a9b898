"""What is sold before it can be sent.

Revision ID: 0021
Revises: 0020
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("order_line", sa.Column("ships_from", sa.Date(), nullable=True))
    op.add_column("product", sa.Column("ships_from", sa.Date(), nullable=True))


def downgrade() -> None:
    op.drop_column("product", "ships_from")
    op.drop_column("order_line", "ships_from")
