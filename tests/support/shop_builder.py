"""Goods on sale and people who buy them, quickly: for the pages of the shop.

As in town_builder every function only inserts: call them inside `with transaction():`.
"""

from __future__ import annotations

import itertools
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from shop.accounts.models import User, UserSession
from shop.catalog.models import Category, Product, Sku, SkuPrice
from shop.catalog.search import search_text, sort_key
from shop.cooperatives.people.models import Cooperative, HouseholdConsent, Village
from shop.cooperatives.produce.models import Produce
from shop.core import clock
from shop.core.db import Base, db, insert_rows
from shop.core.privacy import token_hash
from shop.orders import basket, placing
from shop.orders.models import Address
from tests.support import town_builder
from tests.support.town_builder import Coop, Goods

_count = itertools.count(1)


@dataclass(frozen=True)
class Offer:
    """A product on sale with its cheapest spec."""

    coop: Coop
    produce_id: int
    product_id: int
    sku_id: int
    name: str


def _row(model: type[Base], **values: Any) -> int:
    return int(insert_rows(model, [values], "id")[0])


def category(slug: str = "dried", name: str = "菌菇干货", name_en: str = "Dried goods") -> int:
    db.session.execute(
        insert(Category).values(slug=slug, name=name, name_en=name_en).on_conflict_do_nothing()
    )
    return int(db.session.execute(select(Category.id).where(Category.slug == slug)).scalar_one())


def coop(code: str | None = None, *, village: str = "卡子村", name: str = "", freight_fen: int = 800) -> Coop:
    """A cooperative in a village of its own; freight is free from ¥99 on."""
    made = town_builder.cooperative(code, village_id=town_builder.village(village))
    row = db.session.get_one(Cooperative, made.id)
    row.freight_fen, row.freight_free_from_fen = freight_fen, 9900
    if name:
        row.name = name
    db.session.flush()
    return made


def offer(
    seller: Coop,
    name: str = "干香菇",
    *,
    grams: int = 100_000,
    unit: int = 250,
    price_fen: int = 6800,
    households: int = 3,
    category_id: int | None = None,
    published: bool = True,
    name_en: str = "",
    produce: str = "",
    **texts: Any,
) -> Offer:
    """A product with one spec and a closed lot of `grams` from `households` members (none where grams is 0)."""
    produce_id = town_builder.produce(seller, produce or name)
    if grams:
        part = grams // households
        parties = town_builder.members(seller, households)
        deliveries = [
            Goods(party, part + (grams - part * households if place == 0 else 0), 2000)
            for place, party in enumerate(parties)
        ]
        town_builder.closed_lot(seller, produce_id, "buyout", deliveries, on=clock.today())
    return product(
        seller,
        produce_id,
        name,
        unit=unit,
        price_fen=price_fen,
        category_id=category_id,
        published=published,
        name_en=name_en,
        **texts,
    )


def product(
    seller: Coop,
    produce_id: int,
    name: str,
    *,
    unit: int = 250,
    price_fen: int = 6800,
    category_id: int | None = None,
    published: bool = True,
    name_en: str = "",
    **texts: Any,
) -> Offer:
    """A product of a produce that exists, with one spec."""
    village, cooperative = db.session.execute(
        select(Village.name, Cooperative.name)
        .join(Village, Village.id == Cooperative.village_id)
        .where(Cooperative.id == seller.id)
    ).one()
    kind = category_id or category()
    label = db.session.execute(select(Category.name).where(Category.id == kind)).scalar_one()
    of = db.session.execute(select(Produce.name).where(Produce.id == produce_id)).scalar_one()
    values = {
        "name": name,
        "name_en": name_en,
        "pinyin": sort_key(name),
        "origin": "湖北省十堰市茅箭区大川镇",
        "picture": "dried-shiitake",
        "search_text": search_text(name, of, village, cooperative, label, name_en),
        "certificate_no": "CD-2026-1",
    } | texts
    product_id = _row(
        Product,
        cooperative_id=seller.id,
        produce_id=produce_id,
        category_id=kind,
        published_at=clock.now() if published else None,
        **values,
    )
    return Offer(seller, produce_id, product_id, spec(seller, product_id, unit, price_fen), name)


def spec(seller: Coop, product_id: int, unit: int, price_fen: int) -> int:
    """One more spec; returns the sku's id."""
    sku_id = _row(
        Sku,
        cooperative_id=seller.id,
        product_id=product_id,
        spec=f"{unit}克/袋",
        unit_quantity=unit,
        price_fen=price_fen,
    )
    insert_rows(SkuPrice, [{"sku_id": sku_id, "price_fen": price_fen, "valid_from": clock.today()}])
    return sku_id


def consent(household_id: int) -> None:
    """The household agrees to be named in public."""
    insert_rows(
        HouseholdConsent,
        [{"household_id": household_id, "purpose": "public_name", "given_on": clock.today()}],
    )


def buyer(name: str = "李女士") -> int:
    return _row(User, phone=f"+861380013{next(_count):04d}", name=name)


def address(user_id: int, **changes: Any) -> int:
    values = {
        "recipient": "李女士",
        "phone": "+8613800138000",
        "province": "湖北省",
        "city": "武汉市",
        "district": "武昌区",
        "detail": "中北路 1 号",
        "is_default": True,
    } | changes
    return _row(Address, user_id=user_id, **values)


def ticket(user_id: int) -> str:
    """The token of a signed-in browser."""
    token = secrets.token_urlsafe(32)
    row = {"token_hash": token_hash(token), "user_id": user_id, "expires_at": clock.now() + timedelta(days=1)}
    insert_rows(UserSession, [row])
    return token


def enter(client: FlaskClient, token: str) -> None:
    """Give a client the ticket of a signed-in buyer."""
    client.set_cookie("sid", token)


def order(user_id: int, *sku_ids: int, count: int = 1) -> tuple[int, str]:
    """An order waiting for its payment, placed by the deed; returns its id and number."""
    owner = basket.buyer(user_id)
    for sku_id in sku_ids:
        basket.add(owner, sku_id, count)
    basket_id = db.session.execute(
        select(basket.Basket.id).where(basket.Basket.user_id == user_id)
    ).scalar_one()
    address_id = db.session.execute(select(Address.id).where(Address.user_id == user_id)).scalars().first()
    placed = placing.place(user_id, basket_id, address_id or address(user_id), secrets.token_hex(8))
    return placed.order_id, placed.number
