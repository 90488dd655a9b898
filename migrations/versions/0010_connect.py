"""Connected accounts, transfers to them and reversals.

Revision ID: 0010
Revises: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "connected_account",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("account_ref", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.BigInteger(), nullable=False),
        sa.Column(
            "requested_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("approved_by", sa.BigInteger(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(approved_by is null) = (approved_at is null)", name=op.f("ck_connected_account_approved")
        ),
        sa.CheckConstraint(
            "(effective_at is null) = (approved_at is null)", name=op.f("ck_connected_account_effective")
        ),
        sa.CheckConstraint(
            "approved_by is null or approved_by <> requested_by", name=op.f("ck_connected_account_two_people")
        ),
        sa.ForeignKeyConstraint(
            ["approved_by"], ["user_account.id"], name=op.f("fk_connected_account_approved_by")
        ),
        sa.ForeignKeyConstraint(
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_connected_account_cooperative_id")
        ),
        sa.ForeignKeyConstraint(
            ["requested_by"], ["user_account.id"], name=op.f("fk_connected_account_requested_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connected_account")),
        sa.UniqueConstraint("id", "cooperative_id", name=op.f("uq_connected_account_id_cooperative_id")),
    )
    op.create_index(
        op.f("ix_connected_account_cooperative_id"), "connected_account", ["cooperative_id"], unique=False
    )
    op.create_index(
        "uq_connected_account_ref",
        "connected_account",
        ["account_ref"],
        unique=True,
        postgresql_where=sa.text("ended_at is null"),
    )
    op.create_table(
        "connect_transfer",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("suborder_id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("payment_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("charge_ref", sa.Text(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("tries", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("state", sa.Text(), server_default="created", nullable=False),
        sa.Column("provider_ref", sa.Text(), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "state in ('created','sent','reversed','failed')", name=op.f("ck_connect_transfer_state")
        ),
        sa.CheckConstraint(
            "state not in ('sent','reversed') or provider_ref is not null",
            name=op.f("ck_connect_transfer_sent"),
        ),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_connect_transfer_amount")),
        sa.ForeignKeyConstraint(
            ["account_id", "cooperative_id"],
            ["connected_account.id", "connected_account.cooperative_id"],
            name=op.f("fk_connect_transfer_account_id_cooperative_id"),
        ),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_connect_transfer_payment_id")),
        sa.ForeignKeyConstraint(
            ["suborder_id", "cooperative_id"],
            ["suborder.id", "suborder.cooperative_id"],
            name=op.f("fk_connect_transfer_suborder_id_cooperative_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connect_transfer")),
        sa.UniqueConstraint("id", "cooperative_id", name=op.f("uq_connect_transfer_id_cooperative_id")),
        sa.UniqueConstraint("key", name=op.f("uq_connect_transfer_key")),
        sa.UniqueConstraint("provider_ref", name=op.f("uq_connect_transfer_provider_ref")),
        sa.UniqueConstraint("suborder_id", name=op.f("uq_connect_transfer_suborder_id")),
    )
    op.create_index(
        op.f("ix_connect_transfer_cooperative_id"), "connect_transfer", ["cooperative_id"], unique=False
    )
    op.create_index(
        "ix_connect_transfer_open",
        "connect_transfer",
        ["id"],
        unique=False,
        postgresql_where=sa.text("state in ('created','failed')"),
    )
    op.create_index(op.f("ix_connect_transfer_payment_id"), "connect_transfer", ["payment_id"], unique=False)
    op.create_table(
        "connect_reversal",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("transfer_id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("refund_id", sa.BigInteger(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("tries", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("state", sa.Text(), server_default="created", nullable=False),
        sa.Column("provider_ref", sa.Text(), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "state <> 'sent' or provider_ref is not null", name=op.f("ck_connect_reversal_sent")
        ),
        sa.CheckConstraint("state in ('created','sent','failed')", name=op.f("ck_connect_reversal_state")),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_connect_reversal_amount")),
        sa.ForeignKeyConstraint(["refund_id"], ["refund.id"], name=op.f("fk_connect_reversal_refund_id")),
        sa.ForeignKeyConstraint(
            ["transfer_id", "cooperative_id"],
            ["connect_transfer.id", "connect_transfer.cooperative_id"],
            name=op.f("fk_connect_reversal_transfer_id_cooperative_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connect_reversal")),
        sa.UniqueConstraint("key", name=op.f("uq_connect_reversal_key")),
        sa.UniqueConstraint("provider_ref", name=op.f("uq_connect_reversal_provider_ref")),
        sa.UniqueConstraint("refund_id", name=op.f("uq_connect_reversal_refund_id")),
    )
    op.create_index(
        "ix_connect_reversal_open",
        "connect_reversal",
        ["id"],
        unique=False,
        postgresql_where=sa.text("state in ('created','failed')"),
    )
    op.create_index(
        op.f("ix_connect_reversal_transfer_id"), "connect_reversal", ["transfer_id"], unique=False
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_connect_reversal_transfer_id"), table_name="connect_reversal")
    op.drop_index(
        "ix_connect_reversal_open",
        table_name="connect_reversal",
        postgresql_where=sa.text("state in ('created','failed')"),
    )
    op.drop_table("connect_reversal")
    op.drop_index(op.f("ix_connect_transfer_payment_id"), table_name="connect_transfer")
    op.drop_index(
        "ix_connect_transfer_open",
        table_name="connect_transfer",
        postgresql_where=sa.text("state in ('created','failed')"),
    )
    op.drop_index(op.f("ix_connect_transfer_cooperative_id"), table_name="connect_transfer")
    op.drop_table("connect_transfer")
    op.drop_index(
        "uq_connected_account_ref",
        table_name="connected_account",
        postgresql_where=sa.text("ended_at is null"),
    )
    op.drop_index(op.f("ix_connected_account_cooperative_id"), table_name="connected_account")
    op.drop_table("connected_account")
