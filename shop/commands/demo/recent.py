"""Some forty orders of the last weeks, in every state: the shop and the managers' day look alive. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from shop.commands.demo import buyers as buyer_list
from shop.commands.demo.buyers import Buyer
from shop.commands.demo.dice import Dice
from shop.commands.demo.offers import OFFERS, Offer, Spec
from shop.commands.demo.places import Town
from shop.commands.demo.plan import Pool, Sale, Selling
from shop.commands.demo.shelves import Shelves
from shop.commands.demo.timeline import Timeline
from shop.orders.recording import HOLD_ONLINE, HOLD_TRANSFER


class Wanted(NamedTuple):
    """So many orders in a state, placed between these days before today, by whom."""

    state: str
    times: int
    days: tuple[int, int]
    who: str  # person | unit | buyer or demo_unit for the demo accounts


WANTED = (
    Wanted("received", 11, (28, 12), "person"),
    Wanted("received", 1, (26, 20), "unit"),
    Wanted("received", 1, (20, 14), "buyer"),
    Wanted("received", 1, (20, 14), "demo_unit"),
    Wanted("shipped", 6, (8, 5), "person"),
    Wanted("shipped", 1, (8, 6), "unit"),
    Wanted("shipped", 1, (7, 5), "buyer"),
    Wanted("to_ship", 7, (3, 2), "person"),
    Wanted("to_ship", 1, (3, 2), "unit"),
    Wanted("to_ship", 1, (2, 2), "buyer"),
    Wanted("pending", 2, (1, 1), "person"),
    Wanted("pending", 1, (1, 1), "buyer"),
    Wanted("pending", 1, (2, 2), "unit"),
    Wanted("pending", 1, (1, 1), "demo_unit"),
    Wanted("expired", 3, (15, 4), "person"),
    Wanted("expired", 1, (9, 7), "buyer"),
    Wanted("cancelled", 2, (12, 5), "person"),
)


def recent_sales(
    seed: int, town: Town, buyers: list[Buyer], pools: list[Pool], timeline: Timeline
) -> list[Sale]:
    """Orders by the moment they were placed, with what they hold of the pools."""
    dice = Dice(seed, town.number, "recent")
    who = {
        "person": buyer_list.places_of(buyers, "person"),
        "unit": buyer_list.places_of(buyers, "budget_unit", "trade_union"),
        "buyer": [place for place, buyer in enumerate(buyers) if buyer.demo == "buyer"],
        "demo_unit": [place for place, buyer in enumerate(buyers) if buyer.demo == "unit"],
    }
    sales = [
        _sale(dice, wanted, dice.pick(who[wanted.who]), timeline)
        for wanted in WANTED
        if who[wanted.who]
        for _ in range(wanted.times)
    ]
    sales.sort(key=lambda sale: sale.placed_at)
    order = [place.key for place in town.places]
    shelves = Shelves(pools)
    for place, sale in enumerate(sales):
        for earlier in sales[:place]:
            if earlier.closed_at is not None and earlier.closed_at <= sale.placed_at:
                shelves.give_back(earlier)
        _fill(dice, sale, shelves)
        sale.lines.sort(key=lambda line: order.index(line.offer.village))
        shelves.sell(sale)
    return sales


def _sale(dice: Dice, wanted: Wanted, buyer: int, timeline: Timeline) -> Sale:
    unit = wanted.who in {"unit", "demo_unit"}
    day = dice.between(wanted.days[1], wanted.days[0])
    hour, minute = dice.between(8, 20), dice.below(60)
    online = wanted.state in {"pending", "expired", "cancelled"} and not unit
    placed = timeline.at(day, hour, minute)
    sale = Sale(
        buyer=buyer,
        channel="institution" if unit else "online",
        pay_method="online" if online else "transfer",
        lines=[],
        placed_at=placed,
        expires_at=placed + (HOLD_ONLINE if online else HOLD_TRANSFER),
    )
    if wanted.state == "pending" and online:
        sale.placed_at = timeline.at(1, 23, 30 + dice.below(30))
        sale.expires_at = timeline.tomorrow_night
    if wanted.state in {"expired", "cancelled"}:
        sale.close_reason = wanted.state
        sale.closed_at = (
            sale.expires_at + timedelta(seconds=40)
            if wanted.state == "expired"
            else timeline.at(day, 21, minute)
        )
    if wanted.state in {"received", "shipped", "to_ship"}:
        sale.paid_at = timeline.at(day - 1, dice.between(8, 11), minute)
    if wanted.state in {"received", "shipped"}:
        sale.shipped_at = timeline.at(day - 2, dice.between(14, 17), minute)
    if wanted.state == "received":
        sale.received_at = timeline.at(day - dice.between(5, 8), dice.between(9, 19), minute)
    return sale


def _fill(dice: Dice, sale: Sale, shelves: Shelves) -> None:
    """One to three packs of what can be sold at that moment; units buy by the dozen."""
    unit = sale.channel == "institution"
    choices = [
        (offer, spec)
        for offer in OFFERS
        for spec in offer.specs
        if spec.shown and _enough(shelves, sale, offer, spec, 1)
    ]
    for offer, spec in dice.shuffled(choices)[: dice.weighted((1, 2, 3), (50, 35, 15))]:
        count = 4 * dice.between(1, 3) if unit else dice.weighted((1, 2, 3), (60, 30, 10))
        while count > 1 and not _enough(shelves, sale, offer, spec, count):
            count //= 2
        if _enough(shelves, sale, offer, spec, count):
            sale.lines.append(Selling(offer, spec, count, spec.price_now))


def _enough(shelves: Shelves, sale: Sale, offer: Offer, spec: Spec, count: int) -> bool:
    """Half of what is left stays for the shop's visitors; one pack is always sold."""
    planned = sum(line.quantity for line in sale.lines if line.offer is offer)
    left = shelves.sellable(offer.key, sale.placed_at) - planned
    need = spec.unit_quantity * count
    return need <= left and (count == 1 or 2 * need <= left)
