"""Whom the town brings its goods to, and what is on offer and wanted in the current weeks; all of it invented."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

from shop.assisted.contacts import Contact, values_of
from shop.assisted.models import TradeContact, TradeMatch, TradeNotice
from shop.commands.demo.codes import town_phone
from shop.commands.demo.figures import MARK
from shop.commands.demo.kinds import KINDS
from shop.commands.demo.timeline import Timeline
from shop.commands.demo.written import Written
from shop.core.db import insert_rows


class Goods(NamedTuple):
    """A kind, kilograms of it, fen per kilogram from and to, and its days counted from today."""

    kind: str
    kilograms: int
    low_fen: int
    high_fen: int
    first: int
    last: int


CONTACTS = (
    ("merchant", "示例农贸市场蔬菜批发部", "李老板"), ("merchant", "示例生鲜超市张湾店", "周经理"),
    ("canteen", "示例市第一中学食堂", "赵老师"), ("canteen", "示例区税务局食堂", "王师傅"),
    ("institution", "示例区机关事务服务中心", "陈主任"), ("fair", "示例区年货节组委会", "刘干事"),
)  # fmt: skip
# the first offer and the first demand are matched
OFFERED = (
    ("kazi", Goods("yangjiang", 400, 500, 700, -12, 30)), ("tangjia", Goods("bamboo", 120, 8_000, 9_000, -5, 60)),
    ("langxi", Goods("honey", 80, 9_600, 11_000, -3, 40)), ("duanjia", Goods("tea", 30, 32_000, 36_000, -8, 45)),
)  # fmt: skip
WANTED = (
    (0, Goods("yangjiang", 300, 450, 650, -10, 12)), (2, Goods("bamboo", 60, 0, 8_800, -2, 20)),
    (3, Goods("honey", 100, 9_000, 10_000, -1, 25)), (5, Goods("shiitake", 150, 12_000, 15_000, -4, 35)),
)  # fmt: skip


def write_contacts(written: Written, today: date) -> None:
    """Three statements."""
    place, at = written.town, Timeline(today).at(14, 10)
    common = {"region_code": place.region_code, "made_by": written.clerk, "made_at": at}
    rows = [
        common | values_of(Contact(kind, name, person, town_phone(place.number, 80 + number), MARK))
        for number, (kind, name, person) in enumerate(CONTACTS)
    ]
    contacts = insert_rows(TradeContact, rows, "id")
    nobody: dict[str, int | None] = {"village_id": None, "cooperative_id": None, "contact_id": None}
    notices = [
        common | nobody | _notice("offer", number, goods, place.region_code, today)
        | {"village_id": written.villages[village], "cooperative_id": written.cooperatives[village]}
        for number, (village, goods) in enumerate(OFFERED)
    ] + [
        common | nobody | _notice("demand", number, goods, place.region_code, today) | {"contact_id": contacts[who]}
        for number, (who, goods) in enumerate(WANTED)
    ]  # fmt: skip
    ids = insert_rows(TradeNotice, notices, "id")
    match = {"offer_id": ids[0], "demand_id": ids[len(OFFERED)], "by": written.clerk, "at": at}
    insert_rows(TradeMatch, [match | {"offer_side": "offer", "demand_side": "demand"}])


def _notice(side: str, number: int, goods: Goods, region_code: str, today: date) -> dict[str, object]:
    return {
        "request_key": f"demo-{region_code}-{side}-{number}", "side": side, "goods": KINDS[goods.kind].name, "unit_kind": "g",
        "quantity": goods.kilograms * 1_000, "low_fen": goods.low_fen, "high_fen": goods.high_fen,
        "from_on": today + timedelta(days=goods.first), "to_on": today + timedelta(days=goods.last), "note": MARK,
        "state": "open" if number else "matched",
    }  # fmt: skip
