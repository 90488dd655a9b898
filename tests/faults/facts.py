"""The canonical dump: every fact that attribution, payment and distribution leave, without row ids and clock times."""

from __future__ import annotations

from collections import Counter
from typing import Any

import psycopg

Facts = dict[str, Counter[tuple[Any, ...]]]

SALES = {
    "orders": "select id, state, close_reason, paid_on, attributed_at is not null from customer_order where id > %(last)s",
    "suborders": "select id, state from suborder where order_id > %(last)s",
    "order events": "select order_id, suborder_id, event, note from order_event where order_id > %(last)s",
    "payments": "select order_id, state, amount_fen, intent_ref, fee_fen from payment where order_id > %(last)s",
    "refunds": "select order_id, state, amount_fen, reason from refund",
    "provider events": "select event_ref, kind, processed_at is not null, failure from provider_event",
    "allocations": "select a.id, a.lot_id, a.state, a.quantity, a.fen, a.attributed_at is not null from lot_allocation a"
    " join order_line l on l.id = a.line_id join suborder s on s.id = l.suborder_id where s.order_id > %(last)s",
    "attribution": "select line_id, allocation_id, lot_id, lot_part_id, household_id, member_id, supplier_id, kind, quantity,"
    " fen, on_date from attribution",
    "lots": "select id, attributed_quantity, attributed_fen from lot",
    "parts": "select id, attributed_quantity, attributed_fen from lot_part",
    "books": "select t.key, t.cooperative_id, t.kind, t.on_date, t.source_type, t.source_id, t.memo, e.account, e.fen,"
    " e.quantity, e.member_id, e.household_id, e.supplier_id from ledger_transaction t"
    " join ledger_entry e on e.transaction_id = t.id",
}
DISTRIBUTIONS = {
    "runs": "select year, region_code, finished_at is not null from distribution_run where id > %(last)s",
    "distributions": "select cooperative_id, year, state, refusal, rules::text, document::text, inputs_sha256, outputs_sha256,"
    " surplus_fen, reserve_fen, distributable_fen, patronage_fen, residual_fen from distribution where run_id > %(last)s",
    "lines": "select l.cooperative_id, l.member_id, l.number, l.trade_fen, l.capital_fen, l.reserve_share_fen, l.patronage_fen,"
    " l.residual_fen from distribution_line l join distribution d on d.id = l.distribution_id where d.run_id > %(last)s",
}
SETTLEMENTS = {
    "settlements": "select cooperative_id, period, state, due_on from settlement where id > %(last)s",
    "settlement lines": "select s.cooperative_id, s.period, l.household_id, l.supplier_id, l.member_id, l.quantity, l.credit_fen,"
    " l.deduction_fen, l.carried_in_fen, l.due_fen, l.details::text, l.state from settlement_line l"
    " join settlement s on s.id = l.settlement_id where s.id > %(last)s",
}


def facts(database_url: str, statements: dict[str, str], last: int) -> Facts:
    """Every row with how often it is there; `last` is the highest id of before, of the orders or of the runs."""
    with psycopg.connect(database_url.replace("postgresql+psycopg://", "postgresql://")) as connection:
        return {
            name: Counter(connection.execute(query.encode(), {"last": last}).fetchall())
            for name, query in statements.items()
        }


def differences(one: Facts, other: Facts) -> list[str]:
    """The first rows that only one of the two has, table by table; empty when they are the same."""
    found = []
    for name in one:
        here, there = list((one[name] - other[name]).elements()), list((other[name] - one[name]).elements())
        if here or there:
            found.append(f"{name}: {len(here)} and {len(there)} rows differ; {here[:3]} ≠ {there[:3]}")
    return found
