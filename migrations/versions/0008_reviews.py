"""What buyers say of what they bought.

Revision ID: 0008
Revises: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

APPEND_ONLY = ("review", "review_picture", "review_addition", "review_reply", "review_hiding")


def upgrade() -> None:
    op.create_table(
        "product_rating",
        sa.Column("product_id", sa.BigInteger(), nullable=False),
        sa.Column("one", sa.BigInteger(), nullable=False),
        sa.Column("two", sa.BigInteger(), nullable=False),
        sa.Column("three", sa.BigInteger(), nullable=False),
        sa.Column("four", sa.BigInteger(), nullable=False),
        sa.Column("five", sa.BigInteger(), nullable=False),
        sa.Column("pictured", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("least(one, two, three, four, five) >= 0", name=op.f("ck_product_rating_counts")),
        sa.CheckConstraint(
            "pictured between 0 and one + two + three + four + five", name=op.f("ck_product_rating_pictured")
        ),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_product_rating_product_id")),
        sa.PrimaryKeyConstraint("product_id", name=op.f("pk_product_rating")),
    )
    op.create_table(
        "review",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("line_id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("product_id", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.BigInteger(), nullable=False),
        sa.Column("signed", sa.Text(), nullable=False),
        sa.Column("stars", sa.BigInteger(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("pictures", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("length(words) between 1 and 500", name=op.f("ck_review_words")),
        sa.CheckConstraint("pictures between 0 and 3", name=op.f("ck_review_pictures")),
        sa.CheckConstraint("stars between 1 and 5", name=op.f("ck_review_stars")),
        sa.ForeignKeyConstraint(["by"], ["user_account.id"], name=op.f("fk_review_by")),
        sa.ForeignKeyConstraint(
            ["line_id", "cooperative_id"],
            ["order_line.id", "order_line.cooperative_id"],
            name=op.f("fk_review_line_id_cooperative_id"),
        ),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_review_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review")),
        sa.UniqueConstraint("line_id", name=op.f("uq_review_line_id")),
    )
    op.create_index(op.f("ix_review_cooperative_id_id"), "review", ["cooperative_id", "id"], unique=False)
    op.create_index(op.f("ix_review_product_id_id"), "review", ["product_id", "id"], unique=False)
    op.create_table(
        "review_addition",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("review_id", sa.BigInteger(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("length(words) between 1 and 500", name=op.f("ck_review_addition_words")),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], name=op.f("fk_review_addition_review_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_addition")),
        sa.UniqueConstraint("review_id", name=op.f("uq_review_addition_review_id")),
    )
    op.create_table(
        "review_hiding",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("review_id", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hidden", sa.Boolean(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("by", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "why in ('advert','abuse','privacy','unrelated','unlawful','shown') and hidden = (why <> 'shown')",
            name=op.f("ck_review_hiding_why"),
        ),
        sa.CheckConstraint("length(note) between 1 and 200", name=op.f("ck_review_hiding_note")),
        sa.CheckConstraint("seq > 0 and hidden = (seq % 2 = 1)", name=op.f("ck_review_hiding_seq")),
        sa.ForeignKeyConstraint(["by"], ["user_account.id"], name=op.f("fk_review_hiding_by")),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], name=op.f("fk_review_hiding_review_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_hiding")),
        sa.UniqueConstraint("review_id", "seq", name=op.f("uq_review_hiding_review_id_seq")),
    )
    op.create_table(
        "review_picture",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("review_id", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("attachment_id", sa.BigInteger(), nullable=False),
        sa.Column("thumb_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("seq between 1 and 3", name=op.f("ck_review_picture_seq")),
        sa.ForeignKeyConstraint(
            ["attachment_id"], ["attachment.id"], name=op.f("fk_review_picture_attachment_id")
        ),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], name=op.f("fk_review_picture_review_id")),
        sa.ForeignKeyConstraint(["thumb_id"], ["attachment.id"], name=op.f("fk_review_picture_thumb_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_picture")),
        sa.UniqueConstraint("review_id", "seq", name=op.f("uq_review_picture_review_id_seq")),
    )
    op.create_table(
        "review_reply",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("review_id", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("by", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("length(words) between 1 and 500", name=op.f("ck_review_reply_words")),
        sa.CheckConstraint("seq > 0", name=op.f("ck_review_reply_seq")),
        sa.ForeignKeyConstraint(["by"], ["user_account.id"], name=op.f("fk_review_reply_by")),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], name=op.f("fk_review_reply_review_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_reply")),
        sa.UniqueConstraint("review_id", "seq", name=op.f("uq_review_reply_review_id_seq")),
    )
    for table in APPEND_ONLY:
        op.execute(
            f"create trigger {table}_append_only before update or delete on {table} "
            "for each row execute function refuse_change()"
        )
        op.execute(
            f"create trigger {table}_no_truncate before truncate on {table} "
            "for each statement execute function refuse_change()"
        )


def downgrade() -> None:
    op.drop_table("review_reply")
    op.drop_table("review_picture")
    op.drop_table("review_hiding")
    op.drop_table("review_addition")
    op.drop_index(op.f("ix_review_product_id_id"), table_name="review")
    op.drop_index(op.f("ix_review_cooperative_id_id"), table_name="review")
    op.drop_table("review")
    op.drop_table("product_rating")
