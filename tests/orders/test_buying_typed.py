"""What buyers type, and what a parcel costs: rules, pasted addresses, tax codes."""

from __future__ import annotations

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as some

from shop.core import credit_codes
from shop.core.errors import Refused
from shop.orders import divisions, freight, pasted
from shop.orders.freight import Place, Rule
from tests.orders.test_buying import NEAR, RULE


def test_a_rule_reckons_first_weight_steps_places_and_ways() -> None:
    home = Place("湖北省", NEAR, "大川镇")
    assert RULE.methods(home) == ("express", "town", "pickup")
    assert RULE.methods(Place("湖北省", NEAR, "茅塔乡")) == ("express", "pickup")
    for grams, province, fen in (
        (1000, "湖北省", 800), (1001, "湖北省", 1000), (3000, "湖北省", 1200), (1501, "浙江省", 1800),
        (90_000, "西藏自治区", 3000),
    ):  # fmt: skip
        terms = RULE.terms("express", Place(province), grams)
        assert terms is not None
        assert terms.fen == fen, (grams, province)
    assert RULE.terms("town", Place("湖北省"), 500) is None
    assert Rule(1, RULE.bands[:1]).terms("express", Place("浙江省"), 500) is None
    assert freight.read(1, freight.write(RULE)) == RULE


@given(some.integers(0, 10**7), some.integers(0, 10**6))
def test_a_heavier_parcel_never_costs_less(grams: int, more: int) -> None:
    band = RULE.bands[1]
    assert band.fen(grams) <= band.fen(grams + more) <= band.fen(grams) + band.fen(more)


@pytest.mark.parametrize(
    "text, found",
    [
        (
            "王小华 13800138000 湖北省十堰市茅箭区大川镇人民路1号",
            ("王小华", "13800138000", "茅箭区", "大川镇", "人民路1号"),
        ),
        (
            "收货人：李红\n电话：139 0013 9000\n地址：湖北武汉洪山区珞喻路2号",
            ("李红", "13900139000", "洪山区", "", "珞喻路2号"),
        ),
        ("广东省东莞市长安镇一号，张三，+86 13700137000", ("张三", "13700137000", "", "长安镇", "一号")),
        (
            "13600136000 湖北省武汉市江汉区北京路 5栋 2 301",
            ("", "13600136000", "江汉区", "", "北京路5栋2 301"),
        ),
        (
            "阿依古丽·买买提 13600136000 重庆市重庆市渝中区解放碑街道民权路1号",
            ("阿依古丽·买买提", "13600136000", "", "解放碑街道", "民权路1号"),
        ),
        (
            "李村,13600136000,十堰市茅箭区武当路街道办事处1号",
            ("李村", "13600136000", "茅箭区", "武当路街道", "1号"),
        ),
        ("湖北省茅箭区大川镇二组 海南 13600136000", ("", "13600136000", "茅箭区", "大川镇", "二组海南")),
        ("北京市朝阳区望京街道1号 张三 13600136000", ("张三", "13600136000", "", "望京街道", "1号")),
        ("没有地址的一句话", ("", "", "", "", "没有地址的一句话")),
        ("", ("", "", "", "", "")),
    ],
)
def test_a_pasted_address_is_taken_apart(text: str, found: tuple[str, ...]) -> None:
    seen = pasted.split(text)
    assert (seen.recipient, seen.phone, seen.district, seen.street, seen.detail) == found


def test_the_fourth_level_is_of_its_district_and_may_be_left_out() -> None:
    assert "大川镇" in divisions.streets("湖北省", "十堰市", "茅箭区")
    assert "长安镇" in divisions.streets("广东省", "东莞市", "")
    assert divisions.wrong_part("湖北省", "十堰市", "茅箭区", "长安镇") == "street"
    assert divisions.wrong_part("湖北省", "十堰市", "茅箭区") is None
    places = [
        (province, city, district)
        for province, below in divisions.table().items()
        for city, districts in below.items()
        for district in districts or ("",)
    ]
    assert sum(bool(divisions.streets(*place)) for place in places) > len(places) - 20
    assert sum(len(divisions.streets(*place)) for place in places) > 38_000


@given(some.text(max_size=600))
def test_any_pasted_text_is_survived(text: str) -> None:
    assert all(isinstance(part, str) for part in pasted.split(text))


def test_tax_codes_are_checked(app: Flask) -> None:
    with app.test_request_context():
        # the standard's own example
        assert credit_codes.read(" 9135 0100M000100Y43".lower(), "tax_code") == "91350100M000100Y43"
        for wrong in ("", "91350100M000100Y44", "9135010OM000100Y43", "123", "9" * 40):
            with pytest.raises(Refused) as refusal:
                credit_codes.read(wrong, "tax_code")
            assert refusal.value.field == "tax_code"
