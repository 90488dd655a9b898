"""Attribution and its bookings in all three modes, on the real database."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask
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
    rows = db.session.execute(
        text("select lot_part_id, sum(quantity), sum(fen) from attribution group by 1 order by 1")
    )
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
        town.closed_lot(
            coop, produce_id, "consign_commission", [town.Goods(town.member(coop), 1000, rate="0")]
        )
    for channel in ("provider", "transfer", "cash", "town"):
        _sell(coop, produce_id, 100, 500, channel=channel)
    with transaction():
        sale = town.sale(coop, produce_id, 100, 500)
        attribute(
            [SaleShare(sale.line_id, coop.id, 500, sale.on_date, "provider", sale.allocations, town_fen=200)]
        )
    booked = balances(coop.id, END)
    assert [booked[code] for code in ("113.provider", "113.transfer", "101", "113.town")] == [
        800,
        500,
        500,
        700,
    ]


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


def test_the_number_of_statements_does_not_grow(coop: town.Coop, app: Flask, sql_counter: object) -> None:
    with transaction():
        produce_id = town.produce(coop)
        town.closed_lot(
            coop, produce_id, "consign_fixed", [town.Goods(town.member(coop), 1000, 900) for _ in range(9)]
        )
        spec = town.sku(coop, produce_id)
        sales = [town.sale(coop, produce_id, 10, 90, sku_ids=spec) for _ in range(41)]
    for batch in (sales[:1], sales[1:]):
        with transaction(), sql_counter(app) as count:  # type: ignore[operator]
            attribute(batch)
        assert count.total == 9


def test_bad_sales_are_refused(coop: town.Coop) -> None:
    with transaction():
        produce_id, other = town.produce(coop), town.cooperative()
        town.closed_lot(coop, produce_id, "buyout", [town.Goods(town.member(coop), 1000, 900)])
        sale = town.sale(coop, produce_id, 10, 90)
        opened = town.deliver(coop, produce_id, "buyout", town.Goods(town.member(coop), 10, 900))
        open_lot = int(
            db.session.scalar(text("select lot_id from intake_receipt where id = :id"), {"id": opened}) or 0
        )

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
    assert _by_part() == {}


def test_a_sale_found_after_the_closing_is_booked_in_the_open_year(coop: town.Coop) -> None:
    with transaction():
        produce_id = town.produce(coop)
        town.closed_lot(coop, produce_id, "buyout", [town.Goods(town.member(coop), 1000, 900)])
        sale = town.sale(coop, produce_id, 10, 90)
        close_year(coop.id, 2020)
        attribute([sale])
        book_freight([(1, coop.id, 800, sale.on_date, "provider")])
        book_fee([(1, coop.id, 3, sale.on_date)])
    rows = db.session.execute(
        text("select kind, on_date from ledger_transaction where on_date > '2020-12-31'")
    )
    assert {tuple(row) for row in rows} == {(kind, date(2021, 1, 1)) for kind in ("sale", "freight", "fee")}
    assert db.session.scalar(text("select on_date from attribution")) == sale.on_date


def test_freight_and_fees_are_booked_once(coop: town.Coop) -> None:
    for _ in range(2):
        with transaction():
            book_freight(
                [(1, coop.id, 800, town.SOLD_ON, "provider"), (2, coop.id, 500, town.SOLD_ON, "cash")]
            )
            book_freight([(3, coop.id, 0, town.SOLD_ON, "provider")])
            book_fee([(1, coop.id, 30, town.SOLD_ON)])
    assert balances(coop.id, END) == {"113.provider": 770, "101": 500, "502": -1300, "521": 30}
