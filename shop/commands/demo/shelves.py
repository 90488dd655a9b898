"""Taking goods from lots as reserving does: first-expiring, then first-in. Pure; works on plans before anything is written."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from shop.commands.demo.plan import Pool, Sale, Selling
from shop.core.clock import shanghai_day


class OutOfGoods(ValueError):
    """A plan sells what nobody brought."""


class Shelves:
    """What is left of every pool; the order of the pools is the order in which the lots are stored."""

    def __init__(self, pools: list[Pool]) -> None:
        self.order = {pool: place for place, pool in enumerate(pools)}
        self.left = {pool: pool.quantity for pool in pools}
        self.returned: set[Sale] = set()
        self.of_offer: dict[str, list[Pool]] = defaultdict(list)
        for pool in pools:
            self.of_offer[pool.offer.key].append(pool)

    def sell(self, sale: Sale) -> None:
        """Hold goods for every line of an order when it is placed. Raises OutOfGoods."""
        for line in sale.lines:
            self._take(line, sale.placed_at)

    def give_back(self, sale: Sale) -> None:
        """The order was closed unpaid; once is enough."""
        if sale not in self.returned:
            self.returned.add(sale)
            for line in sale.lines:
                for pool, quantity in line.taken:
                    self.left[pool] += quantity

    def sellable(self, offer_key: str, at: datetime) -> int:
        """What can be sold of an offer at that moment."""
        return sum(self.left[pool] for pool in self._pools(offer_key, at))

    def _pools(self, offer_key: str, at: datetime) -> list[Pool]:
        """Closed before that moment and not past their best-before day, in the order in which they are taken."""
        found = [
            pool
            for pool in self.of_offer[offer_key]
            if pool.closed_at is not None and pool.closed_at < at and pool.best_before >= shanghai_day(at)
        ]
        return sorted(found, key=lambda pool: (pool.best_before, self.order[pool]))

    def _take(self, line: Selling, at: datetime) -> None:
        missing = line.quantity
        for pool in self._pools(line.offer.key, at):
            part = min(missing, self.left[pool])
            if part:
                line.taken.append((pool, part))
                self.left[pool] -= part
                missing -= part
        if missing:
            raise OutOfGoods(f"{line.offer.key}: {missing} missing at {at}")
