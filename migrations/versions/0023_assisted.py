"""Contacts, offers and demands, assisted sales and their proof.

Revision ID: 0023
Revises: 0022
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

APPEND_ONLY = ("trade_match", "assisted_sale", "assisted_proof")


def upgrade() -> None:
    op.create_table(
        "trade_contact",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("person", sa.LargeBinary(), nullable=False),
        sa.Column("phone", sa.LargeBinary(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "kind in ('merchant','institution','canteen','fair')", name=op.f("ck_trade_contact_kind")
        ),
        sa.CheckConstraint("name <> ''", name=op.f("ck_trade_contact_name")),
        sa.ForeignKeyConstraint(["made_by"], ["user_account.id"], name=op.f("fk_trade_contact_made_by")),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_trade_contact_region_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trade_contact")),
        sa.UniqueConstraint("region_code", "name", name=op.f("uq_trade_contact_region_code_name")),
    )
    op.create_table(
        "trade_notice",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("request_key", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("village_id", sa.BigInteger(), nullable=True),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=True),
        sa.Column("contact_id", sa.BigInteger(), nullable=True),
        sa.Column("goods", sa.Text(), nullable=False),
        sa.Column("unit_kind", sa.Text(), server_default="g", nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("low_fen", sa.BigInteger(), nullable=False),
        sa.Column("high_fen", sa.BigInteger(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "case side when 'offer' then contact_id is null and village_id is not null else "
            "contact_id is not null and village_id is null and cooperative_id is null end",
            name=op.f("ck_trade_notice_party"),
        ),
        sa.CheckConstraint("side in ('offer','demand')", name=op.f("ck_trade_notice_side")),
        sa.CheckConstraint("state in ('open','matched','closed')", name=op.f("ck_trade_notice_state")),
        sa.CheckConstraint(
            "unit_kind in ('g','piece') and quantity > 0", name=op.f("ck_trade_notice_quantity")
        ),
        sa.CheckConstraint("from_on <= to_on", name=op.f("ck_trade_notice_days")),
        sa.CheckConstraint("low_fen >= 0 and high_fen >= low_fen", name=op.f("ck_trade_notice_price")),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["trade_contact.id"], name=op.f("fk_trade_notice_contact_id")
        ),
        sa.ForeignKeyConstraint(
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_trade_notice_cooperative_id")
        ),
        sa.ForeignKeyConstraint(["made_by"], ["user_account.id"], name=op.f("fk_trade_notice_made_by")),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_trade_notice_region_code")),
        sa.ForeignKeyConstraint(["village_id"], ["village.id"], name=op.f("fk_trade_notice_village_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trade_notice")),
        sa.UniqueConstraint("id", "side", name=op.f("uq_trade_notice_id_side")),
        sa.UniqueConstraint("request_key", name=op.f("uq_trade_notice_request_key")),
    )
    op.create_index(op.f("ix_trade_notice_contact_id"), "trade_notice", ["contact_id"], unique=False)
    op.create_index(
        op.f("ix_trade_notice_region_code_state"), "trade_notice", ["region_code", "state"], unique=False
    )
    op.create_table(
        "trade_match",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("offer_id", sa.BigInteger(), nullable=False),
        sa.Column("offer_side", sa.Text(), server_default="offer", nullable=False),
        sa.Column("demand_id", sa.BigInteger(), nullable=False),
        sa.Column("demand_side", sa.Text(), server_default="demand", nullable=False),
        sa.Column("by", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "offer_side = 'offer' and demand_side = 'demand'", name=op.f("ck_trade_match_sides")
        ),
        sa.ForeignKeyConstraint(["by"], ["user_account.id"], name=op.f("fk_trade_match_by")),
        sa.ForeignKeyConstraint(
            ["demand_id", "demand_side"],
            ["trade_notice.id", "trade_notice.side"],
            name=op.f("fk_trade_match_demand_id_demand_side"),
        ),
        sa.ForeignKeyConstraint(
            ["offer_id", "offer_side"],
            ["trade_notice.id", "trade_notice.side"],
            name=op.f("fk_trade_match_offer_id_offer_side"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trade_match")),
        sa.UniqueConstraint("demand_id", name=op.f("uq_trade_match_demand_id")),
        sa.UniqueConstraint("offer_id", name=op.f("uq_trade_match_offer_id")),
    )
    op.create_table(
        "assisted_sale",
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=True),
        sa.Column("match_id", sa.BigInteger(), nullable=True),
        sa.Column("platform", sa.Text(), nullable=True),
        sa.Column("platform_number", sa.Text(), nullable=True),
        sa.Column("platform_line", sa.BigInteger(), nullable=True),
        sa.Column("entered_by", sa.BigInteger(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "platform <> '' and platform_number <> '' and platform_line > 0",
            name=op.f("ck_assisted_sale_number"),
        ),
        sa.CheckConstraint(
            "(platform is null) = (platform_number is null) and (platform is null) = (platform_line is null)",
            name=op.f("ck_assisted_sale_platform"),
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["trade_contact.id"], name=op.f("fk_assisted_sale_contact_id")
        ),
        sa.ForeignKeyConstraint(
            ["entered_by"], ["user_account.id"], name=op.f("fk_assisted_sale_entered_by")
        ),
        sa.ForeignKeyConstraint(["match_id"], ["trade_match.id"], name=op.f("fk_assisted_sale_match_id")),
        sa.ForeignKeyConstraint(["order_id"], ["customer_order.id"], name=op.f("fk_assisted_sale_order_id")),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_assisted_sale")),
        sa.UniqueConstraint("match_id", name=op.f("uq_assisted_sale_match_id")),
        sa.UniqueConstraint("order_id", "entered_by", name=op.f("uq_assisted_sale_order_id_entered_by")),
        sa.UniqueConstraint(
            "platform",
            "platform_number",
            "platform_line",
            name=op.f("uq_assisted_sale_platform_platform_number_platform_line"),
        ),
    )
    op.create_index(op.f("ix_assisted_sale_contact_id"), "assisted_sale", ["contact_id"], unique=False)
    op.create_table(
        "assisted_proof",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attachment_id", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("entered_by", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "note <> '' or (state = 'proven' and attachment_id is not null)",
            name=op.f("ck_assisted_proof_backed"),
        ),
        sa.CheckConstraint("state in ('proven','unproven')", name=op.f("ck_assisted_proof_state")),
        sa.CheckConstraint("by <> entered_by", name=op.f("ck_assisted_proof_another")),
        sa.ForeignKeyConstraint(
            ["attachment_id"], ["attachment.id"], name=op.f("fk_assisted_proof_attachment_id")
        ),
        sa.ForeignKeyConstraint(["by"], ["user_account.id"], name=op.f("fk_assisted_proof_by")),
        sa.ForeignKeyConstraint(
            ["order_id", "entered_by"],
            ["assisted_sale.order_id", "assisted_sale.entered_by"],
            name=op.f("fk_assisted_proof_order_id_entered_by"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assisted_proof")),
        sa.UniqueConstraint("order_id", "seq", name=op.f("uq_assisted_proof_order_id_seq")),
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
    for table in APPEND_ONLY:
        op.execute(f"drop trigger {table}_no_truncate on {table}")
        op.execute(f"drop trigger {table}_append_only on {table}")
    op.drop_table("assisted_proof")
    op.drop_index(op.f("ix_assisted_sale_contact_id"), table_name="assisted_sale")
    op.drop_table("assisted_sale")
    op.drop_table("trade_match")
    op.drop_index(op.f("ix_trade_notice_region_code_state"), table_name="trade_notice")
    op.drop_index(op.f("ix_trade_notice_contact_id"), table_name="trade_notice")
    op.drop_table("trade_notice")
    op.drop_table("trade_contact")
