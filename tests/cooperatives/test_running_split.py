"""Lots sold bit by bit: exact, fair to the fen, and the same rows after a crash, a rival or a repetition."""

from __future__ import annotations

import threading
from datetime import date
from fractions import Fraction

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from shop.cooperatives.income.attribution import attribute
from shop.cooperatives.ledger.closing import balances
from shop.core.db import db, transaction
from tests.support import town_builder as town

END = date(2099, 1, 1)


@pytest.fixture
def coop(db_session: object) -> town.Coop:
    with transaction():
        return town.cooperative()


def _everybody(coop: town.Coop) -> list[town.Party]:
    return [town.member(coop), town.household(coop.village_id), town.supplier(coop), town.member(coop)]


def _by_part() -> dict[int, tuple[int, int]]:
    rows = db.session.execute(
        text("select lot_part_id, sum(quantity), sum(fen) from attribution group by 1 order by 1")
    )
    return {part: (int(quantity), int(fen)) for part, quantity, fen in rows}


def test_a_second_run_changes_nothing_and_returns_the_same(coop: town.Coop) -> None:
    with transaction():
        produce_id = town.produce(coop)
        town.closed_lot(
            coop, produce_id, "consign_fixed", [town.Goods(p, 1000, 900) for p in _everybody(coop)]
        )
        sales = [town.sale(coop, produce_id, 333, 777) for _ in range(3)]
        first = attribute(sales[:2])
    with transaction():
        again = attribute(sales)
    assert {key: again[key] for key in first} == first
    assert len(again) == len(first) + 1
    before = _everything()
    with transaction():
        assert attribute(sales) == again
    assert _everything() == before


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
            text("select quantity, fen from attribution where cooperative_id = :coop order by id"),
            {"coop": each.id},
        )
        seen.append([tuple(row) for row in rows])
    assert seen[0] == seen[1]
    assert balances(coop.id, END) == balances(other.id, END)


def test_many_one_fen_sales_favour_nobody(coop: town.Coop) -> None:
    """83 households, three receipts each, 400 sales of 1 fen: everybody within 2 fen of the exact share."""
    with transaction():
        produce_id = town.produce(coop)
        owners = town.members(coop, 83)
        goods = [
            town.Goods(owner, 500 + 137 * n * m % 4500, 900)
            for m in (3, 5, 8)
            for n, owner in enumerate(owners)
        ]
        town.closed_lot(coop, produce_id, "buyout", goods)
        spec = town.sku(coop, produce_id)
        sales = [town.sale(coop, produce_id, 10, 1, sku_ids=spec) for _ in range(400)]
        attribute(sales[:150])
        attribute(sales[150:])
    total = sum(part.quantity for part in goods)
    rows = db.session.execute(
        text("select household_id, sum(fen), sum(quantity) from attribution group by 1")
    )
    got = {household: (int(fen), int(quantity)) for household, fen, quantity in rows}
    for owner in owners:
        brought = sum(part.quantity for part in goods if part.party == owner)
        fen, quantity = got.get(owner.household_id, (0, 0))
        assert abs(fen - Fraction(400 * brought, total)) < 1
        assert abs(quantity - Fraction(4000 * brought, total)) < 1


@settings(max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck))
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
        text(
            "select household_id, supplier_id, sum(fen), sum(quantity) from attribution"
            " where cooperative_id = :c group by household_id, supplier_id"
        ),
        {"c": coop.id},
    )
    for household_id, supplier_id, fen, quantity in rows:
        brought = sum(
            g.quantity
            for g in goods
            if (g.party.household_id, g.party.supplier_id) == (household_id, supplier_id)
        )
        assert quantity == brought
        assert abs(int(fen) - Fraction(paid * brought, whole)) < 1
    booked = balances(coop.id, END)
    assert not {"121", "128", "114.consigned", "211.consigned"} & set(booked)
    assert sum(booked.values()) == 0
    parts = db.session.execute(
        text(
            "select bool_and(attributed_quantity = quantity), sum(attributed_fen) from lot_part where cooperative_id = :c"
        ),
        {"c": coop.id},
    ).one()
    assert tuple(parts) == (True, paid)


def test_rivals_attribute_a_line_once(coop: town.Coop, app: Flask) -> None:
    with transaction():
        produce_id = town.produce(coop)
        town.closed_lot(
            coop, produce_id, "consign_fixed", [town.Goods(p, 1000, 900) for p in _everybody(coop)]
        )
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


@pytest.mark.parametrize(
    "point", ["attribution.after_rows", "attribution.after_state", "attribution.after_posting"]
)
def test_dying_at_any_step_and_starting_again_ends_in_the_same_rows(
    coop: town.Coop, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    with transaction():
        produce_id = town.produce(coop)
        town.closed_lot(
            coop, produce_id, "consign_fixed", [town.Goods(p, 1000, 900) for p in _everybody(coop)]
        )
        sales = [town.sale(coop, produce_id, 333, 777) for _ in range(2)]
        attribute(sales[:1])

    def die(name: str) -> None:
        if name == point:
            raise KeyboardInterrupt

    before = _everything()
    monkeypatch.setattr("shop.core.faults.point", die)
    with pytest.raises(KeyboardInterrupt), transaction():
        attribute(sales)
    assert _everything() == before
    monkeypatch.undo()
    with transaction():
        attribute(sales)
        attribute(sales)
    assert len(db.session.execute(text("select 1 from attribution")).all()) == 8
    assert balances(coop.id, END)["128"] == 4 * 900 - 2 * 149 - 2 * 150


def _everything() -> list[tuple[object, ...]]:
    """Every row that attribution writes, but for the moment of writing."""
    columns = "lot_part_id, quantity, fen from attribution", "account, fen, member_id from ledger_entry"
    state = "attributed_quantity, attributed_fen, id from lot_part"
    return [
        tuple(row)
        for part in (*columns, state)
        for row in db.session.execute(text(f"select {part} order by id"))
    ]
