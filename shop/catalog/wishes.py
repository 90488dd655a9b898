"""What a list of goods is asked for, and how a statement over products is narrowed to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import FromClause, Select, bindparam, or_, select

from shop.catalog.models import Category, Product
from shop.cooperatives.people.models import Cooperative, Village

SORTS = ("", "sold", "price", "-price", "new")


@dataclass(frozen=True, slots=True)
class Wish:
    """What a list is asked for. `patterns` come from search.patterns: all of them must match, or with `near` any.

    `coop` and `village` are codes, as they stand in a shared address; `viewer` the user whose hearts are shown.
    """

    category: str = ""
    cooperative_id: int | None = None
    village_id: int | None = None
    coop: str = ""
    village: str = ""
    certified: bool = False
    patterns: tuple[str, ...] = ()
    near: bool = False
    in_stock: bool = False
    sort: str = ""
    limit: int = 24
    offset: int = 0
    viewer: int | None = None

    @property
    def narrowed(self) -> bool:
        """A visitor has filtered: no goods may then only mean that the filter is too narrow."""
        return bool(self.coop or self.village or self.certified or self.in_stock)


class Shape(NamedTuple):
    """Which conditions a statement has; statements are built once for each."""

    category: bool
    cooperative: bool
    village: bool
    coop: bool
    village_code: bool
    certified: bool
    patterns: int
    near: bool
    in_stock: bool


def shape(wish: Wish) -> Shape:
    return Shape(
        bool(wish.category), wish.cooperative_id is not None, wish.village_id is not None, bool(wish.coop),
        bool(wish.village), wish.certified, len(wish.patterns), wish.near, wish.in_stock,
    )  # fmt: skip


def narrow(
    statement: Select[*tuple[Any, ...]], wanted: Shape, on_sale: FromClause, cheapest: FromClause
) -> Select[*tuple[Any, ...]]:
    """The conditions; the statement joins cooperative and village where a place is asked for, stock where stock is."""
    if wanted.category:
        category = select(Category.id).where(Category.slug == bindparam("category")).scalar_subquery()
        statement = statement.where(Product.category_id == category)
    if wanted.cooperative:
        statement = statement.where(Product.cooperative_id == bindparam("cooperative_id"))
    if wanted.village:
        statement = statement.where(Cooperative.village_id == bindparam("village_id"))
    if wanted.coop:
        statement = statement.where(Cooperative.code == bindparam("coop"))
    if wanted.village_code:
        statement = statement.where(Village.code == bindparam("village"))
    if wanted.certified:
        statement = statement.where(Product.certified)
    if wanted.patterns:
        tests = [Product.search_text.like(bindparam(f"p{place}")) for place in range(wanted.patterns)]
        statement = statement.where(or_(*tests)) if wanted.near else statement.where(*tests)
    if wanted.in_stock:
        statement = statement.where(on_sale.c.available >= cheapest.c.smallest)
    return statement


def values(wish: Wish) -> Mapping[str, object]:
    """What fills the conditions of `narrow` (and n0, n1, … for the order of matches)."""
    found: dict[str, object] = {
        name: value
        for name in ("category", "cooperative_id", "village_id", "coop", "village")
        if (value := getattr(wish, name)) not in {None, ""}
    }
    for place, pattern in enumerate(wish.patterns):
        found[f"p{place}"] = pattern
        found[f"n{place}"] = f"%{pattern.strip('% ')}%"
    return found
