"""What lies in the stores today: fresh intake, closed and open lots of the current year, by season. Pure."""

from __future__ import annotations

from datetime import datetime

from shop.commands.demo.dice import Dice
from shop.commands.demo.offers import OFFERS, Offer
from shop.commands.demo.people import People
from shop.commands.demo.places import Town
from shop.commands.demo.plan import Incoming, Pool
from shop.commands.demo.seasons import MODES
from shop.commands.demo.supply import Bringing
from shop.commands.demo.timeline import Timeline

KEEPS_DAYS = 100  # what keeps longer is taken in over weeks, the rest in the last days
USUAL_MODES = ("consign_fixed", "buyout")
LOW = ("duanjia/goat", "kazi/beef", "langxi/shiitake")  # nearly sold out, for the managers' day


def current_supply(seed: int, town: Town, people: People, timeline: Timeline) -> list[Pool]:
    """Lots by the moment they were opened; none of what is out of season."""
    dice = Dice(seed, town.number, "current")
    bringing = Bringing(dice, town, people)
    pools: list[Pool] = []
    for offer in OFFERS:
        if offer.kind.in_season(timeline.today.month):
            pools += (
                _kept(dice, bringing, offer, timeline)
                if _keeps(offer)
                else _fresh(dice, bringing, offer, timeline)
            )
    pools.sort(key=lambda pool: pool.opened_at)
    bringing.replace_by_outsiders([pool for pool in pools if pool.closed_at is not None])
    return pools


def _keeps(offer: Offer) -> bool:
    return offer.kind.shelf_life_days > KEEPS_DAYS


def _kept(dice: Dice, bringing: Bringing, offer: Offer, timeline: Timeline) -> list[Pool]:
    """One lot of last month, one of two weeks ago, and one that is still open."""
    first, second = MODES.get(offer.key, USUAL_MODES)
    sizes = (2, 1, 1) if offer.key in LOW else (8, 5, 3)
    return [
        _pool(
            dice, bringing, offer, first, sizes[0], (40, 31), timeline.at(29, 17, dice.below(60)), timeline
        ),
        _pool(
            dice, bringing, offer, second, sizes[1], (22, 15), timeline.at(13, 17, dice.below(60)), timeline
        ),
        _pool(dice, bringing, offer, first, sizes[2], (6, 1), None, timeline),
    ]


def _fresh(dice: Dice, bringing: Bringing, offer: Offer, timeline: Timeline) -> list[Pool]:
    """One lot of the last days and one that is still open."""
    first, second = MODES.get(offer.key, USUAL_MODES)
    return [
        _pool(dice, bringing, offer, first, 6, (5, 4), timeline.at(3, 17, dice.below(60)), timeline),
        _pool(dice, bringing, offer, second, 3, (2, 1), None, timeline),
    ]


def _pool(
    dice: Dice,
    bringing: Bringing,
    offer: Offer,
    mode: str,
    count: int,
    days: tuple[int, int],
    closed_at: datetime | None,
    timeline: Timeline,
) -> Pool:
    kind = offer.kind
    quantity = sum(
        dice.between(*(size // kind.step for size in kind.delivery)) * kind.step for _ in range(count)
    )
    incoming = bringing.incoming(offer, mode, quantity, (timeline.today, timeline.today))
    for delivery in incoming:
        days_before = dice.between(days[1], days[0])
        delivery.at = timeline.at(days_before, dice.between(8, 16), dice.below(60), dice.below(60))
    ordered: list[Incoming] = sorted(incoming, key=lambda delivery: delivery.at)
    return bringing.pool(offer, mode, ordered, closed_at)
