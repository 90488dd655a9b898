"""Parcels of suborders with their waybills, and reminders.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

APPEND_ONLY = ("shipment", "shipment_line", "waybill")
CHECKS = {
    "sent": "sent >= 0 and sent <= quantity and (state <> 'released' or sent = 0)",
    "shipped": "(state = 'shipped') = (sent = quantity)",
}
# Until now a suborder had one parcel, whose waybill stood on it: it becomes the first one. The old columns keep what they said.
FILL = (
    "update lot_allocation set sent = quantity where state = 'shipped'",
    """
    insert into shipment (suborder_id, cooperative_id, seq, by, at)
    select s.id, s.cooperative_id, 1, (select e.actor_id from order_event e join user_account u on u.id = e.actor_id
                                        where e.suborder_id = s.id and e.event = 'shipped' order by e.id limit 1), s.shipped_at
      from suborder s where s.shipped_at is not null
       and exists (select from order_line l join lot_allocation a on a.line_id = l.id
                    where l.suborder_id = s.id and a.state = 'shipped')
     order by s.shipped_at, s.id
    """,
    """
    insert into waybill (shipment_id, seq, company, number, by, at)
    select h.id, 1, coalesce(s.express_company, 'own'), coalesce(s.express_number, ''), h.by, h.at
      from shipment h join suborder s on s.id = h.suborder_id order by h.id
    """,
    """
    insert into shipment_line (shipment_id, cooperative_id, line_id, allocation_id, quantity)
    select h.id, a.cooperative_id, a.line_id, a.id, a.quantity
      from shipment h join order_line l on l.suborder_id = h.suborder_id
      join lot_allocation a on a.line_id = l.id and a.state = 'shipped' order by h.id, a.id
    """,
)


def upgrade() -> None:
    op.create_table(
        "reminder_email",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("email", sa.LargeBinary(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_reminder_email_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_reminder_email")),
    )
    op.create_table(
        "reminder",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("tries", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.CheckConstraint("(state = 'sent') = (sent_at is not null)", name=op.f("ck_reminder_sent")),
        sa.CheckConstraint("channel in ('sms','email')", name=op.f("ck_reminder_channel")),
        sa.CheckConstraint(
            "state in ('waiting','sending','sent','dropped','failed')", name=op.f("ck_reminder_state")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["customer_order.id"], name=op.f("fk_reminder_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminder")),
        sa.UniqueConstraint("key", "channel", name=op.f("uq_reminder_key_channel")),
    )
    op.create_index(op.f("ix_reminder_order_id"), "reminder", ["order_id"], unique=False)
    op.create_index(
        "ix_reminder_waiting",
        "reminder",
        ["not_before"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "shipment",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("suborder_id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("seq > 0", name=op.f("ck_shipment_seq")),
        sa.ForeignKeyConstraint(["by"], ["user_account.id"], name=op.f("fk_shipment_by")),
        sa.ForeignKeyConstraint(
            ["suborder_id", "cooperative_id"],
            ["suborder.id", "suborder.cooperative_id"],
            name=op.f("fk_shipment_suborder_id_cooperative_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipment")),
        sa.UniqueConstraint("id", "cooperative_id", name=op.f("uq_shipment_id_cooperative_id")),
        sa.UniqueConstraint("suborder_id", "seq", name=op.f("uq_shipment_suborder_id_seq")),
    )
    op.create_table(
        "waybill",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("shipment_id", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("company", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("by", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("seq > 0", name=op.f("ck_waybill_seq")),
        sa.ForeignKeyConstraint(["by"], ["user_account.id"], name=op.f("fk_waybill_by")),
        sa.ForeignKeyConstraint(["shipment_id"], ["shipment.id"], name=op.f("fk_waybill_shipment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waybill")),
        sa.UniqueConstraint("shipment_id", "seq", name=op.f("uq_waybill_shipment_id_seq")),
    )
    op.create_table(
        "shipment_line",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("shipment_id", sa.BigInteger(), nullable=False),
        sa.Column("cooperative_id", sa.BigInteger(), nullable=False),
        sa.Column("line_id", sa.BigInteger(), nullable=False),
        sa.Column("allocation_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_shipment_line_quantity")),
        sa.ForeignKeyConstraint(
            ["allocation_id", "cooperative_id"],
            ["lot_allocation.id", "lot_allocation.cooperative_id"],
            name=op.f("fk_shipment_line_allocation_id_cooperative_id"),
        ),
        sa.ForeignKeyConstraint(
            ["line_id", "cooperative_id"],
            ["order_line.id", "order_line.cooperative_id"],
            name=op.f("fk_shipment_line_line_id_cooperative_id"),
        ),
        sa.ForeignKeyConstraint(
            ["shipment_id", "cooperative_id"],
            ["shipment.id", "shipment.cooperative_id"],
            name=op.f("fk_shipment_line_shipment_id_cooperative_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipment_line")),
        sa.UniqueConstraint(
            "shipment_id", "allocation_id", name=op.f("uq_shipment_line_shipment_id_allocation_id")
        ),
    )
    op.create_index(op.f("ix_shipment_line_allocation_id"), "shipment_line", ["allocation_id"], unique=False)
    op.add_column(
        "lot_allocation", sa.Column("sent", sa.BigInteger(), server_default=sa.text("0"), nullable=False)
    )
    for statement in FILL:
        op.execute(statement)
    for name, rule in CHECKS.items():
        op.execute(
            f"alter table lot_allocation add constraint ck_lot_allocation_{name} check ({rule}) not valid"
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
    for name in CHECKS:
        op.execute(f"alter table lot_allocation drop constraint ck_lot_allocation_{name}")
    op.drop_column("lot_allocation", "sent")
    op.drop_index(op.f("ix_shipment_line_allocation_id"), table_name="shipment_line")
    op.drop_table("shipment_line")
    op.drop_table("waybill")
    op.drop_table("shipment")
    op.drop_index("ix_reminder_waiting", table_name="reminder", postgresql_where=sa.text("state = 'waiting'"))
    op.drop_index(op.f("ix_reminder_order_id"), table_name="reminder")
    op.drop_table("reminder")
    op.drop_table("reminder_email")
