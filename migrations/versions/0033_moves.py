"""Persons move between households.

Revision ID: 0033
Revises: 0032
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

# clerks' deeds, a few a day: validated at once
SMALL = "-- squawk-ignore constraint-missing-not-valid\n"
REASONED = "'close','leave','unlend','unable','end_category','end_exclusion','end_link'"
# a person's row follows another one only after its last day; checked at the end, for both rows change together
APART = """
create function refuse_person_overlap() returns trigger language plpgsql as $$
begin
  if exists (select from person b join person p on p.before_id = b.id
              where (p.id = new.id or b.id = new.id) and (b.left_on is null or b.left_on >= p.joined_on)) then
    raise exception 'person % is in two households on one day', new.id using errcode = 'check_violation';
  end if;
  return null;
end $$
"""


def _step_reason(acts: str) -> None:
    name = "ck_register_step_reason"
    op.execute(f"-- squawk-ignore ban-drop-constraint\nalter table register_step drop constraint {name}")
    op.execute(
        f"alter table register_step add constraint {name} check (reason <> '' or act not in ({acts})) not valid"
    )
    op.execute(f"{SMALL}alter table register_step validate constraint {name}")


def upgrade() -> None:
    op.create_table(
        "person_move",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("household_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("to_person_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("from_outside", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("evidence", sa.LargeBinary(), nullable=False),
        sa.Column("reverses_id", sa.BigInteger(), nullable=True),
        sa.Column("made_by", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("(kind = 'undo') = (reverses_id is not null)", name=op.f("ck_person_move_undo")),
        sa.CheckConstraint(
            "case kind when 'undo' then true else (kind in ('out','death')) = (to_person_id is null) end",
            name=op.f("ck_person_move_goal"),
        ),
        sa.CheckConstraint(
            "kind in ('marriage','split','return','other','out','death','undo')",
            name=op.f("ck_person_move_kind"),
        ),
        sa.ForeignKeyConstraint(["household_id"], ["household.id"], name=op.f("fk_person_move_household_id")),
        sa.ForeignKeyConstraint(["made_by"], ["user_account.id"], name=op.f("fk_person_move_made_by")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_person_move_person_id")),
        sa.ForeignKeyConstraint(["reverses_id"], ["person_move.id"], name=op.f("fk_person_move_reverses_id")),
        sa.ForeignKeyConstraint(["to_person_id"], ["person.id"], name=op.f("fk_person_move_to_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_move")),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_person_move_reverses_id")),
        sa.UniqueConstraint("to_person_id", name=op.f("uq_person_move_to_person_id")),
    )
    op.create_index(op.f("ix_person_move_household_id"), "person_move", ["household_id"], unique=False)
    op.create_index(op.f("ix_person_move_person_id"), "person_move", ["person_id"], unique=False)
    _step_reason(f"{REASONED},'unmove'")
    op.execute(APART)
    op.execute(
        "create constraint trigger person_overlap_new after insert on person deferrable initially deferred"
        " for each row when (new.before_id is not null) execute function refuse_person_overlap()"
    )
    op.execute(
        "create constraint trigger person_overlap after update of before_id, joined_on, left_on on person"
        " deferrable initially deferred for each row execute function refuse_person_overlap()"
    )
    op.execute(
        "create trigger person_move_append_only before update or delete on person_move "
        "for each row execute function refuse_change()"
    )
    op.execute(
        "create trigger person_move_no_truncate before truncate on person_move "
        "for each statement execute function refuse_change()"
    )


def downgrade() -> None:
    op.execute("drop trigger person_move_no_truncate on person_move")
    op.execute("drop trigger person_move_append_only on person_move")
    op.execute("drop trigger person_overlap on person")
    op.execute("drop trigger person_overlap_new on person")
    op.execute("drop function refuse_person_overlap()")
    _step_reason(REASONED)
    op.drop_index(op.f("ix_person_move_person_id"), table_name="person_move")
    op.drop_index(op.f("ix_person_move_household_id"), table_name="person_move")
    op.drop_table("person_move")
