"""What breaks just one invariant of the households' income ledger, as tampering.py has it for the others."""

from __future__ import annotations

INCOME: dict[str, str] = {
    "income-credited": """
        update ledger_transaction set kind = 'gift' where id = (select e.transaction_id from ledger_entry e where
        e.account in ('114.payable', '211') and e.household_id is not null order by e.id limit 1)
    """,
    "income-distributed": """
        update distribution set state = 'posted' where id = (select d.id from distribution d join distribution_line l on
        l.distribution_id = d.id where l.patronage_fen > 0 order by d.id limit 1)
    """,
    "income-reversals": """
        insert into household_income_entry (household_id, on_date, income_class, source_code, fen, evidence, request_key,
        reverses_id) select min(id), current_date, 'wage', 'work_local', 1, '', 'x', 0 from household
    """,
    "income-once": """
        insert into household_income_entry (household_id, on_date, income_class, source_code, fen, evidence, request_key,
        content_key, turn) select min(h.id), current_date, 'wage', 'work_local', 1, '', 'x' || n, 'x', n
        from household h, generate_series(0, 1) n group by n
    """,
    "income-classes": """
        insert into household_income_entry (household_id, on_date, income_class, source_code, fen, evidence, request_key)
        select min(id), current_date, 'transfer', 'work_local', 1, '', 'x' from household
    """,
}
