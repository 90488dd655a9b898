"""The seed's figures for Dachuan Town, as of 2020-12-31; how they fall on the villages is invented (演示数据)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

YEAR = 2020
AS_OF = date(2020, 12, 31)
FIRST_DAY = date(2020, 1, 1)
MARK = "演示数据"

HOUSEHOLDS, PERSONS = 1_172, 3_830
FARMING_HOUSEHOLDS, FARMING_PERSONS = 936, 3_440
REGISTERED_HOUSEHOLDS, REGISTERED_PERSONS = 465, 1_593
EXCLUDED_HOUSEHOLDS, EXCLUDED_PERSONS = 49, 372
MEMBER_HOUSEHOLDS, MEMBER_PERSONS = 416, 1_221
LED_HOUSEHOLDS = 315
LOAN_HOUSEHOLDS, LOAN_FEN, LOAN_LIMIT_FEN = 215, 878_500_000, 5_000_000
SALES_FEN = 18_600_000

# Of the excluded persons, those who live in the 49 households where nobody may join (五保 and 兜底).
PERSONS_IN_EXCLUDED_HOUSEHOLDS = 78


@dataclass(frozen=True)
class VillageFigures:
    """Households of one village: members, excluded, other farming ones and those that do not farm; its sales."""

    key: str
    name: str
    members: int
    excluded: int
    other_farming: int
    not_farming: int
    sales_fen: int
    key_poor: bool = False
    deep_poor: bool = False
    pv_kw: int = 0

    @property
    def households(self) -> int:
        return self.members + self.excluded + self.other_farming + self.not_farming


VILLAGES = (
    VillageFigures("dachuan", "大川村", 96, 11, 112, 132, 4_530_000),
    VillageFigures("tangjia", "唐家村", 88, 10, 98, 30, 3_780_000, key_poor=True, pv_kw=300),
    VillageFigures("langxi", "浪溪村", 82, 10, 96, 28, 3_620_000),
    VillageFigures("kazi", "卡子村", 86, 11, 88, 20, 3_690_000, key_poor=True, deep_poor=True, pv_kw=280),
    VillageFigures("duanjia", "段家村", 64, 7, 77, 26, 2_980_000),
)
