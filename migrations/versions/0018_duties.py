"""Duties inside a cooperative, and answers to requests.

Revision ID: 0018
Revises: 0017
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

# who was given two duties in one cooperative keeps the one that counted so far: the first
ONE_EACH = """
    update role_grant g set valid_to = greatest(current_date, g.valid_from), ended_at = now()
     where g.role = 'manager' and g.valid_to is null
       and exists (select from role_grant o where o.user_id = g.user_id and o.cooperative_id = g.cooperative_id
                      and o.role = 'manager' and o.valid_to is null and o.id < g.id)
"""
NAMED = "update role_grant set duty = 'manager' where role = 'manager' and duty is null"
CHECKS = {
    "ck_role_grant_manager_duty": "role <> 'manager' or coalesce(duty, '') in ('chair','manager','stock','shipping','accounts')",
    "ck_role_grant_ended": "ended_at is null or valid_to is not null",
}


def upgrade() -> None:
    op.create_table(
        "request_answer",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("status", sa.BigInteger(), nullable=True),
        sa.Column("location", sa.Text(), nullable=True),
        sa.Column(
            "messages",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_answer")),
        sa.UniqueConstraint("user_id", "mark", name=op.f("uq_request_answer_user_id_mark")),
    )
    op.create_index(op.f("ix_request_answer_at"), "request_answer", ["at"], unique=False)
    op.create_table(
        "duty_invitation",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("duty", sa.Text(), nullable=False),
        sa.Column("invited_by", sa.BigInteger(), nullable=False),
        sa.Column("invited_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_by", sa.BigInteger(), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "duty in ('chair','manager','stock','shipping','accounts')", name=op.f("ck_duty_invitation_duty")
        ),
        sa.CheckConstraint(
            "(accepted_by is null) = (accepted_at is null)", name=op.f("ck_duty_invitation_accepted")
        ),
        sa.CheckConstraint(
            "accepted_at is null or withdrawn_at is null", name=op.f("ck_duty_invitation_one_end")
        ),
        sa.CheckConstraint("expires_at > invited_at", name=op.f("ck_duty_invitation_dates")),
        sa.ForeignKeyConstraint(
            ["accepted_by"], ["user_account.id"], name=op.f("fk_duty_invitation_accepted_by")
        ),
        sa.ForeignKeyConstraint(
            ["cooperative_id"], ["cooperative.id"], name=op.f("fk_duty_invitation_cooperative_id")
        ),
        sa.ForeignKeyConstraint(
            ["invited_by"], ["user_account.id"], name=op.f("fk_duty_invitation_invited_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_invitation")),
    )
    op.create_index(
        "ix_duty_invitation_phone",
        "duty_invitation",
        ["phone"],
        unique=False,
        postgresql_where=sa.text("accepted_at is null and withdrawn_at is null"),
    )
    op.create_index(
        "uq_duty_invitation_open",
        "duty_invitation",
        ["cooperative_id", "phone"],
        unique=True,
        postgresql_where=sa.text("accepted_at is null and withdrawn_at is null"),
    )
    op.add_column("role_grant", sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(ONE_EACH)
    op.execute(NAMED)
    for name, rule in CHECKS.items():
        op.execute(f"alter table role_grant add constraint {name} check ({rule}) not valid")  # 0020 validates
    op.create_index(
        "uq_role_grant_duty",
        "role_grant",
        ["user_id", "cooperative_id"],
        unique=True,
        postgresql_where=sa.text("role = 'manager' and valid_to is null"),
    )


def downgrade() -> None:
    op.drop_index(
        "uq_role_grant_duty",
        table_name="role_grant",
        postgresql_where=sa.text("role = 'manager' and valid_to is null"),
    )
    for name in CHECKS:
        op.execute(f"alter table role_grant drop constraint {name}")
    op.drop_column("role_grant", "ended_at")
    op.drop_index(
        "uq_duty_invitation_open",
        table_name="duty_invitation",
        postgresql_where=sa.text("accepted_at is null and withdrawn_at is null"),
    )
    op.drop_index(
        "ix_duty_invitation_phone",
        table_name="duty_invitation",
        postgresql_where=sa.text("accepted_at is null and withdrawn_at is null"),
    )
    op.drop_table("duty_invitation")
    op.drop_index(op.f("ix_request_answer_at"), table_name="request_answer")
    op.drop_table("request_answer")
