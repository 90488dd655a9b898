"""Search: everything a buyer may type for the town's goods finds them, and nothing typed breaks it."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import scoped_session

from shop.catalog import queries, search
from shop.catalog.wishes import Wish
from shop.core import clock
from shop.core.db import transaction
from tests.support import shop_builder

GOODS = (
    ("干香菇", "香菇", "卡子村", "Dried shiitake"),
    ("高山绿茶", "茶叶", "唐家村", "Mountain green tea"),
    ("干竹笋", "竹笋", "浪溪村", "Dried bamboo shoots"),
    ("土蜂蜜", "蜂蜜", "大川村", "Honey"),
    ("红心猕猴桃", "猕猴桃", "段家村", "Kiwi"),
    ("阳荷", "阳荷", "唐家村", "Myoga"),
    ("洋姜", "洋姜", "卡子村", "Jerusalem artichoke"),
    ("高山辣椒", "辣椒", "卡子村", "Chilli"),
    ("露地西瓜", "西瓜", "浪溪村", "Watermelon"),
    ("散养土鸡", "土鸡", "大川村", "Chicken"),
)
LABELLED = (
    ("香菇", "干香菇"),
    ("干香菇", "干香菇"),
    ("菇", "干香菇"),
    ("冬菇", "干香菇"),
    ("xianggu", "干香菇"),
    ("gxg", "干香菇"),
    ("xg", "干香菇"),
    ("GXG", "干香菇"),
    ("ＧＸＧ", "干香菇"),
    ("xiāng gū", "干香菇"),
    ("xiangg", "干香菇"),
    ("shiitake", "干香菇"),
    ("茶", "高山绿茶"),
    ("茶叶", "高山绿茶"),
    ("绿茶", "高山绿茶"),
    ("lvcha", "高山绿茶"),
    ("lücha", "高山绿茶"),
    ("lucha", "高山绿茶"),
    ("gslc", "高山绿茶"),
    ("green tea", "高山绿茶"),
    ("竹笋", "干竹笋"),
    ("笋", "干竹笋"),
    ("干笋", "干竹笋"),
    ("zhusun", "干竹笋"),
    ("gzs", "干竹笋"),
    ("蜂蜜", "土蜂蜜"),
    ("蜜", "土蜂蜜"),
    ("蜜糖", "土蜂蜜"),
    ("fengmi", "土蜂蜜"),
    ("tfm", "土蜂蜜"),
    ("fm", "土蜂蜜"),
    ("猕猴桃", "红心猕猴桃"),
    ("奇异果", "红心猕猴桃"),
    ("mht", "红心猕猴桃"),
    ("kiwi", "红心猕猴桃"),
    ("阳荷", "阳荷"),
    ("yanghe", "阳荷"),
    ("yh", "阳荷"),
    ("洋姜", "洋姜"),
    ("鬼子姜", "洋姜"),
    ("菊芋", "洋姜"),
    ("辣椒", "高山辣椒"),
    ("lajiao", "高山辣椒"),
    ("西瓜", "露地西瓜"),
    ("xigua", "露地西瓜"),
    ("土鸡", "散养土鸡"),
    ("tuji", "散养土鸡"),
    ("卡子村", "干香菇"),
    ("卡子", "洋姜"),
    ("kazi", "干香菇"),
    ("qiazi", "干香菇"),
    ("kzc", "干香菇"),
    ("唐家", "阳荷"),
    ("tangjia", "高山绿茶"),
    ("卡子互助", "高山辣椒"),
    ("大川村 蜂蜜", "土蜂蜜"),
    ("香菇 500克", "干香菇"),
    ("菌菇", "干香菇"),
)


@pytest.fixture
def goods(db_session: scoped_session) -> None:
    with transaction():
        sellers = {
            village: shop_builder.coop(
                village=village, name=f"{village.removesuffix('村')}互助农民专业合作社"
            )
            for village in dict.fromkeys(row[2] for row in GOODS)
        }
        for name, produce, village, name_en in GOODS:
            shop_builder.offer(sellers[village], name, produce=produce, grams=0, name_en=name_en)


def _names(query: str) -> list[str]:
    patterns = search.patterns(query)
    return [card.name for card in queries.cards(Wish(patterns=patterns), clock.today())] if patterns else []


@pytest.mark.usefixtures("goods")
def test_everything_on_the_labelled_list_is_found() -> None:
    missed = []
    for query, wanted in LABELLED:
        found = _names(query)
        if wanted not in found:
            missed.append((query, wanted, found))
    assert not missed


@pytest.mark.usefixtures("goods")
def test_a_word_finds_its_goods_first_and_no_others() -> None:
    assert _names("蜂蜜") == ["土蜂蜜"]
    assert _names("西瓜") == ["露地西瓜"]
    assert set(_names("卡子")) == {"干香菇", "洋姜", "高山辣椒"}
    assert _names("手机") == []


@pytest.mark.usefixtures("goods")
def test_what_fits_nearly_is_offered_where_nothing_fits() -> None:
    near = Wish(patterns=search.near_patterns("唐家蜂蜜糖"), near=True)
    assert "土蜂蜜" in [card.name for card in queries.cards(near, clock.today())]


@pytest.mark.usefixtures("goods")
@pytest.mark.parametrize(
    "query",
    [
        "%",
        "_",
        "%%%",
        "\\",
        "'; drop table product; --",
        '"',
        "香%菇_",
        "\x00",
        "香\x00菇",
        "x" * 100_000,
        "菇" * 5_000,
        "\ud800",
        "\u202e菇",
        "🍄",
        "𠮷",
        "؀",
        " ",
        "",
        "-1",
        "1e999",
        "＂",
        "😀" * 100,
        "a" * 39 + "é",
        "ǅ",
        "İ",
    ],
)
def test_odd_queries_break_nothing(query: str) -> None:
    _names(query)
    assert len(search.patterns(query)) <= search.MAX_RUNS


def test_wildcards_never_reach_a_pattern() -> None:
    assert search.patterns("%") == ()
    assert search.patterns("100%_") == ("% 100%",)
    assert search.patterns("香%菇") == ("% 香 %", "% 菇 %")


def test_the_stored_text_is_the_same_for_the_same_names() -> None:
    names = ("干香菇", "香菇", "卡子村", "卡子香菇农民专业合作社", "菌菇干货")
    text = search.search_text(*names)
    assert text == search.search_text(*names)
    assert text.startswith(" 干香菇 ")
    assert " 香菇 " in text
    assert " gxg " in text
