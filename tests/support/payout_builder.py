"""Accounts to pay to and batches of payments, through the real deeds; what waits by the clock is made older here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import text

from shop.accounts.models import User
from shop.audit.run import CHECKS, run_check
from shop.cooperatives.income import settlement, settlement_approval
from shop.core.db import db, insert_rows, session, transaction
from shop.payments import payees, payouts, whereabouts
from tests.support import town_builder as town

PERIOD = "2020-08"


def users(*phones: str) -> list[int]:
    """Accounts without any role: call it inside a transaction."""
    return insert_rows(User, [{"phone": phone, "name": f"用户{phone[-4:]}"} for phone in phones], "id")


@dataclass
class Scene:
    """A cooperative with member households that brought goods in August 2020, its manager and its chair."""

    coop: town.Coop
    parties: list[town.Party]
    manager: int
    chair: int
    accounts: list[int] = field(default_factory=list)

    @property
    def households(self) -> list[int]:
        return [party.household_id for party in self.parties if party.household_id is not None]

    def rows(self, statement: str, **values: object) -> list[tuple[object, ...]]:
        found = [tuple(row) for row in session().execute(text(statement), values)]
        if not session().info.get("in_transaction"):
            session().rollback()
        return found

    def one(self, statement: str, **values: object) -> object:
        return self.rows(statement, **values)[0][0]


def scene(amounts_fen: Sequence[int], tail: str = "1") -> Scene:
    """One member household for each amount that it is owed for goods bought in August 2020."""
    with transaction():
        coop = town.cooperative()
        parties = town.members(coop, len(amounts_fen))
        produce_id = town.produce(coop)
        for party, fen in zip(parties, amounts_fen, strict=True):
            if fen:
                town.deliver(coop, produce_id, "buyout", town.Goods(party, 1_000, fen))
        manager, chair = users(f"+861370000{tail}001", f"+861370000{tail}002")
    return Scene(coop, parties, manager, chair)


def settle(made: Scene, period: str = PERIOD) -> int:
    """Computed by the manager, approved by the chair; returns the settlement's id."""
    with transaction():
        settlement_id = settlement.compute_month(made.coop.id, period, made.manager)
    with transaction():
        settlement_approval.approve(settlement_id, made.coop.id, made.chair)
    return settlement_id


def open_accounts(made: Scene, households: Sequence[int] | None = None) -> list[int]:
    """Asked for by the manager, approved by the chair two days ago."""
    found = []
    for household_id in made.households if households is None else households:
        with transaction():
            wanted = payees.Wanted(
                "王小华", "茅箭农商行", f"6228{household_id:012d}", household_id=household_id
            )
            payee_id = payees.request(made.coop.id, wanted, made.manager)
            payees.approve(payee_id, made.coop.id, made.chair)
            age_account(payee_id)
        found.append(payee_id)
    made.accounts += found
    return found


def age_account(payee_id: int, days: int = 2) -> None:
    session().execute(
        text(
            "update payee_account set approved_at = approved_at - :days * interval '1 day',"
            " effective_at = effective_at - :days * interval '1 day' where id = :id"
        ),
        {"id": payee_id, "days": days},
    )


def batch(made: Scene, settlement_id: int, *, approved: bool = True) -> int:
    with transaction():
        batch_id = payouts.make_from_settlement(settlement_id, made.coop.id, made.manager)
    if approved:
        with transaction():
            payouts.approve(batch_id, made.coop.id, made.chair)
    return batch_id


def answer_csv(rows: Sequence[Sequence[object]], head: str = "业务参考号,状态,失败原因") -> bytes:
    lines = [head, *(",".join(str(cell) for cell in row) for row in rows)]
    return "\r\n".join(lines).encode("utf-8-sig")


def broken(made: Scene) -> list[str]:
    """Invariants that do not hold: codes of the audit's checks, and names of the cooperative's ties."""
    session().rollback()
    found = [check.code for check in CHECKS if run_check(check)["count"]]
    found += [tie.name for tie in whereabouts.of(made.coop.id).ties if not tie.holds]
    session().rollback()
    return found


def ledger_due(coop_id: int, on: date | None = None) -> int:
    """What 114 payable and 211 owe parties by the books."""
    found = db.session.scalar(
        text(
            "select coalesce(-sum(e.fen), 0)::bigint from ledger_entry e join ledger_transaction t on t.id = e.transaction_id"
            " where e.cooperative_id = :coop and e.account in ('114.payable', '211')"
            " and (e.household_id is not null or e.supplier_id is not null) and t.on_date <= coalesce(:on, t.on_date)"
        ),
        {"coop": coop_id, "on": on},
    )
    return int(found or 0)
