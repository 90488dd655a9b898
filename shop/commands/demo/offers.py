"""What each village's cooperative offers: specs and prices of 2020 and of today, in fen."""

from __future__ import annotations

from dataclasses import dataclass

from shop.commands.demo.kinds import KINDS, Kind


@dataclass(frozen=True)
class Spec:
    """A spec: grams or pieces a unit; `price_2020` 0 = not sold then, `price_now` 0 = not sold any more."""

    name: str
    unit_quantity: int
    price_2020: int
    price_now: int

    @property
    def shown(self) -> bool:
        return self.price_now > 0


@dataclass(frozen=True)
class Offer:
    """A cooperative's product: a kind and its specs; `certified` marks 消费帮扶产品认定 (invented)."""

    village: str
    kind_key: str
    grade: str
    specs: tuple[Spec, ...]
    certified: bool = False

    @property
    def key(self) -> str:
        return f"{self.village}/{self.kind_key}"

    @property
    def kind(self) -> Kind:
        return KINDS[self.kind_key]


OFFERS = (
    Offer("dachuan", "shiitake", "一级", (
        Spec("250克/袋", 250, 3_800, 4_200), Spec("500克/袋", 500, 7_300, 7_900), Spec("礼盒 1千克", 1_000, 15_800, 16_800),
    ), certified=True),
    Offer("dachuan", "tea", "特级", (
        Spec("100克/罐", 100, 4_900, 5_600), Spec("250克/袋", 250, 11_500, 12_900),
    )),
    Offer("dachuan", "chicken", "统货", (Spec("1只 约1.5千克", 1, 0, 9_800),)),
    Offer("dachuan", "pork", "统货", (Spec("五花肉 500克", 500, 0, 2_900), Spec("家庭装 2.5千克", 2_500, 0, 13_900))),
    Offer("tangjia", "tea", "一级", (
        Spec("100克/袋", 100, 4_500, 5_000), Spec("250克/袋", 250, 10_700, 11_800), Spec("礼盒 500克", 500, 22_800, 23_800),
    ), certified=True),
    Offer("tangjia", "bamboo", "一级", (Spec("250克/袋", 250, 2_600, 2_900), Spec("500克/袋", 500, 4_900, 5_500))),
    Offer("tangjia", "kiwi", "80克以上", (Spec("2.5千克/箱", 2_500, 0, 3_200), Spec("5千克/箱", 5_000, 0, 5_900))),
    Offer("tangjia", "shoots", "统货", (Spec("1千克", 1_000, 0, 1_980), Spec("2.5千克/箱", 2_500, 0, 4_500))),
    Offer("langxi", "honey", "一级", (
        Spec("500克/瓶", 500, 5_900, 6_500), Spec("1千克/瓶", 1_000, 11_200, 12_300),
    ), certified=True),
    Offer("langxi", "shiitake", "统货", (Spec("250克/袋", 250, 3_700, 4_100), Spec("500克/袋", 500, 7_100, 7_700))),
    Offer("langxi", "watermelon", "统货", (
        Spec("散装 1千克（帮销）", 1_000, 220, 0), Spec("约5千克/箱", 5_000, 0, 3_600),
    )),
    Offer("langxi", "yanghe", "统货", (Spec("500克/袋", 500, 0, 1_380), Spec("1千克/袋", 1_000, 0, 2_580))),
    Offer("kazi", "shiitake", "一级", (
        Spec("250克/袋", 250, 3_700, 4_100), Spec("500克/袋", 500, 6_900, 7_600),
    )),
    Offer("kazi", "bamboo", "统货", (
        Spec("250克/袋", 250, 2_500, 2_800), Spec("500克/袋", 500, 4_800, 5_300), Spec("礼盒 1千克", 1_000, 9_900, 10_800),
    ), certified=True),
    Offer("kazi", "chilli", "统货", (
        Spec("散装 1千克（帮销）", 1_000, 350, 0), Spec("2.5千克/箱", 2_500, 0, 2_600),
    )),
    Offer("kazi", "beef", "统货", (Spec("牛腩 500克", 500, 0, 4_600), Spec("牛腱 1千克", 1_000, 0, 9_800))),
    Offer("kazi", "yangjiang", "统货", (Spec("2.5千克/箱", 2_500, 0, 2_980),)),
    Offer("duanjia", "honey", "一级", (Spec("500克/瓶", 500, 5_800, 6_400), Spec("1千克/瓶", 1_000, 10_900, 11_900))),
    Offer("duanjia", "tea", "一级", (Spec("100克/罐", 100, 4_700, 5_400), Spec("250克/袋", 250, 10_900, 11_900))),
    Offer("duanjia", "goat", "统货", (Spec("带骨 1千克", 1_000, 0, 8_800), Spec("半只 约7千克", 7_000, 0, 58_800))),
    Offer("duanjia", "kiwi", "100克以上", (Spec("2.5千克/箱", 2_500, 0, 3_600),)),
    Offer("duanjia", "yangjiang", "统货", (Spec("2.5千克/箱", 2_500, 0, 2_880),)),
)  # fmt: skip


def offers_of(village: str) -> tuple[Offer, ...]:
    return tuple(offer for offer in OFFERS if offer.village == village)
