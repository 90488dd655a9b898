"""Consents, copies of one's data, closed accounts.

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

APPEND_ONLY = ("user_consent", "account_closure")
# what may not be tied to a closed account any more: table → the column that points at the account
TIED = {"customer_order": "buyer_id", "address": "user_id", "invoice_heading": "user_id", "basket": "user_id"}
# the lock waits for a closing under way; the query after it sees what that closing committed
CLOSED_ACCOUNT = """
create function refuse_closed_account() returns trigger language plpgsql as $$
declare account bigint := (to_jsonb(new) ->> tg_argv[0])::bigint;
begin
  if account is not null then
    perform 1 from user_account where id = account for key share;
    if exists (select 1 from account_closure where user_id = account) then
      raise exception 'account % is closed', account using errcode = 'restrict_violation';
    end if;
  end if;
  return new;
end $$
"""


def upgrade() -> None:
    op.create_table(
        "account_closure",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("orders", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_account_closure_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_closure")),
        sa.UniqueConstraint("user_id", name=op.f("uq_account_closure_user_id")),
    )
    op.create_table(
        "data_export",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("locale", sa.Text(), server_default="zh", nullable=False),
        sa.Column(
            "requested_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("tries", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "(made_at is null) = (expires_at is null) and (state <> 'ready' or made_at is not null)",
            name=op.f("ck_data_export_made"),
        ),
        sa.CheckConstraint("(state = 'ready') = (body is not null)", name=op.f("ck_data_export_body")),
        sa.CheckConstraint("state in ('waiting','ready','failed','gone')", name=op.f("ck_data_export_state")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_data_export_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_export")),
    )
    op.create_index(op.f("ix_data_export_user_id"), "data_export", ["user_id"], unique=False)
    op.create_index(
        "uq_data_export_one_live",
        "data_export",
        ["user_id"],
        unique=True,
        postgresql_where=sa.text("state in ('waiting','ready')"),
    )
    op.create_table(
        "user_consent",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("purpose in ('privacy','marketing')", name=op.f("ck_user_consent_purpose")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_user_consent_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_consent")),
    )
    op.create_index(
        op.f("ix_user_consent_user_id_purpose_id"), "user_consent", ["user_id", "purpose", "id"], unique=False
    )
    # nobody was asked whose phone it is: it may be a recipient's, so it must not open the guest's orders
    op.execute("update guest_pass set phone = '' where claimed_by is null")
    for table in APPEND_ONLY:
        op.execute(
            f"create trigger {table}_append_only before update or delete on {table} "
            "for each row execute function refuse_change()"
        )
        op.execute(
            f"create trigger {table}_no_truncate before truncate on {table} "
            "for each statement execute function refuse_change()"
        )
    op.execute(CLOSED_ACCOUNT)
    for table, column in TIED.items():
        op.execute(
            f"create trigger {table}_account_is_open before insert or update of {column} on {table} "
            f"for each row execute function refuse_closed_account('{column}')"
        )


def downgrade() -> None:
    for table in TIED:
        op.execute(f"drop trigger {table}_account_is_open on {table}")
    op.execute("drop function refuse_closed_account()")
    for table in APPEND_ONLY:
        op.execute(f"drop trigger {table}_no_truncate on {table}")
        op.execute(f"drop trigger {table}_append_only on {table}")
    op.drop_index(op.f("ix_user_consent_user_id_purpose_id"), table_name="user_consent")
    op.drop_table("user_consent")
    op.drop_index(
        "uq_data_export_one_live",
        table_name="data_export",
        postgresql_where=sa.text("state in ('waiting','ready')"),
    )
    op.drop_index(op.f("ix_data_export_user_id"), table_name="data_export")
    op.drop_table("data_export")
    op.drop_table("account_closure")
