"""Totals for everybody: never about fewer than ten households, also not by subtraction. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shop.orders.figures import Sold

LEAST = 10  # households behind any public sum


@dataclass(frozen=True, slots=True)
class Group:
    """A sum under its name; `name` empty: several small ones together. `households` is at least so many."""

    name: str
    fen: int
    orders: int
    households: int


def grouped(rows: Mapping[str, Sold], total: Sold) -> Sequence[Group]:
    """The largest first, the small ones put together; empty where even the total is of too few.

    A sum left out alone could be had by subtracting the others from the total, so the small ones stand together, and the
    next larger one joins them until they are ten. Households that sold in several groups are counted once in the total:
    what they may be counted twice in a group put together is taken off.
    """
    if total.households < LEAST:
        return []
    ordered = sorted(rows.items(), key=lambda item: (-item[1].households, -item[1].fen, item[0]))
    kept = [(name, sold) for name, sold in ordered if sold.households >= LEAST]
    small = [(name, sold) for name, sold in ordered if sold.households < LEAST]
    twice = sum(sold.households for _, sold in ordered) - total.households
    while small and kept and sum(sold.households for _, sold in small) - twice < LEAST:
        small.append(kept.pop())
    shown = [Group(name, sold.fen, sold.orders, sold.households) for name, sold in kept]
    if small:
        together = sum(sold.households for _, sold in small) - twice
        if together < LEAST:
            return [Group("", total.fen, total.orders, total.households)]
        fen, orders = (sum(getattr(sold, what) for _, sold in small) for what in ("fen", "orders"))
        shown.append(Group("", fen, orders, together))
    return sorted(shown, key=lambda group: (not group.name, -group.fen))
