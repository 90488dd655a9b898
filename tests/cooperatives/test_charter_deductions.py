"""Costs that the charter puts on the producers: exact to the fen, once, named on the statement, late ones in the next month."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text, update

from shop.cooperatives.income import attribution, charter_deductions, settlement, settlement_approval
from shop.cooperatives.income.charter_deductions import Sales
from shop.cooperatives.ledger.posting import Entry, Posting, post
from shop.cooperatives.people.models import Charter
from shop.core.db import insert_rows, session, transaction
from tests.support import payout_builder as build
from tests.support import town_builder as town
from tests.support.payout_builder import Scene
from tests.support.town_builder import Goods

pytestmark = pytest.mark.usefixtures("db_session")
# the sales here were made without the payments that belong to them
WITHOUT_PAYMENTS = {"payment-order", "order-states", "nothing-waits", "prices"}
FIRST, NEXT = date(2020, 8, 1), date(2020, 9, 1)


@pytest.fixture
def made(db_session: object) -> Scene:
    """Two members and a supplier sell on commission, 30 : 20 : 10 yuan; the cooperative sells 40 yuan of its own."""
    scene = build.scene([])
    with transaction():
        first, second = scene.parties = town.members(scene.coop, 2)
        outsider = town.supplier(scene.coop)
        for party, fen in ((first, 3_000), (second, 2_000), (outsider, 1_000)):
            sell(scene, "consign_commission", party, fen)
        sell(scene, "buyout", first, 4_000)
    return scene


def sell(scene: Scene, mode: str, party: town.Party, fen: int, on: date = town.SOLD_ON) -> None:
    produce_id = town.produce(scene.coop)
    rate = "0.08" if mode == "consign_commission" else None
    price = 1_000 if mode == "buyout" else 0
    town.closed_lot(scene.coop, produce_id, mode, [Goods(party, 1_000, price, rate)])
    attribution.attribute([town.sale(scene.coop, produce_id, 500, fen, on=on, channel="transfer")])


def bears(scene: Scene, *kinds: str, since: date = town.LONG_AGO) -> None:
    values = {f"{kind}_bearer": "producers" for kind in kinds}
    with transaction():
        session().execute(update(Charter).where(Charter.cooperative_id == scene.coop.id).values(**values))


def spend(scene: Scene, kind: str, fen: int, on: date = date(2020, 8, 25)) -> None:
    count = scene.one("select count(*)::int from ledger_transaction")
    with transaction():
        key, entries = f"cost:{count}", (Entry("521", fen), Entry("102", -fen))
        post([Posting(scene.coop.id, kind, key, on, "cooperative", scene.coop.id, entries)])


def deduct(scene: Scene, first: date = FIRST, following: date = NEXT) -> int:
    with transaction():
        return charter_deductions.book([scene.coop.id], first, following)


def borne(scene: Scene) -> list[int]:
    """Fen taken from each party, the largest first."""
    rows = scene.rows(
        "select sum(e.fen)::int from ledger_entry e join ledger_transaction t on t.id = e.transaction_id"
        " where t.kind = 'deduction' and e.account <> '521' group by e.household_id, e.supplier_id order by 1 desc"
    )
    return [int(str(row[0])) for row in rows]


def test_each_bears_its_part_and_the_cooperative_that_of_its_own_sales(made: Scene) -> None:
    bears(made, "fee")
    spend(made, "fee", 101)
    assert deduct(made) == 1
    assert borne(made) == [30, 20, 10]  # of 101: 60 % was consigned, 0.40 go to the cooperative's own sales
    assert made.one("select borne_fen::int from charter_deduction") == 60
    assert set(build.broken(made)) <= WITHOUT_PAYMENTS


def test_what_the_charter_leaves_to_the_cooperative_is_not_taken(made: Scene) -> None:
    bears(made, "fee")
    for kind in ("shipping", "packaging", "expense"):
        spend(made, kind, 1_000)
    assert deduct(made) == 0
    assert borne(made) == []


def test_what_buyers_paid_for_sending_is_taken_off(made: Scene) -> None:
    bears(made, "freight")
    spend(made, "shipping", 1_000)
    with transaction():
        entries = (Entry("102", 400), Entry("502", -400))
        post([Posting(made.coop.id, "freight", "f", FIRST, "suborder", 1, entries)])
    assert deduct(made) == 1
    assert sum(borne(made)) == 360


def test_it_is_named_on_the_statement_and_taken_once(made: Scene) -> None:
    bears(made, "fee", "packaging")
    spend(made, "fee", 100)
    spend(made, "packaging", 1_000)
    for _ in range(2):
        with transaction():
            settlement.compute_month(made.coop.id, "2020-08", made.manager)
    found = settlement.statement(made.coop.id, "2020-08")
    assert found is not None
    named = sorted(d["name"] for d in found.lines[0].details if d["kind"] == "deduction")
    assert named == [
        "包装费（2020-08 全社 ¥10.00，按代销额分摊）",
        "支付手续费（2020-08 全社 ¥1.00，按代销额分摊）",
    ]
    assert sum(line.deduction_fen for line in found.lines) == 660
    session().rollback()
    with transaction():
        settlement_approval.approve(found.settlement_id, made.coop.id, made.chair)
    assert set(build.broken(made)) <= WITHOUT_PAYMENTS


def test_a_bill_that_came_late_is_taken_by_the_next_month(made: Scene) -> None:
    bears(made, "fee")
    spend(made, "fee", 100)
    deduct(made)
    spend(made, "fee", 50)
    assert deduct(made) == 0
    with transaction():
        sell(made, "consign_commission", made.parties[0], 1_000, on=date(2020, 9, 5))
    assert deduct(made, NEXT, date(2020, 10, 1)) == 1
    assert made.rows("select period, cost_fen::int, borne_fen::int from charter_deduction order by id") == [
        ("2020-08", 100, 60),
        ("2020-09", 50, 50),
    ]


def test_a_month_that_is_not_over_or_had_no_consigned_sale_takes_nothing(made: Scene) -> None:
    bears(made, "fee")
    spend(made, "fee", 100)
    assert deduct(made, FIRST, date(2999, 9, 1)) == 0
    assert deduct(made, date(2020, 11, 1), date(2020, 12, 1)) == 0
    assert made.one("select count(*)::int from charter_deduction") == 0


def test_a_cost_of_days_when_the_charter_said_otherwise_is_not_taken(made: Scene) -> None:
    spend(made, "fee", 1_000, on=date(2020, 7, 1))
    with transaction():
        insert_rows(
            Charter,
            [
                {
                    "cooperative_id": made.coop.id, "valid_from": FIRST, "reserve_rate": "0.10", "patronage_ratio": "0.60",
                    "fee_bearer": "producers", "resolution": "决议",
                }
            ],
        )  # fmt: skip
    spend(made, "fee", 100)
    deduct(made)
    assert sum(borne(made)) == 60


def test_the_charters_minimum_is_what_is_carried(made: Scene) -> None:
    with transaction():
        session().execute(text("update charter set minimum_payout_fen = 2500"))
    with transaction():
        settlement_id = settlement.compute_month(made.coop.id, "2020-08", made.manager)
    with transaction():
        settlement_approval.approve(settlement_id, made.coop.id, made.chair)
    states = made.rows("select due_fen::int, state from settlement_line order by due_fen desc")
    assert states == [(3_760, "due"), (1_840, "carried"), (920, "carried")]


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=30), st.integers(0, 10**9), st.integers(1, 10**8))
def test_shares_are_exact_and_fair(consigned: list[int], own: int, cost: int) -> None:
    of = Sales({(place, None, None): fen for place, fen in enumerate(consigned)}, own)
    shares = of.shares(cost)
    whole = sum(consigned) + own
    for place, fen in enumerate(consigned):
        assert abs(shares.get((place, None, None), 0) * whole - cost * fen) < whole
    assert 0 <= cost - sum(shares.values()) <= cost
    if own == 0:
        assert sum(shares.values()) == cost
