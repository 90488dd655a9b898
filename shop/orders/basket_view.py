"""The basket as its page and the confirmation page show it: two statements whatever is in it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from flask_babel import gettext as _
from sqlalchemy import Row, case, select, true

from shop.catalog.gallery import first_of
from shop.catalog.models import Product, Sku
from shop.cooperatives.people.models import Cooperative, Village
from shop.cooperatives.produce import stock
from shop.cooperatives.produce.models import Produce
from shop.core.db import session
from shop.orders import freight, presale
from shop.orders.basket import Owner
from shop.orders.buying_models import FreightRule
from shop.orders.models import Basket, BasketLine
from shop.orders.pricing import Freight, Line, quote
from shop.orders.pricing import part as price_part

NO_FREIGHT = Freight(0)


@dataclass(frozen=True, slots=True)
class BasketItem:
    """A line at today's price. `left`: how many units this line could have now; `problem`: why it cannot be ordered so."""

    sku_id: int
    product_id: int
    name: str
    spec: str
    picture: str
    unit_kind: str
    count_word: str
    unit_quantity: int
    unit_price_fen: int
    count: int
    amount_fen: int
    left: int
    on_sale: bool
    problem: str | None
    fresh: bool = False
    ships_from: date | None = None


class Way(NamedTuple):
    """A way of delivery that leads to the address, with what it costs for these goods."""

    code: str
    name: str
    fen: int
    note: str


@dataclass(frozen=True, slots=True)
class Group:
    """One cooperative's part of the basket. `to_free_fen`: goods still missing for free freight; `way` the chosen delivery."""

    cooperative_id: int
    code: str
    name: str
    village: str
    items: tuple[BasketItem, ...]
    goods_fen: int
    freight_fen: int
    to_free_fen: int
    ways: tuple[Way, ...] = ()
    way: str = freight.EXPRESS
    grams: int = 0
    problem: str | None = None
    rule: Freight = NO_FREIGHT  # of the chosen way
    off_fen: int = 0  # what its coupon takes off


@dataclass(frozen=True, slots=True)
class View:
    """A basket. `key` names exactly this content at these prices: the confirmation form sends it as its request key."""

    basket_id: int | None
    groups: tuple[Group, ...]
    goods_fen: int
    freight_fen: int
    total_fen: int
    key: str

    @property
    def items(self) -> list[BasketItem]:
        """All lines."""
        return [item for group in self.groups for item in group.items]

    @property
    def problems(self) -> list[str]:
        """What must be mended before it can be ordered, one sentence a line."""
        return [item.problem for item in self.items if item.problem]

    @property
    def unsendable(self) -> list[str]:
        """Cooperatives that do not send to this address, one sentence each."""
        return [group.problem for group in self.groups if group.problem]

    @property
    def orderable(self) -> bool:
        """There is something in it and nothing is in the way."""
        return bool(self.groups) and not self.problems


def read(
    owner: Owner, today: date, to: freight.Place = freight.HOME, ways: Mapping[str, str] | None = None
) -> View:
    """The owner's basket with the freight to a place by the chosen `ways` (by cooperative code; the first possible where none
    is chosen). Lines no longer on sale are shown and not counted."""
    rows = _rows(owner)
    if not rows:
        return View(None, (), 0, 0, 0, "")
    left = stock.on_sale([row.produce_id for row in rows], today)
    items = [_item(row, left) for row in rows]
    offers = _offers(rows, to, ways or {})
    rules = {cooperative_id: offer.chosen for cooperative_id, offer in offers.items()}
    priced = quote(
        [
            Line(row.cooperative_id, item.unit_price_fen, item.count)
            for row, item in zip(rows, items, strict=True)
            if item.on_sale
        ],
        rules,
    )
    parts = {part.cooperative_id: part for part in priced.parts}
    groups = []
    for cooperative_id in dict.fromkeys(row.cooperative_id for row in rows):
        mine = [
            (row, item) for row, item in zip(rows, items, strict=True) if row.cooperative_id == cooperative_id
        ]
        row, part = mine[0][0], parts.get(cooperative_id)
        groups.append(
            Group(
                cooperative_id,
                row.code,
                row.cooperative_name,
                row.village_name,
                tuple(item for _row, item in mine),
                part.goods_fen if part else 0,
                part.freight_fen if part else 0,
                part.to_free_fen if part else 0,
                *_ways(offers[cooperative_id], part.goods_fen if part else 0, to),
                rule=rules[cooperative_id],
            )
        )
    basket_id = rows[0].basket_id
    key = _key(basket_id, rows, priced.total_fen)
    return View(basket_id, tuple(groups), priced.goods_fen, priced.freight_fen, priced.total_fen, key)


class _Offer(NamedTuple):
    """What one cooperative offers for its goods to a place: terms by way, and the chosen ones."""

    terms: Mapping[str, Freight]
    chosen: Freight
    grams: int


def _offers(
    rows: Sequence[Row[*tuple[Any, ...]]], to: freight.Place, ways: Mapping[str, str]
) -> dict[int, _Offer]:
    codes = {row.cooperative_id: row.code for row in rows}
    found: dict[int, _Offer] = {}
    for cooperative_id, (rule, grams) in freight.parcels(rows).items():
        terms = {way: rule.terms(way, to, grams) for way in rule.methods(to)}
        possible = {way: one for way, one in terms.items() if one is not None}
        wanted = ways.get(codes[cooperative_id], "")
        chosen = possible.get(wanted) or next(iter(possible.values()), Freight(0))
        found[cooperative_id] = _Offer(possible, chosen, grams)
    return found


def _ways(offer: _Offer, goods_fen: int, to: freight.Place) -> tuple[tuple[Way, ...], str, int, str | None]:
    ways = tuple(
        Way(
            code,
            str(_(freight.METHODS[code])),
            price_part(0, goods_fen, terms).freight_fen,
            str((terms.basis or {}).get("pickup", "")),
        )
        for code, terms in offer.terms.items()
    )
    problem = (
        None if ways else str(_("这家合作社不寄到%(place)s，请换一个地址或移除它的商品", place=to.province))
    )
    return ways, offer.chosen.method, offer.grams, problem


def _rows(owner: Owner) -> Sequence[Row[*tuple[Any, ...]]]:
    rule = (
        select(FreightRule.version.label("rule_version"), FreightRule.body.label("rule_body"))
        .where(FreightRule.cooperative_id == Cooperative.id)
        .order_by(FreightRule.version.desc())
        .limit(1)
        .correlate(Cooperative)
        .lateral()
    )
    return (
        session()
        .execute(
            select(
                Basket.id.label("basket_id"),
                BasketLine.id.label("line_id"),
                BasketLine.count.label("units"),
                Sku.id.label("sku_id"),
                Sku.spec,
                Sku.unit_quantity,
                Sku.price_fen,
                (Sku.published & Product.published_at.is_not(None)).label("on_sale"),
                Product.id.label("product_id"),
                Product.name.label("product_name"),
                case((Product.published_at.is_not(None), first_of(Product.id)), else_=Product.picture).label(
                    "picture"
                ),
                Product.fresh,
                Product.ships_from,
                Product.produce_id,
                Produce.unit_kind,
                Produce.count_word,
                Sku.cooperative_id,
                Cooperative.code,
                Cooperative.name.label("cooperative_name"),
                Cooperative.freight_fen,
                Cooperative.freight_free_from_fen,
                rule.c.rule_version,
                rule.c.rule_body,
                Village.name.label("village_name"),
            )
            .join(BasketLine, BasketLine.basket_id == Basket.id)
            .join(Sku, Sku.id == BasketLine.sku_id)
            .join(Product, Product.id == Sku.product_id)
            .join(Produce, Produce.id == Product.produce_id)
            .join(Cooperative, Cooperative.id == Sku.cooperative_id)
            .join(Village, Village.id == Cooperative.village_id)
            .outerjoin(rule, true())
            .where(owner.condition)
            .order_by(Sku.cooperative_id, BasketLine.id)
        )
        .all()
    )


def _item(row: Row[*tuple[Any, ...]], left: dict[int, int]) -> BasketItem:
    """Lines of one produce share its stock: what an earlier line takes is not there for a later one (`left` counts down)."""
    units = max(0, left[row.produce_id]) // row.unit_quantity
    if row.on_sale:
        left[row.produce_id] -= min(row.units, units) * row.unit_quantity
    return BasketItem(
        sku_id=row.sku_id,
        product_id=row.product_id,
        name=row.product_name,
        spec=row.spec,
        picture=row.picture,
        unit_kind=row.unit_kind,
        count_word=row.count_word,
        unit_quantity=row.unit_quantity,
        unit_price_fen=row.price_fen,
        count=row.units,
        amount_fen=row.price_fen * row.units,
        left=units,
        on_sale=row.on_sale,
        problem=_problem(row, units),
        fresh=row.fresh,
        ships_from=row.ships_from if presale.promised(row.ships_from) else None,
    )


def _problem(row: Row[*tuple[Any, ...]], left: int) -> str | None:
    name = f"{row.product_name} {row.spec}"
    if not row.on_sale:
        return str(_("“%(name)s”已下架，请移除", name=name))
    if left == 0:
        return str(_("“%(name)s”已经卖完，请移除", name=name))
    if left < row.units:
        return str(_("“%(name)s”只剩 %(left)d 份，请改少", name=name, left=left))
    return None


def _key(basket_id: int, rows: Sequence[Row[*tuple[Any, ...]]], total_fen: int) -> str:
    """Line ids are never used twice, so the same goods ordered again have another key; two tabs of one basket have the same."""
    lines = ";".join(f"{row.line_id}x{row.units}@{row.price_fen}" for row in rows)
    return "b-" + hashlib.sha256(f"{basket_id}|{lines}|{total_fen}".encode()).hexdigest()[:40]
