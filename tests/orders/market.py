"""A small market for the tests of orders and payments: cooperatives with goods on sale, and buyers with an address."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select, text, update

from shop.accounts.models import User
from shop.catalog.models import SkuPrice
from shop.cooperatives.people.models import Cooperative
from shop.core import clock
from shop.core.db import db, insert_rows, transaction
from shop.orders import attributing, basket, basket_view, placing
from shop.orders.attempts import retried
from shop.orders.models import Address, Order
from shop.orders.recording import Placed
from tests.support import town_builder
from tests.support.snapshots import once
from tests.support.town_builder import Coop, Goods

_count = itertools.count(1)
UNIT = 500  # grams a pack


@dataclass
class Stall:
    """One cooperative with one product: `packs` of 500 g at `price_fen` each, from `households` equal deliveries."""

    coop: Coop
    produce_id: int
    lot_id: int
    product_id: int
    sku_id: int
    price_fen: int
    parties: list[town_builder.Party] = field(default_factory=list)


@dataclass
class Buyer:
    id: int
    address_id: int


def stall(
    packs: int = 20,
    price_fen: int = 6800,
    households: int = 3,
    *,
    mode: str = "buyout",
    freight_fen: int = 1000,
    free_from_fen: int | None = None,
) -> Stall:
    terms = (packs, price_fen, households, mode, freight_fen, free_from_fen)
    return once(lambda: _stall(*terms), "stall", *terms)


def _stall(
    packs: int, price_fen: int, households: int, mode: str, freight_fen: int, free_from_fen: int | None
) -> Stall:
    with transaction():
        coop = town_builder.cooperative()
        db.session.execute(
            update(Cooperative)
            .where(Cooperative.id == coop.id)
            .values(freight_fen=freight_fen, freight_free_from_fen=free_from_fen)
        )
        parties = town_builder.members(coop, households)
        produce_id = town_builder.produce(coop)
        grams = packs * UNIT
        each = [grams // households] * households
        each[0] += grams - sum(each)
        terms: dict[str, Any] = {"rate": "0.08"} if mode == "consign_commission" else {"price_fen": 5000}
        goods = [Goods(party, quantity, **terms) for party, quantity in zip(parties, each, strict=True)]
        lot_id = town_builder.closed_lot(coop, produce_id, mode, goods)
        product_id, sku_id = town_builder.sku(coop, produce_id, unit_quantity=UNIT, price_fen=price_fen)
        price = {"sku_id": sku_id, "price_fen": price_fen, "valid_from": town_builder.LONG_AGO}
        insert_rows(SkuPrice, [price])
    return Stall(coop, produce_id, lot_id, product_id, sku_id, price_fen, parties)


def buyer(name: str = "李女士") -> Buyer:
    number = next(_count)
    with transaction():
        user_id = insert_rows(User, [{"phone": f"+86139{number:08d}", "name": name}], "id")[0]
        address = {
            "user_id": user_id,
            "recipient": name,
            "phone": f"+86139{number:08d}",
            "province": "湖北省",
            "city": "武汉市",
            "district": "洪山区",
            "detail": "珞喻路1号",
        }
        address_id = insert_rows(Address, [address], "id")[0]
    return Buyer(user_id, address_id)


def fill(who: Buyer, wanted: Mapping[int, int]) -> basket_view.View:
    """Put sku → count into the buyer's basket and look at it."""
    owner = basket.buyer(who.id)
    with transaction():
        for sku_id, count in wanted.items():
            basket.add(owner, sku_id, count)
    view = basket_view.read(owner, clock.today())
    db.session.rollback()
    return view


def place(who: Buyer, wanted: Mapping[int, int], **more: Any) -> Placed:
    """Fill the basket and place its order."""
    view = fill(who, wanted)
    return place_view(who, view, **more)


def place_view(who: Buyer, view: basket_view.View, **more: Any) -> Placed:
    assert view.basket_id is not None
    basket_id = view.basket_id
    return retried(lambda: placing.place(who.id, basket_id, who.address_id, view.key, **more))


def paid(who: Buyer, wanted: Mapping[int, int], *, attribute: bool = True) -> Placed:
    """An order paid by the provider, without the provider: state only."""
    placed = place(who, wanted)
    with transaction():
        pay_order(placed.order_id)
    if attribute:
        with transaction():
            attributing.attribute_orders([placed.order_id])
    return placed


def pay_order(order_id: int) -> None:
    """Payment row and order, as an event would leave them."""
    total = db.session.execute(select(Order.total_fen).where(Order.id == order_id)).scalar_one()
    row(
        "insert into payment (order_id, method, key, amount_fen, state, succeeded_at)"
        " values (:id, 'stripe', 'test-' || :id, :fen, 'succeeded', now()) returning id",
        id=order_id,
        fen=total,
    )
    row(
        "update customer_order set state = 'paid', paid_at = now(),"
        " paid_on = (now() at time zone 'Asia/Shanghai')::date where id = :id returning id",
        id=order_id,
    )


def make_due(order_id: int) -> None:
    """As if the hold had ended a minute ago."""
    with transaction():
        row(
            "update customer_order set expires_at = now() - interval '1 minute' where id = :id returning id",
            id=order_id,
        )


def age_events() -> None:
    """The pause before another attempt at an event is over."""
    db.session.execute(text("update provider_event set received_at = received_at - interval '1 hour'"))


def row(statement: str, **values: object) -> Any:
    """The first row of a statement."""
    return db.session.execute(text(statement), values).one()


def rows(statement: str, **values: object) -> list[Any]:
    """All rows, and the read transaction is over."""
    found = list(db.session.execute(text(statement), values).all())
    if not db.session.info.get("in_transaction"):
        db.session.rollback()
    return found


def counters(lot_id: int) -> tuple[int, int, int]:
    """A lot's (received, reserved, shipped)."""
    found = rows("select received, reserved, shipped from lot where id = :id", id=lot_id)[0]
    return tuple(found)  # type: ignore[return-value]


def broken_holds() -> list[Any]:
    """Lots whose counter differs from their reserved allocations; lines whose live allocations are not their quantity."""
    return rows(
        "select 'lot ' || l.id, l.reserved, coalesce(sum(a.quantity) filter (where a.state = 'reserved'), 0) from lot l"
        " left join lot_allocation a on a.lot_id = l.id group by l.id"
        " having l.reserved <> coalesce(sum(a.quantity) filter (where a.state = 'reserved'), 0)"
        " union all"
        " select 'line ' || l.id, l.quantity, coalesce(sum(a.quantity) filter (where a.state <> 'released'), 0)"
        " from order_line l join suborder s on s.id = l.suborder_id join lot_allocation a on a.line_id = l.id"
        " where s.state <> 'closed' group by l.id"
        " having l.quantity <> coalesce(sum(a.quantity) filter (where a.state <> 'released'), 0)"
    )
