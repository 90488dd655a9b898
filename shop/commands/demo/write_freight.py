"""Freight rules of the demo cooperatives: the province at the first terms, the rest by weight, the own town by hand."""

from __future__ import annotations

from datetime import datetime, time

from shop.commands.demo.figures import MARK
from shop.commands.demo.places import ABOVE_TOWN, FOUNDED_ON, Place
from shop.commands.demo.written import Written
from shop.core import clock
from shop.core.db import insert_rows
from shop.orders import divisions, freight
from shop.orders.buying_models import FreightRule

FAR = ("内蒙古自治区", "新疆维吾尔自治区", "西藏自治区", "青海省", "宁夏回族自治区", "甘肃省", "海南省")


def write_freight(written: Written) -> None:
    """The rule that each cooperative of a town has had since it was founded."""
    since = datetime.combine(FOUNDED_ON, time(9), clock.SHANGHAI)
    insert_rows(
        FreightRule,
        [
            {
                "cooperative_id": written.cooperatives[place.key],
                "version": 1,
                "body": freight.write(_rule(place, written.town.name)),
                "set_at": since,
            }
            for place in written.town.places
        ],
    )


def _rule(place: Place, town: str) -> freight.Rule:
    fen, free = place.terms.freight_fen, place.terms.freight_free_from_fen
    bands = (
        freight.Band("湖北省内", ("湖北省",), 3000, fen, 1000, 100, free),
        freight.Band("其他省份", (), 1000, fen + 400, 1000, 300, 2 * free),
        freight.Band("边远省份", FAR, 1000, fen + 1000, 1000, 800),
    )
    near = town in divisions.streets_of(ABOVE_TOWN)  # an invented town is not in the table of townships
    return freight.Rule(
        1, bands, town_fen=300 if near else None, town_free_from_fen=5000 if near else None,
        town_district=ABOVE_TOWN if near else "", town_streets=(town,) if near else (),
        pickup=f"{place.village_name}村委会旁合作社库房，每天 9:00–17:00（{MARK}）",
    )  # fmt: skip
