"""Invented buyers: persons with addresses in real cities but streets that do not exist, and public bodies called 示例."""

from __future__ import annotations

from dataclasses import dataclass

from shop.commands.demo.codes import INSTITUTION, TRADE_UNION, buyer_phone, credit_code, demo_phone
from shop.commands.demo.dice import Dice
from shop.commands.demo.figures import MARK
from shop.commands.demo.names import full_name

PERSONS = 90
UNITS = (
    ("示例区总工会", "trade_union"),
    ("示例市第一中学食堂", "budget_unit"),
    ("示例区人民医院工会", "trade_union"),
    ("示例区税务局食堂", "budget_unit"),
    ("示例市公交集团工会", "trade_union"),
    ("示例区机关事务服务中心", "budget_unit"),
    ("示例职业学院后勤处", "budget_unit"),
    ("示例市供电公司工会", "trade_union"),
)
MERCHANTS = (
    "示例农贸市场蔬菜批发部",
    "示例生鲜超市张湾店",
    "示例水果批发商行",
    "示例餐饮配送中心",
)
_CITIES = (
    ("湖北省", "十堰市", "茅箭区"), ("湖北省", "十堰市", "茅箭区"), ("湖北省", "十堰市", "张湾区"),
    ("湖北省", "十堰市", "郧阳区"), ("湖北省", "襄阳市", "樊城区"), ("湖北省", "武汉市", "武昌区"),
    ("湖北省", "武汉市", "洪山区"), ("湖北省", "宜昌市", "西陵区"), ("陕西省", "西安市", "雁塔区"),
    ("河南省", "郑州市", "金水区"), ("广东省", "深圳市", "南山区"), ("上海市", "浦东新区", ""),
    ("北京市", "海淀区", ""), ("浙江省", "杭州市", "余杭区"),
)  # fmt: skip
_STREETS = ("示例路", "样本街", "演示大道", "示范巷")


@dataclass(frozen=True, slots=True)
class Buyer:
    """`kind` is Order.buyer_kind; merchants have no account and buy assisted sales only."""

    kind: str
    name: str
    unit_name: str
    phone: str
    tax_code: str | None
    province: str
    city: str
    district: str
    detail: str
    demo: str = ""  # which demo account this is

    @property
    def region_text(self) -> str:
        return self.province + self.city + self.district

    @property
    def has_account(self) -> bool:
        return self.kind != "merchant"


def buyers(seed: int, town_number: int) -> list[Buyer]:
    """Persons first, then units, then merchants; in Dachuan the two demo buyers last."""
    dice = Dice(seed, town_number, "buyers")
    found = [_buyer(dice, town_number, number, "person", "") for number in range(1, PERSONS + 1)]
    for name, kind in UNITS:
        found.append(_buyer(dice, town_number, len(found) + 1, kind, f"{name}（{MARK}）"))
    for name in MERCHANTS:
        found.append(_buyer(dice, town_number, len(found) + 1, "merchant", f"{name}（{MARK}）"))
    return found + list(DEMO_BUYERS) if town_number == 0 else found


def places_of(found: list[Buyer], *kinds: str) -> list[int]:
    """Places of the invented buyers of these kinds."""
    return [place for place, buyer in enumerate(found) if buyer.kind in kinds and not buyer.demo]


def tax_code(kind: str, number: int) -> str:
    """A valid but invented credit code of a public body or a union."""
    return credit_code(TRADE_UNION if kind == "trade_union" else INSTITUTION, "420302", f"DEMU{number:04d}")


DEMO_BUYERS = (
    Buyer(
        "person", "演示买家", "", demo_phone(1), None,
        "湖北省", "十堰市", "茅箭区", f"示例路1号3栋1802室（{MARK}）", "buyer",
    ),
    Buyer(
        "trade_union", "演示采购员", f"示例市机关工会（{MARK}）", demo_phone(2), tax_code("trade_union", 9_999),
        "湖北省", "十堰市", "张湾区", f"示范巷66号（{MARK}）", "unit",
    ),
)  # fmt: skip


def _buyer(dice: Dice, town_number: int, number: int, kind: str, unit_name: str) -> Buyer:
    running = town_number * 200 + number
    province, city, district = dice.pick(_CITIES[:4] if unit_name else _CITIES)
    where = f"{dice.pick(_STREETS)}{dice.between(1, 288)}号"
    detail = (
        where if unit_name else f"{where}{dice.between(1, 28)}栋{dice.between(1, 18)}0{dice.between(1, 4)}室"
    )
    code = tax_code(kind, running) if kind in {"budget_unit", "trade_union"} else None
    name = full_name(dice)
    return Buyer(
        kind, name, unit_name, buyer_phone(running), code, province, city, district, f"{detail}（{MARK}）"
    )
