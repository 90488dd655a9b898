"""What the standard templates say: sentences and tables with placeholders, yearly and monthly. Reports are Chinese."""

from __future__ import annotations

from shop.reporting.models import MONTHLY

# styles of Word's own that the template uses
TITLE, HEAD, BODY, CAPTION, NOTE, SIGNED, CELL = (
    "Title", "Heading 1", "Normal", "Caption", "Subtitle", "Signature", "No Spacing",
)  # fmt: skip
Line = tuple[str, str]  # style, words
Column = tuple[
    str, str, int, str
]  # heading, column of the row, width in mm (156 are there), what the last row says

INDUSTRY: list[Line] = [
    (HEAD, "一、{{ 产业帮扶 }}"),
    (
        BODY,
        (
            "{{ 可发展产业户数 }}户{{ 建档户 }}经认定有条件发展产业，其中登记了产业带动关系的{{ 带动户数 }}户，"
            "带动率{{ 带动率 }}。"
            "{{ 村数 }}个行政村建有{{ 合作社数 }}家农民专业合作社，入社{{ 入社户数 }}户{{ 入社人数 }}人；"
            "五保、兜底和18岁以下人员不计在内，符合条件的{{ 建档户 }}入社率{{ 入社率户 }}，按人计{{ 入社率人 }}。"
        ),
    ),
]
YEARLY_SALES: list[Line] = [
    (HEAD, "二、{{ 消费帮扶 }}"),
    (BODY, "{%p if 有销售 %}"),
    (
        BODY,
        (
            "全年通过各合作社销售{{ 产品清单 }}，销售额{{ 销售额万元 }}（{{ 销售额元 }}元），共{{ 订单数 }}单，"
            "货物来自{{ 涉及农户 }}户。{% if 有去年 %}上年同期销售额{{ 去年销售额元 }}元，比上年同期{{ 比去年 }}。"
            "{% else %}上年同期没有数据，不作比较。{% endif %}"
        ),
    ),
    (BODY, "记入农户账上的货款{{ 货款元 }}元，涉及{{ 货款户数 }}户。货款与销售额是两个口径，不相加。"),
    (BODY, "{%p else %}"),
    (BODY, "{{ 年份 }}年没有销售数据。"),
    (BODY, "{%p endif %}"),
    (BODY, "{%p if 有帮助销售 %}"),
    (
        BODY,
        (
            "镇村干部上门联系商家，帮助{{ 帮助销售村 }}卖出{{ 帮助销售产品 }}，金额{{ 帮助销售元 }}元，"
            "另行统计，不在上述销售额之内。"
        ),
    ),
    (BODY, "{%p endif %}"),
]
MONTHLY_SALES: list[Line] = [
    (HEAD, "二、{{ 消费帮扶 }}"),
    (BODY, "{%p if 有销售 %}"),
    (
        BODY,
        (
            "本月通过各合作社销售{{ 产品清单 }}，销售额{{ 销售额万元 }}（{{ 销售额元 }}元），共{{ 订单数 }}单，"
            "货物来自{{ 涉及农户 }}户。{% if 有去年 %}上年同月销售额{{ 去年销售额元 }}元，比上年同月{{ 比去年 }}。"
            "{% else %}上年同月没有数据，不作比较。{% endif %}"
        ),
    ),
    (BODY, "{%p else %}"),
    (BODY, "本月没有销售数据。"),
    (BODY, "{%p endif %}"),
    (
        BODY,
        (
            "1月至{{ 月份 }}月累计销售额{{ 累计销售额万元 }}（{{ 累计销售额元 }}元），共{{ 累计订单数 }}单，"
            "货物来自{{ 累计涉及农户 }}户{% if 有去年累计 %}，比上年同期{{ 累计比去年 }}{% endif %}。"
        ),
    ),
    (BODY, "本月记入农户账上的货款{{ 货款元 }}元，涉及{{ 货款户数 }}户。货款与销售额是两个口径，不相加。"),
    (BODY, "{%p if 有帮助销售 %}"),
    (
        BODY,
        (
            "镇村干部上门联系商家，帮助{{ 帮助销售村 }}卖出{{ 帮助销售产品 }}，金额{{ 帮助销售元 }}元，"
            "另行统计，不在上述销售额之内。"
        ),
    ),
    (BODY, "{%p endif %}"),
]
REGISTRY: list[Line] = [
    (HEAD, "三、{{ 光伏帮扶 }}"),
    (BODY, "{%p if 有电站 %}"),
    (BODY, "登记在册的{{ 光伏电站 }}{{ 电站数 }}座，在{{ 电站所在村 }}，其中{{ 运行电站数 }}座在运行。"),
    (BODY, "{%p else %}"),
    (BODY, "没有登记的{{ 光伏电站 }}。"),
    (BODY, "{%p endif %}"),
    (HEAD, "四、{{ 金融帮扶 }}"),
    (
        BODY,
        "历年共有{{ 贷款户数 }}户获得{{ 小额信贷 }}，金额{{ 贷款万元 }}，占{{ 建档户 }}的{{ 户贷率 }}（户贷率）。",
    ),
]
NOTES: list[Line] = [
    (HEAD, "统计口径和核对"),
    (NOTE, "数据截至{{ 截至日期 }}。{{ 核对结果 }}"),
    (
        NOTE,
        (
            "销售额：已付款订单的商品净额，扣除商家优惠，不含运费，按归属记录汇总，含全部交货方；帮助销售另计。"
            "户数：至少有一笔销售归属的户，一户只计一次，各月、各村户数相加不等于合计。"
            "货款：买断在收货时、代销在售出时记给农户的钱，未扣生产成本。"
        ),
    ),
    (NOTE, "账目核对第{{ 核对编号 }}号，SHA-256 {{ 核对校验码 }}"),
    (NOTE, "报告数据 SHA-256 {{ 数据校验码 }}"),
    (SIGNED, "{{ 地区 }}"),
    (SIGNED, "{{ 落款日期 }}"),
]


def _sum_columns(first: str, kind: str, *, village: bool = False, assisted: bool = False) -> list[Column]:
    """A table of sums, closed by the totals; of assisted sales only their own amount."""
    monthly = kind == MONTHLY

    def last(total: str) -> str:
        return "" if assisted else "{{ " + total + " }}"

    # of a monthly table's 156 mm nine columns must live
    wide = 22 if monthly else 26
    columns: list[Column] = [(first, "名称", 34 if monthly else 36, "合计")]
    if village:
        columns = [("村", "村", 15, "合计"), (first, "名称", 26 if monthly else 40, "")]
    columns += [
        ("本月" if monthly else "本年", "销售额", wide, "{{ 帮助销售元 }}" if assisted else last("销售额元")),
        ("订单", "订单", 10, last("订单数")),
        ("户数", "户数", 10, last("涉及农户")),
        ("去年同月" if monthly else "去年同期", "去年", wide, last("去年销售额元")),
        ("增减", "比去年", 14, last("比去年")),
    ]
    if monthly:
        columns += [
            ("累计", "累计", 23, last("累计销售额元")),
            ("累计增减", "累计比去年", 14, last("累计比去年")),
        ]
    return columns


def tables(kind: str) -> list[tuple[str, str, list[Column]]]:
    """(caption, table, columns) in their order."""
    sofar = "累计" if kind == MONTHLY else ""
    months: list[Column] = [
        ("月份", "名称", 26, "合计"),
        ("销售额", "销售额", 34, "{{ " + sofar + "销售额元 }}"),
        ("订单", "订单", 20, "{{ " + sofar + "订单数 }}"),
        ("户数", "户数", 20, "{{ " + sofar + "涉及农户 }}"),
        ("去年同期", "去年", 34, "{{ 去年" + sofar + "销售额元 }}"),
        ("增减", "比去年", 22, "{{ " + sofar + "比去年 }}"),
    ]
    money: list[Column] = [
        ("村", "村", 24, "合计"),
        ("合作社", "名称", 52, ""),
        ("有销售归属的户", "有销售户数", 24, "{{ 涉及农户 }}"),
        ("计入货款的户", "货款户数", 24, "{{ 货款户数 }}"),
        ("货款（元）", "货款", 32, "{{ 货款元 }}"),
    ]
    rates: list[Column] = [
        ("指标", "名称", 30, ""), ("分子", "分子", 18, ""), ("分母", "分母", 18, ""), ("比率", "比率", 18, ""),
        ("口径", "口径", 72, ""),
    ]  # fmt: skip
    return [
        ("各村销售额（元）", "各村", _sum_columns("村", kind)),
        ("各合作社销售额（元）", "各合作社", _sum_columns("合作社", kind, village=True)),
        ("各产品销售额（元）", "各产品", _sum_columns("产品", kind)),
        ("每月销售额（元）", "各月", months),
        ("涉及的户和计入农户的货款（两项不相加）", "农户货款", money),
        (
            "帮助销售（元，不并入上表）",
            "帮助销售各社",
            _sum_columns("合作社", kind, village=True, assisted=True),
        ),
        ("帮助销售的产品（元，不并入上表）", "帮助销售各产品", _sum_columns("产品", kind, assisted=True)),
        ("登记的比率", "指标", rates),
    ]
