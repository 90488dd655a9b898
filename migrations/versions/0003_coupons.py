"""Coupons of cooperatives and the town.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

APPEND_ONLY = ("coupon_share", "town_payment", "town_payment_line")
CHECKS = (
    ("suborder", "ck_suborder_town_borne", "town_borne_fen between 0 and goods_fen - discount_fen"),
    ("order_line", "ck_order_line_town_borne", "town_borne_fen between 0 and net_fen"),
    ("refund_line", "ck_refund_line_town_borne", "town_borne_fen between 0 and fen"),
)


def upgrade() -> None:
    op.create_table(
        "coupon",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("request_key", sa.Text(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=True),
        sa.Column("region_code", sa.Text(), nullable=True),
        sa.Column("only_id", sa.BigInteger(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("off_fen", sa.BigInteger(), nullable=True),
        sa.Column("percent", sa.BigInteger(), nullable=True),
        sa.Column("cap_fen", sa.BigInteger(), nullable=True),
        sa.Column("threshold_fen", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("issued", sa.BigInteger(), nullable=False),
        sa.Column("taken", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("budget_fen", sa.BigInteger(), nullable=True),
        sa.Column("spent_fen", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(kind = 'amount' and off_fen > 0 and percent is null and cap_fen is null) or (kind "
            "= 'percent' and off_fen is null and percent between 1 and 99 and cap_fen > 0)",
            name=op.f("ck_coupon_kind"),
        ),
        sa.CheckConstraint(
            "(cooperative_id is null) <> (region_code is null)", name=op.f("ck_coupon_one_issuer")
        ),
        sa.CheckConstraint(
            "cooperative_id is not null or budget_fen > 0", name=op.f("ck_coupon_town_budget")
        ),
        sa.CheckConstraint(
            "cooperative_id is null or only_id = cooperative_id", name=op.f("ck_coupon_own_goods")
        ),
        sa.CheckConstraint("issued > 0 and taken between 0 and issued", name=op.f("ck_coupon_issued")),
        sa.CheckConstraint(
            "spent_fen >= 0 and (budget_fen is null or spent_fen <= budget_fen)",
            name=op.f("ck_coupon_budget"),
        ),
        sa.CheckConstraint("threshold_fen >= 0 and starts_on <= ends_on", name=op.f("ck_coupon_terms")),
        sa.ForeignKeyConstraint(
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_coupon_cooperative_id")
        ),
        sa.ForeignKeyConstraint(["made_by"], ["user_account.id"], name=op.f("fk_coupon_made_by")),
        sa.ForeignKeyConstraint(["only_id"], ["cooperative.id"], name=op.f("fk_coupon_only_id")),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_coupon_region_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coupon")),
        sa.UniqueConstraint("request_key", name=op.f("uq_coupon_request_key")),
    )
    op.create_index(op.f("ix_coupon_cooperative_id"), "coupon", ["cooperative_id"], unique=False)
    op.create_index(op.f("ix_coupon_region_code"), "coupon", ["region_code"], unique=False)
    op.create_table(
        "town_payment",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("fen", sa.BigInteger(), nullable=False),
        sa.Column("recorded_by", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("fen > 0", name=op.f("ck_town_payment_amount")),
        sa.ForeignKeyConstraint(
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_town_payment_cooperative_id")
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["user_account.id"], name=op.f("fk_town_payment_recorded_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_town_payment")),
        sa.UniqueConstraint(
            "cooperative_id", "reference", name=op.f("uq_town_payment_cooperative_id_reference")
        ),
        sa.UniqueConstraint("id", "cooperative_id", name=op.f("uq_town_payment_id_cooperative_id")),
    )
    op.create_table(
        "coupon_taken",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("coupon_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["coupon_id"], ["coupon.id"], name=op.f("fk_coupon_taken_coupon_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_coupon_taken_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coupon_taken")),
        sa.UniqueConstraint("coupon_id", "user_id", name=op.f("uq_coupon_taken_coupon_id_user_id")),
    )
    op.create_index(op.f("ix_coupon_taken_user_id"), "coupon_taken", ["user_id"], unique=False)
    op.create_table(
        "town_payment_line",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("payment_id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("suborder_id", sa.BigInteger(), nullable=False),
        sa.Column("fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("fen <> 0", name=op.f("ck_town_payment_line_amount")),
        sa.ForeignKeyConstraint(
            ["payment_id", "cooperative_id"],
            ["town_payment.id", "town_payment.cooperative_id"],
            name=op.f("fk_town_payment_line_payment_id_cooperative_id"),
        ),
        sa.ForeignKeyConstraint(
            ["suborder_id", "cooperative_id"],
            ["suborder.id", "suborder.cooperative_id"],
            name=op.f("fk_town_payment_line_suborder_id_cooperative_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_town_payment_line")),
        sa.UniqueConstraint(
            "payment_id", "suborder_id", name=op.f("uq_town_payment_line_payment_id_suborder_id")
        ),
    )
    op.create_index(
        op.f("ix_town_payment_line_suborder_id"), "town_payment_line", ["suborder_id"], unique=False
    )
    op.create_table(
        "coupon_use",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("taken_id", sa.BigInteger(), nullable=False),
        sa.Column("coupon_id", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("seller_id", sa.BigInteger(), nullable=True),
        sa.Column("fen", sa.BigInteger(), nullable=False),
        sa.Column("back_fen", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("release_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "release_reason in ('cancelled','expired','refunded','not_taken')",
            name=op.f("ck_coupon_use_reason"),
        ),
        sa.CheckConstraint(
            "(released_at is null) = (release_reason is null)", name=op.f("ck_coupon_use_released")
        ),
        sa.CheckConstraint("fen > 0 and back_fen between 0 and fen", name=op.f("ck_coupon_use_amounts")),
        sa.ForeignKeyConstraint(["coupon_id"], ["coupon.id"], name=op.f("fk_coupon_use_coupon_id")),
        sa.ForeignKeyConstraint(["order_id"], ["customer_order.id"], name=op.f("fk_coupon_use_order_id")),
        sa.ForeignKeyConstraint(["seller_id"], ["cooperative.id"], name=op.f("fk_coupon_use_seller_id")),
        sa.ForeignKeyConstraint(["taken_id"], ["coupon_taken.id"], name=op.f("fk_coupon_use_taken_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coupon_use")),
        sa.UniqueConstraint("taken_id", "order_id", name=op.f("uq_coupon_use_taken_id_order_id")),
    )
    op.create_index(
        "uq_coupon_use_issuer",
        "coupon_use",
        ["order_id", sa.literal_column("coalesce(seller_id, 0)")],
        unique=True,
    )
    op.create_index(
        "uq_coupon_use_live",
        "coupon_use",
        ["taken_id"],
        unique=True,
        postgresql_where=sa.text("released_at is null"),
    )
    op.create_table(
        "coupon_share",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("use_id", sa.BigInteger(), nullable=False),
        sa.Column("line_id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("fen > 0", name=op.f("ck_coupon_share_amount")),
        sa.ForeignKeyConstraint(
            ["line_id", "cooperative_id"],
            ["order_line.id", "order_line.cooperative_id"],
            name=op.f("fk_coupon_share_line_id_cooperative_id"),
        ),
        sa.ForeignKeyConstraint(["use_id"], ["coupon_use.id"], name=op.f("fk_coupon_share_use_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coupon_share")),
        sa.UniqueConstraint("use_id", "line_id", name=op.f("uq_coupon_share_use_id_line_id")),
    )
    op.create_index(op.f("ix_coupon_share_line_id"), "coupon_share", ["line_id"], unique=False)
    op.add_column(
        "order_line",
        sa.Column("town_borne_fen", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
    )
    op.add_column(
        "refund_line",
        sa.Column("town_borne_fen", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
    )
    op.add_column(
        "suborder", sa.Column("town_borne_fen", sa.BigInteger(), server_default=sa.text("0"), nullable=False)
    )

    # Not validated: every row that is there has the default 0, and validating in this transaction would block all reads.
    for table, name, rule in CHECKS:
        op.execute(f"alter table {table} add constraint {name} check ({rule}) not valid")
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
    for table in APPEND_ONLY:
        op.execute(f"drop trigger {table}_no_truncate on {table}")
        op.execute(f"drop trigger {table}_append_only on {table}")
    for table, name, _rule in CHECKS:
        op.execute(f"alter table {table} drop constraint {name}")
    op.drop_column("suborder", "town_borne_fen")
    op.drop_column("refund_line", "town_borne_fen")
    op.drop_column("order_line", "town_borne_fen")
    op.drop_index(op.f("ix_coupon_share_line_id"), table_name="coupon_share")
    op.drop_table("coupon_share")
    op.drop_index(
        "uq_coupon_use_live", table_name="coupon_use", postgresql_where=sa.text("released_at is null")
    )
    op.drop_index("uq_coupon_use_issuer", table_name="coupon_use")
    op.drop_table("coupon_use")
    op.drop_index(op.f("ix_town_payment_line_suborder_id"), table_name="town_payment_line")
    op.drop_table("town_payment_line")
    op.drop_index(op.f("ix_coupon_taken_user_id"), table_name="coupon_taken")
    op.drop_table("coupon_taken")
    op.drop_table("town_payment")
    op.drop_index(op.f("ix_coupon_region_code"), table_name="coupon")
    op.drop_index(op.f("ix_coupon_cooperative_id"), table_name="coupon")
    op.drop_table("coupon")
