"""Pictures of the demo's products: the illustration of each kind, how it is prepared and packed, and where it grows."""

from __future__ import annotations

from typing import Any

from shop.catalog.picture_models import ProductPicture
from shop.commands.demo.figures import FIRST_DAY
from shop.commands.demo.kinds import Kind
from shop.commands.demo.offers import OFFERS
from shop.commands.demo.places import Place
from shop.commands.demo.plan import moment
from shop.commands.demo.written import Written
from shop.core.db import insert_rows

TRAY, HAND, BOWL = ("tray", "摊在竹匾里晾晒"), ("hand", "托在手心里看大小"), ("bowl", "炖好的一碗")
BAG, BOX, COLD = (
    ("pack-bag", "牛皮纸袋包装"),
    ("pack-box", "纸箱包装"),
    ("pack-cold", "泡沫箱加冰袋，冷冻发货"),
)
# by kind, else by category
BESIDE = {
    "shiitake": (HAND, TRAY, BAG), "bamboo": (TRAY, BOWL, BAG), "tea": (BAG,), "honey": (BOX,),
    "vegetables": (BOX,), "fruit": (BOX,), "meat": (BOWL, COLD),
}  # fmt: skip
MOST = 4


def write_pictures(written: Written) -> None:
    """Two to four of every product, all of them drawings and marked as such."""
    places = {place.key: place for place in written.town.places}
    rows = [
        _row(written, offer.village, offer.key, seq, drawing)
        for offer in OFFERS
        for seq, drawing in enumerate(_drawings(offer.kind, places[offer.village]), start=1)
    ]
    insert_rows(ProductPicture, rows)


def _drawings(kind: Kind, place: Place) -> list[tuple[str, str]]:
    beside = BESIDE.get(kind.key) or BESIDE[kind.category]
    home = ("village", f"{place.village_name}的梯田和房屋")
    return [(kind.picture, f"{place.short}{kind.product_name}"), *beside, home][:MOST]


def _row(written: Written, village: str, key: str, seq: int, drawing: tuple[str, str]) -> dict[str, Any]:
    return {
        "cooperative_id": written.cooperatives[village], "product_id": written.products[key], "seq": seq,
        "mark": drawing[0], "alt": drawing[1], "sketch": True, "added_by": written.managers[village],
        "added_at": moment(FIRST_DAY, 8),
    }  # fmt: skip
