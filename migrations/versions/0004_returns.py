"""Requests for money back, and fresh goods confirmed at purchase.

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

APPEND_ONLY = ("return_event", "fresh_confirmation")


def upgrade() -> None:
    op.create_table(
        "return_request",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("request_key", sa.Text(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("suborder_id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), server_default="", nullable=False),
        sa.Column("asked_fen", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), server_default="asked", nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("send_to", sa.LargeBinary(), nullable=True),
        sa.Column("express_company", sa.Text(), nullable=True),
        sa.Column("express_number", sa.Text(), nullable=True),
        sa.Column("granted_fen", sa.BigInteger(), nullable=True),
        sa.Column("refund_id", sa.BigInteger(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "(state = 'refunded') = (refund_id is not null)", name=op.f("ck_return_request_refunded")
        ),
        sa.CheckConstraint("kind in ('whole','goods','amount')", name=op.f("ck_return_request_kind")),
        sa.CheckConstraint(
            "state in ('asked','to_send','sent','refused','called','refunded','withdrawn','upheld')",
            name=op.f("ck_return_request_state"),
        ),
        sa.CheckConstraint(
            "(refund_id is null) = (granted_fen is null)", name=op.f("ck_return_request_granted")
        ),
        sa.CheckConstraint("asked_fen > 0", name=op.f("ck_return_request_asked")),
        sa.ForeignKeyConstraint(["order_id"], ["customer_order.id"], name=op.f("fk_return_request_order_id")),
        sa.ForeignKeyConstraint(["refund_id"], ["refund.id"], name=op.f("fk_return_request_refund_id")),
        sa.ForeignKeyConstraint(
            ["suborder_id", "cooperative_id"],
            ["suborder.id", "suborder.cooperative_id"],
            name=op.f("fk_return_request_suborder_id_cooperative_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_return_request")),
        sa.UniqueConstraint("id", "cooperative_id", name=op.f("uq_return_request_id_cooperative_id")),
        sa.UniqueConstraint("refund_id", name=op.f("uq_return_request_refund_id")),
        sa.UniqueConstraint("request_key", name=op.f("uq_return_request_request_key")),
    )
    op.create_index(
        "ix_return_request_due",
        "return_request",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("state = 'to_send'"),
    )
    op.create_index(op.f("ix_return_request_order_id"), "return_request", ["order_id"], unique=False)
    op.create_index(op.f("ix_return_request_suborder_id"), "return_request", ["suborder_id"], unique=False)
    op.create_index(
        "ix_return_request_work", "return_request", ["cooperative_id", "state", "id"], unique=False
    )
    op.create_table(
        "return_event",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("request_id", sa.BigInteger(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("side in ('buyer','coop','town','clock')", name=op.f("ck_return_event_side")),
        sa.ForeignKeyConstraint(
            ["request_id"], ["return_request.id"], name=op.f("fk_return_event_request_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_return_event")),
    )
    op.create_index(op.f("ix_return_event_request_id"), "return_event", ["request_id"], unique=False)
    op.create_table(
        "fresh_confirmation",
        sa.Column("line_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["line_id"], ["order_line.id"], name=op.f("fk_fresh_confirmation_line_id")),
        sa.PrimaryKeyConstraint("line_id", name=op.f("pk_fresh_confirmation")),
    )
    op.create_table(
        "return_line",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("request_id", sa.BigInteger(), nullable=False),
        sa.Column("line_id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("open", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.CheckConstraint("quantity >= 0", name=op.f("ck_return_line_quantity")),
        sa.ForeignKeyConstraint(
            ["line_id", "cooperative_id"],
            ["order_line.id", "order_line.cooperative_id"],
            name=op.f("fk_return_line_line_id_cooperative_id"),
        ),
        sa.ForeignKeyConstraint(
            ["request_id", "cooperative_id"],
            ["return_request.id", "return_request.cooperative_id"],
            name=op.f("fk_return_line_request_id_cooperative_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_return_line")),
        sa.UniqueConstraint("request_id", "line_id", name=op.f("uq_return_line_request_id_line_id")),
    )
    op.create_index(
        "uq_return_line_open", "return_line", ["line_id"], unique=True, postgresql_where=sa.text("open")
    )
    op.add_column(
        "product", sa.Column("fresh", sa.Boolean(), server_default=sa.text("false"), nullable=False)
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
    op.drop_column("product", "fresh")
    op.drop_index("uq_return_line_open", table_name="return_line", postgresql_where=sa.text("open"))
    op.drop_table("return_line")
    op.drop_table("fresh_confirmation")
    op.drop_index(op.f("ix_return_event_request_id"), table_name="return_event")
    op.drop_table("return_event")
    op.drop_index("ix_return_request_work", table_name="return_request")
    op.drop_index(op.f("ix_return_request_suborder_id"), table_name="return_request")
    op.drop_index(op.f("ix_return_request_order_id"), table_name="return_request")
    op.drop_index(
        "ix_return_request_due", table_name="return_request", postgresql_where=sa.text("state = 'to_send'")
    )
    op.drop_table("return_request")
