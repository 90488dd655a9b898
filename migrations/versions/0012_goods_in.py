"""Goods in: price list, confirmations, codes, messages.

Revision ID: 0012
Revises: 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

APPEND_ONLY = ("intake_price", "receipt_confirmation")


def upgrade() -> None:
    op.create_table(
        "intake_price",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("produce_id", sa.BigInteger(), nullable=False),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("price_fen", sa.BigInteger(), nullable=False),
        sa.Column("commission_rate", sa.Text(), nullable=True),
        sa.Column("grade_factor", sa.BigInteger(), server_default=sa.text("100"), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("notice", sa.Text(), nullable=False),
        sa.Column("set_by", sa.BigInteger(), nullable=True),
        sa.Column("set_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("request_key", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(mode = 'consign_commission' and price_fen = 0 and commission_rate is not null) or "
            "(mode <> 'consign_commission' and price_fen > 0 and commission_rate is null)",
            name=op.f("ck_intake_price_terms"),
        ),
        sa.CheckConstraint(
            "mode in ('buyout','consign_fixed','consign_commission')", name=op.f("ck_intake_price_mode")
        ),
        sa.CheckConstraint("grade_factor between 1 and 1000", name=op.f("ck_intake_price_grade_factor")),
        sa.CheckConstraint("length(notice) between 1 and 200", name=op.f("ck_intake_price_notice")),
        sa.ForeignKeyConstraint(
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_intake_price_cooperative_id")
        ),
        sa.ForeignKeyConstraint(
            ["produce_id", "cooperative_id"],
            ["produce.id", "produce.cooperative_id"],
            name=op.f("fk_intake_price_produce_id_cooperative_id"),
        ),
        sa.ForeignKeyConstraint(["set_by"], ["user_account.id"], name=op.f("fk_intake_price_set_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_intake_price")),
        sa.UniqueConstraint("id", "cooperative_id", name=op.f("uq_intake_price_id_cooperative_id")),
        sa.UniqueConstraint("request_key", name=op.f("uq_intake_price_request_key")),
    )
    op.create_index(
        op.f("ix_intake_price_cooperative_id_produce_id_grade_mode_valid_from"),
        "intake_price",
        ["cooperative_id", "produce_id", "grade", "mode", "valid_from"],
        unique=False,
    )
    op.create_table(
        "receipt_code",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("receipt_id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.Column("sent_by", sa.BigInteger(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("tries >= 0", name=op.f("ck_receipt_code_tries")),
        sa.ForeignKeyConstraint(
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_receipt_code_cooperative_id")
        ),
        sa.ForeignKeyConstraint(
            ["receipt_id", "cooperative_id"],
            ["intake_receipt.id", "intake_receipt.cooperative_id"],
            name=op.f("fk_receipt_code_receipt_id_cooperative_id"),
        ),
        sa.ForeignKeyConstraint(["sent_by"], ["user_account.id"], name=op.f("fk_receipt_code_sent_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt_code")),
    )
    op.create_index(op.f("ix_receipt_code_receipt_id"), "receipt_code", ["receipt_id"], unique=False)
    op.create_table(
        "receipt_confirmation",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("receipt_id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("by", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("attachment_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(how in ('signature','slip')) = (attachment_id is not null)",
            name=op.f("ck_receipt_confirmation_paper"),
        ),
        sa.CheckConstraint(
            "how in ('code','signature','slip','page')", name=op.f("ck_receipt_confirmation_how")
        ),
        sa.CheckConstraint("(how = 'page') = (\"by\" is null)", name=op.f("ck_receipt_confirmation_by")),
        sa.ForeignKeyConstraint(
            ["attachment_id"], ["attachment.id"], name=op.f("fk_receipt_confirmation_attachment_id")
        ),
        sa.ForeignKeyConstraint(["by"], ["user_account.id"], name=op.f("fk_receipt_confirmation_by")),
        sa.ForeignKeyConstraint(
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_receipt_confirmation_cooperative_id")
        ),
        sa.ForeignKeyConstraint(
            ["receipt_id", "cooperative_id"],
            ["intake_receipt.id", "intake_receipt.cooperative_id"],
            name=op.f("fk_receipt_confirmation_receipt_id_cooperative_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt_confirmation")),
        sa.UniqueConstraint("receipt_id", name=op.f("uq_receipt_confirmation_receipt_id")),
    )
    op.create_table(
        "receipt_message",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("receipt_id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("asked_by", sa.BigInteger(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["asked_by"], ["user_account.id"], name=op.f("fk_receipt_message_asked_by")),
        sa.ForeignKeyConstraint(
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_receipt_message_cooperative_id")
        ),
        sa.ForeignKeyConstraint(
            ["receipt_id", "cooperative_id"],
            ["intake_receipt.id", "intake_receipt.cooperative_id"],
            name=op.f("fk_receipt_message_receipt_id_cooperative_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt_message")),
        sa.UniqueConstraint("receipt_id", name=op.f("uq_receipt_message_receipt_id")),
    )
    op.add_column("intake_receipt", sa.Column("intake_price_id", sa.BigInteger(), nullable=True))
    op.add_column(
        "intake_receipt", sa.Column("off_list", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    # every row has none yet: looking them over takes no time
    op.execute(
        "alter table intake_receipt add constraint fk_intake_receipt_intake_price_id_cooperative_id "
        "foreign key (intake_price_id, cooperative_id) references intake_price (id, cooperative_id) not valid"
    )
    op.execute(
        "-- squawk-ignore constraint-missing-not-valid\n"
        "alter table intake_receipt validate constraint fk_intake_receipt_intake_price_id_cooperative_id"
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
    op.drop_constraint(
        op.f("fk_intake_receipt_intake_price_id_cooperative_id"), "intake_receipt", type_="foreignkey"
    )
    op.drop_column("intake_receipt", "off_list")
    op.drop_column("intake_receipt", "intake_price_id")
    op.drop_table("receipt_message")
    op.drop_table("receipt_confirmation")
    op.drop_index(op.f("ix_receipt_code_receipt_id"), table_name="receipt_code")
    op.drop_table("receipt_code")
    op.drop_index(
        op.f("ix_intake_price_cooperative_id_produce_id_grade_mode_valid_from"), table_name="intake_price"
    )
    op.drop_table("intake_price")
