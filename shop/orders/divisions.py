"""Provinces, cities and districts that goods are sent to (mainland, Ministry of Civil Affairs, as of 2025-12-31)."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path

TABLE = Path(__file__).with_name("divisions.txt")


@functools.cache
def table() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """province → city → districts. Districts of 北京 and counties directly under a province stand in the place of cities,
    so that province + city + district reads as an address; a city without districts has none."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for line in TABLE.read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            province, city, districts = line.split("\t")
            found.setdefault(province, {})[city] = tuple(districts.split())
    return found


def cities(province: str) -> tuple[str, ...]:
    """Cities of a province; none for an unknown one."""
    return tuple(table().get(province, {}))


def districts(province: str, city: str) -> tuple[str, ...]:
    """Districts of a city; none for an unknown one and for a city without."""
    return table().get(province, {}).get(city, ())


def wrong_part(province: str, city: str, district: str) -> str | None:
    """'province', 'city' or 'district': the first one that does not exist there; None when all fits."""
    if province not in table():
        return "province"
    if city not in table()[province]:
        return "city"
    known = table()[province][city]
    return None if (district in known if known else not district) else "district"
