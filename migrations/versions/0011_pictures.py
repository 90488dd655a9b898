"""Pictures of products.

Revision ID: 0011
Revises: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "product_picture",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("product_id", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=True),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("large_id", sa.BigInteger(), nullable=True),
        sa.Column("small_id", sa.BigInteger(), nullable=True),
        sa.Column("alt", sa.Text(), nullable=False),
        sa.Column("sketch", sa.Boolean(), nullable=False),
        sa.Column("added_by", sa.BigInteger(), nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "case when large_id is null then sketch and mark ~ '^[a-z]+(-[a-z]+)*$' else length(mark) = 64 end",
            name=op.f("ck_product_picture_mark"),
        ),
        sa.CheckConstraint("(large_id is null) = (small_id is null)", name=op.f("ck_product_picture_sizes")),
        sa.CheckConstraint(
            "(seq is null) = (removed_at is not null)", name=op.f("ck_product_picture_removed")
        ),
        sa.CheckConstraint("length(alt) between 1 and 80", name=op.f("ck_product_picture_alt")),
        sa.CheckConstraint("seq between 1 and 9", name=op.f("ck_product_picture_seq")),
        sa.ForeignKeyConstraint(["added_by"], ["user_account.id"], name=op.f("fk_product_picture_added_by")),
        sa.ForeignKeyConstraint(["large_id"], ["attachment.id"], name=op.f("fk_product_picture_large_id")),
        sa.ForeignKeyConstraint(
            ["product_id", "cooperative_id"],
            ["product.id", "product.cooperative_id"],
            name=op.f("fk_product_picture_product_id_cooperative_id"),
        ),
        sa.ForeignKeyConstraint(["small_id"], ["attachment.id"], name=op.f("fk_product_picture_small_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product_picture")),
        sa.UniqueConstraint(
            "product_id",
            "seq",
            deferrable=True,
            initially="DEFERRED",
            name=op.f("uq_product_picture_product_id_seq"),
        ),
    )
    op.create_index(
        op.f("ix_product_picture_cooperative_id"), "product_picture", ["cooperative_id"], unique=False
    )
    op.create_index(op.f("ix_product_picture_large_id"), "product_picture", ["large_id"], unique=False)
    op.create_index(op.f("ix_product_picture_small_id"), "product_picture", ["small_id"], unique=False)
    op.create_index(
        "uq_product_picture_mark",
        "product_picture",
        ["product_id", "mark"],
        unique=True,
        postgresql_where=sa.text("seq is not null"),
    )


def downgrade() -> None:
    op.drop_index(
        "uq_product_picture_mark", table_name="product_picture", postgresql_where=sa.text("seq is not null")
    )
    op.drop_index(op.f("ix_product_picture_small_id"), table_name="product_picture")
    op.drop_index(op.f("ix_product_picture_large_id"), table_name="product_picture")
    op.drop_index(op.f("ix_product_picture_cooperative_id"), table_name="product_picture")
    op.drop_table("product_picture")
