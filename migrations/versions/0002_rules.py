"""Rules the database keeps itself: append-only history, balanced entries, closed years, one side per account.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

APPEND_ONLY = (
    "activity",
    "order_event",
    "attribution",
    "ledger_transaction",
    "ledger_entry",
    "stock_move",
    "sku_price",
    "fiscal_year_close",
    "attachment",
    "ledger_seal",
    "period_close",
    "voucher",
    "settlement_entry",
    "distribution_event",
    "resolution",
    "bank_answer",
    "payout_return",
    "charter_deduction",
    "refund_line",
    "freight_rule",
    "invoice_issued",
    "provider_share",
    "provider_balance",
    "statement_import",
)

REFUSE_CHANGE = """
create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only: reverse, never edit', tg_table_name using errcode = 'restrict_violation';
end $$
"""

BALANCED = """
create function refuse_unbalanced() returns trigger language plpgsql as $$
declare bad bigint;
begin
  select e.transaction_id into bad from ledger_entry e
   where e.transaction_id in (select transaction_id from added)
   group by e.transaction_id having sum(e.fen) <> 0 limit 1;
  if bad is not null then
    raise exception 'ledger transaction % does not balance', bad using errcode = 'check_violation';
  end if;
  return null;
end $$
"""

CLOSED_YEAR = """
create function refuse_closed_year() returns trigger language plpgsql as $$
begin
  if new.kind not in ('distribution', 'conversion')
     and exists (select 1 from fiscal_year_close c
                  where c.cooperative_id = new.cooperative_id and c.year = extract(year from new.on_date)) then
    raise exception 'fiscal year % is closed', extract(year from new.on_date) using errcode = 'check_violation';
  end if;
  if new.kind not in ('distribution', 'conversion', 'year_close')
     and exists (select 1 from period_close c
                  where c.cooperative_id = new.cooperative_id and c.period = to_char(new.on_date, 'YYYY-MM')) then
    raise exception 'month % is closed', to_char(new.on_date, 'YYYY-MM') using errcode = 'check_violation';
  end if;
  return new;
end $$
"""

FROZEN_RECEIPT = """
create function refuse_receipt_change() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' or (to_jsonb(new) - 'confirmed_at') <> (to_jsonb(old) - 'confirmed_at') then
    raise exception 'an intake receipt is frozen: reverse it' using errcode = 'restrict_violation';
  end if;
  return new;
end $$
"""

FROZEN_PART = """
create function refuse_part_change() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE'
     or (to_jsonb(new) - array['attributed_quantity', 'attributed_fen', 'returned_quantity', 'returned_fen', 'lost_quantity'])
     <> (to_jsonb(old) - array['attributed_quantity', 'attributed_fen', 'returned_quantity', 'returned_fen', 'lost_quantity']) then
    raise exception 'a lot part is frozen at closing' using errcode = 'restrict_violation';
  end if;
  return new;
end $$
"""

PARTS_MAKE_THE_LOT = """
create function refuse_wrong_parts() returns trigger language plpgsql as $$
declare wrong bigint;
begin
  if new.closed_at is null then
    return null;
  end if;
  select coalesce(sum(quantity), 0) into wrong from lot_part where lot_id = new.id;
  if wrong <> (select received from lot where id = new.id) then
    raise exception 'parts of lot % do not make up what was received', new.id using errcode = 'check_violation';
  end if;
  return null;
end $$
"""

ONE_SIDE = (
    # an exclusion cannot be added unvalidated
    "-- squawk-ignore constraint-missing-not-valid\n"
    "alter table role_grant add constraint ex_role_grant_one_side exclude using gist "
    "(user_id with =, side with <>, daterange(valid_from, valid_to, '[]') with &&)"
)


def upgrade() -> None:
    for body in (REFUSE_CHANGE, BALANCED, CLOSED_YEAR, FROZEN_RECEIPT, FROZEN_PART, PARTS_MAKE_THE_LOT):
        op.execute(body)
    for table in APPEND_ONLY:
        op.execute(
            f"create trigger {table}_append_only before update or delete on {table} "
            "for each row execute function refuse_change()"
        )
        op.execute(
            f"create trigger {table}_no_truncate before truncate on {table} "
            "for each statement execute function refuse_change()"
        )
    op.execute(
        "create trigger ledger_entry_balanced after insert on ledger_entry referencing new table as added "
        "for each statement execute function refuse_unbalanced()"
    )
    op.execute(
        "create trigger ledger_transaction_open_year before insert on ledger_transaction "
        "for each row execute function refuse_closed_year()"
    )
    op.execute(
        "create trigger intake_receipt_frozen before update or delete on intake_receipt "
        "for each row execute function refuse_receipt_change()"
    )
    op.execute(
        "create trigger lot_part_frozen before update or delete on lot_part "
        "for each row execute function refuse_part_change()"
    )
    op.execute(
        "create constraint trigger lot_parts_complete after insert or update of closed_at on lot "
        "deferrable initially deferred for each row execute function refuse_wrong_parts()"
    )
    op.execute(ONE_SIDE)


def downgrade() -> None:
    op.execute("alter table role_grant drop constraint ex_role_grant_one_side")
    op.execute("drop trigger lot_parts_complete on lot")
    op.execute("drop trigger lot_part_frozen on lot_part")
    op.execute("drop trigger intake_receipt_frozen on intake_receipt")
    op.execute("drop trigger ledger_transaction_open_year on ledger_transaction")
    op.execute("drop trigger ledger_entry_balanced on ledger_entry")
    for table in APPEND_ONLY:
        op.execute(f"drop trigger {table}_no_truncate on {table}")
        op.execute(f"drop trigger {table}_append_only on {table}")
    for name in (
        "refuse_wrong_parts",
        "refuse_part_change",
        "refuse_receipt_change",
        "refuse_closed_year",
        "refuse_unbalanced",
        "refuse_change",
    ):
        op.execute(f"drop function {name}()")
