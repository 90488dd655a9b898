"""Refunds against an independent exact computation, and after the books of the sale were closed."""

from __future__ import annotations

import itertools
from collections import Counter
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import scoped_session

from shop.cooperatives.income import attribution, reversing
from shop.cooperatives.income.attribution import SaleShare
from shop.cooperatives.income.reversing import GoodsBack
from shop.cooperatives.ledger.closing import balances, close_year
from shop.cooperatives.ledger.queries import trade
from shop.core import clock
from shop.core.db import db, transaction
from shop.orders import attributing
from tests.orders import market
from tests.payments.refund_scene import assert_clean, give_back, line_ids, part_ids
from tests.support import town_builder as town

END = date(2099, 1, 1)
_ids = itertools.count(1)
RATES = ("0", "0.08", "0.123456789")


@pytest.fixture(autouse=True)
def _database(db_session: scoped_session[Any]) -> None:
    pass


def test_after_its_year_was_closed_a_refund_is_booked_today_and_the_year_stays() -> None:
    last_year = clock.today().year - 1
    day = date(last_year, 11, 5)
    goods = market.stall(mode="consign_fixed", price_fen=6001)
    placed = market.place(market.buyer(), {goods.sku_id: 4})
    with transaction():
        market.pay_order(placed.order_id)
        market.row(
            "update customer_order set paid_at = cast(:at as timestamptz), paid_on = :on, placed_at = cast(:at as timestamptz)"
            " where id = :id returning id",
            at=clock.day_range(day).start, on=day, id=placed.order_id,
        )  # fmt: skip
    with transaction():
        attributing.attribute_orders([placed.order_id])
    with transaction():
        for year in years_with_entries(goods.coop.id, last_year):
            close_year(goods.coop.id, year)
    before = balances(goods.coop.id, date(last_year, 12, 31))
    traded = trade(goods.coop.id, last_year)
    part, line = part_ids(placed.order_id)[0], line_ids(placed.order_id)[0]
    give_back(part, (line, 777))
    give_back(
        part, (line, 2000 - 777), at=clock.day_range(day).start
    )  # a day of the closed year moves to the first open one
    assert balances(goods.coop.id, date(last_year, 12, 31)) == before
    assert trade(goods.coop.id, last_year) == traded
    days = market.rows("select distinct on_date from attribution where kind = 'reversal' order by 1")
    assert [row.on_date for row in days] == [date(last_year + 1, 1, 1), clock.today()]
    booked = market.rows("select distinct on_date from ledger_transaction where kind = 'refund' order by 1")
    assert [row.on_date for row in booked] == [row.on_date for row in days]
    taken_back = trade(goods.coop.id, last_year + 1)
    assert {member: -one.fen for member, one in taken_back.items()} == {
        member: one.fen for member, one in traded.items()
    }
    assert_clean()


def years_with_entries(cooperative_id: int, until: int) -> list[int]:
    rows = db.session.execute(
        text(
            "select distinct extract(year from on_date)::int as year from ledger_transaction where cooperative_id = :id"
            " and extract(year from on_date) <= :until order by 1"
        ),
        {"id": cooperative_id, "until": until},
    )
    return [row.year for row in rows]


class Model:
    """One lot as it should be, in exact fractions and from the rows' own definitions: what each part sold, returned, lost."""

    def __init__(self, mode: str, goods: list[town.Goods]) -> None:
        self.mode = mode
        self.goods = goods
        self.values = [(part.quantity * part.price_fen * 2 + 1000) // 2000 for part in goods]
        self.total = sum(part.quantity for part in goods)

    def check(self, coop: town.Coop, net: int) -> None:
        """Books and rows after every step."""
        rows = db.session.execute(
            text(
                "select p.seq, p.quantity, p.value_fen, p.attributed_quantity - p.returned_quantity + p.lost_quantity as out,"
                " p.attributed_fen - p.returned_fen as fen, p.attributed_fen as gross, t.attributed_fen as all_gross"
                " from lot_part p join lot t on t.id = p.lot_id where p.cooperative_id = :id order by p.seq"
            ),
            {"id": coop.id},
        ).all()
        booked = Counter(balances(coop.id, END))
        assert sum(row.fen for row in rows) == net
        for row in rows:
            assert 0 <= row.out <= row.quantity
            assert abs(row.gross - Fraction(row.all_gross * row.quantity, self.total)) < 2
        left = sum(row.value_fen - row.value_fen * row.out // row.quantity for row in rows)
        if self.mode == "buyout":
            assert booked["121"] == left
            assert booked["501"] == -net
        elif self.mode == "consign_fixed":
            assert booked["128"] == left
            assert booked["114.consigned"] + booked["211.consigned"] == -left
        else:
            commission = sum(int(Fraction(self.goods[row.seq - 1].rate or "0") * row.fen) for row in rows)
            assert booked["501"] == -commission
            assert booked["114.payable"] + booked["211"] == -(net - commission) - booked["529"]
        assert booked["113.provider"] == net
        assert sum(booked.values()) == 0


@settings(
    max_examples=400,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
def test_any_sequence_of_sales_and_refunds(data: st.DataObject) -> None:
    """Any lot, any sales and partial refunds in any order: exact at every step, back to nothing when all came back."""
    mode = data.draw(st.sampled_from(["buyout", "consign_fixed", "consign_commission"]))
    with transaction():
        coop = town.cooperative()
        produce_id = town.produce(coop)
        people = [town.member(coop), town.household(coop.village_id), town.supplier(coop), town.member(coop)]
        goods = [
            town.Goods(
                people[data.draw(st.integers(0, 3))],
                data.draw(st.integers(1, 900)),
                *(
                    (0, data.draw(st.sampled_from(RATES)))
                    if mode == "consign_commission"
                    else (data.draw(st.integers(1, 9000)), None)
                ),
            )
            for _ in range(data.draw(st.integers(1, 5)))
        ]
        town.closed_lot(coop, produce_id, mode, goods)
        spec = town.sku(coop, produce_id)
    start = balances(coop.id, END)
    model = Model(mode, goods)
    open_sales: list[list[Any]] = []  # [sale, grams back, fen back]
    lost = False
    on_hand, net = model.total, 0
    for _ in range(data.draw(st.integers(1, 14))):
        if on_hand and (not open_sales or data.draw(st.booleans())):
            quantity, fen = data.draw(st.integers(1, on_hand)), data.draw(st.integers(0, 5000))
            with transaction():
                sale = sell(coop, produce_id, quantity, fen, spec)
            open_sales.append([sale, 0, 0])
            on_hand, net = on_hand - quantity, net + fen
        elif open_sales:
            one = data.draw(st.sampled_from(open_sales))
            grams, is_lost = refund(one, next(_ids), coop, data)
            net -= one[3]
            lost = lost or is_lost
            on_hand += 0 if is_lost else grams
            open_sales = [each for each in open_sales if each[1] < quantity_of(each[0])]
        model.check(coop, net)
    for one in open_sales:
        quantity = quantity_of(one[0])
        back(one, next(_ids), coop, quantity - one[1], lost=False)
    model.check(coop, 0)
    if not lost:
        assert balances(coop.id, END) == start
    db.session.rollback()


def sell(coop: town.Coop, produce_id: int, quantity: int, fen: int, spec: tuple[int, int]) -> SaleShare:
    """Goods that came back are reserved by hand: this test plays the stock's part itself."""
    market.row(
        "update lot set reserved = 0, shipped = 0, returned = 0, written_off = 0 where produce_id = :id returning id",
        id=produce_id,
    )
    sale = town.sale(coop, produce_id, quantity, fen, sku_ids=spec)
    attribution.attribute([sale])
    return sale


def refund(one: list[Any], refund_line_id: int, coop: town.Coop, data: st.DataObject) -> tuple[int, bool]:
    left = quantity_of(one[0]) - one[1]
    grams = data.draw(st.integers(1, left) | st.just(left))
    lost = data.draw(st.integers(0, 3)) == 0
    back(one, refund_line_id, coop, grams, lost=lost)
    return grams, lost


def back(one: list[Any], refund_line_id: int, coop: town.Coop, grams: int, *, lost: bool) -> None:
    """Money by the exact share, rounded down on the running total, as a buyer would reckon it."""
    sale, grams_before, fen_before = one[:3]
    fen = int(Fraction(sale.net_fen * (grams_before + grams), quantity_of(sale))) - fen_before
    with transaction():
        made = reversing.reverse(
            [
                GoodsBack(
                    refund_line_id, sale.line_id, coop.id, grams, fen, town.SOLD_ON, "provider", lost=lost
                )
            ]
        )
        assert sum(goods.quantity for goods in made[refund_line_id]) == grams
    one[1:] = [grams_before + grams, fen_before + fen, fen]


def quantity_of(sale: SaleShare) -> int:
    return sum(quantity for _, _, quantity in sale.allocations)
