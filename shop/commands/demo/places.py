"""Towns, villages and cooperatives: Dachuan as the seed names it, further towns invented after it (示例镇)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from shop.commands.demo.codes import COOPERATIVE, credit_code, demo_phone
from shop.commands.demo.figures import MARK, VILLAGES, VillageFigures

COUNTY = "420302"
REGIONS = (
    ("42", "湖北省", "province", None),
    ("4203", "十堰市", "city", "42"),
    (COUNTY, "茅箭区", "county", "4203"),
)
ABOVE_TOWN = "湖北省十堰市茅箭区"
FOUNDED_ON = date(2018, 5, 18)
CHARTER_FROM = date(2019, 1, 1)
_ORDINALS = "一二三四五"


@dataclass(frozen=True)
class CooperativeTerms:
    """What is particular to the cooperative of a village, in every town alike."""

    word: str
    reserve_rate: str
    patronage_ratio: str
    basis: str
    commission_rate: str
    freight_fen: int
    freight_free_from_fen: int
    capital_fen: tuple[int, ...]
    reserve_share_fen: int
    subsidy_fen: int
    donation_fen: int
    village_story: str
    story: str


TERMS = {
    "dachuan": CooperativeTerms(
        "惠农", "0.10", "0.60", "amount", "0.15", 800, 9_900, (10_000, 20_000, 30_000, 50_000), 2_400, 4_000_000, 600_000,
        "镇政府所在地，河谷开阔，菌棚沿河而建。村里有农家乐十来家，春天看花、秋天采菇，可以当天往返十堰城区。",
        "由大川村的成员户自愿联合，统一收购、烘干和分装干香菇，春季加工高山绿茶，也代销成员户散养的土鸡和土猪。",
    ),
    "tangjia": CooperativeTerms(
        "兴农", "0.10", "0.65", "amount", "0.15", 800, 8_800, (10_000, 20_000, 20_000, 30_000), 1_800, 5_000_000, 0,
        "茶园在海拔六百到九百米的坡地上，房前屋后多竹林。村口有一座村集体的光伏电站，茶季可以住在农家、跟着采茶。",
        "唐家村的成员户种茶、采笋已有多年。合作社春季统一收青、杀青，竹笋焯水后日晒加低温烘干，另种猕猴桃八十亩。",
    ),
    "langxi": CooperativeTerms(
        "富民", "0.15", "0.62", "amount", "0.18", 1_000, 9_900, (10_000, 10_000, 20_000, 40_000), 0, 3_500_000, 800_000,
        "浪溪穿村而过，沿溪是沙壤地，适合西瓜；山上蜜源多，蜂箱散放在林缘。邓家院一带有几户民宿，夏天可以戏水。",
        "浪溪村的成员户养中华蜜蜂、种段木香菇，夏天溪边种西瓜。合作社代销为主，卖出后按月和成员户结算。",
    ),
    "kazi": CooperativeTerms(
        "山源", "0.10", "0.70", "amount", "0.12", 800, 9_900, (10_000, 10_000, 20_000, 20_000), 1_500, 6_000_000, 1_000_000,
        "全镇最高、最远的村，昼夜温差大，辣椒和山野竹笋是老手艺。村里的光伏电站已确权到村集体。",
        "卡子村的成员户靠山吃山：春采竹笋，夏种辣椒，秋收香菇，冬挖洋姜，另有几户养黄牛。合作社收购与代销并行。",
    ),
    "duanjia": CooperativeTerms(
        "聚福", "0.05", "0.60", "volume", "0.15", 1_000, 8_800, (20_000, 20_000, 30_000, 50_000), 3_000, 3_000_000, 0,
        "段家村背靠林场，野花蜜源从三月开到十月，山羊在坡上放养。村里有一处可以露营的草场。",
        "段家村的成员户养蜂、种茶、放羊。合作社把蜂蜜过滤分装、茶叶统一炒制，山羊按预订定期宰杀。",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Place:
    """A village with its cooperative in one town."""

    figures: VillageFigures
    terms: CooperativeTerms
    village_code: str
    village_name: str
    cooperative_code: str
    cooperative_name: str
    uscc: str
    phone: str
    origin: str

    @property
    def key(self) -> str:
        return self.figures.key

    @property
    def short(self) -> str:
        """The village's name as products carry it: 卡子 in 卡子干香菇."""
        return self.village_name.removesuffix("村")


@dataclass(frozen=True)
class Town:
    """`number` 0 is Dachuan; others are invented and say so in their name and code."""

    number: int
    region_code: str
    name: str
    places: tuple[Place, ...]


def town(number: int) -> Town:
    """Dachuan for 0, else an invented town of the same shape under the same county."""
    if number == 0:
        return _town(0, f"{COUNTY}100", "大川镇")
    return _town(number, f"{COUNTY}D{number:04d}", f"示例{number}镇")


def _town(number: int, region_code: str, name: str) -> Town:
    return Town(
        number, region_code, name, tuple(_place(number, name, order, v) for order, v in enumerate(VILLAGES))
    )


def _place(number: int, town_name: str, order: int, figures: VillageFigures) -> Place:
    village_name = figures.name if number == 0 else f"{town_name.removesuffix('镇')}{_ORDINALS[order]}村"
    code = figures.key if number == 0 else f"demo{number}-{order + 1}"
    terms = TERMS[figures.key]
    body = f"DEM{number * len(VILLAGES) + order:05d}"
    return Place(
        figures=figures,
        terms=terms,
        village_code=code,
        village_name=village_name,
        cooperative_code=code,
        cooperative_name=f"{town_name}{village_name}{terms.word}扶贫互助农民专业合作社",
        uscc=credit_code(COOPERATIVE, COUNTY, body),
        phone=demo_phone(1_000 + (number * 10 + order) % 9_000),
        origin=f"{ABOVE_TOWN}{town_name}{village_name}",
    )


def marked(text: str) -> str:
    """Text that says it is invented."""
    return f"{text}（{MARK}）"
