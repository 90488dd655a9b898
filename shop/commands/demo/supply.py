"""The deliveries of 2020 that the year's sales were made of: pooled into lots in all three modes, sold to the last gram."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta

from shop.commands.demo.assisted import RATE
from shop.commands.demo.dice import Dice
from shop.commands.demo.figures import MARK
from shop.commands.demo.kinds import ASSISTED
from shop.commands.demo.offers import Offer
from shop.commands.demo.people import FARMING, MEMBER, People
from shop.commands.demo.places import Town
from shop.commands.demo.plan import Incoming, Pool, Sale, moment
from shop.commands.demo.seasons import MODES, SEASONS, Season
from shop.core.clock import shanghai_day

NEVER_DELIVER = 8  # of a hundred members
OUTSIDER = f"示例山货商行（{MARK}）"
GRADES = (("一级", 106, 120), ("统货", 100, 100), ("二级", 94, 90))  # name, price in hundredths, grade factor
CARRY = 2_000  # grams of a season that meet the next one, so that orders straddle two lots


class Bringing:
    """Whose turn it is: members of a village one after the other, some never; now and then somebody who is no member."""

    def __init__(self, dice: Dice, town: Town, people: People) -> None:
        self.dice = dice
        self.turns: dict[str, list[int]] = {}
        self.others: dict[str, list[int]] = {}
        self.next: dict[str, int] = defaultdict(int)
        self.rates = {place.key: place.terms.commission_rate for place in town.places}
        for place in town.places:
            members = dice.shuffled(people.of(place.key, MEMBER))
            self.turns[place.key] = members[len(members) * NEVER_DELIVER // 100 :]
            self.others[place.key] = people.of(place.key, FARMING)

    def pool(self, offer: Offer, mode: str, incoming: list[Incoming], closed_at: datetime | None) -> Pool:
        """A lot to be, with the commission that the charter sets, or that assisted sales agree on."""
        rate = RATE if offer.kind_key in ASSISTED else self.rates[offer.village]
        return Pool(offer, mode, incoming, closed_at, rate if mode == "consign_commission" else None)

    def incoming(self, offer: Offer, mode: str, quantity: int, days: tuple[date, date]) -> list[Incoming]:
        """A lot's deliveries by different members, in the order they came; the sum is `quantity`."""
        kind = offer.kind
        low, high = (size // kind.step for size in kind.delivery)
        steps = quantity // kind.step
        count = max(-(-steps // high), min(steps // low, 2 * steps // (low + high)), 1)
        count = min(count, len(self.turns[offer.village]))
        sizes = self.dice.parts(steps, count, min(low, steps // count), max(high, -(-steps // count)))
        found = [self._one(offer, mode, size * kind.step, days) for size in sizes if size]
        return sorted(found, key=lambda delivery: delivery.at)

    def _one(self, offer: Offer, mode: str, quantity: int, days: tuple[date, date]) -> Incoming:
        place = self.next[offer.village] % len(self.turns[offer.village])
        self.next[offer.village] += 1
        grade, percent, factor = self.dice.pick(GRADES)
        price = 0 if mode == "consign_commission" else offer.kind.price_fen * percent // 1_000 * 10
        day = days[0] + timedelta(days=self.dice.below((days[1] - days[0]).days + 1))
        at = moment(day, self.dice.between(8, 17), self.dice.below(60), self.dice.below(60))
        return Incoming(at, quantity, price, grade, factor, home=self.turns[offer.village][place])

    def replace_by_outsiders(self, pools: list[Pool]) -> None:
        """In every fifth lot one delivery is of a household that is no member; in every sixth bought one, of a supplier."""
        for pool in pools[1::5]:
            pool.incoming[0].home = self.dice.pick(self.others[pool.offer.village])
        bought = [pool for pool in pools if pool.mode == "buyout" and len(pool.incoming) > 2]
        for pool in bought[1::6]:
            pool.incoming[-1].home = None
            pool.incoming[-1].supplier = OUTSIDER


def year_of_supply(seed: int, town: Town, people: People, sales: list[Sale]) -> list[Pool]:
    """Lots by the moment they were opened."""
    dice = Dice(seed, town.number, "supply")
    bringing = Bringing(dice, town, people)
    demand: dict[str, list[tuple[datetime, int]]] = defaultdict(list)
    offers: dict[str, Offer] = {}
    for sale in sales:
        for line in sale.lines:
            demand[line.offer.key].append((sale.placed_at, line.quantity))
            offers[line.offer.key] = line.offer
    pools: list[Pool] = []
    for key in sorted(offers):
        pools += _pools(dice, bringing, offers[key], demand[key])
    pools.sort(key=lambda pool: pool.opened_at)
    bringing.replace_by_outsiders(pools)
    return pools


def _pools(dice: Dice, bringing: Bringing, offer: Offer, demand: list[tuple[datetime, int]]) -> list[Pool]:
    found: list[Pool] = []
    for season, quantity in _quantities(offer, demand):
        for mode, part in _modes(dice, offer, quantity):
            incoming = bringing.incoming(offer, mode, part, (season.first, season.last))
            closed_at = moment(season.last, 18, dice.below(60), dice.below(60))
            found.append(bringing.pool(offer, mode, incoming, closed_at))
    return found


def _quantities(offer: Offer, demand: list[tuple[datetime, int]]) -> list[tuple[Season, int]]:
    """What comes in each season: what sells until the next, plus a little that meets it."""
    seasons = SEASONS[offer.kind_key]
    whole = sum(quantity for _, quantity in demand)
    found: list[tuple[Season, int]] = []
    supplied = 0
    for season, following in zip(seasons, [*seasons[1:], None], strict=True):
        until = whole
        if following is not None:
            sold = sum(quantity for at, quantity in demand if shanghai_day(at) <= following.last)
            until = sold if offer.kind_key in ASSISTED else min(whole, sold + CARRY)
        if until > supplied:
            found.append((season, until - supplied))
            supplied = until
    return found


def _modes(dice: Dice, offer: Offer, quantity: int) -> list[tuple[str, int]]:
    """Two lots in two modes, unless there is too little to share out."""
    if offer.kind_key in ASSISTED:
        return [("consign_commission", quantity)]
    first, second = MODES[offer.key]
    share = quantity * dice.between(52, 68) // 100 // offer.kind.step * offer.kind.step
    if quantity - share < offer.kind.delivery[0] * 2:
        return [(first, quantity)]
    return [(first, share), (second, quantity - share)]
