"""The rows of 总览: each a name, its sums in four ranges of days, its households, and the addresses of the order lines behind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

from flask_babel import gettext as _
from sqlalchemy import text

from shop.core.db import session
from shop.core.errors import NotFound
from shop.orders import facts_money, facts_reading, facts_windows
from shop.orders.facts_reading import NOTHING, Four, Sum
from shop.orders.facts_windows import Windows
from shop.orders.town_months import Closed
from shop.township import labels
from shop.township.figure_rows import Addresses, household_sums, order_lines

_PLACE = text(
    """
    with place as materialized (
      select c.id from cooperative c join village v on v.id = c.village_id and v.region_code like :prefix)
    select r.name, r.level, array(
             select extract(year from day)::int as y from (
               select s.day from sales_year s join place p on p.id = s.cooperative_id
               union select f.day from fact_touched f join place p on p.id = f.cooperative_id) as days
              where extract(year from day) between 2015 and :year group by y order by y) as years
      from region r where r.code = :region
    """
)
_TOWNS = text(
    """
    select r.code, r.name from region r where r.parent_code = :region and exists (
           select from cooperative c join village v on v.id = c.village_id where v.region_code like r.code || '%')
     order by r.code
    """
)
_SELLERS = text(
    """
    select c.id, c.code, c.name, v.id as village_id, v.code as village_code, v.name as village
      from cooperative c join village v on v.id = c.village_id and v.region_code like :prefix order by c.id
    """
)


@dataclass(frozen=True)
class Row:
    """A line of a table. `drill` gives the address of the order lines of a range; `people` of the households."""

    name: str
    four: Four
    drill: Callable[[str], str]
    sub: str = ""
    href: str = ""  # of the name: the page of that town
    reached: Mapping[str, facts_money.Reached] | None = None
    people: Callable[[str], str] | None = None

    @property
    def now(self) -> Sum:
        return self.four["now"]

    @property
    def before(self) -> Sum:
        return self.four["before"]

    @property
    def so_far(self) -> Sum:
        return self.four["so_far"]

    @property
    def so_far_before(self) -> Sum:
        return self.four["so_far_before"]

    @property
    def change(self) -> str:
        return change(self.four["now"].fen, self.four["before"].fen)

    @property
    def change_so_far(self) -> str:
        return change(self.four["so_far"].fen, self.four["so_far_before"].fen)


@dataclass(frozen=True)
class Page:
    """All that 总览 shows of sales and money; `closed` when it is a month that was closed: `now` is then as stated."""

    windows: Windows
    total: Row
    assisted: Row
    money: dict[str, int]
    reached: dict[str, facts_money.Reached]
    tables: dict[str, list[Row]]
    months: list[Row]  # `now` and `before` only
    live_months: list[
        tuple[date, int, int]
    ]  # fen of sales and of assisted sales as the rows are now, of the year so far
    assisted_tables: dict[str, list[Row]] = field(default_factory=dict)
    closed: Closed | None = None

    @property
    def has_before(self) -> bool:
        return self.total.four["so_far_before"].lines > 0 or self.total.four["before"].lines > 0


def place(region: str, year: int) -> Any:
    """(name, level, years with sales) of a region. Raises NotFound."""
    found = session().execute(_PLACE, {"region": region, "prefix": region + "%", "year": year}).one_or_none()
    if found is None:
        raise NotFound
    return found


def change(now: int, before: int) -> str:
    """Against the year before, in percent with one place, cut; '—' when there is nothing to compare with."""
    if before <= 0:
        return "—"
    tenths = (now - before) * 1000 // before
    sign = "-" if tenths < 0 else "+"
    return f"{sign}{abs(tenths) // 10}.{abs(tenths) % 10}%"


def page(region: str, windows: Windows, *, county: bool, closed: Closed | None = None) -> Page:
    """Everything, in three statements."""
    rows = _TOWNS if county else _SELLERS
    below = list(session().execute(rows, {"region": region} if county else {"prefix": region + "%"}))
    levels = facts_reading.OF_COUNTY if county else facts_reading.OF_TOWN
    sold = facts_reading.sales(region, windows, levels)
    paid = facts_money.read(region, windows, facts_money.OF_COUNTY if county else facts_money.OF_TOWN)
    make = _Maker(Addresses(region), windows, below, sold, paid, closed)
    money, reached = paid.total(), paid.reached()
    if closed:
        money["now"] = closed.money_fen
        reached = reached | {"now": facts_money.Reached(*closed.households())}
    return Page(
        windows=windows,
        total=make.one(_("合计"), sold.total(), stated=("", (None,)), reached=reached),
        assisted=make.one(_("帮助销售"), sold.total(assisted=True), stated=("", (None,)), assisted=True),
        money=money,
        reached=reached,
        tables=(
            {"town": make.towns()} if county else {"cooperative": make.cooperatives(), "village": make.villages()}
        )
        | make.kinds(),
        assisted_tables={} if county or sold.total(assisted=True) == NOTHING else make.assisted(),
        months=make.months(),
        live_months=sold.fen_of(facts_windows.months_of(windows)),
        closed=closed,
    )  # fmt: skip


class _Maker:
    """Makes rows out of what was read; a closed month's `now` comes from what was stated."""

    def __init__(
        self,
        addresses: Addresses,
        windows: Windows,
        sellers: list[Any],
        sold: facts_reading.Sales,
        paid: facts_money.Paid,
        closed: Closed | None,
    ) -> None:
        self.addresses = addresses
        self.windows, self.sellers, self.sold, self.paid, self.closed = windows, sellers, sold, paid, closed

    def one(
        self,
        name: str,
        four: Four,
        *,
        stated: tuple[str, Iterable[object]],
        assisted: bool = False,
        sub: str = "",
        href: str = "",
        reached: Mapping[str, facts_money.Reached] | None = None,
        people: bool = True,
        part: Mapping[str, Any] = MappingProxyType({}),
    ) -> Row:
        if self.closed:
            level, keys = stated
            sums = self.closed.sums(level, assisted=assisted)
            four = four | {"now": facts_reading.added(sums.get(key, Sum()) for key in keys)}
        return Row(
            name=name,
            four=four,
            drill=order_lines(self.addresses, self.windows, part, assisted=assisted),
            sub=sub,
            href=href,
            reached=reached,
            people=household_sums(self.addresses, self.windows, part) if people else None,
        )

    def towns(self) -> list[Row]:
        """The regions below a county, each leading to its own page."""
        asked = urlencode(self.windows.asked())
        return [
            self.one(
                town.name,
                self.sold.by["child"].get(town.code, NOTHING),
                stated=("", ()),
                href=f"{self.addresses.of('township.overview', town.code)}?{asked}",
                reached=self.paid.reached("child", town.code),
                part={"region": town.code},
            )
            for town in self.sellers
        ]

    def cooperatives(self, *, assisted: bool = False) -> list[Row]:
        by = self.sold.assisted if assisted else self.sold.by
        return [
            self.one(
                one.village,
                by["cooperative_id"].get(one.id, NOTHING),
                stated=("code", (one.code,)),
                assisted=assisted,
                sub=one.name,
                reached=None if assisted else self._households("cooperative_id", one.id, f"coop:{one.code}"),
                part={"coop": one.code},
            )
            for one in self.sellers
            if not assisted or one.id in by["cooperative_id"]
        ]

    def villages(self) -> list[Row]:
        """Villages with more than one cooperative say more than their cooperatives; with one each the table is left out."""
        named = {one.village_id: one for one in self.sellers}
        if len(named) == len(self.sellers):
            return []
        return [
            self.one(
                one.village,
                self.sold.by["village_id"].get(key, NOTHING),
                stated=("code", [other.code for other in self.sellers if other.village_id == key]),
                reached=self._households("village_id", key, f"village:{one.village_code}"),
                part={"village": one.village_code},
            )
            for key, one in named.items()
        ]

    def kinds(self) -> dict[str, list[Row]]:
        """By product, channel, buyer and certification."""
        return {
            "product": self.products(),
            "channel": self._of("channel", "channel", labels.channel, "channel"),
            "buyer": self._of("buyer_kind", "buyer_kind", labels.buyer, "buyer"),
            "certified": self._of("certified", "certified", labels.certified, "certified"),
        }

    def assisted(self) -> dict[str, list[Row]]:
        """Assisted sales by cooperative and by product, where there are any."""
        tables = {"cooperative": self.cooperatives(assisted=True), "product": self.products(assisted=True)}
        return {name: rows for name, rows in tables.items() if rows}

    def products(self, *, assisted: bool = False) -> list[Row]:
        return self._of("product", "name", str, "product", assisted=assisted)

    def months(self) -> list[Row]:
        """The months of the year so far beside the same of the year before, as the rows are now."""
        by = self.sold.by["month"]
        return [
            Row(
                name=_("%(n)s 月", n=month.month),
                four=NOTHING
                | {
                    "now": by.get(month, NOTHING)["so_far"],
                    "before": by.get(month.replace(year=month.year - 1), NOTHING)["so_far_before"],
                },
                drill=order_lines(self.addresses, facts_windows.month(month, self.windows.last), {}),
            )
            for month in facts_windows.months_of(self.windows)
        ]

    def _of(
        self, level: str, stated: str, say: Callable[[Any], str], argument: str, *, assisted: bool = False
    ) -> list[Row]:
        by = (self.sold.assisted if assisted else self.sold.by)[level]
        keys: Iterable[Any] = set(by)
        if self.closed:
            keys = set(by) | set(self.closed.sums(stated, assisted=assisted))
        rows = [
            self.one(
                str(say(key)),
                by.get(key, NOTHING),
                stated=(stated, (key,)),
                assisted=assisted,
                people=False,
                part={argument: str(int(key)) if isinstance(key, bool) else key},
            )
            for key in keys
        ]
        return sorted(rows, key=lambda row: (-row.four["so_far"].fen, row.name))

    def _households(self, level: str, key: object, stated: str) -> dict[str, facts_money.Reached]:
        found = self.paid.reached(level, key)
        return found | {"now": facts_money.Reached(*self.closed.households(stated))} if self.closed else found
