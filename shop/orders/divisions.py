"""Provinces, cities, districts and townships that goods are sent to (mainland, Ministry of Civil Affairs, as of 2025-12-31)."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path

TABLE = Path(__file__).with_name("divisions.txt")
TOWNSHIPS = Path(__file__).with_name("townships.txt")


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


@functools.cache
def _townships() -> Mapping[tuple[str, str, str], str]:
    """(province, city, district) → names of its townships and streets, parted by blanks: only split where one is asked for."""
    found: dict[tuple[str, str, str], str] = {}
    for line in TOWNSHIPS.read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            province, city, district, names = line.split("\t")
            found[province, city, district] = names
    return found


def streets(province: str, city: str, district: str) -> tuple[str, ...]:
    """Townships and streets of a district (or of a city without districts); none for an unknown one."""
    return tuple(_townships().get((province, city, district), "").split())


@functools.cache
def _by_words() -> Mapping[str, tuple[str, str, str]]:
    return {"".join(place): place for place in _townships()}


def streets_of(region: str) -> tuple[str, ...]:
    """Townships and streets of a place in one word, 湖北省十堰市茅箭区; none for an unknown one."""
    place = _by_words().get(region)
    return streets(*place) if place else ()


def wrong_part(province: str, city: str, district: str, street: str = "") -> str | None:
    """'province', 'city', 'district' or 'street': the first one that does not exist there; None when all fits.

    The fourth level may be empty: new townships come before the table does, and the courier reads the detail as well.
    """
    if province not in table():
        return "province"
    if city not in table()[province]:
        return "city"
    known = table()[province][city]
    if not (district in known if known else not district):
        return "district"
    return None if not street or street in streets(province, city, district) else "street"


@functools.cache
def cities_by_name() -> Mapping[str, tuple[str, str]]:
    """The name of a city that stands only once in the country → (province, city)."""
    found: dict[str, list[tuple[str, str]]] = {}
    for province, below in table().items():
        for city in below:
            found.setdefault(city, []).append((province, city))
    return {name: places[0] for name, places in found.items() if len(places) == 1}


def city_of(province: str, district: str) -> str | None:
    """The only city of a province with a district of this name; None where there is none, or more."""
    cities_with = [city for city, below in table().get(province, {}).items() if district in below]
    return cities_with[0] if len(cities_with) == 1 else None
