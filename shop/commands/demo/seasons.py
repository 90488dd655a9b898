"""When goods come in and how 2020's sales fall on its months (invented; Hubei was locked down from late January)."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from shop.commands.demo.figures import YEAR
from shop.commands.demo.kinds import Kind


class Season(NamedTuple):
    """Deliveries from first to last day; on sale from the day after."""

    first: date
    last: date


def _season(month: int, first: int, last_month: int, last: int) -> Season:
    return Season(date(YEAR, month, first), date(YEAR, last_month, last))


SEASONS: dict[str, tuple[Season, ...]] = {
    "shiitake": (_season(1, 2, 1, 5), _season(4, 12, 5, 6), _season(10, 9, 10, 28)),
    "tea": (_season(4, 5, 4, 18), _season(5, 4, 5, 18)),
    "bamboo": (_season(1, 2, 1, 5), _season(5, 10, 5, 30)),
    "honey": (_season(1, 2, 1, 5), _season(6, 15, 7, 5), _season(9, 5, 9, 20)),
    "chilli": (_season(7, 6, 7, 14), _season(8, 5, 8, 13), _season(9, 3, 9, 11)),
    "watermelon": (_season(7, 9, 7, 16), _season(8, 4, 8, 11)),
}
MODES: dict[str, tuple[str, str]] = {
    "dachuan/shiitake": ("consign_fixed", "buyout"),
    "dachuan/tea": ("buyout", "consign_fixed"),
    "tangjia/tea": ("buyout", "consign_commission"),
    "tangjia/bamboo": ("consign_fixed", "buyout"),
    "langxi/honey": ("consign_fixed", "consign_commission"),
    "langxi/shiitake": ("consign_fixed", "buyout"),
    "kazi/shiitake": ("buyout", "consign_fixed"),
    "kazi/bamboo": ("buyout", "consign_commission"),
    "duanjia/honey": ("consign_fixed", "consign_commission"),
    "duanjia/tea": ("buyout", "consign_fixed"),
}
# Thousandths of the year's sales.
MONTH_WEIGHTS = (120, 15, 30, 55, 75, 80, 80, 85, 110, 120, 100, 130)
FIRST_SELLING_DAY = 7


def on_sale(kind: Kind, day: date) -> bool:
    """Whether goods of the year have come in before that day."""
    return kind.key in SEASONS and SEASONS[kind.key][0].last < day


def cumulative_target(year_fen: int, month: int) -> int:
    """What shall have been sold by the end of a month (1 to 12)."""
    return year_fen * sum(MONTH_WEIGHTS[:month]) // sum(MONTH_WEIGHTS)
