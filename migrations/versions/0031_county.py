"""Facts of whole years, and what a county counts twice.

Revision ID: 0031
Revises: 0030
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

# from the facts there are; what of them is no longer the rows' own is marked, read live, and made again by the next sweep
FILLED = (
    """
    insert into sales_year (cooperative_id, day, produce_id, channel, buyer_kind, certified, fen, quantity, lines, parts)
    select cooperative_id, date_trunc('year', day::timestamp)::date, produce_id, channel, buyer_kind, certified,
           sum(fen)::bigint, sum(quantity)::bigint, sum(lines)::bigint, sum(parts)::bigint
      from sales_month group by 1, 2, 3, 4, 5, 6
    """,
    """
    insert into money_month (cooperative_id, day, fen)
    select cooperative_id, date_trunc('month', day::timestamp)::date, sum(fen)::bigint from money_day group by 1, 2
    """,
    """
    insert into assisted_day (cooperative_id, day, order_id, fen)
    select a.cooperative_id, a.on_date, o.id, sum(a.fen)::bigint
      from attribution a join order_line l on l.id = a.line_id join suborder s on s.id = l.suborder_id
      join customer_order o on o.id = s.order_id and o.channel = 'assisted' group by 1, 2, 3
    """,
    """
    insert into household_home (household_id, cooperative_id)
    select household_id, min(cooperative_id) from household_year group by 1
    """,
    """
    insert into household_guest (cooperative_id, household_id)
    select distinct h.cooperative_id, h.household_id from household_year h
      join household_home o on o.household_id = h.household_id and o.cooperative_id <> h.cooperative_id
    """,
    """
    insert into takings_month (cooperative_id, day, assisted, fen, lines, parts)
    select cooperative_id, day, channel = 'assisted', sum(fen)::bigint, sum(lines)::bigint, sum(parts)::bigint
      from sales_month group by 1, 2, 3
    """,
    *(
        f"""
        insert into {table}_count (cooperative_id, month, day, sold, money)
        select cooperative_id, month, day, (sum(sum(sold)) over up_to)::bigint, (sum(sum(money)) over up_to)::bigint
          from (select cooperative_id, month, sold_from as day, 1 as sold, 0 as money from {table}
                union all select cooperative_id, month, money_from, 0, 1 from {table}) as first
         where day is not null group by cooperative_id, month, day
        window up_to as (partition by cooperative_id, month order by day)
        """  # noqa: S608 (our own names)
        for table in ("household_month", "household_year")
    ),
)


def upgrade() -> None:
    op.create_table(
        "assisted_day",
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("fen", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_assisted_day_cooperative_id")
        ),
        sa.PrimaryKeyConstraint("cooperative_id", "day", "order_id", name=op.f("pk_assisted_day")),
    )
    op.create_table(
        "household_guest",
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("household_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_household_guest_cooperative_id")
        ),
        sa.PrimaryKeyConstraint("cooperative_id", "household_id", name=op.f("pk_household_guest")),
    )
    op.create_table(
        "household_home",
        sa.Column("household_id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_household_home_cooperative_id")
        ),
        sa.PrimaryKeyConstraint("household_id", name=op.f("pk_household_home")),
    )
    op.create_table(
        "household_month_count",
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("sold", sa.BigInteger(), nullable=False),
        sa.Column("money", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_household_month_count_cooperative_id")
        ),
        sa.PrimaryKeyConstraint("cooperative_id", "month", "day", name=op.f("pk_household_month_count")),
    )
    op.create_table(
        "household_year_count",
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("sold", sa.BigInteger(), nullable=False),
        sa.Column("money", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_household_year_count_cooperative_id")
        ),
        sa.PrimaryKeyConstraint("cooperative_id", "month", "day", name=op.f("pk_household_year_count")),
    )
    op.create_table(
        "money_month",
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("fen", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_money_month_cooperative_id")
        ),
        sa.PrimaryKeyConstraint("cooperative_id", "day", name=op.f("pk_money_month")),
    )
    op.create_table(
        "sales_year",
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
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_sales_year_cooperative_id")
        ),
        sa.PrimaryKeyConstraint(
            "cooperative_id",
            "day",
            "produce_id",
            "channel",
            "buyer_kind",
            "certified",
            name=op.f("pk_sales_year"),
        ),
    )
    op.create_table(
        "takings_month",
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("assisted", sa.Boolean(), nullable=False),
        sa.Column("fen", sa.BigInteger(), nullable=False),
        sa.Column("lines", sa.BigInteger(), nullable=False),
        sa.Column("parts", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_takings_month_cooperative_id")
        ),
        sa.PrimaryKeyConstraint("cooperative_id", "day", "assisted", name=op.f("pk_takings_month")),
    )
    for statement in FILLED:
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("takings_month")
    op.drop_table("sales_year")
    op.drop_table("money_month")
    op.drop_table("household_year_count")
    op.drop_table("household_month_count")
    op.drop_table("household_home")
    op.drop_table("household_guest")
    op.drop_table("assisted_day")
