"""Reads of receipts, lots and attributed sales: the own cooperative only, in few statements."""

from __future__ import annotations

import threading
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import text

from shop.cooperatives.income import queries as income
from shop.cooperatives.income.attribution import attribute
from shop.cooperatives.income.rules import DistributionRefused
from shop.cooperatives.income.year_inputs import read_year, read_years
from shop.cooperatives.ledger import queries as ledger
from shop.cooperatives.ledger.closing import close_year
from shop.cooperatives.produce import intake, queries
from shop.core.db import db, transaction
from shop.core.errors import NotFound
from tests.support import town_builder as town

YEAR = (date(2020, 1, 1), date(2020, 12, 31))


@pytest.fixture
def coop(db_session: object) -> town.Coop:
    with transaction():
        return town.cooperative()


def test_receipts_lots_and_parts(coop: town.Coop) -> None:
    with transaction():
        other, produce_id = town.cooperative(), town.produce(coop)
        owner, trader = town.member(coop, "王小华"), town.supplier(coop)
        wrong = town.deliver(coop, produce_id, "buyout", town.Goods(owner, 500, 1_000))
        reversing = intake.reverse(wrong, coop.id, "称错了")
        goods = [town.Goods(owner, 1_000, 1_000), town.Goods(trader, 2_000, 1_000)]
        lot_id = town.closed_lot(coop, produce_id, "buyout", goods)
        town.deliver(coop, produce_id, "consign_fixed", town.Goods(owner, 9, 1_000))
    rows = queries.receipts(coop.id)
    assert [row.quantity for row in rows] == [9, 2_000, 1_000, -500, 500]
    assert [row.head_name or row.supplier[:3] for row in rows] == [
        "王小华",
        "供货商",
        "王小华",
        "王小华",
        "王小华",
    ]
    assert (rows[-1].reversed_by_id, rows[-2].reverses_id, rows[-2].reason) == (reversing, wrong, "称错了")
    assert [
        row.id for row in queries.receipts(coop.id, on=town.DELIVERED_ON, before_id=rows[0].id, limit=1)
    ] == [rows[1].id]
    assert queries.receipt(wrong, coop.id).number == f"J2020-{wrong:06d}"
    assert [row.mode for row in queries.lots(coop.id, is_open=True)] == ["consign_fixed"]
    lot = queries.lot(lot_id, coop.id)
    assert (lot.received, lot.on_hand, lot.available, lot.households) == (3_000, 3_000, 3_000, 1)
    assert [(part.seq, part.head_name, part.quantity) for part in queries.parts(lot_id, coop.id)] == [
        (1, "王小华", 1_000),
        (2, None, 2_000),
    ]
    assert [row.id for row in queries.produce_of(coop.id)] == [produce_id]
    assert [row.id for row in queries.suppliers_of(coop.id)] == [trader.supplier_id]
    assert not queries.receipts(other.id)
    assert not queries.lots(other.id)
    assert not queries.parts(lot_id, other.id)
    for read, row_id in ((queries.receipt, wrong), (queries.lot, lot_id)):
        with pytest.raises(NotFound):
            read(row_id, other.id)


def test_attributed_sales_per_household(coop: town.Coop) -> None:
    with transaction():
        produce_id = town.produce(coop)
        owner, outsider = town.member(coop, "王小华", number=3), town.household(coop.village_id, "张三")
        first = town.member(coop, "李明", number=1)
        town.closed_lot(
            coop, produce_id, "buyout", [town.Goods(p, 1_000, 900) for p in (owner, outsider, first)]
        )
        sales = [
            town.sale(coop, produce_id, 300, 3_000),
            town.sale(coop, produce_id, 600, 6_000, on=date(2020, 9, 1)),
        ]
        attribute(sales)
    found = income.sales_by_party(coop.id, *YEAR)
    assert [(row.member_number, row.name, row.fen, row.lines, row.last_on) for row in found] == [
        (1, "李明", 3_000, 2, date(2020, 9, 1)),
        (3, "王小华", 3_000, 2, date(2020, 9, 1)),
        (None, "张三", 3_000, 2, date(2020, 9, 1)),
    ]
    assert income.month_total(coop.id, date(2020, 9, 1), date(2020, 9, 30)) == (6_000, 3)
    assert income.month_total(coop.id, date(2021, 1, 1), date(2021, 1, 31)) == (0, 0)
    assert owner.household_id is not None
    (by_produce,) = income.sales_of_household(coop.id, owner.household_id, *YEAR)
    assert (by_produce.quantity, by_produce.fen) == (300, 3_000)
    rows = income.rows_of_household(coop.id, owner.household_id)
    assert [(row.on_date, row.quantity, row.fen) for row in rows] == [
        (date(2020, 9, 1), 200, 2_000),
        (town.SOLD_ON, 100, 1_000),
    ]
    assert [
        row.id for row in income.rows_of_household(coop.id, owner.household_id, before_id=rows[0].id)
    ] == [rows[1].id]


def test_the_distribution_reads_the_same_books(coop: town.Coop) -> None:
    with transaction():
        produce_id = town.produce(coop)
        owner, outsider = town.member(coop), town.household(coop.village_id)
        town.closed_lot(
            coop,
            produce_id,
            "consign_commission",
            [town.Goods(p, 1_000, rate="0.08") for p in (owner, outsider)],
        )
        attribute([town.sale(coop, produce_id, 700, 9_999)])
        close_year(coop.id, 2020)
    inputs = read_year(coop.id, 2020).inputs
    trade = ledger.trade(coop.id, 2020)
    assert [row.trade_fen for row in inputs.members] == [part.fen for part in trade.values()]
    assert inputs.surplus_fen == ledger.surplus_of_year(coop.id, 2020) == 400 + 399
    assert inputs.past_loss_fen == ledger.past_loss(coop.id, 2020) == 0


def test_lists_take_one_statement_however_long(coop: town.Coop, app: Flask, sql_counter: object) -> None:
    with transaction():
        produce_id = town.produce(coop)
        goods = [town.Goods(party, 1_000, 900) for party in town.members(coop, 25)]
        lot_id = town.closed_lot(coop, produce_id, "buyout", goods)
        attribute([town.sale(coop, produce_id, 20_000, 3_000)])
    for read in (
        lambda: queries.receipts(coop.id),
        lambda: queries.lots(coop.id),
        lambda: queries.parts(lot_id, coop.id),
        lambda: income.sales_by_party(coop.id, *YEAR),
    ):
        with sql_counter(app) as count:  # type: ignore[operator]
            assert len(read()) in {1, 25}
        assert count.total == 1


def test_the_same_form_sent_twice_at_once_makes_one_receipt(coop: town.Coop, app: Flask) -> None:
    with transaction():
        produce_id, owner = town.produce(coop), town.member(coop)
    start = threading.Barrier(2)
    answers: list[int] = []

    def send() -> None:
        delivery = intake.Delivery(
            coop.id,
            produce_id,
            1_000,
            "buyout",
            town.DELIVERED_ON,
            owner.household_id,
            price_fen=900,
            request_key="once",
        )
        start.wait()
        with app.app_context():
            with transaction():
                answers.append(intake.record(delivery))
            db.session.remove()

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    assert len(set(answers)) == 1
    assert len(answers) == 2
    assert db.session.execute(text("select received from lot")).scalars().all() == [1_000]


def test_many_years_read_at_once_are_what_each_reads_alone(coop: town.Coop) -> None:
    """The set-based read against the plain sums of the ledger, member by member."""
    with transaction():
        other = town.cooperative()
        for each in (coop, other):
            produce_id = town.produce(each)
            owner, second = town.member(each), town.member(each)
            goods = [town.Goods(party, 1_000, rate="0.08") for party in (owner, second)]
            town.closed_lot(each, produce_id, "consign_commission", goods)
            attribute([town.sale(each, produce_id, 700, 9_999)])
        close_year(coop.id, 2020)
    found = read_years([coop.id, other.id, 0], 2020)
    assert set(found) == {coop.id, other.id}
    assert isinstance(found[other.id], DistributionRefused)
    read = found[coop.id]
    assert not isinstance(read, DistributionRefused)
    last = date(2020, 12, 31)
    trade, fund = ledger.trade(coop.id, 2020), ledger.special_fund(coop.id, last)
    capital, shares = ledger.capital(coop.id, last), ledger.reserve_shares(coop.id, 2020)
    assert read.inputs.surplus_fen == ledger.surplus_of_year(coop.id, 2020)
    assert (read.inputs.state_subsidy_fen, read.inputs.donations_fen) == (fund.subsidy_fen, fund.donation_fen)
    for row in read.inputs.members:
        member_id = read.member_ids[row.member]
        assert row.trade_fen == trade[member_id].fen > 0
        assert row.capital_fen == capital.get(member_id, 0)
        assert row.reserve_share_fen == shares.get(member_id, 0)
