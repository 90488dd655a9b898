"""Lists and product pages: stock, order, filters, and nobody named who did not consent."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import scoped_session

from shop.catalog import product_page, queries
from shop.catalog.models import Product, Sku
from shop.catalog.wishes import Wish
from shop.cooperatives.people.models import Household
from shop.cooperatives.produce import stock
from shop.cooperatives.produce.models import Lot
from shop.core import clock
from shop.core.db import transaction
from shop.core.errors import NotFound
from tests.support import shop_builder, town_builder


def _names(**wish: Any) -> list[str]:
    return [card.name for card in queries.cards(Wish(**wish), clock.today())]


@pytest.fixture
def shelf(db_session: scoped_session) -> None:
    with transaction():
        coop = shop_builder.coop()
        shop_builder.offer(coop, "乙", price_fen=3000)
        shop_builder.offer(coop, "甲", price_fen=1000, grams=0)
        shop_builder.offer(
            coop, "丙", price_fen=2000, category_id=shop_builder.category("tea", "茶叶", "Tea")
        )
        shop_builder.offer(coop, "不卖", published=False)


@pytest.mark.usefixtures("shelf")
def test_lists_are_sorted_and_filtered() -> None:
    assert _names() == ["丙", "甲", "乙"]
    assert _names(sort="price") == ["甲", "丙", "乙"]
    assert _names(sort="-price") == ["乙", "丙", "甲"]
    assert _names(in_stock=True) == ["丙", "乙"]
    assert _names(category="tea") == ["丙"]
    assert _names(category="nothing") == []
    assert _names(limit=1, offset=1) == ["甲"]
    assert _names(sort="; drop table product") == ["丙", "甲", "乙"]


@pytest.mark.usefixtures("shelf")
def test_only_categories_with_goods_are_shown() -> None:
    with transaction():
        shop_builder.category("empty", "空", "Empty")
    assert [row.slug for row in queries.categories()] == ["dried", "tea"]


def test_stock_is_what_closed_lots_still_hold(db_session: scoped_session) -> None:
    today = clock.today()
    with transaction():
        coop = shop_builder.coop()
        offer = shop_builder.offer(coop, grams=1000, unit=250)
        stock.reserve([stock.Want(1, offer.produce_id, 300)], today)
        shop_builder.spec(coop, offer.product_id, 800, 20000)
    page = product_page.page(offer.product_id, today)
    assert page.row.available == 700
    assert [(spec.unit_quantity, spec.left) for spec in page.specs] == [(250, 2), (800, 0)]
    card = queries.cards(Wish(), today)[0]
    assert card.in_stock
    assert (card.specs, card.price_fen, card.smallest) == (2, 6800, 250)
    with transaction():
        db_session.execute(update(Lot).values(best_before=today - timedelta(days=1)))
    assert product_page.page(offer.product_id, today).row.available == 0
    assert not queries.cards(Wish(), today)[0].in_stock


def test_a_hidden_or_unknown_product_is_not_found(db_session: scoped_session) -> None:
    with transaction():
        coop = shop_builder.coop()
        hidden = shop_builder.offer(coop, published=False, grams=0)
        bare = shop_builder.offer(coop, grams=0)
        db_session.execute(update(Sku).where(Sku.id == bare.sku_id).values(published=False))
    for number in (hidden.product_id, bare.product_id, 0, 2**63 - 1, 2**63, 10**40):
        with pytest.raises(NotFound):
            product_page.page(number, clock.today())


def test_small_groups_are_not_counted_and_nobody_is_named_without_consent(db_session: scoped_session) -> None:
    today = clock.today()
    with transaction():
        coop = shop_builder.coop()
        small = shop_builder.offer(coop, households=4)
        large = shop_builder.offer(coop, households=12)
        heads = (
            db_session.execute(select(Household.id).order_by(Household.id.desc()).limit(2)).scalars().all()
        )
        for household_id in heads:
            shop_builder.consent(household_id)
    few = product_page.origin(small.produce_id, today)
    assert (few.households, few.names, few.villages) == (0, (), ("卡子村",))
    many = product_page.origin(large.produce_id, today)
    assert (many.households, many.villages, many.outside) == (12, ("卡子村",), False)
    assert len(many.names) == 2
    assert all("*" in name for name in many.names)


def test_outside_suppliers_are_told_apart(db_session: scoped_session) -> None:
    with transaction():
        coop = shop_builder.coop()
        produce_id = town_builder.produce(coop)
        town_builder.closed_lot(
            coop, produce_id, "buyout", [town_builder.Goods(town_builder.supplier(coop), 5000, 2000)]
        )
    found = product_page.origin(produce_id, clock.today())
    assert (found.households, found.villages, found.outside) == (0, (), True)


def test_the_next_lots_to_be_sold_are_shown(db_session: scoped_session) -> None:
    with transaction():
        offer = shop_builder.offer(shop_builder.coop())
    lots = product_page.lots_on_sale(offer.produce_id, clock.today())
    assert [lot.trace_code for lot in lots] == db_session.execute(select(Lot.trace_code)).scalars().all()


@pytest.mark.parametrize("search", [True, False])
def test_the_search_index_is_used(db_session: scoped_session, search: bool) -> None:
    """Words of two characters are found by the index: nothing reads the whole table."""
    with transaction():
        shop_builder.offer(shop_builder.coop(), grams=0)
    db_session.execute(select(1))
    connection = db_session.connection()
    connection.exec_driver_sql("set enable_seqscan = off")
    pattern = "% 香菇 %" if search else "% xianggu%"
    statement = select(Product.id).where(Product.search_text.like(pattern))
    plan = connection.exec_driver_sql(
        "explain " + str(statement.compile(connection.engine, compile_kwargs={"literal_binds": True}))
    )
    assert "ix_product_search" in "\n".join(row[0] for row in plan)
