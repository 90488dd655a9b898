"""Kinds of produce of the seed's list, with the words that their product pages share. No medical claims."""

from __future__ import annotations

from dataclasses import dataclass

CATEGORIES = (
    ("dried", "山珍干货", "Dried mountain goods"),
    ("tea", "高山茶叶", "Mountain tea"),
    ("honey", "土蜂蜜", "Honey"),
    ("vegetables", "时令蔬菜", "Vegetables in season"),
    ("fruit", "时令水果", "Fruit in season"),
    ("meat", "土鸡和肉类", "Poultry and meat"),
)


@dataclass(frozen=True)
class Kind:
    """One kind: `months` are those in which it is taken in fresh (empty: all year), `price_fen` what households get per
    kilogram or piece, `delivery` the usual size of one delivery in grams or pieces."""

    key: str
    name: str
    product_name: str
    name_en: str
    category: str
    picture: str
    price_fen: int
    delivery: tuple[int, int]
    shelf_life_days: int
    shelf_life: str
    storage: str
    subtitle: str
    story: str
    months: tuple[int, ...] = ()
    unit_kind: str = "g"
    count_word: str = "件"

    @property
    def step(self) -> int:
        """Deliveries are weighed to 50 g, or counted."""
        return 50 if self.unit_kind == "g" else 1

    def in_season(self, month: int) -> bool:
        return not self.months or month in self.months

    @property
    def full_story(self) -> str:
        """The story, and for seasonal goods when they come."""
        if not self.months:
            return self.story
        months = "、".join(f"{month}月" for month in self.months)
        return f"{self.story}\n每年{months}上市，过季就断货，来年再见。"


KINDS = {
    kind.key: kind
    for kind in (
        Kind(
            "shiitake", "干香菇", "干香菇", "Dried shiitake", "dried", "dried-shiitake", 10_600, (800, 3_200), 540, "18个月",
            "密封，放阴凉干燥处；梅雨季节放冰箱冷藏", "段木种植，低温烘干，菇盖厚、香味足",
            "秋冬两季采菇，当天剪根、当天进烘房，十几个小时慢慢烘到含水率百分之十三以下。冷水泡两小时就能发开，泡菇的水沉淀后可以煮汤。",
        ),
        Kind(
            "tea", "茶叶", "高山绿茶", "Mountain green tea", "tea", "tea", 31_000, (200, 1_300), 540, "18个月",
            "密封避光，冷藏更好，不要和有气味的东西放在一起", "清明前后采一芽一叶，手工炒制，汤色清亮",
            "茶园在海拔六百米以上的坡地，一年只采春茶。鲜叶当天摊晾、当天下锅，杀青、揉捻、烘干都在村里完成。用八十五度的水冲泡，三泡仍有余香。",
        ),
        Kind(
            "bamboo", "干竹笋", "干竹笋", "Dried bamboo shoots", "dried", "dried-bamboo",
            6_800, (800, 4_000), 365, "12个月",
            "密封，放阴凉干燥处，开袋后尽快吃完", "山野春笋，剥壳焯水后日晒烘干，不加硫黄",
            "四月上山采笋，当天剥壳、焯水，晒到半干再低温烘透。吃前用清水泡一夜，换两次水，煮二十分钟，炖肉、炒腊肉都好。",
        ),
        Kind(
            "honey", "蜂蜜", "土蜂蜜", "Raw honey", "honey", "honey", 7_800, (1_000, 4_500), 720, "24个月",
            "常温避光，拧紧瓶盖；天冷结晶是正常现象", "林缘散养的中华蜜蜂，一年取一次，只过滤不浓缩",
            "蜂箱散放在林子边，采的是山上的百花。每年只在夏秋取一次蜜，过滤后直接装瓶。颜色和香味每年略有不同。一岁以下的婴儿不要吃蜂蜜。",
        ),
        Kind(
            "kiwi", "猕猴桃", "猕猴桃", "Kiwi fruit", "fruit", "kiwi", 600, (15_000, 45_000), 30, "冷藏30天",
            "硬果冷藏，吃前和苹果放在一起，两三天变软", "树上挂到霜降前，果心甜，果肉绿",
            "九月底开始分批采，只采八成熟的硬果，路上不容易碰坏。收到后放软了再吃。", (9, 10, 11),
        ),
        Kind(
            "yanghe", "阳荷", "鲜阳荷", "Myoga ginger buds", "vegetables", "yanghe", 1_400, (4_000, 12_000), 12, "冷藏10天",
            "用纸包好放冰箱冷藏，不要沾水", "秦巴山区的老味道，凉拌、泡菜、炒肉丝都香",
            "阳荷长在林下湿润的地方，八九月从土里冒出紫红的花苞。清早采、当天发，切丝拌上醋和辣椒就是一道菜。", (8, 9, 10),
        ),
        Kind(
            "yangjiang", "洋姜", "鲜洋姜", "Jerusalem artichoke", "vegetables", "yangjiang",
            500, (12_000, 40_000), 40, "阴凉处30天",
            "带泥放阴凉处，洗净的要冷藏", "霜后现挖，脆甜多汁，腌着吃最好",
            "洋姜不娇气，房前屋后都能种。霜打过后再挖，切片腌三天就能上桌，也可以清炒、煮粥。", (11, 12, 1, 2),
        ),
        Kind(
            "chilli", "辣椒", "高山辣椒", "Mountain chillies", "vegetables", "chilli", 300, (12_000, 45_000), 15, "冷藏12天",
            "装进留孔的袋子冷藏，不要水洗", "卡子的昼夜温差大，皮薄肉厚，辣得香",
            "七月到十月分批采摘，红椒青椒分开装箱。可以现炒，也可以做剁椒、泡椒。", (7, 8, 9, 10),
        ),
        Kind(
            "watermelon", "西瓜", "沙地西瓜", "Watermelon", "fruit", "watermelon", 180, (60_000, 200_000), 20, "常温15天",
            "整瓜放阴凉处，切开后盖好冷藏、当天吃完", "溪边沙壤地，自然成熟才摘，皮薄瓤红",
            "浪溪的瓜田就在溪边，白天晒得足，夜里凉得快。每一个都等到瓜藤卷须干了才摘。", (7, 8),
        ),
        Kind(
            "chicken", "土鸡", "散养土鸡", "Free-range chicken", "meat", "chicken", 7_200, (4, 14), 180, "冷冻180天",
            "零下18度冷冻；化冻后不要再冻", "林下散养满两百天，净膛冷冻发货",
            "白天在林子里找虫吃草，晚上回圈，补喂玉米。按订单集中宰杀，检疫后净膛、急冻，每只约一千五百克。", (), "piece", "只",
        ),
        Kind(
            "pork", "土猪肉", "土猪肉", "Village pork", "meat", "pork", 3_600, (25_000, 60_000), 180, "冷冻180天",
            "零下18度冷冻；化冻后不要再冻", "吃红薯、玉米和青菜长大，养足一年",
            "一户只养几头，喂的是自家地里的红薯、玉米和青菜。送定点屠宰场宰杀，检疫合格后分割急冻。",
        ),
        Kind(
            "goat", "山羊肉", "山羊肉", "Goat meat", "meat", "goat", 6_000, (8_000, 22_000), 180, "冷冻180天",
            "零下18度冷冻；化冻后不要再冻", "坡上放养的黑山羊，肉紧、膻味轻",
            "羊群白天在坡上吃草，秋冬膘最好。定点宰杀，检疫合格后带骨切块，适合清炖。",
        ),
        Kind(
            "beef", "黄牛肉", "黄牛肉", "Yellow cattle beef", "meat", "beef", 6_400, (20_000, 60_000), 180, "冷冻180天",
            "零下18度冷冻；化冻后不要再冻", "本地黄牛，放养两年以上，分部位包装",
            "山里的黄牛要耕地、要爬坡，肉质紧实。定点宰杀，检疫合格后按牛腩、牛腱分装急冻。",
        ),
        Kind(
            "shoots", "鲜竹笋", "鲜竹笋", "Fresh bamboo shoots", "vegetables", "bamboo-shoot",
            800, (6_000, 20_000), 10, "冷藏7天",
            "带壳冷藏，剥壳后当天焯水", "当天上山现挖，带壳发货",
            "春笋三四月、冬笋腊月，都是天亮上山、中午前下山。剥壳切片，开水焯五分钟再炒，嫩而不涩。", (3, 4, 5, 12),
        ),
    )
}  # fmt: skip
CORE = ("shiitake", "tea", "bamboo", "honey")
ASSISTED = ("chilli", "watermelon")
