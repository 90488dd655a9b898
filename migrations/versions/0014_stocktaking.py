"""Losses in the store, stock-taking, recalls.

Revision ID: 0014
Revises: 0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

APPEND_ONLY = (
    "stock_loss",
    "stock_loss_part",
    "stock_count",
    "stock_count_line",
    "lot_recall",
    "lot_recall_lift",
)
RETURNED = (
    "returned_quantity between 0 and attributed_quantity and returned_fen between 0 and attributed_fen"
    " and lost_quantity between 0 and "
)
KINDS = "kind in ('received','unreceived','shipped','returned','written_off',{}'transformed')"


def swap_check(table: str, name: str, rule: str) -> None:
    """Put a wider rule in the place of a check. Not validated here: 0020 does it without blocking reads."""
    op.execute(f"-- squawk-ignore ban-drop-constraint\nalter table {table} drop constraint ck_{table}_{name}")
    op.execute(f"alter table {table} add constraint ck_{table}_{name} check ({rule}) not valid")


def upgrade() -> None:
    op.create_table(
        "stock_count",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("counted_on", sa.Date(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("by", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("request_key", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["by"], ["user_account.id"], name=op.f("fk_stock_count_by")),
        sa.ForeignKeyConstraint(
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_stock_count_cooperative_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_count")),
        sa.UniqueConstraint("id", "cooperative_id", name=op.f("uq_stock_count_id_cooperative_id")),
        sa.UniqueConstraint("request_key", name=op.f("uq_stock_count_request_key")),
    )
    op.create_index(
        op.f("ix_stock_count_cooperative_id_id"), "stock_count", ["cooperative_id", "id"], unique=False
    )
    op.create_table(
        "lot_recall",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("lot_id", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("advice", sa.Text(), nullable=False),
        sa.Column("by", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("seq >= 1", name=op.f("ck_lot_recall_seq")),
        sa.ForeignKeyConstraint(["by"], ["user_account.id"], name=op.f("fk_lot_recall_by")),
        sa.ForeignKeyConstraint(
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_lot_recall_cooperative_id")
        ),
        sa.ForeignKeyConstraint(
            ["lot_id", "cooperative_id"],
            ["lot.id", "lot.cooperative_id"],
            name=op.f("fk_lot_recall_lot_id_cooperative_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lot_recall")),
        sa.UniqueConstraint("id", "cooperative_id", name=op.f("uq_lot_recall_id_cooperative_id")),
        sa.UniqueConstraint("lot_id", "seq", name=op.f("uq_lot_recall_lot_id_seq")),
    )
    op.create_index(
        op.f("ix_lot_recall_cooperative_id_id"), "lot_recall", ["cooperative_id", "id"], unique=False
    )
    op.create_table(
        "stock_count_line",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("count_id", sa.BigInteger(), nullable=False),
        sa.Column("lot_id", sa.BigInteger(), nullable=False),
        sa.Column("book", sa.BigInteger(), nullable=False),
        sa.Column("counted", sa.BigInteger(), nullable=False),
        sa.Column("value_fen", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint(
            "(counted = book and value_fen = 0) or counted <> book", name=op.f("ck_stock_count_line_value")
        ),
        sa.CheckConstraint("book >= 0 and counted >= 0", name=op.f("ck_stock_count_line_quantities")),
        sa.ForeignKeyConstraint(
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_stock_count_line_cooperative_id")
        ),
        sa.ForeignKeyConstraint(
            ["count_id", "cooperative_id"],
            ["stock_count.id", "stock_count.cooperative_id"],
            name=op.f("fk_stock_count_line_count_id_cooperative_id"),
        ),
        sa.ForeignKeyConstraint(
            ["lot_id", "cooperative_id"],
            ["lot.id", "lot.cooperative_id"],
            name=op.f("fk_stock_count_line_lot_id_cooperative_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_count_line")),
        sa.UniqueConstraint("count_id", "lot_id", name=op.f("uq_stock_count_line_count_id_lot_id")),
    )
    op.create_table(
        "stock_loss",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("lot_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("value_fen", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("borne_by", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("reverses_id", sa.BigInteger(), nullable=True),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("by", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.CheckConstraint("borne_by in ('cooperative','producers')", name=op.f("ck_stock_loss_borne_by")),
        sa.CheckConstraint(
            "reason in ('shrinkage','damage','spoiled','expired','sample')", name=op.f("ck_stock_loss_reason")
        ),
        sa.CheckConstraint("quantity > 0 and value_fen >= 0", name=op.f("ck_stock_loss_amounts")),
        sa.ForeignKeyConstraint(["by"], ["user_account.id"], name=op.f("fk_stock_loss_by")),
        sa.ForeignKeyConstraint(
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_stock_loss_cooperative_id")
        ),
        sa.ForeignKeyConstraint(
            ["lot_id", "cooperative_id"],
            ["lot.id", "lot.cooperative_id"],
            name=op.f("fk_stock_loss_lot_id_cooperative_id"),
        ),
        sa.ForeignKeyConstraint(
            ["reverses_id", "cooperative_id"],
            ["stock_loss.id", "stock_loss.cooperative_id"],
            name=op.f("fk_stock_loss_reverses_id_cooperative_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_loss")),
        sa.UniqueConstraint("id", "cooperative_id", name=op.f("uq_stock_loss_id_cooperative_id")),
        sa.UniqueConstraint("key", name=op.f("uq_stock_loss_key")),
    )
    op.create_index(
        op.f("ix_stock_loss_cooperative_id_id"), "stock_loss", ["cooperative_id", "id"], unique=False
    )
    op.create_index(op.f("ix_stock_loss_lot_id"), "stock_loss", ["lot_id"], unique=False)
    op.create_index(op.f("ix_stock_loss_reverses_id"), "stock_loss", ["reverses_id"], unique=False)
    op.create_table(
        "lot_recall_lift",
        sa.Column("recall_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["by"], ["user_account.id"], name=op.f("fk_lot_recall_lift_by")),
        sa.ForeignKeyConstraint(
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_lot_recall_lift_cooperative_id")
        ),
        sa.ForeignKeyConstraint(
            ["recall_id", "cooperative_id"],
            ["lot_recall.id", "lot_recall.cooperative_id"],
            name=op.f("fk_lot_recall_lift_recall_id_cooperative_id"),
        ),
        sa.PrimaryKeyConstraint("recall_id", name=op.f("pk_lot_recall_lift")),
    )
    op.create_table(
        "stock_loss_part",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("loss_id", sa.BigInteger(), nullable=False),
        sa.Column("lot_part_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("quantity > 0 and fen >= 0", name=op.f("ck_stock_loss_part_amounts")),
        sa.ForeignKeyConstraint(
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_stock_loss_part_cooperative_id")
        ),
        sa.ForeignKeyConstraint(
            ["loss_id", "cooperative_id"],
            ["stock_loss.id", "stock_loss.cooperative_id"],
            name=op.f("fk_stock_loss_part_loss_id_cooperative_id"),
        ),
        sa.ForeignKeyConstraint(
            ["lot_part_id", "cooperative_id"],
            ["lot_part.id", "lot_part.cooperative_id"],
            name=op.f("fk_stock_loss_part_lot_part_id_cooperative_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_loss_part")),
        sa.UniqueConstraint("loss_id", "lot_part_id", name=op.f("uq_stock_loss_part_loss_id_lot_part_id")),
    )
    op.create_index(op.f("ix_stock_loss_part_lot_part_id"), "stock_loss_part", ["lot_part_id"], unique=False)
    op.add_column("lot", sa.Column("recalled_at", sa.DateTime(timezone=True), nullable=True))
    swap_check("lot_part", "returned", RETURNED + "quantity")
    swap_check("stock_move", "kind", KINDS.format("'found',"))
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
    swap_check("stock_move", "kind", KINDS.format(""))
    swap_check("lot_part", "returned", RETURNED + "returned_quantity")
    op.drop_column("lot", "recalled_at")
    op.drop_index(op.f("ix_stock_loss_part_lot_part_id"), table_name="stock_loss_part")
    op.drop_table("stock_loss_part")
    op.drop_table("lot_recall_lift")
    op.drop_index(op.f("ix_stock_loss_reverses_id"), table_name="stock_loss")
    op.drop_index(op.f("ix_stock_loss_lot_id"), table_name="stock_loss")
    op.drop_index(op.f("ix_stock_loss_cooperative_id_id"), table_name="stock_loss")
    op.drop_table("stock_loss")
    op.drop_table("stock_count_line")
    op.drop_index(op.f("ix_lot_recall_cooperative_id_id"), table_name="lot_recall")
    op.drop_table("lot_recall")
    op.drop_index(op.f("ix_stock_count_cooperative_id_id"), table_name="stock_count")
    op.drop_table("stock_count")
