"""A year of sales that adds up to the seed's figure by whole units at listed prices. Pure."""

from __future__ import annotations

import calendar
from collections import Counter
from datetime import date, datetime, timedelta

from shop.commands.demo import buyers as buyer_list
from shop.commands.demo.buyers import Buyer
from shop.commands.demo.dice import Dice
from shop.commands.demo.figures import YEAR
from shop.commands.demo.kinds import CORE
from shop.commands.demo.offers import Offer, Spec, offers_of
from shop.commands.demo.places import Town
from shop.commands.demo.plan import Sale, Selling, moment
from shop.commands.demo.seasons import FIRST_SELLING_DAY, cumulative_target, on_sale
from shop.orders.recording import HOLD_TRANSFER

ENOUGH_FEN = 8_000  # a month is full when less than this is missing
CLOSING_FEN = 120_000  # left for the union's order that makes the year exact
LAST_DAYS = {12: 20}
LINES = (1, 2, 3)


class YearOfSales:
    """Fills the year month by month; `sales` holds the orders by the moment they are placed."""

    def __init__(self, seed: int, town: Town, buyers: list[Buyer]) -> None:
        self.dice = Dice(seed, town.number, "sales")
        self.targets = {place.key: place.figures.sales_fen for place in town.places}
        self.sold: Counter[str] = Counter()
        self.persons = buyer_list.places_of(buyers, "person")
        self.units = buyer_list.places_of(buyers, "budget_unit", "trade_union")
        self.unions = buyer_list.places_of(buyers, "trade_union")
        self.sales: list[Sale] = []

    def fill(self) -> list[Sale]:
        for month in range(1, 13):
            self._fill_month(month)
        for village in self.targets:
            self._close(village)
        self.sales.sort(key=lambda sale: sale.placed_at)
        return self.sales

    def _fill_month(self, month: int) -> None:
        enough = CLOSING_FEN + ENOUGH_FEN * 4 if month == 12 else ENOUGH_FEN
        while True:
            needs = {
                village: cumulative_target(target, month) - self.sold[village]
                for village, target in self.targets.items()
            }
            hungry = {village: need for village, need in needs.items() if need > enough}
            if not hungry:
                return
            village = self.dice.weighted(list(hungry), list(hungry.values()))
            day = self._day(month)
            big = hungry[village] > 200_000 and self.dice.percent(22)
            lines = self._unit_lines(village, day) if big else self._person_lines(village, day)
            if lines:
                self._add(lines, day, big)

    def _day(self, month: int) -> date:
        first = FIRST_SELLING_DAY if month == 1 else 1
        last = LAST_DAYS.get(month, calendar.monthrange(YEAR, month)[1] - 4)
        return date(YEAR, month, self.dice.between(first, last))

    def _person_lines(self, village: str, day: date) -> list[Selling]:
        """One to three packs of one to three goods, now and then from a second village."""
        lines: dict[Spec, Selling] = {}
        for _ in range(self.dice.weighted(LINES, (60, 30, 10))):
            source = self.dice.pick(list(self.targets)) if lines and self.dice.percent(35) else village
            choice = self._choice(source, day)
            if choice is not None:
                count = self.dice.weighted((1, 2, 3), (62, 28, 10))
                lines.setdefault(choice[1], Selling(choice[0], choice[1], count, choice[1].price_2020))
        return self._affordable(list(lines.values()))

    def _unit_lines(self, village: str, day: date) -> list[Selling]:
        lines: dict[Spec, Selling] = {}
        for _ in range(self.dice.weighted(LINES, (40, 40, 20))):
            choice = self._choice(village, day)
            if choice is not None:
                count = 5 * self.dice.between(1, 8)
                lines.setdefault(choice[1], Selling(choice[0], choice[1], count, choice[1].price_2020))
        return self._affordable(list(lines.values()))

    def _choice(self, village: str, day: date) -> tuple[Offer, Spec] | None:
        choices = [offer for offer in _core(village) if on_sale(offer.kind, day)]
        if not choices:
            return None
        offer = self.dice.pick(choices)
        specs = [spec for spec in offer.specs if spec.price_2020]
        return offer, self.dice.weighted(specs, [5 - place for place in range(len(specs))])

    def _affordable(self, lines: list[Selling]) -> list[Selling]:
        """Those lines that leave the closing order's amount in every village."""
        kept: list[Selling] = []
        planned: Counter[str] = Counter()
        for line in lines:
            village = line.offer.village
            left = self.targets[village] - CLOSING_FEN - self.sold[village] - planned[village]
            if line.net_fen <= left:
                planned[village] += line.net_fen
                kept.append(line)
        return kept

    def _add(self, lines: list[Selling], day: date, institution: bool) -> None:
        order = list(self.targets)
        lines.sort(key=lambda line: order.index(line.offer.village))
        for line in lines:
            self.sold[line.offer.village] += line.net_fen
        placed = moment(day, self.dice.between(8, 21), self.dice.below(60), self.dice.below(60))
        paid = placed + timedelta(
            hours=self.dice.between(20, 60) if institution else self.dice.between(1, 30)
        )
        self.sales.append(self._sale(lines, placed, paid, institution))

    def _sale(self, lines: list[Selling], placed: datetime, paid: datetime, institution: bool) -> Sale:
        shipped = paid + timedelta(hours=self.dice.between(6, 40))
        return Sale(
            buyer=self.dice.pick(self.units if institution else self.persons),
            channel="institution" if institution else "online",
            pay_method="transfer",
            lines=lines,
            placed_at=placed,
            expires_at=placed + HOLD_TRANSFER,
            paid_at=paid,
            shipped_at=shipped,
            received_at=shipped + timedelta(hours=self.dice.between(30, 120)),
        )

    def _close(self, village: str) -> None:
        """The union's year-end order: whole packs whose prices are exactly what the year still misses."""
        missing = self.targets[village] - self.sold[village]
        specs = [(offer, spec) for offer in _core(village) for spec in offer.specs if spec.price_2020]
        counts = exact_counts(missing, [spec.price_2020 for _, spec in specs], self.dice)
        lines = [
            Selling(offer, spec, count, spec.price_2020)
            for (offer, spec), count in zip(specs, counts, strict=True)
            if count
        ]
        day = date(YEAR, 12, self.dice.between(14, 18))
        self._add(lines, day, institution=True)
        self.sales[-1].buyer = self.dice.pick(self.unions)


def exact_counts(amount: int, prices: list[int], dice: Dice) -> list[int]:
    """How many of each price sum exactly to `amount`; ValueError where no whole numbers do."""
    unit = 100
    if amount % unit or any(price % unit for price in prices):
        raise ValueError("amounts and prices are whole yuan")
    steps = [price // unit for price in prices]
    reach = [True] + [False] * (amount // unit)
    for sum_ in range(1, len(reach)):
        reach[sum_] = any(step <= sum_ and reach[sum_ - step] for step in steps)
    if not reach[-1]:
        raise ValueError(f"no whole packs cost {amount} fen")
    counts, left = [0] * len(prices), amount // unit
    while left:
        place = dice.pick([i for i, step in enumerate(steps) if step <= left and reach[left - step]])
        counts[place] += 1
        left -= steps[place]
    return counts


def _core(village: str) -> list[Offer]:
    return [offer for offer in offers_of(village) if offer.kind_key in CORE]
