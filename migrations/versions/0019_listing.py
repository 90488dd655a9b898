"""Indexes of lists over large catalogues.

Revision ID: 0019
Revises: 0018
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_product_listed_category",
        "product",
        ["category_id", "published_at", "id"],
        unique=False,
        postgresql_where=sa.text("published_at is not null"),
    )
    op.create_index(op.f("ix_village_pinyin"), "village", ["pinyin"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_village_pinyin"), table_name="village")
    op.drop_index(
        "ix_product_listed_category",
        table_name="product",
        postgresql_where=sa.text("published_at is not null"),
    )
