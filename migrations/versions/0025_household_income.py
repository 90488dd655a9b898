"""What households earn and spend.

Revision ID: 0025
Revises: 0024
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

# code, name, class, system that tells us, place in lists; only the township's own are entered by hand
SOURCES = (
    ("work_local", "本地务工", "wage", "township", 1),
    ("work_away", "外出务工", "wage", "township", 2),
    ("work_cooperative", "在合作社务工", "wage", "township", 3),
    ("post_public", "公益岗位", "wage", "township", 4),
    ("pv_post_wage", "光伏公益岗位工资", "wage", "pv", 5),
    ("goods_sold", "合作社货款", "operating", "books", 1),
    ("patronage", "盈余返还", "operating", "books", 2),
    ("farming", "自家种养出售", "operating", "township", 3),
    ("business", "小生意、农家乐", "operating", "township", 4),
    ("residual", "剩余盈余分配", "property", "books", 1),
    ("land_rent", "土地流转租金", "property", "township", 2),
    ("house_rent", "房屋和设备出租", "property", "township", 3),
    ("collective_dividend", "村集体分红", "property", "township", 4),
    ("industry_dividend", "产业带动分红", "property", "industry", 5),
    ("farm_subsidy", "农业补贴", "transfer", "township", 1),
    ("industry_award", "产业奖补", "transfer", "township", 2),
    ("pension", "养老金", "transfer", "township", 3),
    ("family_support", "亲属赡养和赠送", "transfer", "township", 4),
    ("loan_interest_subsidy", "小额信贷贴息", "transfer", "microloan", 5),
    ("basic_guarantee", "基本保障补助", "transfer", "guarantee", 6),
    ("deduction", "合作社代扣费用", "expense", "books", 1),
    ("inputs", "种子、化肥、饲料等", "expense", "township", 2),
    ("hired", "雇工和机耕", "expense", "township", 3),
    ("business_cost", "其他生产经营支出", "expense", "township", 4),
)


def upgrade() -> None:
    sources = op.create_table(
        "income_source",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("income_class", sa.Text(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("by_hand", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("by_hand = (system = 'township')", name=op.f("ck_income_source_by_hand")),
        sa.CheckConstraint(
            "income_class in ('wage','operating','property','transfer','expense')",
            name=op.f("ck_income_source_income_class"),
        ),
        sa.CheckConstraint(
            "system in ('township','books','pv','microloan','industry','guarantee')",
            name=op.f("ck_income_source_system"),
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_income_source")),
        sa.UniqueConstraint("code", "income_class", name=op.f("uq_income_source_code_income_class")),
    )
    op.bulk_insert(
        sources,
        [
            {
                "code": code,
                "name": name,
                "income_class": income_class,
                "system": system,
                "by_hand": system == "township",
                "position": position,
            }
            for code, name, income_class, system, position in SOURCES
        ],
    )
    op.create_table(
        "household_income_entry",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("household_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("income_class", sa.Text(), nullable=False),
        sa.Column("source_code", sa.Text(), nullable=False),
        sa.Column("fen", sa.BigInteger(), nullable=False),
        sa.Column("evidence", sa.LargeBinary(), nullable=False),
        sa.Column("entered_by", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("request_key", sa.Text(), nullable=False),
        sa.Column("reverses_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("fen > 0", name=op.f("ck_household_income_entry_fen")),
        sa.CheckConstraint("reverses_id <> id", name=op.f("ck_household_income_entry_reverses")),
        sa.ForeignKeyConstraint(
            ["entered_by"], ["user_account.id"], name=op.f("fk_household_income_entry_entered_by")
        ),
        sa.ForeignKeyConstraint(
            ["household_id"], ["household.id"], name=op.f("fk_household_income_entry_household_id")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_household_income_entry_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["reverses_id", "household_id", "source_code", "income_class", "on_date", "fen"],
            [
                "household_income_entry.id",
                "household_income_entry.household_id",
                "household_income_entry.source_code",
                "household_income_entry.income_class",
                "household_income_entry.on_date",
                "household_income_entry.fen",
            ],
            name="fk_household_income_entry_mirrors",
        ),
        sa.ForeignKeyConstraint(
            ["source_code", "income_class"],
            ["income_source.code", "income_source.income_class"],
            name=op.f("fk_household_income_entry_source_code_income_class"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_household_income_entry")),
        sa.UniqueConstraint(
            "id",
            "household_id",
            "source_code",
            "income_class",
            "on_date",
            "fen",
            name="uq_household_income_entry_mirrored",
        ),
        sa.UniqueConstraint("request_key", name=op.f("uq_household_income_entry_request_key")),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_household_income_entry_reverses_id")),
    )
    op.create_index(
        op.f("ix_household_income_entry_household_id_on_date"),
        "household_income_entry",
        ["household_id", "on_date"],
        unique=False,
    )
    op.create_index(
        op.f("ix_household_income_entry_on_date"), "household_income_entry", ["on_date"], unique=False
    )
    op.create_index(
        op.f("ix_household_income_entry_person_id"), "household_income_entry", ["person_id"], unique=False
    )
    op.create_index(
        op.f("ix_ledger_entry_household_id"),
        "ledger_entry",
        ["household_id"],
        unique=False,
        postgresql_where=sa.text("household_id is not null"),
    )
    for timing, rows in (
        ("append_only before update or delete", "row"),
        ("no_truncate before truncate", "statement"),
    ):
        op.execute(
            f"create trigger household_income_entry_{timing} on household_income_entry "
            f"for each {rows} execute function refuse_change()"
        )


def downgrade() -> None:
    op.drop_index(
        op.f("ix_ledger_entry_household_id"),
        table_name="ledger_entry",
        postgresql_where=sa.text("household_id is not null"),
    )
    op.drop_index(op.f("ix_household_income_entry_person_id"), table_name="household_income_entry")
    op.drop_index(op.f("ix_household_income_entry_on_date"), table_name="household_income_entry")
    op.drop_index(op.f("ix_household_income_entry_household_id_on_date"), table_name="household_income_entry")
    op.drop_table("household_income_entry")
    op.drop_table("income_source")
