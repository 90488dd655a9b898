"""Coupons on the confirmation page: which of the buyer's fit the basket, and which of them are chosen; the best at first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from sqlalchemy import Row

from shop.core import clock
from shop.core.numbers import row_id
from shop.orders.basket_view import Group, View
from shop.orders.coupons import issuing as coupons
from shop.orders.coupons.sums import Applied, Goods, Short, Terms, apply
from shop.orders.coupons.using import said, terms_of
from shop.orders.pricing import part

TOWN = "town"
NONE = "0"


class Offer(NamedTuple):
    """One coupon to choose: `fen` it would take now, `why` not where it does not fit."""

    taken_id: int
    name: str
    promise: str
    ends_on: Any
    fen: int
    why: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """By issuer (a cooperative's code, or 'town'): what there is, and what is chosen (0: none)."""

    offers: Mapping[str, Sequence[Offer]]
    chosen: Mapping[str, int]
    discount_fen: int
    town_fen: int

    @property
    def taken_ids(self) -> list[int]:
        return [one for one in self.chosen.values() if one]


class _Mine(NamedTuple):
    row: Row[*tuple[Any, ...]]
    terms: Terms


def field(issuer: str) -> str:
    """The form's field of an issuer."""
    return f"coupon-{issuer}"


def asked_for(asked: Mapping[str, str]) -> list[int]:
    """The coupons that a form names; what cannot be one counts as an unknown coupon."""
    words = [
        value
        for name, value in sorted(asked.items())
        if name.startswith("coupon-") and value not in ("", NONE)
    ]
    return [_number(word) for word in words]


def _number(word: str) -> int:
    """A coupon's id as a form names it; 0, which is nobody's, where it cannot be one."""
    return row_id(word) or 0


def choose(buyer_id: int, view: View, asked: Mapping[str, str]) -> tuple[View, Choice]:
    """The view with what the chosen coupons take off, and the choice. One statement."""
    today = clock.today()
    mine = [
        _Mine(row, terms_of(row))
        for row in coupons.mine(buyer_id)
        if row.state == "usable" and row.starts_on <= today
    ]
    goods = [
        Goods(group.cooperative_id, item.amount_fen)
        for group in view.groups
        for item in group.items
        if item.on_sale
    ]
    offers: dict[str, list[Offer]] = {}
    chosen: dict[str, int] = {}
    picked: list[Terms] = []
    for group in view.groups:
        own = [one for one in mine if one.terms.seller_id == group.cooperative_id]
        _offer(group.code, own, goods, picked, asked, offers, chosen, group)
    towns = [one for one in mine if one.terms.seller_id is None and _budget(one)]
    _offer(TOWN, towns, goods, picked, asked, offers, chosen, None)
    applied = apply(goods, picked)
    choice = Choice(offers, chosen, sum(applied.seller), sum(applied.town))
    return _less(view, goods, applied), choice


def _budget(one: _Mine) -> bool:
    return one.row.budget_left is None or one.row.budget_left > 0


def _offer(
    issuer: str, mine: Sequence[_Mine], goods: Sequence[Goods], picked: list[Terms], asked: Mapping[str, str],
    offers: dict[str, list[Offer]], chosen: dict[str, int], group: Group | None,
) -> None:  # fmt: skip
    """Price an issuer's coupons on top of those picked before, and pick the one asked for, or the best."""
    if not mine:
        return
    found = [_priced(one, goods, picked) for one in mine]
    offers[issuer] = sorted(found, key=lambda one: (-one.fen, one.ends_on, one.taken_id))
    fitting = {one.taken_id: one for one in found if one.fen}
    word = asked.get(field(issuer))
    if word is None or (word != NONE and _number(word) not in fitting):
        best = max(
            fitting.values(),
            key=lambda one: (_gain(one, group), -one.ends_on.toordinal(), -one.taken_id),
            default=None,
        )
        chosen[issuer] = best.taken_id if best is not None and _gain(best, group) > 0 else 0
    else:
        chosen[issuer] = _number(word)
    picked += [one.terms for one in mine if one.terms.taken_id == chosen[issuer]]


def _priced(one: _Mine, goods: Sequence[Goods], picked: Sequence[Terms]) -> Offer:
    words = (one.terms.taken_id, one.terms.name, coupons.promise(one.row), one.terms.ends_on)
    try:
        fen = next(use.fen for use in apply(goods, [*picked, one.terms]).used if use.terms is one.terms)
    except Short as short:
        return Offer(*words, 0, said(short))
    if one.row.budget_left is not None and fen > one.row.budget_left:
        return Offer(*words, 0)
    return Offer(*words, fen)


def _gain(offer: Offer, group: Group | None) -> int:
    """What it saves: less the freight that it costs where the goods fall below the amount from which freight is free."""
    if group is None:
        return offer.fen
    after = part(group.cooperative_id, group.goods_fen - offer.fen, group.rule).freight_fen
    return offer.fen - (after - group.freight_fen)


def _less(view: View, goods: Sequence[Goods], applied: Applied) -> View:
    """Freight follows what the seller gets; what the town pays for the buyer does not change it."""
    groups = []
    for group in view.groups:
        mine = [place for place, one in enumerate(goods) if one.cooperative_id == group.cooperative_id]
        off = sum(applied.seller[place] for place in mine)
        priced = part(group.cooperative_id, group.goods_fen - off, group.rule)
        groups.append(
            replace(group, off_fen=off, freight_fen=priced.freight_fen, to_free_fen=priced.to_free_fen)
        )
    freight = sum(group.freight_fen for group in groups)
    total = view.goods_fen - sum(applied.seller) - sum(applied.town) + freight
    return replace(view, groups=tuple(groups), freight_fen=freight, total_fen=total)
