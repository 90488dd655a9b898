"""Daily facts of sales and money, and months a township closed.

Revision ID: 0022
Revises: 0021
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

APPEND_ONLY = ("town_month", "town_month_note")

# written by the statement that brings the rows, so that no deed can forget it; appended, so that no two deeds meet here
SOLD = """
create function touch_sold() returns trigger language plpgsql as $$
begin
  insert into fact_touched (cooperative_id, day) select distinct cooperative_id, on_date from added;
  return null;
end $$
"""
CREDITED = """
create function touch_credited() returns trigger language plpgsql as $$
begin
  insert into fact_touched (cooperative_id, day)
  select distinct t.cooperative_id, t.on_date from added e join ledger_transaction t on t.id = e.transaction_id
   where e.household_id is not null and e.account in ('114.payable', '211');
  return null;
end $$
"""
# what is there already has no facts yet: every day of it is read live until the sweep has been there
ALL_TOUCHED = """
insert into fact_touched (cooperative_id, day)
select cooperative_id, on_date from attribution
union
select t.cooperative_id, t.on_date from ledger_entry e join ledger_transaction t on t.id = e.transaction_id
 where e.household_id is not null and e.account in ('114.payable', '211')
"""


def upgrade() -> None:
    op.create_table(
        "fact_touched",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fact_touched")),
    )
    op.create_index(
        op.f("ix_fact_touched_cooperative_id_day"), "fact_touched", ["cooperative_id", "day"], unique=False
    )
    op.create_table(
        "town_month",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sales_fen", sa.BigInteger(), nullable=False),
        sa.Column("assisted_fen", sa.BigInteger(), nullable=False),
        sa.Column("money_fen", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("closed_by", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name=op.f("ck_town_month_sha256")),
        sa.CheckConstraint("extract(day from month) = 1", name=op.f("ck_town_month_month")),
        sa.ForeignKeyConstraint(["closed_by"], ["user_account.id"], name=op.f("fk_town_month_closed_by")),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_town_month_region_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_town_month")),
        sa.UniqueConstraint("region_code", "month", name=op.f("uq_town_month_region_code_month")),
    )
    op.create_table(
        "town_month_note",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("town_month_id", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("sales_fen", sa.BigInteger(), nullable=False),
        sa.Column("assisted_fen", sa.BigInteger(), nullable=False),
        sa.Column("money_fen", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("length(note) between 2 and 500", name=op.f("ck_town_month_note_note")),
        sa.CheckConstraint("seq > 0", name=op.f("ck_town_month_note_seq")),
        sa.ForeignKeyConstraint(["by"], ["user_account.id"], name=op.f("fk_town_month_note_by")),
        sa.ForeignKeyConstraint(
            ["town_month_id"], ["town_month.id"], name=op.f("fk_town_month_note_town_month_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_town_month_note")),
        sa.UniqueConstraint("town_month_id", "seq", name=op.f("uq_town_month_note_town_month_id_seq")),
    )
    op.create_table(
        "household_month",
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("household_id", sa.BigInteger(), nullable=False),
        sa.Column("sold_from", sa.Date(), nullable=True),
        sa.Column("money_from", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_household_month_cooperative_id")
        ),
        sa.PrimaryKeyConstraint("cooperative_id", "month", "household_id", name=op.f("pk_household_month")),
    )
    op.create_table(
        "household_year",
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("household_id", sa.BigInteger(), nullable=False),
        sa.Column("sold_from", sa.Date(), nullable=True),
        sa.Column("money_from", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_household_year_cooperative_id")
        ),
        sa.PrimaryKeyConstraint("cooperative_id", "month", "household_id", name=op.f("pk_household_year")),
    )
    op.create_table(
        "money_day",
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("fen", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_money_day_cooperative_id")
        ),
        sa.PrimaryKeyConstraint("cooperative_id", "day", name=op.f("pk_money_day")),
    )
    op.create_table(
        "sales_day",
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("produce_id", sa.BigInteger(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("buyer_kind", sa.Text(), nullable=False),
        sa.Column("certified", sa.Boolean(), nullable=False),
        sa.Column("fen", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("lines", sa.BigInteger(), nullable=False),
        sa.Column("parts", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_sales_day_cooperative_id")
        ),
        sa.PrimaryKeyConstraint(
            "cooperative_id",
            "day",
            "produce_id",
            "channel",
            "buyer_kind",
            "certified",
            name=op.f("pk_sales_day"),
        ),
    )
    op.create_table(
        "sales_month",
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("produce_id", sa.BigInteger(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("buyer_kind", sa.Text(), nullable=False),
        sa.Column("certified", sa.Boolean(), nullable=False),
        sa.Column("fen", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("lines", sa.BigInteger(), nullable=False),
        sa.Column("parts", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_sales_month_cooperative_id")
        ),
        sa.PrimaryKeyConstraint(
            "cooperative_id",
            "day",
            "produce_id",
            "channel",
            "buyer_kind",
            "certified",
            name=op.f("pk_sales_month"),
        ),
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
    op.execute(SOLD)
    op.execute(CREDITED)
    op.execute(
        "create trigger attribution_touches after insert on attribution referencing new table as added "
        "for each statement execute function touch_sold()"
    )
    op.execute(
        "create trigger ledger_entry_touches after insert on ledger_entry referencing new table as added "
        "for each statement execute function touch_credited()"
    )
    op.execute(ALL_TOUCHED)


def downgrade() -> None:
    op.execute("drop trigger ledger_entry_touches on ledger_entry")
    op.execute("drop trigger attribution_touches on attribution")
    op.execute("drop function touch_credited()")
    op.execute("drop function touch_sold()")
    op.drop_table("sales_month")
    op.drop_table("sales_day")
    op.drop_table("money_day")
    op.drop_table("household_year")
    op.drop_table("household_month")
    op.drop_table("town_month_note")
    op.drop_table("town_month")
    op.drop_index(op.f("ix_fact_touched_cooperative_id_day"), table_name="fact_touched")
    op.drop_table("fact_touched")
