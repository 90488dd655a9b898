"""The monthly statement ties to the ledger."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import text

from shop.cooperatives.income.attribution import attribute
from shop.cooperatives.income.settlement import compute_month, statement
from shop.cooperatives.ledger.posting import Entry, Posting, post
from shop.cooperatives.produce import intake
from shop.core.db import db, transaction
from shop.core.errors import Refused
from tests.support import town_builder as town

_LEDGER = text(
    """
    select coalesce(-sum(e.fen), 0)::bigint from ledger_entry e join ledger_transaction t on t.id = e.transaction_id
     where e.cooperative_id = :coop and e.account in ('114.payable', '211') and to_char(t.on_date, 'YYYY-MM') = :period
    """
)


@pytest.fixture
def coop(db_session: object) -> town.Coop:
    with transaction():
        return town.cooperative()


def test_a_month_ties_to_the_ledger_for_every_kind_of_party(coop: town.Coop) -> None:
    with transaction():
        owner = town.member(coop, "王小华", number=2)
        second = town.member(coop, "李明", number=1)
        outsider, trader = town.household(coop.village_id, "张三"), town.supplier(coop)
        shiitake, tea = town.produce(coop, "干香菇"), town.produce(coop, "茶叶")
        bought = [town.deliver(coop, shiitake, "buyout", town.Goods(owner, 1_000, 6_000)) for _ in range(2)]
        intake.reverse(bought[1], coop.id, "称错了", on=date(2020, 8, 9))
        goods = [town.Goods(party, 1_000, 2_000) for party in (owner, second, outsider, trader)]
        town.closed_lot(coop, tea, "consign_fixed", goods, on=date(2020, 7, 30))
        attribute([town.sale(coop, tea, 1_000, 3_000, on=date(2020, 8, 31))])
        attribute([town.sale(coop, tea, 400, 1_200, on=date(2020, 9, 1), today=date(2020, 9, 1))])
        sub = (owner.member_id, owner.household_id)
        post(
            [
                Posting(coop.id, kind, kind, date(2020, 8, 31), "cooperative", coop.id,
                        (Entry("114.payable", fen, *sub), Entry(account, -fen)))
                for kind, account, fen in (("shipping", "521", 250), ("payout", "102", 4_000))
            ]
        )  # fmt: skip
        compute_month(coop.id, "2020-08")
    found = statement(coop.id, "2020-08")
    assert found is not None
    assert (found.state, found.period) == ("draft", "2020-08")
    assert [(row.member_number, row.credit_fen, row.deduction_fen, row.due_fen) for row in found.lines] == [
        (1, 500, 0, 500),
        (2, 6_000 + 500, 250, 6_250),
        (None, 500, 0, 500),
        (None, 500, 0, 500),
    ]
    assert [row.name for row in found.lines][:3] == ["李明", "王小华", "张三"]
    assert found.lines[3].name.startswith("供货商")
    assert (
        found.due_fen == db.session.scalar(_LEDGER, {"coop": coop.id, "period": "2020-08"}) + 4_000
    )  # the payout
    details = {(part["kind"], part["fen"], part["quantity"]) for part in found.lines[1].details}
    assert details == {
        ("intake", 12_000, 2_000), ("reversal", -6_000, -1_000), ("sale", 500, 250), ("shipping", -250, 0),
    }  # fmt: skip
    assert {part["produce"][:2] for part in found.lines[1].details if part["kind"] == "sale"} == {"茶叶"}
    assert statement(coop.id, "2020-09") is None


def test_a_draft_is_recomputed_and_a_later_state_is_not(coop: town.Coop) -> None:
    with transaction():
        owner, produce_id = town.member(coop), town.produce(coop)
        town.deliver(coop, produce_id, "buyout", town.Goods(owner, 1_000, 6_000))
        first = compute_month(coop.id, "2020-08")
    with transaction():
        town.deliver(coop, produce_id, "buyout", town.Goods(owner, 1_000, 6_000))
        assert compute_month(coop.id, "2020-08") == first
    assert db.session.execute(text("select credit_fen from settlement_line")).scalars().all() == [12_000]
    with transaction():
        db.session.execute(text("update settlement set state = 'approved'"))
    with pytest.raises(Refused, match="不能重新计算"), transaction():
        compute_month(coop.id, "2020-08")


@pytest.mark.parametrize("period", ["2020-13", "2020-8", "八月", "2998-01"])
def test_impossible_months_are_refused(coop: town.Coop, period: str) -> None:
    with pytest.raises(Refused) as refusal, transaction():
        compute_month(coop.id, period)
    assert refusal.value.field == "period"


def test_a_month_without_trade_has_no_lines(coop: town.Coop) -> None:
    with transaction():
        compute_month(coop.id, "2020-08")
    found = statement(coop.id, "2020-08")
    assert found is not None
    assert (found.lines, found.due_fen) == ((), 0)
