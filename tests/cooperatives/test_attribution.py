"""Attribution and its bookings in all three modes, on the real database."""

from __future__ import annotations

import random
import threading
from datetime import date
from fractions import Fraction

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from shop.cooperatives.income.attribution import SaleShare, attribute, book_fee, book_freight
from shop.cooperatives.ledger.closing import balances, close_year
from shop.cooperatives.ledger.queries import Trade, trade
from shop.core.db import db, transaction
from shop.core.errors import NotFound, Refused
from tests.support import town_builder as town

END = date(2099, 1, 1)


@pytest.fixture
def coop(db_session: object) -> town.Coop:
    with transaction():
        return town.cooperative()


def _everybody(coop: town.Coop) -> list[town.Party]:
    return [town.member(coop), town.household(coop.village_id), town.supplier(coop), town.member(coop)]


def _sell(coop: town.Coop, produce_id: int, quantity: int, net_fen: int, **more: str) -> SaleShare:
    with transaction():
        sale = town.sale(coop, produce_id, quantity, net_fen, **more)  # type: ignore[arg-type]
        attribute([sale])
    return sale


def _by_part() -> dict[int, tuple[int, int]]:
    rows = db.session.execute(text("select lot_part_id, sum(quantity), sum(fen) from attribution group by 1 order by 1"))
    return {part: (int(quantity), int(fen)) for part, quantity, fen in rows}


def test_buyout_books_income_and_cost_until_the_inventory_is_empty(coop: town.Coop) -> None:
    with transaction():
        produce_id = town.produce(coop)
        goods = [town.Goods(party, 1000 + 7 * n, 3333) for n, party in enumerate(_everybody(coop))]
        town.closed_lot(coop, produce_id, "buyout", goods)
    cost = balances(coop.id, END)["121"]
    for _ in range(4):
        _sell(coop, produce_id, 1009, 5001)
    _sell(coop, produce_id, 6, 1)
    assert balances(coop.id, END) == {
        "113.provider": 4 * 5001 + 1,
        "501": -4 * 5001 - 1,
        "521": cost,
        "114.payable": -(3333 + 3403),
        "211": -(3356 + 3380),
    }
    assert sum(quantity for quantity, _ in _by_part().values()) == 4042
    assert sum(fen for _, fen in _by_part().values()) == 4 * 5001 + 1


@pytest.mark.parametrize("price_fen,income,expense", [(100, 501, 521), (9000, 521, 501)])
def test_agreed_price_moves_from_consigned_to_payable_and_the_cooperative_bears_the_difference(
    coop: town.Coop, price_fen: int, income: int, expense: int
) -> None:
    with transaction():
        produce_id = town.produce(coop)
        goods = [town.Goods(party, 997, price_fen) for party in _everybody(coop)]
        town.closed_lot(coop, produce_id, "consign_fixed", goods)
    agreed = balances(coop.id, END)["128"]
    for quantity in (1, 2, 3, 994, 2988):
        _sell(coop, produce_id, quantity, quantity * 2)
    booked = balances(coop.id, END)
    difference = 2 * 3988 - agreed
    assert "128" not in booked
    assert "114.consigned" not in booked
    assert "211.consigned" not in booked
    assert booked["113.provider"] == 2 * 3988
    assert booked["114.payable"] == booked["211"] == -agreed // 2
    assert booked.get("501", 0) + booked.get("521", 0) == -difference
    assert (booked.get(str(income), 0) != 0) or difference == 0


def test_commission_is_kept_by_its_frozen_rate_and_the_rest_is_owed(coop: town.Coop) -> None:
    with transaction():
        produce_id = town.produce(coop)
        owner, outsider = town.member(coop), town.supplier(coop)
        goods = [town.Goods(owner, 1000, rate="0.08"), town.Goods(outsider, 1000, rate="0.125")]
        town.closed_lot(coop, produce_id, "consign_commission", goods)
    for _ in range(100):
        _sell(coop, produce_id, 20, 33)
    kept = 1650 * 8 // 100 + 1650 * 125 // 1000
    assert balances(coop.id, END) == {
        "113.provider": 3300,
        "501": -kept,
        "114.payable": -(1650 - 132),
        "211": -(1650 - 206),
    }
    assert trade(coop.id, 2020) == {owner.member_id: Trade(1518, 1000)}


def test_the_channel_decides_who_holds_the_money(coop: town.Coop) -> None:
    with transaction():
        produce_id = town.produce(coop)
        town.closed_lot(coop, produce_id, "consign_commission", [town.Goods(town.member(coop), 1000, rate="0")])
    for channel in ("provider", "transfer", "cash", "town"):
        _sell(coop, produce_id, 100, 500, channel=channel)
    with transaction():
        sale = town.sale(coop, produce_id, 100, 500)
        attribute([SaleShare(sale.line_id, coop.id, 500, sale.on_date, "provider", sale.allocations, town_fen=200)])
    booked = balances(coop.id, END)
    assert [booked[code] for code in ("113.provider", "113.transfer", "101", "113.town")] == [800, 500, 500, 700]


def test_a_line_over_two_lots_of_different_modes(coop: town.Coop) -> None:
    with transaction():
        produce_id = town.produce(coop)
        owner = town.member(coop)
        bought = town.closed_lot(coop, produce_id, "buyout", [town.Goods(owner, 100, 1000)])
        fixed = town.closed_lot(coop, produce_id, "consign_fixed", [town.Goods(owner, 100, 1000)])
        sale = town.sale(coop, produce_id, 150, 1001)
        shares = attribute([sale])
    assert [lot for _, lot, _ in sale.allocations] == [bought, fixed]
    assert list(shares.values()) == [667, 334]
    rows = db.session.execute(text("select count(*) from ledger_transaction where kind = 'sale'")).scalar()
    assert rows == 1
    booked = balances(coop.id, END)
    assert (booked["501"], booked["521"], booked["128"]) == (-667 - 284, 100, 50)
    assert booked["114.payable"] == -100 - 50
    assert "121" not in booked
    assert trade(coop.id, 2020)[owner.member_id or 0] == Trade(150, 150)  # a kilogram counts once


def test_a_second_run_changes_nothing_and_returns_the_same(coop: town.Coop) -> None:
    with transaction():
        produce_id = town.produce(coop)
        town.closed_lot(coop, produce_id, "consign_fixed", [town.Goods(p, 1000, 900) for p in _everybody(coop)])
        sales = [town.sale(coop, produce_id, 333, 777) for _ in range(3)]
        first = attribute(sales[:2])
    before = _everything()
    with transaction():
        again = attribute(sales)
    assert {key: again[key] for key in first} == first
    assert len(again) == len(first) + 1
    with transaction():
        assert attribute(sales) == again
    assert _everything()[: len(before)] == before


def test_one_batch_equals_one_by_one(coop: town.Coop) -> None:
    with transaction():
        other = town.cooperative()
    seen = []
    for each, together in ((coop, True), (other, False)):
        with transaction():
            produce_id = town.produce(each)
            goods = [town.Goods(town.member(each), 1000 + n, rate="0.07") for n in range(5)]
            town.closed_lot(each, produce_id, "consign_commission", goods)
            sales = [town.sale(each, produce_id, 111 + n, 1001 + n) for n in range(20)]
            for batch in [sales] if together else [[sale] for sale in sales]:
                attribute(batch)
        rows = db.session.execute(
            text("select quantity, fen from attribution where cooperative_id = :coop order by id"), {"coop": each.id}
        )
        seen.append([tuple(row) for row in rows])
    assert seen[0] == seen[1]
    assert balances(coop.id, END) == balances(other.id, END)


def test_the_number_of_statements_does_not_grow(coop: town.Coop, app: Flask, sql_counter: object) -> None:
    with transaction():
        produce_id = town.produce(coop)
        town.closed_lot(coop, produce_id, "consign_fixed", [town.Goods(town.member(coop), 1000, 900) for _ in range(9)])
        spec = town.sku(coop, produce_id)
        sales = [town.sale(coop, produce_id, 10, 90, sku_ids=spec) for _ in range(41)]
    for batch in (sales[:1], sales[1:]):
        with transaction(), sql_counter(app) as count:  # type: ignore[operator]
            attribute(batch)
        assert count.total == 8


def test_many_one_fen_sales_favour_nobody(coop: town.Coop) -> None:
    """83 households, three receipts each, 400 sales of 1 fen: everybody within 2 fen of the exact share."""
    with transaction():
        produce_id = town.produce(coop)
        owners = town.members(coop, 83)
        pick = random.Random(7)
        goods = [town.Goods(owner, pick.randint(500, 5000), 900) for _ in range(3) for owner in owners]
        town.closed_lot(coop, produce_id, "buyout", goods)
        spec = town.sku(coop, produce_id)
        sales = [town.sale(coop, produce_id, 10, 1, sku_ids=spec) for _ in range(400)]
        attribute(sales[:150])
        attribute(sales[150:])
    total = sum(part.quantity for part in goods)
    rows = db.session.execute(text("select household_id, sum(fen), sum(quantity) from attribution group by 1"))
    got = {household: (int(fen), int(quantity)) for household, fen, quantity in rows}
    for owner in owners:
        brought = sum(part.quantity for part in goods if part.party == owner)
        fen, quantity = got.get(owner.household_id, (0, 0))
        assert abs(fen - Fraction(400 * brought, total)) < 1
        assert abs(quantity - Fraction(4000 * brought, total)) < 1


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_lot_sold_out_bit_by_bit(db_session: object, data: st.DataObject) -> None:
    """Any parties, receipts, prices and sales: exact sums, the bound at every step, and nothing left at the end."""
    mode = data.draw(st.sampled_from(["buyout", "consign_fixed", "consign_commission"]))
    with transaction():
        coop = town.cooperative()
        produce_id = town.produce(coop)
        parties = _everybody(coop)
        goods = [
            town.Goods(
                parties[data.draw(st.integers(0, 3))], data.draw(st.integers(1, 3000)),
                *((0, data.draw(st.sampled_from(["0", "0.08", "0.123456789"]))) if mode == "consign_commission"
                  else (data.draw(st.integers(1, 20_000)), None)),
            )
            for _ in range(data.draw(st.integers(1, 6)))
        ]  # fmt: skip
        town.closed_lot(coop, produce_id, mode, goods)
        whole = left = sum(part.quantity for part in goods)
        spec = town.sku(coop, produce_id)
        sales, paid = [], 0
        while left:
            quantity = left if len(sales) == 7 else data.draw(st.integers(1, left))
            net = data.draw(st.integers(0, 5000))
            sales.append(town.sale(coop, produce_id, quantity, net, sku_ids=spec))
            left, paid = left - quantity, paid + net
        cut = data.draw(st.integers(0, len(sales)))
        shares = attribute(sales[:cut]) | attribute(sales[cut:])
        again = attribute(sales)
    assert again == shares
    assert sum(shares.values()) == paid
    rows = db.session.execute(
        text("select household_id, supplier_id, sum(fen), sum(quantity) from attribution where cooperative_id = :c group by 1, 2"),
        {"c": coop.id},
    )
    for household_id, supplier_id, fen, quantity in rows:
        brought = sum(g.quantity for g in goods if (g.party.household_id, g.party.supplier_id) == (household_id, supplier_id))
        assert quantity == brought
        assert abs(int(fen) - Fraction(paid * brought, whole)) < 1
    booked = balances(coop.id, END)
    assert not {"121", "128", "114.consigned", "211.consigned"} & set(booked)
    assert sum(booked.values()) == 0
    parts = db.session.execute(
        text("select bool_and(attributed_quantity = quantity), sum(attributed_fen) from lot_part where cooperative_id = :c"),
        {"c": coop.id},
    ).one()
    assert tuple(parts) == (True, paid)


def test_rivals_attribute_a_line_once(coop: town.Coop, app: Flask) -> None:
    with transaction():
        produce_id = town.produce(coop)
        town.closed_lot(coop, produce_id, "consign_fixed", [town.Goods(p, 1000, 900) for p in _everybody(coop)])
        sales = [town.sale(coop, produce_id, 7, 123) for _ in range(12)]
    start = threading.Barrier(2)
    answers: list[dict[int, int]] = []

    def work(turned: bool) -> None:
        start.wait()
        answer: dict[int, int] = {}
        for sale in reversed(sales) if turned else sales:
            with app.app_context():
                with transaction():
                    answer |= attribute([sale])
                db.session.remove()
        answers.append(answer)

    threads = [threading.Thread(target=work, args=(turned,)) for turned in (False, True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    assert answers[0] == answers[1]
    assert sum(fen for _, fen in _by_part().values()) == 12 * 123
    state = db.session.execute(text("select attributed_quantity, attributed_fen from lot")).one()
    assert tuple(state) == (84, 12 * 123)


def test_bad_sales_are_refused(coop: town.Coop) -> None:
    with transaction():
        produce_id, other = town.produce(coop), town.cooperative()
        town.closed_lot(coop, produce_id, "buyout", [town.Goods(town.member(coop), 1000, 900)])
        sale = town.sale(coop, produce_id, 10, 90)
        opened = town.deliver(coop, produce_id, "buyout", town.Goods(town.member(coop), 10, 900))
        open_lot = int(db.session.scalar(text("select lot_id from intake_receipt where id = :id"), {"id": opened}) or 0)

    def changed(**values: object) -> SaleShare:
        fields = {name: getattr(sale, name) for name in sale.__slots__}
        return SaleShare(**(fields | values))

    for bad, error in (
        (changed(cooperative_id=other.id), NotFound),
        (changed(allocations=((1, 999_999, 10),)), NotFound),
        (changed(allocations=()), Refused),
        (changed(allocations=((1, sale.allocations[0][1], 0),)), Refused),
        (changed(allocations=((1, open_lot, 5),)), Refused),
        (changed(channel="barter"), Refused),
        (changed(net_fen=-1), Refused),
        (changed(town_fen=91), Refused),
    ):
        with pytest.raises(error), transaction():
            attribute([bad])
    with transaction():
        close_year(coop.id, 2020)
    with pytest.raises(Refused, match="已经结账"), transaction():
        attribute([sale])
    assert _by_part() == {}


def test_freight_and_fees_are_booked_once(coop: town.Coop) -> None:
    for _ in range(2):
        with transaction():
            book_freight([(1, coop.id, 800, town.SOLD_ON, "provider"), (2, coop.id, 500, town.SOLD_ON, "cash")])
            book_freight([(3, coop.id, 0, town.SOLD_ON, "provider")])
            book_fee([(1, coop.id, 30, town.SOLD_ON)])
    assert balances(coop.id, END) == {"113.provider": 770, "101": 500, "502": -1300, "521": 30}


def _everything() -> list[tuple[object, ...]]:
    rows = db.session.execute(text("select * from attribution order by id")).all()
    entries = db.session.execute(text("select * from ledger_entry order by id")).all()
    return [tuple(row) for row in [*entries, *rows]][: len(entries)]
