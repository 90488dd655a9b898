"""The ground: every table of the main job.

Revision ID: 0001
Revises:
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("create extension if not exists pg_trgm")
    op.execute("create extension if not exists btree_gist")
    op.execute(sa.schema.CreateSequence(sa.Sequence("order_number_seq", start=1000)))
    op.create_table(
        "activity",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("subject_type", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=True),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("ip", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity")),
    )
    op.create_index(op.f("ix_activity_cooperative_id_at"), "activity", ["cooperative_id", "at"], unique=False)
    op.create_index(
        op.f("ix_activity_subject_type_subject_id"), "activity", ["subject_type", "subject_id"], unique=False
    )
    op.create_table(
        "audit_result",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("clean", sa.Boolean(), nullable=False),
        sa.Column("checks", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_result")),
    )
    op.create_table(
        "category",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("sort", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_category")),
        sa.UniqueConstraint("slug", name=op.f("uq_category_slug")),
    )
    op.create_table(
        "login_code",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_code")),
    )
    op.create_index(op.f("ix_login_code_phone_sent_at"), "login_code", ["phone", "sent_at"], unique=False)
    op.create_table(
        "provider_balance",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("available_fen", sa.BigInteger(), nullable=False),
        sa.Column("pending_fen", sa.BigInteger(), nullable=False),
        sa.Column("entries_fen", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_balance")),
    )
    op.create_table(
        "provider_event",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("provider", sa.Text(), server_default="stripe", nullable=False),
        sa.Column("event_ref", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("processed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_event")),
        sa.UniqueConstraint("provider", "event_ref", name=op.f("uq_provider_event_provider_event_ref")),
    )
    op.create_index(
        "ix_provider_event_open",
        "provider_event",
        ["id"],
        unique=False,
        postgresql_where=sa.text("processed_at is null"),
    )
    op.create_table(
        "region",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("parent_code", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["parent_code"], ["region.code"], name=op.f("fk_region_parent_code")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_region")),
    )
    op.create_table(
        "user_account",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("totp_secret", sa.LargeBinary(), nullable=True),
        sa.Column("locale", sa.Text(), server_default="zh", nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("unit_name", sa.Text(), nullable=True),
        sa.Column("unit_tax_code", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_account")),
        sa.UniqueConstraint("phone", name=op.f("uq_user_account_phone")),
    )
    op.create_table(
        "address",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("recipient", sa.LargeBinary(), nullable=False),
        sa.Column("phone", sa.LargeBinary(), nullable=False),
        sa.Column("province", sa.Text(), nullable=False),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("district", sa.Text(), nullable=False),
        sa.Column("street", sa.Text(), server_default="", nullable=False),
        sa.Column("detail", sa.LargeBinary(), nullable=False),
        sa.Column("is_default", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_address_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address")),
    )
    op.create_index(op.f("ix_address_user_id"), "address", ["user_id"], unique=False)
    op.create_table(
        "basket",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=True),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("touched_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("(token_hash is null) <> (user_id is null)", name=op.f("ck_basket_one_owner")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_basket_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_basket")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_basket_token_hash")),
        sa.UniqueConstraint("user_id", name=op.f("uq_basket_user_id")),
    )
    op.create_table(
        "customer_order",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("request_key", sa.Text(), nullable=False),
        sa.Column("buyer_id", sa.BigInteger(), nullable=True),
        sa.Column("buyer_kind", sa.Text(), server_default="person", nullable=False),
        sa.Column("buyer_label", sa.Text(), server_default="", nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="pending", nullable=False),
        sa.Column("pay_method", sa.Text(), server_default="online", nullable=False),
        sa.Column("recipient", sa.LargeBinary(), nullable=False),
        sa.Column("phone", sa.LargeBinary(), nullable=False),
        sa.Column("region_text", sa.Text(), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=False),
        sa.Column("goods_fen", sa.BigInteger(), nullable=False),
        sa.Column("freight_fen", sa.BigInteger(), nullable=False),
        sa.Column("discount_fen", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("town_borne_fen", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("total_fen", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.Column("attributed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("close_reason", sa.Text(), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.Column("invoice_kind", sa.Text(), server_default="", nullable=False),
        sa.Column("invoice_title", sa.LargeBinary(), nullable=True),
        sa.Column("invoice_tax_code", sa.Text(), nullable=True),
        sa.Column("greeting", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "(paid_at is not null) = (state = 'paid' or (state = 'closed' and "
            "coalesce(close_reason, '') = 'refunded'))",
            name=op.f("ck_customer_order_paid"),
        ),
        sa.CheckConstraint(
            "channel in ('online','assisted','institution','imported')",
            name=op.f("ck_customer_order_channel"),
        ),
        sa.CheckConstraint(
            "invoice_kind in ('','person','unit') and (invoice_kind = '') = (invoice_title is "
            "null) and (invoice_kind = 'unit') = (invoice_tax_code is not null)",
            name=op.f("ck_customer_order_invoice"),
        ),
        sa.CheckConstraint("state in ('pending','paid','closed')", name=op.f("ck_customer_order_state")),
        sa.CheckConstraint(
            "goods_fen >= 0 and freight_fen >= 0 and discount_fen >= 0 and town_borne_fen >= 0",
            name=op.f("ck_customer_order_amounts"),
        ),
        sa.CheckConstraint(
            "total_fen = goods_fen + freight_fen - discount_fen - town_borne_fen and total_fen >= 0",
            name=op.f("ck_customer_order_total"),
        ),
        sa.ForeignKeyConstraint(["buyer_id"], ["user_account.id"], name=op.f("fk_customer_order_buyer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_order")),
        sa.UniqueConstraint("number", name=op.f("uq_customer_order_number")),
        sa.UniqueConstraint("request_key", name=op.f("uq_customer_order_request_key")),
    )
    op.create_index(
        op.f("ix_customer_order_buyer_id_placed_at"),
        "customer_order",
        ["buyer_id", "placed_at"],
        unique=False,
    )
    op.create_index(op.f("ix_customer_order_paid_on"), "customer_order", ["paid_on"], unique=False)
    op.create_index(
        "ix_order_expiring",
        "customer_order",
        ["expires_at"],
        unique=False,
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_index(
        "ix_order_unattributed",
        "customer_order",
        ["id"],
        unique=False,
        postgresql_where=sa.text("state = 'paid' and attributed_at is null"),
    )
    op.create_table(
        "distribution_run",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("year", sa.BigInteger(), nullable=False),
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.BigInteger(), nullable=True),
        sa.Column(
            "requested_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["region_code"], ["region.code"], name=op.f("fk_distribution_run_region_code")
        ),
        sa.ForeignKeyConstraint(
            ["requested_by"], ["user_account.id"], name=op.f("fk_distribution_run_requested_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_distribution_run")),
    )
    op.create_index(
        "uq_distribution_run_active",
        "distribution_run",
        ["year", "region_code"],
        unique=True,
        postgresql_where=sa.text("finished_at is null"),
    )
    op.create_table(
        "guest_pass",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("claimed_by", sa.BigInteger(), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["claimed_by"], ["user_account.id"], name=op.f("fk_guest_pass_claimed_by")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_guest_pass_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guest_pass")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_guest_pass_token_hash")),
        sa.UniqueConstraint("user_id", name=op.f("uq_guest_pass_user_id")),
    )
    op.create_index(op.f("ix_guest_pass_phone"), "guest_pass", ["phone"], unique=False)
    op.create_table(
        "invoice_heading",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.LargeBinary(), nullable=False),
        sa.Column("tax_code", sa.Text(), nullable=True),
        sa.Column("is_default", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(kind = 'unit') = (tax_code is not null)", name=op.f("ck_invoice_heading_tax_code")
        ),
        sa.CheckConstraint("kind in ('person','unit')", name=op.f("ck_invoice_heading_kind")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_invoice_heading_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_heading")),
    )
    op.create_index(op.f("ix_invoice_heading_user_id"), "invoice_heading", ["user_id"], unique=False)
    op.create_table(
        "statement_import",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("file_sha256", sa.Text(), nullable=False),
        sa.Column("headings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("new", sa.BigInteger(), nullable=False),
        sa.Column("known", sa.BigInteger(), nullable=False),
        sa.Column("imported_by", sa.BigInteger(), nullable=True),
        sa.Column("imported_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["imported_by"], ["user_account.id"], name=op.f("fk_statement_import_imported_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement_import")),
        sa.UniqueConstraint("file_sha256", name=op.f("uq_statement_import_file_sha256")),
    )
    op.create_table(
        "user_session",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ip", sa.Text(), nullable=True),
        sa.Column("agent", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_user_session_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_user_session_token_hash")),
    )
    op.create_index(op.f("ix_user_session_user_id"), "user_session", ["user_id"], unique=False)
    op.create_table(
        "village",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("pinyin", sa.Text(), nullable=False),
        sa.Column("key_poor", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("deep_poor", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("story", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_village_region_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_village")),
        sa.UniqueConstraint("code", name=op.f("uq_village_code")),
    )
    op.create_index(op.f("ix_village_region_code"), "village", ["region_code"], unique=False)
    op.create_table(
        "cooperative",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("uscc", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("pinyin", sa.Text(), nullable=False),
        sa.Column("village_id", sa.BigInteger(), nullable=False),
        sa.Column("address", sa.Text(), server_default="", nullable=False),
        sa.Column("phone", sa.Text(), server_default="", nullable=False),
        sa.Column("supervision_phone", sa.Text(), server_default="", nullable=False),
        sa.Column("founded_on", sa.Date(), nullable=True),
        sa.Column("story", sa.Text(), server_default="", nullable=False),
        sa.Column("freight_fen", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("freight_free_from_fen", sa.BigInteger(), nullable=True),
        sa.Column("bank_holder", sa.Text(), server_default="", nullable=False),
        sa.Column("bank_name", sa.Text(), server_default="", nullable=False),
        sa.Column("bank_account", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["village_id"], ["village.id"], name=op.f("fk_cooperative_village_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cooperative")),
        sa.UniqueConstraint("code", name=op.f("uq_cooperative_code")),
        sa.UniqueConstraint("uscc", name=op.f("uq_cooperative_uscc")),
    )
    op.create_index(op.f("ix_cooperative_village_id"), "cooperative", ["village_id"], unique=False)
    op.create_table(
        "household",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("village_id", sa.BigInteger(), nullable=False),
        sa.Column("head_name", sa.LargeBinary(), nullable=False),
        sa.Column("phone", sa.LargeBinary(), nullable=True),
        sa.Column("agricultural", sa.Boolean(), nullable=False),
        sa.Column("industry_able_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["village_id"], ["village.id"], name=op.f("fk_household_village_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_household")),
        sa.UniqueConstraint("code", name=op.f("uq_household_code")),
    )
    op.create_index(op.f("ix_household_village_id"), "household", ["village_id"], unique=False)
    op.create_table(
        "payment",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), server_default="created", nullable=False),
        sa.Column("session_ref", sa.Text(), nullable=True),
        sa.Column("intent_ref", sa.Text(), nullable=True),
        sa.Column("checkout_url", sa.Text(), nullable=True),
        sa.Column("fee_fen", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("succeeded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(state = 'succeeded') = (succeeded_at is not null)", name=op.f("ck_payment_succeeded")
        ),
        sa.CheckConstraint("method in ('stripe','transfer','cash')", name=op.f("ck_payment_method")),
        sa.CheckConstraint(
            "state in ('created','pending','succeeded','failed','expired')", name=op.f("ck_payment_state")
        ),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_payment_amount")),
        sa.ForeignKeyConstraint(["order_id"], ["customer_order.id"], name=op.f("fk_payment_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment")),
        sa.UniqueConstraint("intent_ref", name=op.f("uq_payment_intent_ref")),
        sa.UniqueConstraint("key", name=op.f("uq_payment_key")),
        sa.UniqueConstraint("session_ref", name=op.f("uq_payment_session_ref")),
    )
    op.create_index(op.f("ix_payment_order_id"), "payment", ["order_id"], unique=False)
    op.create_index(
        "uq_payment_one_open",
        "payment",
        ["order_id"],
        unique=True,
        postgresql_where=sa.text("state in ('created','pending')"),
    )
    op.create_table(
        "pv_station",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("village_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("capacity_kw", sa.BigInteger(), nullable=False),
        sa.Column("in_service_on", sa.Date(), nullable=False),
        sa.Column("running", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("title_confirmed", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.ForeignKeyConstraint(["village_id"], ["village.id"], name=op.f("fk_pv_station_village_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pv_station")),
    )
    op.create_index(op.f("ix_pv_station_village_id"), "pv_station", ["village_id"], unique=False)
    op.create_table(
        "attachment",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=True),
        sa.Column("subject_type", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("uploaded_by", sa.BigInteger(), nullable=True),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "media_type in ('image/webp','application/pdf')", name=op.f("ck_attachment_media_type")
        ),
        sa.CheckConstraint("octet_length(body) between 1 and 4194304", name=op.f("ck_attachment_size")),
        sa.ForeignKeyConstraint(
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_attachment_cooperative_id")
        ),
        sa.ForeignKeyConstraint(["uploaded_by"], ["user_account.id"], name=op.f("fk_attachment_uploaded_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
    )
    op.create_index(
        op.f("ix_attachment_subject_type_subject_id"),
        "attachment",
        ["subject_type", "subject_id"],
        unique=False,
    )
    op.create_table(
        "bank_layout",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("encoding", sa.Text(), nullable=False),
        sa.Column("columns", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("encoding in ('utf-8-sig','gb18030')", name=op.f("ck_bank_layout_encoding")),
        sa.CheckConstraint("kind in ('csv','xlsx')", name=op.f("ck_bank_layout_kind")),
        sa.ForeignKeyConstraint(
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_bank_layout_cooperative_id")
        ),
        sa.ForeignKeyConstraint(["made_by"], ["user_account.id"], name=op.f("fk_bank_layout_made_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_layout")),
        sa.UniqueConstraint("cooperative_id", "name", name=op.f("uq_bank_layout_cooperative_id_name")),
    )
    op.create_table(
        "bank_statement_line",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=True),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("payer", sa.Text(), server_default="", nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("payment_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_bank_statement_line_cooperative_id")
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payment.id"], name=op.f("fk_bank_statement_line_payment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_statement_line")),
        sa.UniqueConstraint(
            "cooperative_id",
            "reference",
            name=op.f("uq_bank_statement_line_cooperative_id_reference"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(
        "ix_bank_statement_line_amount",
        "bank_statement_line",
        ["amount_fen"],
        unique=False,
        postgresql_where=sa.text("cooperative_id is null"),
    )
    op.create_table(
        "charter_deduction",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("cost_fen", sa.BigInteger(), nullable=False),
        sa.Column("borne_fen", sa.BigInteger(), nullable=False),
        sa.Column("consigned_fen", sa.BigInteger(), nullable=False),
        sa.Column("sales_fen", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kind in ('shipping','packaging','fee')", name=op.f("ck_charter_deduction_kind")),
        sa.CheckConstraint("consigned_fen between 0 and sales_fen", name=op.f("ck_charter_deduction_share")),
        sa.CheckConstraint(
            "cost_fen > 0 and borne_fen between 0 and cost_fen", name=op.f("ck_charter_deduction_borne")
        ),
        sa.ForeignKeyConstraint(
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_charter_deduction_cooperative_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_charter_deduction")),
        sa.UniqueConstraint(
            "cooperative_id", "period", "kind", name=op.f("uq_charter_deduction_cooperative_id_period_kind")
        ),
    )
    op.create_table(
        "distribution",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=True),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("year", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("tries", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("refusal", sa.Text(), nullable=True),
        sa.Column("rules", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("document", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("inputs_sha256", sa.Text(), nullable=True),
        sa.Column("outputs_sha256", sa.Text(), nullable=True),
        sa.Column("seen", sa.Text(), nullable=True),
        sa.Column("surplus_fen", sa.BigInteger(), nullable=True),
        sa.Column("reserve_fen", sa.BigInteger(), nullable=True),
        sa.Column("distributable_fen", sa.BigInteger(), nullable=True),
        sa.Column("patronage_fen", sa.BigInteger(), nullable=True),
        sa.Column("residual_fen", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("made_by", sa.BigInteger(), nullable=True),
        sa.Column("approved_by", sa.BigInteger(), nullable=True),
        sa.Column("reverses_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "state in "
            "('waiting','computing','draft','previewed','published','approved','posted','paying','paid','refused','void','reversed')",
            name=op.f("ck_distribution_state"),
        ),
        sa.CheckConstraint(
            "state in ('waiting','computing','refused','void') or outputs_sha256 is not null",
            name=op.f("ck_distribution_hashes"),
        ),
        sa.ForeignKeyConstraint(
            ["approved_by"], ["user_account.id"], name=op.f("fk_distribution_approved_by")
        ),
        sa.ForeignKeyConstraint(
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_distribution_cooperative_id")
        ),
        sa.ForeignKeyConstraint(["made_by"], ["user_account.id"], name=op.f("fk_distribution_made_by")),
        sa.ForeignKeyConstraint(
            ["reverses_id"], ["distribution.id"], name=op.f("fk_distribution_reverses_id")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["distribution_run.id"], name=op.f("fk_distribution_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_distribution")),
        sa.UniqueConstraint("id", "cooperative_id", name=op.f("uq_distribution_id_cooperative_id")),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_distribution_reverses_id")),
    )
    op.create_index(op.f("ix_distribution_run_id"), "distribution", ["run_id"], unique=False)
    op.create_index(
        "uq_distribution_live",
        "distribution",
        ["cooperative_id", "year"],
        unique=True,
        postgresql_where=sa.text("state not in ('refused','void','reversed')"),
    )
    op.create_table(
        "freight_rule",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("set_by", sa.BigInteger(), nullable=True),
        sa.Column("set_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("version > 0", name=op.f("ck_freight_rule_version")),
        sa.ForeignKeyConstraint(
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_freight_rule_cooperative_id")
        ),
        sa.ForeignKeyConstraint(["set_by"], ["user_account.id"], name=op.f("fk_freight_rule_set_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_freight_rule")),
        sa.UniqueConstraint("cooperative_id", "version", name=op.f("uq_freight_rule_cooperative_id_version")),
    )
    op.create_table(
        "household_category",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("household_id", sa.BigInteger(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["household_id"], ["household.id"], name=op.f("fk_household_category_household_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_household_category")),
    )
    op.create_index(op.f("ix_household_category_category"), "household_category", ["category"], unique=False)
    op.create_index(
        op.f("ix_household_category_household_id"), "household_category", ["household_id"], unique=False
    )
    op.create_table(
        "household_consent",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("household_id", sa.BigInteger(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.Column("withdrawn_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["household_id"], ["household.id"], name=op.f("fk_household_consent_household_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_household_consent")),
    )
    op.create_index(
        op.f("ix_household_consent_household_id"), "household_consent", ["household_id"], unique=False
    )
    op.create_table(
        "household_token",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("household_id", sa.BigInteger(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["created_by"], ["user_account.id"], name=op.f("fk_household_token_created_by")
        ),
        sa.ForeignKeyConstraint(
            ["household_id"], ["household.id"], name=op.f("fk_household_token_household_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_household_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_household_token_token_hash")),
    )
    op.create_index(
        op.f("ix_household_token_household_id"), "household_token", ["household_id"], unique=False
    )
    op.create_table(
        "industry_link",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("household_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("evidence", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["household_id"], ["household.id"], name=op.f("fk_industry_link_household_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_industry_link")),
    )
    op.create_index(op.f("ix_industry_link_household_id"), "industry_link", ["household_id"], unique=False)
    op.create_table(
        "ledger_seal",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("first_id", sa.BigInteger(), nullable=False),
        sa.Column("last_id", sa.BigInteger(), nullable=False),
        sa.Column("transactions", sa.BigInteger(), nullable=False),
        sa.Column("before_sha256", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_ledger_seal_cooperative_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_seal")),
        sa.UniqueConstraint(
            "cooperative_id", "before_sha256", name=op.f("uq_ledger_seal_cooperative_id_before_sha256")
        ),
        sa.UniqueConstraint("cooperative_id", "last_id", name=op.f("uq_ledger_seal_cooperative_id_last_id")),
    )
    op.create_table(
        "ledger_transaction",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("memo", sa.Text(), server_default="", nullable=False),
        sa.Column("source_type", sa.Text(), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.Column("reverses_id", sa.BigInteger(), nullable=True),
        sa.Column("posted_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("posted_by", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_ledger_transaction_cooperative_id")
        ),
        sa.ForeignKeyConstraint(
            ["posted_by"], ["user_account.id"], name=op.f("fk_ledger_transaction_posted_by")
        ),
        sa.ForeignKeyConstraint(
            ["reverses_id"], ["ledger_transaction.id"], name=op.f("fk_ledger_transaction_reverses_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_transaction")),
        sa.UniqueConstraint("id", "cooperative_id", name=op.f("uq_ledger_transaction_id_cooperative_id")),
        sa.UniqueConstraint("key", name=op.f("uq_ledger_transaction_key")),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_ledger_transaction_reverses_id")),
    )
    op.create_index(
        op.f("ix_ledger_transaction_cooperative_id_on_date"),
        "ledger_transaction",
        ["cooperative_id", "on_date"],
        unique=False,
    )
    op.create_index(
        op.f("ix_ledger_transaction_source_type_source_id"),
        "ledger_transaction",
        ["source_type", "source_id"],
        unique=False,
    )
    op.create_table(
        "member",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("household_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("joined_on", sa.Date(), nullable=False),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.CheckConstraint("number > 0", name=op.f("ck_member_number")),
        sa.ForeignKeyConstraint(
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_member_cooperative_id")
        ),
        sa.ForeignKeyConstraint(["household_id"], ["household.id"], name=op.f("fk_member_household_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member")),
        sa.UniqueConstraint("cooperative_id", "number", name=op.f("uq_member_cooperative_id_number")),
        sa.UniqueConstraint("id", "cooperative_id", name=op.f("uq_member_id_cooperative_id")),
    )
    op.create_index(
        "uq_member_live_household",
        "member",
        ["household_id"],
        unique=True,
        postgresql_where=sa.text("left_on is null"),
    )
    op.create_table(
        "microloan",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("household_id", sa.BigInteger(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("lent_on", sa.Date(), nullable=False),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_microloan_amount")),
        sa.ForeignKeyConstraint(["household_id"], ["household.id"], name=op.f("fk_microloan_household_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_microloan")),
    )
    op.create_index(op.f("ix_microloan_household_id"), "microloan", ["household_id"], unique=False)
    op.create_table(
        "period_close",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("closed_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("period ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'", name=op.f("ck_period_close_period")),
        sa.ForeignKeyConstraint(["closed_by"], ["user_account.id"], name=op.f("fk_period_close_closed_by")),
        sa.ForeignKeyConstraint(
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_period_close_cooperative_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_period_close")),
        sa.UniqueConstraint("cooperative_id", "period", name=op.f("uq_period_close_cooperative_id_period")),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("household_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("is_head", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.ForeignKeyConstraint(["household_id"], ["household.id"], name=op.f("fk_person_household_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
    )
    op.create_index(op.f("ix_person_household_id"), "person", ["household_id"], unique=False)
    op.create_table(
        "produce",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("pinyin", sa.Text(), nullable=False),
        sa.Column("unit_kind", sa.Text(), server_default="g", nullable=False),
        sa.Column("count_word", sa.Text(), server_default="件", nullable=False),
        sa.Column("shelf_life_days", sa.BigInteger(), server_default=sa.text("365"), nullable=False),
        sa.CheckConstraint("unit_kind in ('g','piece')", name=op.f("ck_produce_unit_kind")),
        sa.ForeignKeyConstraint(
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_produce_cooperative_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_produce")),
        sa.UniqueConstraint("cooperative_id", "name", name=op.f("uq_produce_cooperative_id_name")),
        sa.UniqueConstraint("id", "cooperative_id", name=op.f("uq_produce_id_cooperative_id")),
    )
    op.create_table(
        "role_grant",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("duty", sa.Text(), nullable=True),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=True),
        sa.Column("region_code", sa.Text(), nullable=True),
        sa.Column(
            "side",
            sa.SmallInteger(),
            sa.Computed("case role when 'manager' then 1 when 'staff' then 2 end", persisted=True),
            nullable=True,
        ),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("granted_by", sa.BigInteger(), nullable=True),
        sa.Column("granted_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "(role = 'manager') = (cooperative_id is not null)", name=op.f("ck_role_grant_manager_scope")
        ),
        sa.CheckConstraint(
            "(role = 'staff') = (region_code is not null)", name=op.f("ck_role_grant_staff_scope")
        ),
        sa.CheckConstraint("role in ('buyer','manager','staff','operator')", name=op.f("ck_role_grant_role")),
        sa.CheckConstraint("valid_to is null or valid_to >= valid_from", name=op.f("ck_role_grant_dates")),
        sa.ForeignKeyConstraint(
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_role_grant_cooperative_id")
        ),
        sa.ForeignKeyConstraint(["granted_by"], ["user_account.id"], name=op.f("fk_role_grant_granted_by")),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_role_grant_region_code")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_role_grant_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_grant")),
    )
    op.create_index(op.f("ix_role_grant_user_id"), "role_grant", ["user_id"], unique=False)
    op.create_table(
        "settlement",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="draft", nullable=False),
        sa.Column("computed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("made_by", sa.BigInteger(), nullable=True),
        sa.Column("approved_by", sa.BigInteger(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("period ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'", name=op.f("ck_settlement_period")),
        sa.CheckConstraint(
            "approved_by is null or approved_by <> made_by", name=op.f("ck_settlement_two_people")
        ),
        sa.ForeignKeyConstraint(["approved_by"], ["user_account.id"], name=op.f("fk_settlement_approved_by")),
        sa.ForeignKeyConstraint(
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_settlement_cooperative_id")
        ),
        sa.ForeignKeyConstraint(["made_by"], ["user_account.id"], name=op.f("fk_settlement_made_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settlement")),
        sa.UniqueConstraint("cooperative_id", "period", name=op.f("uq_settlement_cooperative_id_period")),
        sa.UniqueConstraint("id", "cooperative_id", name=op.f("uq_settlement_id_cooperative_id")),
    )
    op.create_table(
        "suborder",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="pending", nullable=False),
        sa.Column("goods_fen", sa.BigInteger(), nullable=False),
        sa.Column("freight_fen", sa.BigInteger(), nullable=False),
        sa.Column("discount_fen", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("delivery", sa.Text(), server_default="express", nullable=False),
        sa.Column("freight_basis", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("express_company", sa.Text(), nullable=True),
        sa.Column("express_number", sa.Text(), nullable=True),
        sa.Column("shipped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state in ('shipped','received')) = (shipped_at is not null)", name=op.f("ck_suborder_shipped")
        ),
        sa.CheckConstraint(
            "delivery in ('express','town','pickup','gift')", name=op.f("ck_suborder_delivery")
        ),
        sa.CheckConstraint(
            "state in ('pending','to_ship','shipped','received','closed')", name=op.f("ck_suborder_state")
        ),
        sa.ForeignKeyConstraint(
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_suborder_cooperative_id")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["customer_order.id"], name=op.f("fk_suborder_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suborder")),
        sa.UniqueConstraint("id", "cooperative_id", name=op.f("uq_suborder_id_cooperative_id")),
        sa.UniqueConstraint("number", name=op.f("uq_suborder_number")),
        sa.UniqueConstraint("order_id", "cooperative_id", name=op.f("uq_suborder_order_id_cooperative_id")),
    )
    op.create_index("ix_suborder_work", "suborder", ["cooperative_id", "state", "id"], unique=False)
    op.create_table(
        "supplier",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_supplier_cooperative_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supplier")),
        sa.UniqueConstraint("cooperative_id", "name", name=op.f("uq_supplier_cooperative_id_name")),
        sa.UniqueConstraint("id", "cooperative_id", name=op.f("uq_supplier_id_cooperative_id")),
    )
    op.create_table(
        "distribution_event",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("distribution_id", sa.BigInteger(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("from_state", sa.Text(), nullable=False),
        sa.Column("to_state", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["distribution_id"], ["distribution.id"], name=op.f("fk_distribution_event_distribution_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_distribution_event")),
    )
    op.create_index(
        op.f("ix_distribution_event_distribution_id"), "distribution_event", ["distribution_id"], unique=False
    )
    op.create_table(
        "distribution_line",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("distribution_id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("trade_fen", sa.BigInteger(), nullable=False),
        sa.Column("capital_fen", sa.BigInteger(), nullable=False),
        sa.Column("reserve_share_fen", sa.BigInteger(), nullable=False),
        sa.Column("patronage_fen", sa.BigInteger(), nullable=False),
        sa.Column("residual_fen", sa.BigInteger(), nullable=False),
        sa.Column("converted_fen", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint(
            "patronage_fen >= 0 and residual_fen >= 0", name=op.f("ck_distribution_line_not_negative")
        ),
        sa.ForeignKeyConstraint(
            ["distribution_id", "cooperative_id"],
            ["distribution.id", "distribution.cooperative_id"],
            name=op.f("fk_distribution_line_distribution_id_cooperative_id"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id", "cooperative_id"],
            ["member.id", "member.cooperative_id"],
            name=op.f("fk_distribution_line_member_id_cooperative_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_distribution_line")),
        sa.UniqueConstraint(
            "distribution_id", "member_id", name=op.f("uq_distribution_line_distribution_id_member_id")
        ),
    )
    op.create_table(
        "fiscal_year_close",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("year", sa.BigInteger(), nullable=False),
        sa.Column("surplus_fen", sa.BigInteger(), nullable=False),
        sa.Column("transaction_id", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("closed_by", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["closed_by"], ["user_account.id"], name=op.f("fk_fiscal_year_close_closed_by")
        ),
        sa.ForeignKeyConstraint(
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_fiscal_year_close_cooperative_id")
        ),
        sa.ForeignKeyConstraint(
            ["transaction_id"], ["ledger_transaction.id"], name=op.f("fk_fiscal_year_close_transaction_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fiscal_year_close")),
        sa.UniqueConstraint("cooperative_id", "year", name=op.f("uq_fiscal_year_close_cooperative_id_year")),
    )
    op.create_table(
        "invoice_issued",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("suborder_id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("by", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("seq > 0", name=op.f("ck_invoice_issued_seq")),
        sa.ForeignKeyConstraint(["by"], ["user_account.id"], name=op.f("fk_invoice_issued_by")),
        sa.ForeignKeyConstraint(
            ["suborder_id", "cooperative_id"],
            ["suborder.id", "suborder.cooperative_id"],
            name=op.f("fk_invoice_issued_suborder_id_cooperative_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_issued")),
        sa.UniqueConstraint("cooperative_id", "number", name=op.f("uq_invoice_issued_cooperative_id_number")),
        sa.UniqueConstraint("suborder_id", "seq", name=op.f("uq_invoice_issued_suborder_id_seq")),
    )
    op.create_table(
        "ledger_entry",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("transaction_id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("fen", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=True),
        sa.Column("household_id", sa.BigInteger(), nullable=True),
        sa.Column("supplier_id", sa.BigInteger(), nullable=True),
        sa.Column("quantity", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("fen <> 0", name=op.f("ck_ledger_entry_not_zero")),
        sa.ForeignKeyConstraint(
            ["household_id"], ["household.id"], name=op.f("fk_ledger_entry_household_id")
        ),
        sa.ForeignKeyConstraint(
            ["member_id", "cooperative_id"],
            ["member.id", "member.cooperative_id"],
            name=op.f("fk_ledger_entry_member_id_cooperative_id"),
        ),
        sa.ForeignKeyConstraint(
            ["supplier_id", "cooperative_id"],
            ["supplier.id", "supplier.cooperative_id"],
            name=op.f("fk_ledger_entry_supplier_id_cooperative_id"),
        ),
        sa.ForeignKeyConstraint(
            ["transaction_id", "cooperative_id"],
            ["ledger_transaction.id", "ledger_transaction.cooperative_id"],
            name=op.f("fk_ledger_entry_transaction_id_cooperative_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entry")),
    )
    op.create_index(
        op.f("ix_ledger_entry_cooperative_id_account_member_id"),
        "ledger_entry",
        ["cooperative_id", "account", "member_id"],
        unique=False,
    )
    op.create_index(op.f("ix_ledger_entry_transaction_id"), "ledger_entry", ["transaction_id"], unique=False)
    op.create_table(
        "lot",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("produce_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("trace_code", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("best_before", sa.Date(), nullable=True),
        sa.Column("received", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("reserved", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("shipped", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("returned", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("written_off", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("transformed", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("attributed_quantity", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("attributed_fen", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint(
            "mode in ('buyout','consign_fixed','consign_commission')", name=op.f("ck_lot_mode")
        ),
        sa.CheckConstraint(
            "attributed_fen >= 0 and attributed_quantity >= 0", name=op.f("ck_lot_attributed")
        ),
        sa.CheckConstraint(
            "closed_at is not null or reserved + shipped = 0", name=op.f("ck_lot_only_closed_sells")
        ),
        sa.CheckConstraint(
            "received >= 0 and reserved >= 0 and shipped >= 0 and returned >= 0", name=op.f("ck_lot_counters")
        ),
        sa.CheckConstraint(
            "reserved <= received + returned - shipped - written_off - transformed",
            name=op.f("ck_lot_reserved_on_hand"),
        ),
        sa.CheckConstraint("written_off >= 0 and transformed >= 0", name=op.f("ck_lot_losses")),
        sa.ForeignKeyConstraint(["cooperative_id"], ["cooperative.id"], name=op.f("fk_lot_cooperative_id")),
        sa.ForeignKeyConstraint(
            ["produce_id", "cooperative_id"],
            ["produce.id", "produce.cooperative_id"],
            name=op.f("fk_lot_produce_id_cooperative_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lot")),
        sa.UniqueConstraint("cooperative_id", "code", name=op.f("uq_lot_cooperative_id_code")),
        sa.UniqueConstraint("id", "cooperative_id", name=op.f("uq_lot_id_cooperative_id")),
        sa.UniqueConstraint("trace_code", name=op.f("uq_lot_trace_code")),
    )
    op.create_index(
        "ix_lot_sellable",
        "lot",
        ["produce_id", "best_before", "id"],
        unique=False,
        postgresql_where=sa.text("closed_at is not null"),
    )
    op.create_index(
        "uq_lot_one_open",
        "lot",
        ["cooperative_id", "produce_id", "mode"],
        unique=True,
        postgresql_where=sa.text("closed_at is null"),
    )
    op.create_table(
        "notice",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("distribution_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("checksum", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("published_by", sa.BigInteger(), nullable=True),
        sa.Column(
            "published_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_reason", sa.Text(), nullable=True),
        sa.CheckConstraint("ends_on > starts_on", name=op.f("ck_notice_days")),
        sa.ForeignKeyConstraint(
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_notice_cooperative_id")
        ),
        sa.ForeignKeyConstraint(
            ["distribution_id", "cooperative_id"],
            ["distribution.id", "distribution.cooperative_id"],
            name=op.f("fk_notice_distribution_id_cooperative_id"),
        ),
        sa.ForeignKeyConstraint(["published_by"], ["user_account.id"], name=op.f("fk_notice_published_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("code", name=op.f("uq_notice_code")),
    )
    op.create_index(
        op.f("ix_notice_cooperative_id_starts_on"), "notice", ["cooperative_id", "starts_on"], unique=False
    )
    op.create_index(
        "uq_notice_live",
        "notice",
        ["distribution_id"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at is null"),
    )
    op.create_table(
        "objection",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("distribution_id", sa.BigInteger(), nullable=False),
        sa.Column("household_id", sa.BigInteger(), nullable=False),
        sa.Column("via", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("recorded_by", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_by", sa.BigInteger(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("request_key", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "outcome is null or outcome in ('upheld','rejected')", name=op.f("ck_objection_outcome")
        ),
        sa.CheckConstraint("via in ('household_page','manager')", name=op.f("ck_objection_via")),
        sa.CheckConstraint("(outcome is null) = (answered_at is null)", name=op.f("ck_objection_answered")),
        sa.ForeignKeyConstraint(["answered_by"], ["user_account.id"], name=op.f("fk_objection_answered_by")),
        sa.ForeignKeyConstraint(
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_objection_cooperative_id")
        ),
        sa.ForeignKeyConstraint(
            ["distribution_id", "cooperative_id"],
            ["distribution.id", "distribution.cooperative_id"],
            name=op.f("fk_objection_distribution_id_cooperative_id"),
        ),
        sa.ForeignKeyConstraint(["household_id"], ["household.id"], name=op.f("fk_objection_household_id")),
        sa.ForeignKeyConstraint(["recorded_by"], ["user_account.id"], name=op.f("fk_objection_recorded_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_objection")),
        sa.UniqueConstraint("request_key", name=op.f("uq_objection_request_key")),
    )
    op.create_index(op.f("ix_objection_distribution_id"), "objection", ["distribution_id"], unique=False)
    op.create_index(op.f("ix_objection_household_id"), "objection", ["household_id"], unique=False)
    op.create_table(
        "order_event",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("suborder_id", sa.BigInteger(), nullable=True),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["customer_order.id"], name=op.f("fk_order_event_order_id")),
        sa.ForeignKeyConstraint(["suborder_id"], ["suborder.id"], name=op.f("fk_order_event_suborder_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_event")),
    )
    op.create_index(op.f("ix_order_event_order_id"), "order_event", ["order_id"], unique=False)
    op.create_table(
        "payee_account",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("household_id", sa.BigInteger(), nullable=True),
        sa.Column("supplier_id", sa.BigInteger(), nullable=True),
        sa.Column("holder", sa.LargeBinary(), nullable=False),
        sa.Column("bank", sa.Text(), nullable=False),
        sa.Column("account", sa.LargeBinary(), nullable=False),
        sa.Column("last_four", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.BigInteger(), nullable=False),
        sa.Column(
            "requested_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("approved_by", sa.BigInteger(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(approved_by is null) = (approved_at is null)", name=op.f("ck_payee_account_approved")
        ),
        sa.CheckConstraint(
            "(household_id is null) <> (supplier_id is null)", name=op.f("ck_payee_account_one_party")
        ),
        sa.CheckConstraint(
            "approved_by is null or approved_by <> requested_by", name=op.f("ck_payee_account_two_people")
        ),
        sa.CheckConstraint(
            "effective_at is null or approved_at is not null", name=op.f("ck_payee_account_effective")
        ),
        sa.ForeignKeyConstraint(
            ["approved_by"], ["user_account.id"], name=op.f("fk_payee_account_approved_by")
        ),
        sa.ForeignKeyConstraint(
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_payee_account_cooperative_id")
        ),
        sa.ForeignKeyConstraint(
            ["household_id"], ["household.id"], name=op.f("fk_payee_account_household_id")
        ),
        sa.ForeignKeyConstraint(
            ["requested_by"], ["user_account.id"], name=op.f("fk_payee_account_requested_by")
        ),
        sa.ForeignKeyConstraint(
            ["supplier_id", "cooperative_id"],
            ["supplier.id", "supplier.cooperative_id"],
            name=op.f("fk_payee_account_supplier_id_cooperative_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payee_account")),
    )
    op.create_index(
        op.f("ix_payee_account_cooperative_id_household_id"),
        "payee_account",
        ["cooperative_id", "household_id"],
        unique=False,
    )
    op.create_table(
        "payout_batch",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), server_default="bank", nullable=False),
        sa.Column("settlement_id", sa.BigInteger(), nullable=True),
        sa.Column("distribution_id", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.Text(), server_default="draft", nullable=False),
        sa.Column("total_fen", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("approved_by", sa.BigInteger(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("file_sha256", sa.Text(), nullable=True),
        sa.CheckConstraint("method in ('bank','cash')", name=op.f("ck_payout_batch_method")),
        sa.CheckConstraint("source in ('settlement','distribution')", name=op.f("ck_payout_batch_source")),
        sa.CheckConstraint(
            "state in ('draft','approved','sent','closed','cancelled')", name=op.f("ck_payout_batch_state")
        ),
        sa.CheckConstraint(
            "state in ('draft','cancelled') or approved_by is not null", name=op.f("ck_payout_batch_approved")
        ),
        sa.CheckConstraint(
            "approved_by is null or approved_by <> made_by", name=op.f("ck_payout_batch_two_people")
        ),
        sa.ForeignKeyConstraint(
            ["approved_by"], ["user_account.id"], name=op.f("fk_payout_batch_approved_by")
        ),
        sa.ForeignKeyConstraint(
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_payout_batch_cooperative_id")
        ),
        sa.ForeignKeyConstraint(
            ["distribution_id"], ["distribution.id"], name=op.f("fk_payout_batch_distribution_id")
        ),
        sa.ForeignKeyConstraint(["made_by"], ["user_account.id"], name=op.f("fk_payout_batch_made_by")),
        sa.ForeignKeyConstraint(
            ["settlement_id"], ["settlement.id"], name=op.f("fk_payout_batch_settlement_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payout_batch")),
        sa.UniqueConstraint("cooperative_id", "number", name=op.f("uq_payout_batch_cooperative_id_number")),
        sa.UniqueConstraint("id", "cooperative_id", name=op.f("uq_payout_batch_id_cooperative_id")),
    )
    op.create_table(
        "person_exclusion",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "reason in ('extreme_hardship','safety_net','under_18')", name=op.f("ck_person_exclusion_reason")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_person_exclusion_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_exclusion")),
    )
    op.create_index(op.f("ix_person_exclusion_person_id"), "person_exclusion", ["person_id"], unique=False)
    op.create_table(
        "product",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("produce_id", sa.BigInteger(), nullable=False),
        sa.Column("category_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), server_default="", nullable=False),
        sa.Column("subtitle", sa.Text(), server_default="", nullable=False),
        sa.Column("pinyin", sa.Text(), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("regulatory_class", sa.Text(), server_default="edible_agri", nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("grade", sa.Text(), server_default="统货", nullable=False),
        sa.Column("storage", sa.Text(), server_default="", nullable=False),
        sa.Column("shelf_life", sa.Text(), server_default="", nullable=False),
        sa.Column("story", sa.Text(), server_default="", nullable=False),
        sa.Column("certificate_no", sa.Text(), server_default="", nullable=False),
        sa.Column("certified", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("picture", sa.Text(), server_default="", nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "regulatory_class in ('edible_agri','prepackaged','bulk','workshop')",
            name=op.f("ck_product_regulatory_class"),
        ),
        sa.ForeignKeyConstraint(["category_id"], ["category.id"], name=op.f("fk_product_category_id")),
        sa.ForeignKeyConstraint(
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_product_cooperative_id")
        ),
        sa.ForeignKeyConstraint(
            ["produce_id", "cooperative_id"],
            ["produce.id", "produce.cooperative_id"],
            name=op.f("fk_product_produce_id_cooperative_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product")),
        sa.UniqueConstraint("id", "cooperative_id", name=op.f("uq_product_id_cooperative_id")),
    )
    op.create_index(op.f("ix_product_category_id"), "product", ["category_id"], unique=False)
    op.create_index(op.f("ix_product_cooperative_id"), "product", ["cooperative_id"], unique=False)
    op.create_index(
        "ix_product_listed",
        "product",
        ["published_at", "id"],
        unique=False,
        postgresql_where=sa.text("published_at is not null"),
    )
    op.create_index(op.f("ix_product_produce_id"), "product", ["produce_id"], unique=False)
    op.create_index(
        "ix_product_search",
        "product",
        ["search_text"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"search_text": "gin_trgm_ops"},
    )
    op.create_table(
        "provider_payout",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("provider_ref", sa.Text(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), server_default="pending", nullable=False),
        sa.Column("automatic", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("trace_ref", sa.Text(), nullable=True),
        sa.Column("descriptor", sa.Text(), server_default="", nullable=False),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("arrives_on", sa.Date(), nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("returned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("statement_line_id", sa.BigInteger(), nullable=True),
        sa.Column("met_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("met_by", sa.BigInteger(), nullable=True),
        sa.Column("meetings", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "returned_at is null or state in ('failed','canceled')", name=op.f("ck_provider_payout_returned")
        ),
        sa.CheckConstraint(
            "state in ('pending','in_transit','paid','failed','canceled')",
            name=op.f("ck_provider_payout_state"),
        ),
        sa.CheckConstraint(
            "(statement_line_id is null) = (met_at is null)", name=op.f("ck_provider_payout_met")
        ),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_provider_payout_amount")),
        sa.CheckConstraint(
            "booked_at is not null or (met_at is null and returned_at is null)",
            name=op.f("ck_provider_payout_booked"),
        ),
        sa.CheckConstraint("met_at is null or returned_at is null", name=op.f("ck_provider_payout_one_end")),
        sa.ForeignKeyConstraint(["met_by"], ["user_account.id"], name=op.f("fk_provider_payout_met_by")),
        sa.ForeignKeyConstraint(
            ["statement_line_id"],
            ["bank_statement_line.id"],
            name=op.f("fk_provider_payout_statement_line_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_payout")),
        sa.UniqueConstraint("provider_ref", name=op.f("uq_provider_payout_provider_ref")),
        sa.UniqueConstraint("statement_line_id", name=op.f("uq_provider_payout_statement_line_id")),
    )
    op.create_index(
        "ix_provider_payout_open",
        "provider_payout",
        ["id"],
        unique=False,
        postgresql_where=sa.text("met_at is null and returned_at is null"),
    )
    op.create_table(
        "refund",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("payment_id", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), server_default="created", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("provider_ref", sa.Text(), nullable=True),
        sa.Column("suborder_id", sa.BigInteger(), nullable=True),
        sa.Column("bearer", sa.Text(), server_default="cooperative", nullable=False),
        sa.Column("requested_by", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("succeeded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.CheckConstraint("kind in ('late_payment','goods','amount')", name=op.f("ck_refund_kind")),
        sa.CheckConstraint(
            "state in ('created','pending','succeeded','failed')", name=op.f("ck_refund_state")
        ),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_refund_amount")),
        sa.ForeignKeyConstraint(["order_id"], ["customer_order.id"], name=op.f("fk_refund_order_id")),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_refund_payment_id")),
        sa.ForeignKeyConstraint(["requested_by"], ["user_account.id"], name=op.f("fk_refund_requested_by")),
        sa.ForeignKeyConstraint(["suborder_id"], ["suborder.id"], name=op.f("fk_refund_suborder_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund")),
        sa.UniqueConstraint("key", name=op.f("uq_refund_key")),
        sa.UniqueConstraint("provider_ref", name=op.f("uq_refund_provider_ref")),
    )
    op.create_index(op.f("ix_refund_order_id"), "refund", ["order_id"], unique=False)
    op.create_index(op.f("ix_refund_suborder_id"), "refund", ["suborder_id"], unique=False)
    op.create_index(
        "uq_refund_late_payment",
        "refund",
        ["payment_id"],
        unique=True,
        postgresql_where=sa.text("kind = 'late_payment'"),
    )
    op.create_table(
        "resolution",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("distribution_id", sa.BigInteger(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("members", sa.BigInteger(), nullable=False),
        sa.Column("present", sa.BigInteger(), nullable=False),
        sa.Column("extra_votes", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("votes_for", sa.BigInteger(), nullable=False),
        sa.Column("votes_against", sa.BigInteger(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("minutes_id", sa.BigInteger(), nullable=False),
        sa.Column("recorded_by", sa.BigInteger(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "subject in ('distribution','conversion','quantify','loss_plan','charter')",
            name=op.f("ck_resolution_subject"),
        ),
        sa.CheckConstraint(
            "extra_votes >= 0 and extra_votes * 5 <= members", name=op.f("ck_resolution_extra_votes")
        ),
        sa.CheckConstraint(
            "members > 0 and present between 0 and members", name=op.f("ck_resolution_present")
        ),
        sa.CheckConstraint(
            "votes_for >= 0 and votes_against >= 0 and votes_for + votes_against <= present + extra_votes",
            name=op.f("ck_resolution_votes"),
        ),
        sa.ForeignKeyConstraint(
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_resolution_cooperative_id")
        ),
        sa.ForeignKeyConstraint(
            ["distribution_id", "cooperative_id"],
            ["distribution.id", "distribution.cooperative_id"],
            name=op.f("fk_resolution_distribution_id_cooperative_id"),
        ),
        sa.ForeignKeyConstraint(["minutes_id"], ["attachment.id"], name=op.f("fk_resolution_minutes_id")),
        sa.ForeignKeyConstraint(["recorded_by"], ["user_account.id"], name=op.f("fk_resolution_recorded_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resolution")),
        sa.UniqueConstraint("id", "cooperative_id", name=op.f("uq_resolution_id_cooperative_id")),
    )
    op.create_index(
        "uq_resolution_distribution",
        "resolution",
        ["distribution_id", "subject"],
        unique=True,
        postgresql_where=sa.text("distribution_id is not null"),
    )
    op.create_table(
        "settlement_line",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("settlement_id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("household_id", sa.BigInteger(), nullable=True),
        sa.Column("member_id", sa.BigInteger(), nullable=True),
        sa.Column("supplier_id", sa.BigInteger(), nullable=True),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("credit_fen", sa.BigInteger(), nullable=False),
        sa.Column("deduction_fen", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("carried_in_fen", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("due_fen", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), server_default="due", nullable=False),
        sa.Column(
            "details",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "(household_id is null) <> (supplier_id is null)", name=op.f("ck_settlement_line_one_party")
        ),
        sa.ForeignKeyConstraint(
            ["household_id"], ["household.id"], name=op.f("fk_settlement_line_household_id")
        ),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_settlement_line_member_id")),
        sa.ForeignKeyConstraint(
            ["settlement_id", "cooperative_id"],
            ["settlement.id", "settlement.cooperative_id"],
            name=op.f("fk_settlement_line_settlement_id_cooperative_id"),
        ),
        sa.ForeignKeyConstraint(
            ["supplier_id"], ["supplier.id"], name=op.f("fk_settlement_line_supplier_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settlement_line")),
    )
    op.create_index(
        op.f("ix_settlement_line_household_id"), "settlement_line", ["household_id"], unique=False
    )
    op.create_index(
        op.f("ix_settlement_line_settlement_id"), "settlement_line", ["settlement_id"], unique=False
    )
    op.create_table(
        "voucher",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("memo", sa.Text(), nullable=False),
        sa.Column("payee", sa.Text(), server_default="", nullable=False),
        sa.Column("transaction_id", sa.BigInteger(), nullable=False),
        sa.Column("reverses_id", sa.BigInteger(), nullable=True),
        sa.Column("made_by", sa.BigInteger(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("request_key", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "kind in ('expense','subsidy','donation','loan','asset','opening','receipt','other','reversal')",
            name=op.f("ck_voucher_kind"),
        ),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_voucher_amount")),
        sa.ForeignKeyConstraint(
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_voucher_cooperative_id")
        ),
        sa.ForeignKeyConstraint(["made_by"], ["user_account.id"], name=op.f("fk_voucher_made_by")),
        sa.ForeignKeyConstraint(["reverses_id"], ["voucher.id"], name=op.f("fk_voucher_reverses_id")),
        sa.ForeignKeyConstraint(
            ["transaction_id"], ["ledger_transaction.id"], name=op.f("fk_voucher_transaction_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voucher")),
        sa.UniqueConstraint("cooperative_id", "number", name=op.f("uq_voucher_cooperative_id_number")),
        sa.UniqueConstraint("id", "cooperative_id", name=op.f("uq_voucher_id_cooperative_id")),
        sa.UniqueConstraint("request_key", name=op.f("uq_voucher_request_key")),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_voucher_reverses_id")),
        sa.UniqueConstraint("transaction_id", name=op.f("uq_voucher_transaction_id")),
    )
    op.create_index(
        op.f("ix_voucher_cooperative_id_on_date"), "voucher", ["cooperative_id", "on_date"], unique=False
    )
    op.create_table(
        "bank_answer",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("file_sha256", sa.Text(), nullable=False),
        sa.Column("paid", sa.BigInteger(), nullable=False),
        sa.Column("failed", sa.BigInteger(), nullable=False),
        sa.Column("returned", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("imported_by", sa.BigInteger(), nullable=True),
        sa.Column("imported_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id", "cooperative_id"],
            ["payout_batch.id", "payout_batch.cooperative_id"],
            name=op.f("fk_bank_answer_batch_id_cooperative_id"),
        ),
        sa.ForeignKeyConstraint(
            ["imported_by"], ["user_account.id"], name=op.f("fk_bank_answer_imported_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_answer")),
        sa.UniqueConstraint("file_sha256", name=op.f("uq_bank_answer_file_sha256")),
    )
    op.create_table(
        "charter",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("reserve_rate", sa.Text(), nullable=False),
        sa.Column("patronage_ratio", sa.Text(), nullable=False),
        sa.Column("patronage_basis", sa.Text(), server_default="amount", nullable=False),
        sa.Column("commission_rate", sa.Text(), server_default="0.08", nullable=False),
        sa.Column("freight_bearer", sa.Text(), server_default="cooperative", nullable=False),
        sa.Column("packaging_bearer", sa.Text(), server_default="cooperative", nullable=False),
        sa.Column("fee_bearer", sa.Text(), server_default="cooperative", nullable=False),
        sa.Column("minimum_payout_fen", sa.BigInteger(), server_default=sa.text("1000"), nullable=False),
        sa.Column("notice_days", sa.BigInteger(), server_default=sa.text("15"), nullable=False),
        sa.Column("resolution", sa.Text(), nullable=False),
        sa.Column("resolution_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("commission_rate ~ '^0(\\.[0-9]+)?$'", name=op.f("ck_charter_commission_rate")),
        sa.CheckConstraint(
            "freight_bearer in ('cooperative','producers') and packaging_bearer in "
            "('cooperative','producers') and fee_bearer in ('cooperative','producers')",
            name=op.f("ck_charter_bearers"),
        ),
        sa.CheckConstraint("patronage_basis in ('amount','volume')", name=op.f("ck_charter_basis")),
        sa.CheckConstraint(
            "patronage_ratio ~ '^(1|1\\.0+|0\\.[6-9][0-9]*)$'", name=op.f("ck_charter_patronage_floor")
        ),
        sa.CheckConstraint("reserve_rate ~ '^0(\\.[0-9]+)?$'", name=op.f("ck_charter_reserve_rate")),
        sa.CheckConstraint("minimum_payout_fen >= 0", name=op.f("ck_charter_minimum_payout")),
        sa.CheckConstraint("notice_days between 15 and 90", name=op.f("ck_charter_notice_days")),
        sa.ForeignKeyConstraint(
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_charter_cooperative_id")
        ),
        sa.ForeignKeyConstraint(["resolution_id"], ["resolution.id"], name=op.f("fk_charter_resolution_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_charter")),
        sa.UniqueConstraint(
            "cooperative_id", "valid_from", name=op.f("uq_charter_cooperative_id_valid_from")
        ),
        sa.UniqueConstraint("resolution_id", name=op.f("uq_charter_resolution_id")),
    )
    op.create_table(
        "intake_receipt",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("lot_id", sa.BigInteger(), nullable=False),
        sa.Column("produce_id", sa.BigInteger(), nullable=False),
        sa.Column("household_id", sa.BigInteger(), nullable=True),
        sa.Column("member_id", sa.BigInteger(), nullable=True),
        sa.Column("supplier_id", sa.BigInteger(), nullable=True),
        sa.Column("grade", sa.Text(), server_default="统货", nullable=False),
        sa.Column("grade_factor", sa.BigInteger(), server_default=sa.text("100"), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("price_fen", sa.BigInteger(), nullable=False),
        sa.Column("commission_rate", sa.Text(), nullable=True),
        sa.Column("value_fen", sa.BigInteger(), nullable=False),
        sa.Column("certificate_no", sa.Text(), server_default="", nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("recorded_by", sa.BigInteger(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reverses_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("request_key", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "mode in ('buyout','consign_fixed','consign_commission')", name=op.f("ck_intake_receipt_mode")
        ),
        sa.CheckConstraint(
            "(household_id is null) <> (supplier_id is null)", name=op.f("ck_intake_receipt_one_party")
        ),
        sa.CheckConstraint(
            "(reverses_id is null and quantity > 0 and value_fen >= 0) or (reverses_id is not "
            "null and quantity < 0 and value_fen <= 0)",
            name=op.f("ck_intake_receipt_sign"),
        ),
        sa.CheckConstraint("grade_factor > 0 and price_fen >= 0", name=op.f("ck_intake_receipt_terms")),
        sa.CheckConstraint(
            "member_id is null or household_id is not null",
            name=op.f("ck_intake_receipt_member_has_household"),
        ),
        sa.ForeignKeyConstraint(
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_intake_receipt_cooperative_id")
        ),
        sa.ForeignKeyConstraint(
            ["household_id"], ["household.id"], name=op.f("fk_intake_receipt_household_id")
        ),
        sa.ForeignKeyConstraint(
            ["lot_id", "cooperative_id"],
            ["lot.id", "lot.cooperative_id"],
            name=op.f("fk_intake_receipt_lot_id_cooperative_id"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id", "cooperative_id"],
            ["member.id", "member.cooperative_id"],
            name=op.f("fk_intake_receipt_member_id_cooperative_id"),
        ),
        sa.ForeignKeyConstraint(
            ["produce_id", "cooperative_id"],
            ["produce.id", "produce.cooperative_id"],
            name=op.f("fk_intake_receipt_produce_id_cooperative_id"),
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["user_account.id"], name=op.f("fk_intake_receipt_recorded_by")
        ),
        sa.ForeignKeyConstraint(
            ["reverses_id"], ["intake_receipt.id"], name=op.f("fk_intake_receipt_reverses_id")
        ),
        sa.ForeignKeyConstraint(
            ["supplier_id", "cooperative_id"],
            ["supplier.id", "supplier.cooperative_id"],
            name=op.f("fk_intake_receipt_supplier_id_cooperative_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_intake_receipt")),
        sa.UniqueConstraint("cooperative_id", "number", name=op.f("uq_intake_receipt_cooperative_id_number")),
        sa.UniqueConstraint("id", "cooperative_id", name=op.f("uq_intake_receipt_id_cooperative_id")),
        sa.UniqueConstraint("request_key", name=op.f("uq_intake_receipt_request_key")),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_intake_receipt_reverses_id")),
    )
    op.create_index(
        op.f("ix_intake_receipt_cooperative_id_received_on"),
        "intake_receipt",
        ["cooperative_id", "received_on"],
        unique=False,
    )
    op.create_index(op.f("ix_intake_receipt_household_id"), "intake_receipt", ["household_id"], unique=False)
    op.create_index(op.f("ix_intake_receipt_lot_id"), "intake_receipt", ["lot_id"], unique=False)
    op.create_table(
        "payout",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("household_id", sa.BigInteger(), nullable=True),
        sa.Column("member_id", sa.BigInteger(), nullable=True),
        sa.Column("supplier_id", sa.BigInteger(), nullable=True),
        sa.Column("payee_account_id", sa.BigInteger(), nullable=True),
        sa.Column("settlement_line_id", sa.BigInteger(), nullable=True),
        sa.Column("distribution_line_id", sa.BigInteger(), nullable=True),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("bank_reference", sa.Text(), nullable=True),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state in ('paid','returned')) = (paid_at is not null)", name=op.f("ck_payout_paid")
        ),
        sa.CheckConstraint(
            "state in ('waiting','sent','paid','failed','returned','cancelled')", name=op.f("ck_payout_state")
        ),
        sa.CheckConstraint(
            "(household_id is null) <> (supplier_id is null)", name=op.f("ck_payout_one_party")
        ),
        sa.CheckConstraint(
            "(settlement_line_id is null) <> (distribution_line_id is null)",
            name=op.f("ck_payout_one_source"),
        ),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_payout_amount")),
        sa.ForeignKeyConstraint(
            ["batch_id", "cooperative_id"],
            ["payout_batch.id", "payout_batch.cooperative_id"],
            name=op.f("fk_payout_batch_id_cooperative_id"),
        ),
        sa.ForeignKeyConstraint(
            ["distribution_line_id"], ["distribution_line.id"], name=op.f("fk_payout_distribution_line_id")
        ),
        sa.ForeignKeyConstraint(["household_id"], ["household.id"], name=op.f("fk_payout_household_id")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_payout_member_id")),
        sa.ForeignKeyConstraint(
            ["payee_account_id"], ["payee_account.id"], name=op.f("fk_payout_payee_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["settlement_line_id"], ["settlement_line.id"], name=op.f("fk_payout_settlement_line_id")
        ),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"], name=op.f("fk_payout_supplier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payout")),
        sa.UniqueConstraint("batch_id", "seq", name=op.f("uq_payout_batch_id_seq")),
        sa.UniqueConstraint("id", "cooperative_id", name=op.f("uq_payout_id_cooperative_id")),
    )
    op.create_index(op.f("ix_payout_distribution_line_id"), "payout", ["distribution_line_id"], unique=False)
    op.create_index(op.f("ix_payout_household_id"), "payout", ["household_id"], unique=False)
    op.create_index(op.f("ix_payout_settlement_line_id"), "payout", ["settlement_line_id"], unique=False)
    op.create_index(
        "uq_payout_distribution_line",
        "payout",
        ["distribution_line_id"],
        unique=True,
        postgresql_where=sa.text("state not in ('failed','returned','cancelled')"),
    )
    op.create_index(
        "uq_payout_settlement_line",
        "payout",
        ["settlement_line_id"],
        unique=True,
        postgresql_where=sa.text("state not in ('failed','returned','cancelled')"),
    )
    op.create_table(
        "provider_entry",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("provider_ref", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("fee_fen", sa.BigInteger(), nullable=False),
        sa.Column("net_fen", sa.BigInteger(), nullable=False),
        sa.Column("source_ref", sa.Text(), server_default="", nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("available_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("payment_id", sa.BigInteger(), nullable=True),
        sa.Column("refund_id", sa.BigInteger(), nullable=True),
        sa.Column("moved_payout_id", sa.BigInteger(), nullable=True),
        sa.Column("payout_id", sa.BigInteger(), nullable=True),
        sa.Column("town_fen", sa.BigInteger(), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("net_fen = amount_fen - fee_fen", name=op.f("ck_provider_entry_net")),
        sa.ForeignKeyConstraint(
            ["moved_payout_id"], ["provider_payout.id"], name=op.f("fk_provider_entry_moved_payout_id")
        ),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_provider_entry_payment_id")),
        sa.ForeignKeyConstraint(
            ["payout_id"], ["provider_payout.id"], name=op.f("fk_provider_entry_payout_id")
        ),
        sa.ForeignKeyConstraint(["refund_id"], ["refund.id"], name=op.f("fk_provider_entry_refund_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_entry")),
        sa.UniqueConstraint("provider_ref", name=op.f("uq_provider_entry_provider_ref")),
    )
    op.create_index(op.f("ix_provider_entry_made_at"), "provider_entry", ["made_at"], unique=False)
    op.create_index(
        op.f("ix_provider_entry_moved_payout_id"), "provider_entry", ["moved_payout_id"], unique=False
    )
    op.create_index(op.f("ix_provider_entry_payment_id"), "provider_entry", ["payment_id"], unique=False)
    op.create_index(op.f("ix_provider_entry_payout_id"), "provider_entry", ["payout_id"], unique=False)
    op.create_index(op.f("ix_provider_entry_refund_id"), "provider_entry", ["refund_id"], unique=False)
    op.create_index(
        "ix_provider_entry_waiting",
        "provider_entry",
        ["id"],
        unique=False,
        postgresql_where=sa.text("town_fen is null"),
    )
    op.create_table(
        "settlement_entry",
        sa.Column("ledger_entry_id", sa.BigInteger(), nullable=False),
        sa.Column("settlement_line_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ledger_entry_id"], ["ledger_entry.id"], name=op.f("fk_settlement_entry_ledger_entry_id")
        ),
        sa.ForeignKeyConstraint(
            ["settlement_line_id"],
            ["settlement_line.id"],
            name=op.f("fk_settlement_entry_settlement_line_id"),
        ),
        sa.PrimaryKeyConstraint("ledger_entry_id", name=op.f("pk_settlement_entry")),
    )
    op.create_index(
        op.f("ix_settlement_entry_settlement_line_id"),
        "settlement_entry",
        ["settlement_line_id"],
        unique=False,
    )
    op.create_table(
        "sku",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("product_id", sa.BigInteger(), nullable=False),
        sa.Column("spec", sa.Text(), nullable=False),
        sa.Column("unit_quantity", sa.BigInteger(), nullable=False),
        sa.Column("price_fen", sa.BigInteger(), nullable=False),
        sa.Column("published", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint("price_fen > 0", name=op.f("ck_sku_price")),
        sa.CheckConstraint("unit_quantity > 0", name=op.f("ck_sku_unit_quantity")),
        sa.ForeignKeyConstraint(["cooperative_id"], ["cooperative.id"], name=op.f("fk_sku_cooperative_id")),
        sa.ForeignKeyConstraint(
            ["product_id", "cooperative_id"],
            ["product.id", "product.cooperative_id"],
            name=op.f("fk_sku_product_id_cooperative_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sku")),
        sa.UniqueConstraint("id", "cooperative_id", name=op.f("uq_sku_id_cooperative_id")),
    )
    op.create_index(op.f("ix_sku_product_id"), "sku", ["product_id"], unique=False)
    op.create_table(
        "stock_move",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("lot_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("source_type", sa.Text(), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "kind in ('received','unreceived','shipped','returned','written_off','transformed')",
            name=op.f("ck_stock_move_kind"),
        ),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_stock_move_quantity")),
        sa.ForeignKeyConstraint(
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_stock_move_cooperative_id")
        ),
        sa.ForeignKeyConstraint(
            ["lot_id", "cooperative_id"],
            ["lot.id", "lot.cooperative_id"],
            name=op.f("fk_stock_move_lot_id_cooperative_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_move")),
        sa.UniqueConstraint(
            "kind",
            "source_type",
            "source_id",
            "lot_id",
            name=op.f("uq_stock_move_kind_source_type_source_id_lot_id"),
        ),
    )
    op.create_index(op.f("ix_stock_move_lot_id"), "stock_move", ["lot_id"], unique=False)
    op.create_table(
        "basket_line",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("basket_id", sa.BigInteger(), nullable=False),
        sa.Column("sku_id", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("count between 1 and 9999", name=op.f("ck_basket_line_count")),
        sa.ForeignKeyConstraint(
            ["basket_id"], ["basket.id"], name=op.f("fk_basket_line_basket_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["sku_id"], ["sku.id"], name=op.f("fk_basket_line_sku_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_basket_line")),
        sa.UniqueConstraint("basket_id", "sku_id", name=op.f("uq_basket_line_basket_id_sku_id")),
    )
    op.create_table(
        "lot_part",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("lot_id", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("receipt_id", sa.BigInteger(), nullable=True),
        sa.Column("household_id", sa.BigInteger(), nullable=True),
        sa.Column("member_id", sa.BigInteger(), nullable=True),
        sa.Column("supplier_id", sa.BigInteger(), nullable=True),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("value_fen", sa.BigInteger(), nullable=False),
        sa.Column("commission_rate", sa.Text(), nullable=True),
        sa.Column("attributed_quantity", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("attributed_fen", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("returned_quantity", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("returned_fen", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("lost_quantity", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint(
            "(household_id is null) <> (supplier_id is null)", name=op.f("ck_lot_part_one_party")
        ),
        sa.CheckConstraint(
            "attributed_quantity >= 0 and attributed_fen >= 0", name=op.f("ck_lot_part_attributed")
        ),
        sa.CheckConstraint("quantity > 0 and value_fen >= 0", name=op.f("ck_lot_part_amounts")),
        sa.CheckConstraint(
            "returned_quantity between 0 and attributed_quantity and returned_fen between 0 and "
            "attributed_fen and lost_quantity between 0 and returned_quantity",
            name=op.f("ck_lot_part_returned"),
        ),
        sa.ForeignKeyConstraint(
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_lot_part_cooperative_id")
        ),
        sa.ForeignKeyConstraint(["household_id"], ["household.id"], name=op.f("fk_lot_part_household_id")),
        sa.ForeignKeyConstraint(
            ["lot_id", "cooperative_id"],
            ["lot.id", "lot.cooperative_id"],
            name=op.f("fk_lot_part_lot_id_cooperative_id"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id", "cooperative_id"],
            ["member.id", "member.cooperative_id"],
            name=op.f("fk_lot_part_member_id_cooperative_id"),
        ),
        sa.ForeignKeyConstraint(
            ["receipt_id", "cooperative_id"],
            ["intake_receipt.id", "intake_receipt.cooperative_id"],
            name=op.f("fk_lot_part_receipt_id_cooperative_id"),
        ),
        sa.ForeignKeyConstraint(
            ["supplier_id", "cooperative_id"],
            ["supplier.id", "supplier.cooperative_id"],
            name=op.f("fk_lot_part_supplier_id_cooperative_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lot_part")),
        sa.UniqueConstraint("id", "cooperative_id", name=op.f("uq_lot_part_id_cooperative_id")),
        sa.UniqueConstraint("lot_id", "seq", name=op.f("uq_lot_part_lot_id_seq")),
    )
    op.create_index(op.f("ix_lot_part_household_id"), "lot_part", ["household_id"], unique=False)
    op.create_index(op.f("ix_lot_part_receipt_id"), "lot_part", ["receipt_id"], unique=False)
    op.create_table(
        "order_line",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("suborder_id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("product_id", sa.BigInteger(), nullable=False),
        sa.Column("sku_id", sa.BigInteger(), nullable=False),
        sa.Column("produce_id", sa.BigInteger(), nullable=False),
        sa.Column("product_name", sa.Text(), nullable=False),
        sa.Column("category_name", sa.Text(), nullable=False),
        sa.Column("spec", sa.Text(), nullable=False),
        sa.Column("picture", sa.Text(), server_default="", nullable=False),
        sa.Column("certified", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("unit_kind", sa.Text(), nullable=False),
        sa.Column("unit_quantity", sa.BigInteger(), nullable=False),
        sa.Column("unit_price_fen", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("discount_fen", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("net_fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "count > 0 and unit_price_fen >= 0 and unit_quantity > 0", name=op.f("ck_order_line_positive")
        ),
        sa.CheckConstraint(
            "net_fen = unit_price_fen * count - discount_fen and net_fen >= 0", name=op.f("ck_order_line_net")
        ),
        sa.CheckConstraint("quantity = count * unit_quantity", name=op.f("ck_order_line_quantity")),
        sa.ForeignKeyConstraint(["produce_id"], ["produce.id"], name=op.f("fk_order_line_produce_id")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_order_line_product_id")),
        sa.ForeignKeyConstraint(
            ["sku_id", "cooperative_id"],
            ["sku.id", "sku.cooperative_id"],
            name=op.f("fk_order_line_sku_id_cooperative_id"),
        ),
        sa.ForeignKeyConstraint(
            ["suborder_id", "cooperative_id"],
            ["suborder.id", "suborder.cooperative_id"],
            name=op.f("fk_order_line_suborder_id_cooperative_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_line")),
        sa.UniqueConstraint("id", "cooperative_id", name=op.f("uq_order_line_id_cooperative_id")),
        sa.UniqueConstraint("suborder_id", "seq", name=op.f("uq_order_line_suborder_id_seq")),
    )
    op.create_index(op.f("ix_order_line_product_id"), "order_line", ["product_id"], unique=False)
    op.create_table(
        "payout_return",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("payout_id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("returned_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("bank_reference", sa.Text(), server_default="", nullable=False),
        sa.Column("recorded_by", sa.BigInteger(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["payout_id", "cooperative_id"],
            ["payout.id", "payout.cooperative_id"],
            name=op.f("fk_payout_return_payout_id_cooperative_id"),
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["user_account.id"], name=op.f("fk_payout_return_recorded_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payout_return")),
        sa.UniqueConstraint("payout_id", name=op.f("uq_payout_return_payout_id")),
    )
    op.create_table(
        "provider_share",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("fen <> 0", name=op.f("ck_provider_share_not_zero")),
        sa.ForeignKeyConstraint(
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_provider_share_cooperative_id")
        ),
        sa.ForeignKeyConstraint(["entry_id"], ["provider_entry.id"], name=op.f("fk_provider_share_entry_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_share")),
        sa.UniqueConstraint(
            "entry_id", "cooperative_id", name=op.f("uq_provider_share_entry_id_cooperative_id")
        ),
    )
    op.create_index(
        op.f("ix_provider_share_cooperative_id"), "provider_share", ["cooperative_id"], unique=False
    )
    op.create_table(
        "sku_price",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("sku_id", sa.BigInteger(), nullable=False),
        sa.Column("price_fen", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("set_by", sa.BigInteger(), nullable=True),
        sa.Column("set_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("price_fen > 0", name=op.f("ck_sku_price_price")),
        sa.ForeignKeyConstraint(["set_by"], ["user_account.id"], name=op.f("fk_sku_price_set_by")),
        sa.ForeignKeyConstraint(["sku_id"], ["sku.id"], name=op.f("fk_sku_price_sku_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sku_price")),
    )
    op.create_index(
        op.f("ix_sku_price_sku_id_valid_from"), "sku_price", ["sku_id", "valid_from"], unique=False
    )
    op.create_table(
        "gift_recipient",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("line_id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("freight_fen", sa.BigInteger(), nullable=False),
        sa.Column("recipient", sa.LargeBinary(), nullable=False),
        sa.Column("phone", sa.LargeBinary(), nullable=False),
        sa.Column("region_text", sa.Text(), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=False),
        sa.Column("express_company", sa.Text(), nullable=True),
        sa.Column("express_number", sa.Text(), nullable=True),
        sa.Column("shipped_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(shipped_at is not null) = (express_number is not null)", name=op.f("ck_gift_recipient_shipped")
        ),
        sa.CheckConstraint("count > 0", name=op.f("ck_gift_recipient_count")),
        sa.ForeignKeyConstraint(
            ["line_id", "cooperative_id"],
            ["order_line.id", "order_line.cooperative_id"],
            name=op.f("fk_gift_recipient_line_id_cooperative_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gift_recipient")),
        sa.UniqueConstraint("line_id", "seq", name=op.f("uq_gift_recipient_line_id_seq")),
    )
    op.create_table(
        "lot_allocation",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("line_id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("lot_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), server_default="reserved", nullable=False),
        sa.Column("fen", sa.BigInteger(), nullable=True),
        sa.Column("attributed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "state in ('reserved','released','shipped')", name=op.f("ck_lot_allocation_state")
        ),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_lot_allocation_quantity")),
        sa.ForeignKeyConstraint(
            ["line_id", "cooperative_id"],
            ["order_line.id", "order_line.cooperative_id"],
            name=op.f("fk_lot_allocation_line_id_cooperative_id"),
        ),
        sa.ForeignKeyConstraint(
            ["lot_id", "cooperative_id"],
            ["lot.id", "lot.cooperative_id"],
            name=op.f("fk_lot_allocation_lot_id_cooperative_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lot_allocation")),
        sa.UniqueConstraint("id", "cooperative_id", name=op.f("uq_lot_allocation_id_cooperative_id")),
    )
    op.create_index(
        "ix_lot_allocation_held",
        "lot_allocation",
        ["lot_id"],
        unique=False,
        postgresql_where=sa.text("state = 'reserved'"),
    )
    op.create_index(op.f("ix_lot_allocation_line_id"), "lot_allocation", ["line_id"], unique=False)
    op.create_table(
        "refund_line",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("refund_id", sa.BigInteger(), nullable=False),
        sa.Column("line_id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("fen", sa.BigInteger(), nullable=False),
        sa.Column("goods", sa.Text(), nullable=False),
        sa.CheckConstraint("goods in ('returned','lost')", name=op.f("ck_refund_line_goods")),
        sa.CheckConstraint("quantity > 0 and fen >= 0", name=op.f("ck_refund_line_amounts")),
        sa.ForeignKeyConstraint(
            ["line_id", "cooperative_id"],
            ["order_line.id", "order_line.cooperative_id"],
            name=op.f("fk_refund_line_line_id_cooperative_id"),
        ),
        sa.ForeignKeyConstraint(["refund_id"], ["refund.id"], name=op.f("fk_refund_line_refund_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund_line")),
        sa.UniqueConstraint("refund_id", "line_id", name=op.f("uq_refund_line_refund_id_line_id")),
    )
    op.create_index(op.f("ix_refund_line_line_id"), "refund_line", ["line_id"], unique=False)
    op.create_table(
        "attribution",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("line_id", sa.BigInteger(), nullable=False),
        sa.Column("allocation_id", sa.BigInteger(), nullable=False),
        sa.Column("lot_id", sa.BigInteger(), nullable=False),
        sa.Column("lot_part_id", sa.BigInteger(), nullable=False),
        sa.Column("household_id", sa.BigInteger(), nullable=True),
        sa.Column("member_id", sa.BigInteger(), nullable=True),
        sa.Column("supplier_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("fen", sa.BigInteger(), nullable=False),
        sa.Column("reverses_id", sa.BigInteger(), nullable=True),
        sa.Column("refund_line_id", sa.BigInteger(), nullable=True),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "(kind = 'sale' and reverses_id is null and quantity >= 0 and fen >= 0) or (kind = "
            "'reversal' and reverses_id is not null and quantity <= 0 and fen <= 0)",
            name=op.f("ck_attribution_sign"),
        ),
        sa.CheckConstraint(
            "(household_id is null) <> (supplier_id is null)", name=op.f("ck_attribution_one_party")
        ),
        sa.ForeignKeyConstraint(
            ["allocation_id", "cooperative_id"],
            ["lot_allocation.id", "lot_allocation.cooperative_id"],
            name=op.f("fk_attribution_allocation_id_cooperative_id"),
        ),
        sa.ForeignKeyConstraint(
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_attribution_cooperative_id")
        ),
        sa.ForeignKeyConstraint(["household_id"], ["household.id"], name=op.f("fk_attribution_household_id")),
        sa.ForeignKeyConstraint(["line_id"], ["order_line.id"], name=op.f("fk_attribution_line_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_attribution_lot_id")),
        sa.ForeignKeyConstraint(
            ["lot_part_id", "cooperative_id"],
            ["lot_part.id", "lot_part.cooperative_id"],
            name=op.f("fk_attribution_lot_part_id_cooperative_id"),
        ),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_attribution_member_id")),
        sa.ForeignKeyConstraint(["reverses_id"], ["attribution.id"], name=op.f("fk_attribution_reverses_id")),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"], name=op.f("fk_attribution_supplier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attribution")),
    )
    op.create_index(
        op.f("ix_attribution_cooperative_id_on_date"),
        "attribution",
        ["cooperative_id", "on_date"],
        unique=False,
    )
    op.create_index(
        op.f("ix_attribution_household_id_on_date"), "attribution", ["household_id", "on_date"], unique=False
    )
    op.create_index(op.f("ix_attribution_line_id"), "attribution", ["line_id"], unique=False)
    op.create_index(
        "uq_attribution_reversal",
        "attribution",
        ["reverses_id", "refund_line_id"],
        unique=True,
        postgresql_where=sa.text("kind = 'reversal'"),
        postgresql_nulls_not_distinct=True,
    )
    op.create_index(
        "uq_attribution_sale",
        "attribution",
        ["allocation_id", "lot_part_id"],
        unique=True,
        postgresql_where=sa.text("kind = 'sale'"),
    )


def downgrade() -> None:
    op.drop_index("uq_attribution_sale", table_name="attribution", postgresql_where=sa.text("kind = 'sale'"))
    op.drop_index(
        "uq_attribution_reversal",
        table_name="attribution",
        postgresql_where=sa.text("kind = 'reversal'"),
        postgresql_nulls_not_distinct=True,
    )
    op.drop_index(op.f("ix_attribution_line_id"), table_name="attribution")
    op.drop_index(op.f("ix_attribution_household_id_on_date"), table_name="attribution")
    op.drop_index(op.f("ix_attribution_cooperative_id_on_date"), table_name="attribution")
    op.drop_table("attribution")
    op.drop_index(op.f("ix_refund_line_line_id"), table_name="refund_line")
    op.drop_table("refund_line")
    op.drop_index(op.f("ix_lot_allocation_line_id"), table_name="lot_allocation")
    op.drop_index(
        "ix_lot_allocation_held", table_name="lot_allocation", postgresql_where=sa.text("state = 'reserved'")
    )
    op.drop_table("lot_allocation")
    op.drop_table("gift_recipient")
    op.drop_index(op.f("ix_sku_price_sku_id_valid_from"), table_name="sku_price")
    op.drop_table("sku_price")
    op.drop_index(op.f("ix_provider_share_cooperative_id"), table_name="provider_share")
    op.drop_table("provider_share")
    op.drop_table("payout_return")
    op.drop_index(op.f("ix_order_line_product_id"), table_name="order_line")
    op.drop_table("order_line")
    op.drop_index(op.f("ix_lot_part_receipt_id"), table_name="lot_part")
    op.drop_index(op.f("ix_lot_part_household_id"), table_name="lot_part")
    op.drop_table("lot_part")
    op.drop_table("basket_line")
    op.drop_index(op.f("ix_stock_move_lot_id"), table_name="stock_move")
    op.drop_table("stock_move")
    op.drop_index(op.f("ix_sku_product_id"), table_name="sku")
    op.drop_table("sku")
    op.drop_index(op.f("ix_settlement_entry_settlement_line_id"), table_name="settlement_entry")
    op.drop_table("settlement_entry")
    op.drop_index(
        "ix_provider_entry_waiting", table_name="provider_entry", postgresql_where=sa.text("town_fen is null")
    )
    op.drop_index(op.f("ix_provider_entry_refund_id"), table_name="provider_entry")
    op.drop_index(op.f("ix_provider_entry_payout_id"), table_name="provider_entry")
    op.drop_index(op.f("ix_provider_entry_payment_id"), table_name="provider_entry")
    op.drop_index(op.f("ix_provider_entry_moved_payout_id"), table_name="provider_entry")
    op.drop_index(op.f("ix_provider_entry_made_at"), table_name="provider_entry")
    op.drop_table("provider_entry")
    op.drop_index(
        "uq_payout_settlement_line",
        table_name="payout",
        postgresql_where=sa.text("state not in ('failed','returned','cancelled')"),
    )
    op.drop_index(
        "uq_payout_distribution_line",
        table_name="payout",
        postgresql_where=sa.text("state not in ('failed','returned','cancelled')"),
    )
    op.drop_index(op.f("ix_payout_settlement_line_id"), table_name="payout")
    op.drop_index(op.f("ix_payout_household_id"), table_name="payout")
    op.drop_index(op.f("ix_payout_distribution_line_id"), table_name="payout")
    op.drop_table("payout")
    op.drop_index(op.f("ix_intake_receipt_lot_id"), table_name="intake_receipt")
    op.drop_index(op.f("ix_intake_receipt_household_id"), table_name="intake_receipt")
    op.drop_index(op.f("ix_intake_receipt_cooperative_id_received_on"), table_name="intake_receipt")
    op.drop_table("intake_receipt")
    op.drop_table("charter")
    op.drop_table("bank_answer")
    op.drop_index(op.f("ix_voucher_cooperative_id_on_date"), table_name="voucher")
    op.drop_table("voucher")
    op.drop_index(op.f("ix_settlement_line_settlement_id"), table_name="settlement_line")
    op.drop_index(op.f("ix_settlement_line_household_id"), table_name="settlement_line")
    op.drop_table("settlement_line")
    op.drop_index(
        "uq_resolution_distribution",
        table_name="resolution",
        postgresql_where=sa.text("distribution_id is not null"),
    )
    op.drop_table("resolution")
    op.drop_index(
        "uq_refund_late_payment", table_name="refund", postgresql_where=sa.text("kind = 'late_payment'")
    )
    op.drop_index(op.f("ix_refund_suborder_id"), table_name="refund")
    op.drop_index(op.f("ix_refund_order_id"), table_name="refund")
    op.drop_table("refund")
    op.drop_index(
        "ix_provider_payout_open",
        table_name="provider_payout",
        postgresql_where=sa.text("met_at is null and returned_at is null"),
    )
    op.drop_table("provider_payout")
    op.drop_index(
        "ix_product_search",
        table_name="product",
        postgresql_using="gin",
        postgresql_ops={"search_text": "gin_trgm_ops"},
    )
    op.drop_index(op.f("ix_product_produce_id"), table_name="product")
    op.drop_index(
        "ix_product_listed", table_name="product", postgresql_where=sa.text("published_at is not null")
    )
    op.drop_index(op.f("ix_product_cooperative_id"), table_name="product")
    op.drop_index(op.f("ix_product_category_id"), table_name="product")
    op.drop_table("product")
    op.drop_index(op.f("ix_person_exclusion_person_id"), table_name="person_exclusion")
    op.drop_table("person_exclusion")
    op.drop_table("payout_batch")
    op.drop_index(op.f("ix_payee_account_cooperative_id_household_id"), table_name="payee_account")
    op.drop_table("payee_account")
    op.drop_index(op.f("ix_order_event_order_id"), table_name="order_event")
    op.drop_table("order_event")
    op.drop_index(op.f("ix_objection_household_id"), table_name="objection")
    op.drop_index(op.f("ix_objection_distribution_id"), table_name="objection")
    op.drop_table("objection")
    op.drop_index("uq_notice_live", table_name="notice", postgresql_where=sa.text("withdrawn_at is null"))
    op.drop_index(op.f("ix_notice_cooperative_id_starts_on"), table_name="notice")
    op.drop_table("notice")
    op.drop_index("uq_lot_one_open", table_name="lot", postgresql_where=sa.text("closed_at is null"))
    op.drop_index("ix_lot_sellable", table_name="lot", postgresql_where=sa.text("closed_at is not null"))
    op.drop_table("lot")
    op.drop_index(op.f("ix_ledger_entry_transaction_id"), table_name="ledger_entry")
    op.drop_index(op.f("ix_ledger_entry_cooperative_id_account_member_id"), table_name="ledger_entry")
    op.drop_table("ledger_entry")
    op.drop_table("invoice_issued")
    op.drop_table("fiscal_year_close")
    op.drop_table("distribution_line")
    op.drop_index(op.f("ix_distribution_event_distribution_id"), table_name="distribution_event")
    op.drop_table("distribution_event")
    op.drop_table("supplier")
    op.drop_index("ix_suborder_work", table_name="suborder")
    op.drop_table("suborder")
    op.drop_table("settlement")
    op.drop_index(op.f("ix_role_grant_user_id"), table_name="role_grant")
    op.drop_table("role_grant")
    op.drop_table("produce")
    op.drop_index(op.f("ix_person_household_id"), table_name="person")
    op.drop_table("person")
    op.drop_table("period_close")
    op.drop_index(op.f("ix_microloan_household_id"), table_name="microloan")
    op.drop_table("microloan")
    op.drop_index(
        "uq_member_live_household", table_name="member", postgresql_where=sa.text("left_on is null")
    )
    op.drop_table("member")
    op.drop_index(op.f("ix_ledger_transaction_source_type_source_id"), table_name="ledger_transaction")
    op.drop_index(op.f("ix_ledger_transaction_cooperative_id_on_date"), table_name="ledger_transaction")
    op.drop_table("ledger_transaction")
    op.drop_table("ledger_seal")
    op.drop_index(op.f("ix_industry_link_household_id"), table_name="industry_link")
    op.drop_table("industry_link")
    op.drop_index(op.f("ix_household_token_household_id"), table_name="household_token")
    op.drop_table("household_token")
    op.drop_index(op.f("ix_household_consent_household_id"), table_name="household_consent")
    op.drop_table("household_consent")
    op.drop_index(op.f("ix_household_category_household_id"), table_name="household_category")
    op.drop_index(op.f("ix_household_category_category"), table_name="household_category")
    op.drop_table("household_category")
    op.drop_table("freight_rule")
    op.drop_index(
        "uq_distribution_live",
        table_name="distribution",
        postgresql_where=sa.text("state not in ('refused','void','reversed')"),
    )
    op.drop_index(op.f("ix_distribution_run_id"), table_name="distribution")
    op.drop_table("distribution")
    op.drop_table("charter_deduction")
    op.drop_index(
        "ix_bank_statement_line_amount",
        table_name="bank_statement_line",
        postgresql_where=sa.text("cooperative_id is null"),
    )
    op.drop_table("bank_statement_line")
    op.drop_table("bank_layout")
    op.drop_index(op.f("ix_attachment_subject_type_subject_id"), table_name="attachment")
    op.drop_table("attachment")
    op.drop_index(op.f("ix_pv_station_village_id"), table_name="pv_station")
    op.drop_table("pv_station")
    op.drop_index(
        "uq_payment_one_open",
        table_name="payment",
        postgresql_where=sa.text("state in ('created','pending')"),
    )
    op.drop_index(op.f("ix_payment_order_id"), table_name="payment")
    op.drop_table("payment")
    op.drop_index(op.f("ix_household_village_id"), table_name="household")
    op.drop_table("household")
    op.drop_index(op.f("ix_cooperative_village_id"), table_name="cooperative")
    op.drop_table("cooperative")
    op.drop_index(op.f("ix_village_region_code"), table_name="village")
    op.drop_table("village")
    op.drop_index(op.f("ix_user_session_user_id"), table_name="user_session")
    op.drop_table("user_session")
    op.drop_table("statement_import")
    op.drop_index(op.f("ix_invoice_heading_user_id"), table_name="invoice_heading")
    op.drop_table("invoice_heading")
    op.drop_index(op.f("ix_guest_pass_phone"), table_name="guest_pass")
    op.drop_table("guest_pass")
    op.drop_index(
        "uq_distribution_run_active",
        table_name="distribution_run",
        postgresql_where=sa.text("finished_at is null"),
    )
    op.drop_table("distribution_run")
    op.drop_index(
        "ix_order_unattributed",
        table_name="customer_order",
        postgresql_where=sa.text("state = 'paid' and attributed_at is null"),
    )
    op.drop_index(
        "ix_order_expiring", table_name="customer_order", postgresql_where=sa.text("state = 'pending'")
    )
    op.drop_index(op.f("ix_customer_order_paid_on"), table_name="customer_order")
    op.drop_index(op.f("ix_customer_order_buyer_id_placed_at"), table_name="customer_order")
    op.drop_table("customer_order")
    op.drop_table("basket")
    op.drop_index(op.f("ix_address_user_id"), table_name="address")
    op.drop_table("address")
    op.drop_table("user_account")
    op.drop_table("region")
    op.drop_index(
        "ix_provider_event_open",
        table_name="provider_event",
        postgresql_where=sa.text("processed_at is null"),
    )
    op.drop_table("provider_event")
    op.drop_table("provider_balance")
    op.drop_index(op.f("ix_login_code_phone_sent_at"), table_name="login_code")
    op.drop_table("login_code")
    op.drop_table("category")
    op.drop_table("audit_result")
    op.drop_index(op.f("ix_activity_subject_type_subject_id"), table_name="activity")
    op.drop_index(op.f("ix_activity_cooperative_id_at"), table_name="activity")
    op.drop_table("activity")
    op.execute(sa.schema.DropSequence(sa.Sequence("order_number_seq")))
