"""Regions, villages, cooperatives with their charters, and photovoltaic stations."""

from __future__ import annotations

from datetime import date

from shop.catalog.search import sort_key
from shop.commands.demo.codes import demo_phone
from shop.commands.demo.figures import MARK
from shop.commands.demo.places import CHARTER_FROM, COUNTY, FOUNDED_ON, REGIONS, Place, Town, marked
from shop.commands.demo.written import Written
from shop.cooperatives.people.models import Charter, Cooperative, PvStation, Region, Village
from shop.core.db import insert_rows


def write_county() -> None:
    """Province, city and county: once for all towns."""
    insert_rows(
        Region,
        [
            {"code": code, "name": name, "level": level, "parent_code": above}
            for code, name, level, above in REGIONS
        ],
    )


def write_town(town: Town, written: Written) -> None:
    """The township with its five villages and cooperatives."""
    region = {"code": town.region_code, "name": town.name, "level": "township", "parent_code": COUNTY}
    insert_rows(Region, [region])
    villages = insert_rows(Village, [_village(town, place) for place in town.places], "id")
    written.villages = dict(zip([place.key for place in town.places], villages, strict=True))
    rows = [_cooperative(place, written.villages[place.key]) for place in town.places]
    cooperatives = insert_rows(Cooperative, rows, "id")
    written.cooperatives = dict(zip([place.key for place in town.places], cooperatives, strict=True))
    insert_rows(Charter, [_charter(place, written.cooperatives[place.key]) for place in town.places])
    insert_rows(
        PvStation,
        [
            {
                "village_id": written.villages[place.key], "name": f"{place.village_name}光伏扶贫电站",
                "capacity_kw": place.figures.pv_kw, "in_service_on": date(2017, 6, 30), "running": True, "title_confirmed": True,
            }
            for place in town.places
            if place.figures.pv_kw
        ],
    )  # fmt: skip


def _village(town: Town, place: Place) -> dict[str, object]:
    return {
        "code": place.village_code,
        "region_code": town.region_code,
        "name": place.village_name,
        "pinyin": sort_key(place.village_name),
        "key_poor": place.figures.key_poor,
        "deep_poor": place.figures.deep_poor,
        "story": marked(place.terms.village_story),
    }


def _cooperative(place: Place, village_id: int) -> dict[str, object]:
    return {
        "code": place.cooperative_code,
        "uscc": place.uscc,
        "name": place.cooperative_name,
        "pinyin": sort_key(place.cooperative_name),
        "village_id": village_id,
        "address": f"{place.origin}村委会旁（{MARK}）",
        "phone": place.phone,
        "supervision_phone": demo_phone(900),
        "founded_on": FOUNDED_ON,
        "story": marked(place.terms.story),
        "freight_fen": place.terms.freight_fen,
        "freight_free_from_fen": place.terms.freight_free_from_fen,
        "bank_holder": place.cooperative_name,
        "bank_name": marked("茅箭农商银行大川支行"),
        "bank_account": f"82010000{village_id:011d}",
    }


def _charter(place: Place, cooperative_id: int) -> dict[str, object]:
    return {
        "cooperative_id": cooperative_id,
        "valid_from": CHARTER_FROM,
        "reserve_rate": place.terms.reserve_rate,
        "patronage_ratio": place.terms.patronage_ratio,
        "patronage_basis": place.terms.basis,
        "commission_rate": place.terms.commission_rate,
        "resolution": f"2018年12月20日成员大会决议（{MARK}）",
    }
