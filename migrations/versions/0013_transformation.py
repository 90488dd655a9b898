"""Goods made into other goods: transformations with their inputs, outputs and shares.

Revision ID: 0013
Revises: 0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

APPEND_ONLY = ("transformation", "transformation_input", "transformation_output", "transformation_share")
CONSTRAINTS = (
    (
        "fk_lot_part_parent_part_id_cooperative_id",
        "foreign key (parent_part_id, cooperative_id) references lot_part (id, cooperative_id)",
    ),
    ("ck_lot_part_one_origin", "check ((receipt_id is null) <> (parent_part_id is null))"),
    (
        "ck_lot_part_transformed",
        "check (restored_quantity between 0 and transformed_quantity and transformed_quantity - restored_quantity <= quantity)",
    ),
)
COUNTERS = ("attributed_quantity", "attributed_fen", "returned_quantity", "returned_fen", "lost_quantity")


def frozen_part(*counters: str) -> str:
    """The trigger's function: of a lot's part only these counters may change."""
    names = "array[" + ", ".join(f"'{name}'" for name in counters) + "]"
    return f"""
create or replace function refuse_part_change() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' or (to_jsonb(new) - {names}) <> (to_jsonb(old) - {names}) then
    raise exception 'a lot part is frozen at closing' using errcode = 'restrict_violation';
  end if;
  return new;
end $$
"""


def upgrade() -> None:
    op.create_table(
        "transformation",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("by", sa.BigInteger(), nullable=True),
        sa.Column("request_key", sa.Text(), nullable=True),
        sa.Column("reverses_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("kind in ('dry','blend','grade','pack')", name=op.f("ck_transformation_kind")),
        sa.CheckConstraint("reverses_id is null or note <> ''", name=op.f("ck_transformation_reason")),
        sa.ForeignKeyConstraint(["by"], ["user_account.id"], name=op.f("fk_transformation_by")),
        sa.ForeignKeyConstraint(
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_transformation_cooperative_id")
        ),
        sa.ForeignKeyConstraint(
            ["reverses_id", "cooperative_id"],
            ["transformation.id", "transformation.cooperative_id"],
            name=op.f("fk_transformation_reverses_id_cooperative_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transformation")),
        sa.UniqueConstraint("id", "cooperative_id", name=op.f("uq_transformation_id_cooperative_id")),
        sa.UniqueConstraint("request_key", name=op.f("uq_transformation_request_key")),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_transformation_reverses_id")),
    )
    op.create_index(
        op.f("ix_transformation_cooperative_id_id"), "transformation", ["cooperative_id", "id"], unique=False
    )
    op.create_table(
        "transformation_input",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("transformation_id", sa.BigInteger(), nullable=False),
        sa.Column("lot_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("graded", sa.BigInteger(), nullable=False),
        sa.Column("value_fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "quantity > 0 and graded > 0 and value_fen >= 0", name=op.f("ck_transformation_input_amounts")
        ),
        sa.ForeignKeyConstraint(
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_transformation_input_cooperative_id")
        ),
        sa.ForeignKeyConstraint(
            ["lot_id", "cooperative_id"],
            ["lot.id", "lot.cooperative_id"],
            name=op.f("fk_transformation_input_lot_id_cooperative_id"),
        ),
        sa.ForeignKeyConstraint(
            ["transformation_id", "cooperative_id"],
            ["transformation.id", "transformation.cooperative_id"],
            name=op.f("fk_transformation_input_transformation_id_cooperative_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transformation_input")),
        sa.UniqueConstraint(
            "transformation_id", "lot_id", name=op.f("uq_transformation_input_transformation_id_lot_id")
        ),
    )
    op.create_index(op.f("ix_transformation_input_lot_id"), "transformation_input", ["lot_id"], unique=False)
    op.create_table(
        "transformation_output",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("transformation_id", sa.BigInteger(), nullable=False),
        sa.Column("lot_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("grade_factor", sa.BigInteger(), server_default=sa.text("100"), nullable=False),
        sa.Column("value_fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "quantity > 0 and grade_factor > 0 and value_fen >= 0",
            name=op.f("ck_transformation_output_amounts"),
        ),
        sa.ForeignKeyConstraint(
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_transformation_output_cooperative_id")
        ),
        sa.ForeignKeyConstraint(
            ["lot_id", "cooperative_id"],
            ["lot.id", "lot.cooperative_id"],
            name=op.f("fk_transformation_output_lot_id_cooperative_id"),
        ),
        sa.ForeignKeyConstraint(
            ["transformation_id", "cooperative_id"],
            ["transformation.id", "transformation.cooperative_id"],
            name=op.f("fk_transformation_output_transformation_id_cooperative_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transformation_output")),
        sa.UniqueConstraint(
            "transformation_id", "lot_id", name=op.f("uq_transformation_output_transformation_id_lot_id")
        ),
    )
    op.create_index(
        op.f("ix_transformation_output_lot_id"), "transformation_output", ["lot_id"], unique=False
    )
    op.create_table(
        "transformation_share",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("transformation_id", sa.BigInteger(), nullable=False),
        sa.Column("part_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("value_fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("quantity > 0 and value_fen >= 0", name=op.f("ck_transformation_share_amounts")),
        sa.ForeignKeyConstraint(
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_transformation_share_cooperative_id")
        ),
        sa.ForeignKeyConstraint(
            ["part_id", "cooperative_id"],
            ["lot_part.id", "lot_part.cooperative_id"],
            name=op.f("fk_transformation_share_part_id_cooperative_id"),
        ),
        sa.ForeignKeyConstraint(
            ["transformation_id", "cooperative_id"],
            ["transformation.id", "transformation.cooperative_id"],
            name=op.f("fk_transformation_share_transformation_id_cooperative_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transformation_share")),
        sa.UniqueConstraint(
            "transformation_id", "part_id", name=op.f("uq_transformation_share_transformation_id_part_id")
        ),
    )
    op.create_index(
        op.f("ix_transformation_share_part_id"), "transformation_share", ["part_id"], unique=False
    )
    op.add_column("lot_part", sa.Column("parent_part_id", sa.BigInteger(), nullable=True))
    op.add_column(
        "lot_part",
        sa.Column("transformed_quantity", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
    )
    op.add_column(
        "lot_part",
        sa.Column("restored_quantity", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
    )
    op.create_index(op.f("ix_lot_part_parent_part_id"), "lot_part", ["parent_part_id"], unique=False)
    # Not validated: validating here would block all reads; 0020 does it.
    for name, rule in CONSTRAINTS:
        op.execute(f"alter table lot_part add constraint {name} {rule} not valid")
    op.execute(frozen_part(*COUNTERS, "transformed_quantity", "restored_quantity"))
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
    op.execute(frozen_part(*COUNTERS))
    for name, _rule in CONSTRAINTS:
        op.execute(f"alter table lot_part drop constraint {name}")
    op.drop_index(op.f("ix_lot_part_parent_part_id"), table_name="lot_part")
    op.drop_column("lot_part", "restored_quantity")
    op.drop_column("lot_part", "transformed_quantity")
    op.drop_column("lot_part", "parent_part_id")
    op.drop_index(op.f("ix_transformation_share_part_id"), table_name="transformation_share")
    op.drop_table("transformation_share")
    op.drop_index(op.f("ix_transformation_output_lot_id"), table_name="transformation_output")
    op.drop_table("transformation_output")
    op.drop_index(op.f("ix_transformation_input_lot_id"), table_name="transformation_input")
    op.drop_table("transformation_input")
    op.drop_index(op.f("ix_transformation_cooperative_id_id"), table_name="transformation")
    op.drop_table("transformation")
