"""The township's duties, notes on what is odd, what a household can grow.

Revision ID: 0026
Revises: 0025
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

APPEND_ONLY = ("odd_note", "household_capacity")
# who was given two duties in one region keeps the one that counted so far: the first
ONE_EACH = """
    update role_grant g set valid_to = greatest(current_date, g.valid_from), ended_at = now()
     where g.role = 'staff' and g.valid_to is null
       and exists (select from role_grant o where o.user_id = g.user_id and o.region_code = g.region_code
                      and o.role = 'staff' and o.valid_to is null and o.id < g.id)
"""
# a duty that nobody knows may look, and no more
KNOWN = """
    update role_grant set duty = 'leader'
     where role = 'staff' and coalesce(duty, '') not in ('clerk','approver','county','leader')
"""
CHECKS = {
    "role_grant": {
        "ck_role_grant_staff_duty": "role <> 'staff' or coalesce(duty, '') in ('clerk','approver','county','leader')",
    },
    "duty_invitation": {
        "ck_duty_invitation_place_duty": "case when region_code is null"
        " then duty in ('chair','manager','stock','shipping','accounts')"
        " else duty in ('clerk','approver','county','leader') end",
        "ck_duty_invitation_one_place": "(cooperative_id is null) <> (region_code is null)",
    },
}


def upgrade() -> None:
    op.create_table(
        "odd_note",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("noted_by", sa.BigInteger(), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("fingerprint ~ '^[0-9a-f]{32}$'", name=op.f("ck_odd_note_fingerprint")),
        sa.CheckConstraint("length(btrim(reason)) >= 2", name=op.f("ck_odd_note_reason")),
        sa.ForeignKeyConstraint(["noted_by"], ["user_account.id"], name=op.f("fk_odd_note_noted_by")),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_odd_note_region_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_odd_note")),
        sa.UniqueConstraint(
            "rule", "subject", "fingerprint", name=op.f("uq_odd_note_rule_subject_fingerprint")
        ),
    )
    op.create_table(
        "household_capacity",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("household_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("entered_by", sa.BigInteger(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kind in ('land_mu','hives')", name=op.f("ck_household_capacity_kind")),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_household_capacity_amount")),
        sa.ForeignKeyConstraint(
            ["entered_by"], ["user_account.id"], name=op.f("fk_household_capacity_entered_by")
        ),
        sa.ForeignKeyConstraint(
            ["household_id"], ["household.id"], name=op.f("fk_household_capacity_household_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_household_capacity")),
    )
    op.create_index(
        op.f("ix_household_capacity_household_id_kind_valid_from"),
        "household_capacity",
        ["household_id", "kind", "valid_from"],
        unique=False,
    )
    op.create_index(op.f("ix_activity_actor_id_at"), "activity", ["actor_id", "at"], unique=False)
    op.add_column("duty_invitation", sa.Column("region_code", sa.Text(), nullable=True))
    op.execute(
        "-- squawk-ignore ban-drop-not-null\n"  # every reader knows both places
        "alter table duty_invitation alter column cooperative_id drop not null"
    )
    op.create_index(
        "uq_duty_invitation_region_open",
        "duty_invitation",
        ["region_code", "phone"],
        unique=True,
        postgresql_where=sa.text("region_code is not null and accepted_at is null and withdrawn_at is null"),
    )
    op.execute(
        "alter table duty_invitation add constraint fk_duty_invitation_region_code"
        " foreign key (region_code) references region (code) not valid"
    )
    op.execute(ONE_EACH)
    op.execute(KNOWN)
    op.execute(
        "-- squawk-ignore ban-drop-constraint\n"  # a wider one follows
        "alter table duty_invitation drop constraint ck_duty_invitation_duty"
    )
    for table, rules in CHECKS.items():
        for name, rule in rules.items():
            op.execute(
                f"alter table {table} add constraint {name} check ({rule}) not valid"
            )  # 0026b validates
    op.create_index(
        "uq_role_grant_staff_duty",
        "role_grant",
        ["user_id", "region_code"],
        unique=True,
        postgresql_where=sa.text("role = 'staff' and valid_to is null"),
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
    op.drop_index(
        "uq_role_grant_staff_duty",
        table_name="role_grant",
        postgresql_where=sa.text("role = 'staff' and valid_to is null"),
    )
    op.drop_constraint(op.f("fk_duty_invitation_region_code"), "duty_invitation", type_="foreignkey")
    for table, rules in CHECKS.items():
        for name in rules:
            op.execute(f"alter table {table} drop constraint {name}")
    op.execute("delete from duty_invitation where cooperative_id is null")
    op.execute(
        "alter table duty_invitation add constraint ck_duty_invitation_duty"
        " check (duty in ('chair','manager','stock','shipping','accounts')) not valid"
    )
    op.drop_index(
        "uq_duty_invitation_region_open",
        table_name="duty_invitation",
        postgresql_where=sa.text("region_code is not null and accepted_at is null and withdrawn_at is null"),
    )
    op.alter_column("duty_invitation", "cooperative_id", existing_type=sa.BIGINT(), nullable=False)
    op.drop_column("duty_invitation", "region_code")
    op.drop_index(op.f("ix_household_capacity_household_id_kind_valid_from"), table_name="household_capacity")
    op.drop_table("household_capacity")
    op.drop_index(op.f("ix_activity_actor_id_at"), table_name="activity")
    op.drop_table("odd_note")
