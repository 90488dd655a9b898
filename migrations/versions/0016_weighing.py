"""Lots exchanged before dispatch, goods weighed when packed.

Revision ID: 0016
Revises: 0015
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

APPEND_ONLY = ("lot_swap", "weighing")


def upgrade() -> None:
    op.create_table(
        "lot_swap",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("line_id", sa.BigInteger(), nullable=False),
        sa.Column("from_allocation_id", sa.BigInteger(), nullable=False),
        sa.Column("to_allocation_id", sa.BigInteger(), nullable=False),
        sa.Column("rest_allocation_id", sa.BigInteger(), nullable=True),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("fen", sa.BigInteger(), nullable=True),
        sa.Column("on_date", sa.Date(), nullable=True),
        sa.Column("request_key", sa.Text(), nullable=False),
        sa.Column("by", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "(fen is null) = (on_date is null) and coalesce(fen, 0) >= 0", name=op.f("ck_lot_swap_booked")
        ),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_lot_swap_quantity")),
        sa.ForeignKeyConstraint(["by"], ["user_account.id"], name=op.f("fk_lot_swap_by")),
        sa.ForeignKeyConstraint(
            ["from_allocation_id", "cooperative_id"],
            ["lot_allocation.id", "lot_allocation.cooperative_id"],
            name=op.f("fk_lot_swap_from_allocation_id_cooperative_id"),
        ),
        sa.ForeignKeyConstraint(
            ["line_id", "cooperative_id"],
            ["order_line.id", "order_line.cooperative_id"],
            name=op.f("fk_lot_swap_line_id_cooperative_id"),
        ),
        sa.ForeignKeyConstraint(
            ["rest_allocation_id", "cooperative_id"],
            ["lot_allocation.id", "lot_allocation.cooperative_id"],
            name=op.f("fk_lot_swap_rest_allocation_id_cooperative_id"),
        ),
        sa.ForeignKeyConstraint(
            ["to_allocation_id", "cooperative_id"],
            ["lot_allocation.id", "lot_allocation.cooperative_id"],
            name=op.f("fk_lot_swap_to_allocation_id_cooperative_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lot_swap")),
        sa.UniqueConstraint("from_allocation_id", name=op.f("uq_lot_swap_from_allocation_id")),
        sa.UniqueConstraint("request_key", name=op.f("uq_lot_swap_request_key")),
        sa.UniqueConstraint("rest_allocation_id", name=op.f("uq_lot_swap_rest_allocation_id")),
        sa.UniqueConstraint("to_allocation_id", name=op.f("uq_lot_swap_to_allocation_id")),
    )
    op.create_index(op.f("ix_lot_swap_line_id"), "lot_swap", ["line_id"], unique=False)
    op.create_table(
        "weighing",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("line_id", sa.BigInteger(), nullable=False),
        sa.Column("parcel", sa.BigInteger(), nullable=False),
        sa.Column("ordered", sa.BigInteger(), nullable=False),
        sa.Column("weighed", sa.BigInteger(), nullable=False),
        sa.Column("refund_line_id", sa.BigInteger(), nullable=False),
        sa.Column("request_key", sa.Text(), nullable=False),
        sa.Column("by", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("parcel > 0 and weighed > 0 and weighed < ordered", name=op.f("ck_weighing_less")),
        sa.ForeignKeyConstraint(["by"], ["user_account.id"], name=op.f("fk_weighing_by")),
        sa.ForeignKeyConstraint(
            ["line_id", "cooperative_id"],
            ["order_line.id", "order_line.cooperative_id"],
            name=op.f("fk_weighing_line_id_cooperative_id"),
        ),
        sa.ForeignKeyConstraint(
            ["refund_line_id"], ["refund_line.id"], name=op.f("fk_weighing_refund_line_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_weighing")),
        sa.UniqueConstraint("line_id", "parcel", name=op.f("uq_weighing_line_id_parcel")),
        sa.UniqueConstraint("refund_line_id", name=op.f("uq_weighing_refund_line_id")),
        sa.UniqueConstraint("request_key", name=op.f("uq_weighing_request_key")),
    )
    op.add_column(
        "sku", sa.Column("by_weight", sa.Boolean(), server_default=sa.text("false"), nullable=False)
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
    op.drop_column("sku", "by_weight")
    op.drop_table("weighing")
    op.drop_index(op.f("ix_lot_swap_line_id"), table_name="lot_swap")
    op.drop_table("lot_swap")
