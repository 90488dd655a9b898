"""What happened to memberships, and how consents were given.

Revision ID: 0017
Revises: 0016
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

# one row a household that agreed: validated at once
SMALL = "-- squawk-ignore constraint-missing-not-valid\n"
APPEND_ONLY = ("member_event",)
# days of one household never overlap, in a membership as in a consent; an exclusion cannot be added unvalidated
ONE_AT_A_TIME = {
    "member": "household_id with =, daterange(joined_on, left_on, '[]') with &&",
    "household_consent": "household_id with =, purpose with =, daterange(given_on, withdrawn_on, '[)') with &&",
}


def upgrade() -> None:
    op.create_table(
        "member_event",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("noticed_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("resolution", sa.Text(), server_default="", nullable=False),
        sa.Column("resolved_on", sa.Date(), nullable=True),
        sa.Column("head_before", sa.LargeBinary(), nullable=True),
        sa.Column("head_after", sa.LargeBinary(), nullable=True),
        sa.Column("other_household_id", sa.BigInteger(), nullable=True),
        sa.Column("other_member_id", sa.BigInteger(), nullable=True),
        sa.Column("fen", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("request_key", sa.Text(), nullable=True),
        sa.Column("made_by", sa.BigInteger(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("(kind = 'leaving') = (reason is not null)", name=op.f("ck_member_event_leaving")),
        sa.CheckConstraint(
            "(kind = 'split') = (other_household_id is not null)", name=op.f("ck_member_event_split")
        ),
        sa.CheckConstraint(
            "(kind = 'succession') = (head_before is not null) and (kind = 'succession') = "
            "(head_after is not null)",
            name=op.f("ck_member_event_heads"),
        ),
        sa.CheckConstraint(
            "kind = 'split' or other_member_id is null", name=op.f("ck_member_event_other_member")
        ),
        sa.CheckConstraint(
            "kind in ('joined','leaving','stayed','succession','split')", name=op.f("ck_member_event_kind")
        ),
        sa.CheckConstraint(
            "reason <> 'expelled' or (resolution <> '' and resolved_on is not null)",
            name=op.f("ck_member_event_expelled"),
        ),
        sa.CheckConstraint(
            "reason in ('withdrew','expelled','deceased','moved')", name=op.f("ck_member_event_reason")
        ),
        sa.CheckConstraint(
            "fen = 0 or (fen > 0 and other_member_id is not null)", name=op.f("ck_member_event_fen")
        ),
        sa.CheckConstraint("seq > 0", name=op.f("ck_member_event_seq")),
        sa.ForeignKeyConstraint(
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_member_event_cooperative_id")
        ),
        sa.ForeignKeyConstraint(["made_by"], ["user_account.id"], name=op.f("fk_member_event_made_by")),
        sa.ForeignKeyConstraint(
            ["member_id", "cooperative_id"],
            ["member.id", "member.cooperative_id"],
            name=op.f("fk_member_event_member_id_cooperative_id"),
        ),
        sa.ForeignKeyConstraint(
            ["other_household_id"], ["household.id"], name=op.f("fk_member_event_other_household_id")
        ),
        sa.ForeignKeyConstraint(
            ["other_member_id", "cooperative_id"],
            ["member.id", "member.cooperative_id"],
            name=op.f("fk_member_event_other_member_id_cooperative_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member_event")),
        sa.UniqueConstraint("member_id", "seq", name=op.f("uq_member_event_member_id_seq")),
        sa.UniqueConstraint("request_key", name=op.f("uq_member_event_request_key")),
    )
    op.create_index(
        op.f("ix_member_event_cooperative_id_on_date"),
        "member_event",
        ["cooperative_id", "on_date"],
        unique=False,
    )
    op.create_index(
        op.f("ix_member_event_other_household_id"), "member_event", ["other_household_id"], unique=False
    )
    op.create_index(
        op.f("ix_member_event_other_member_id"), "member_event", ["other_member_id"], unique=False
    )
    op.create_index(
        "uq_member_event_joined",
        "member_event",
        ["member_id"],
        unique=True,
        postgresql_where=sa.text("kind = 'joined'"),
    )
    op.add_column("household_consent", sa.Column("how", sa.Text(), server_default="", nullable=False))
    op.add_column(
        "household_consent", sa.Column("withdrawn_how", sa.Text(), server_default="", nullable=False)
    )
    op.add_column("household_consent", sa.Column("paper_id", sa.BigInteger(), nullable=True))
    op.create_index(op.f("ix_household_consent_paper_id"), "household_consent", ["paper_id"], unique=False)
    op.execute(
        "alter table household_consent add constraint fk_household_consent_paper_id "
        "foreign key (paper_id) references attachment (id) not valid"
    )
    op.execute(f"{SMALL}alter table household_consent validate constraint fk_household_consent_paper_id")
    op.execute(
        "alter table household_consent add constraint ck_household_consent_days "
        "check (withdrawn_on is null or withdrawn_on >= given_on) not valid"
    )
    op.execute(f"{SMALL}alter table household_consent validate constraint ck_household_consent_days")
    for table, rule in ONE_AT_A_TIME.items():
        op.execute(
            "-- squawk-ignore constraint-missing-not-valid\n"
            f"alter table {table} add constraint ex_{table}_one_at_a_time exclude using gist ({rule})"
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
    for table in ONE_AT_A_TIME:
        op.execute(f"alter table {table} drop constraint ex_{table}_one_at_a_time")
    op.execute("alter table household_consent drop constraint ck_household_consent_days")
    op.drop_constraint(op.f("fk_household_consent_paper_id"), "household_consent", type_="foreignkey")
    op.drop_index(op.f("ix_household_consent_paper_id"), table_name="household_consent")
    op.drop_column("household_consent", "paper_id")
    op.drop_column("household_consent", "withdrawn_how")
    op.drop_column("household_consent", "how")
    op.drop_index(
        "uq_member_event_joined", table_name="member_event", postgresql_where=sa.text("kind = 'joined'")
    )
    op.drop_index(op.f("ix_member_event_other_member_id"), table_name="member_event")
    op.drop_index(op.f("ix_member_event_other_household_id"), table_name="member_event")
    op.drop_index(op.f("ix_member_event_cooperative_id_on_date"), table_name="member_event")
    op.drop_table("member_event")
