"""What a pasted waybill says; and that nothing is made up where it says nothing."""

from __future__ import annotations

import pytest

from shop.core.errors import Refused
from shop.orders import pasted_waybills


@pytest.mark.parametrize(
    "text, company, number",
    [
        ("顺丰 SF1234567890123", "sf", "SF1234567890123"),
        ("顺丰速运：ＳＦ１２３４５６７８９０１２３ 已揽收", "sf", "SF1234567890123"),
        ("sf1234567890123", "sf", "SF1234567890123"),
        ("【中通快递】单号76895432109876", "zto", "76895432109876"),
        ("邮政EMS 1234567890123", "ems", "1234567890123"),
        ("邮政快递包裹 9876543210987", "post", "9876543210987"),
        ("极兔JT1234567890123。", "jt", "JT1234567890123"),
        ("76895432109876", "", "76895432109876"),
        ("自送", "own", ""),
        ("明天发", "", ""),
        ("", "", ""),
    ],
)
def test_read(text: str, company: str, number: str) -> None:
    assert pasted_waybills.read(text) == (company, number)


@pytest.mark.parametrize(
    "chosen, typed, kept",
    [
        ("zto", "76895432109876", ("zto", "76895432109876")),
        ("zto", "7689 5432 1098 76", ("zto", "7689 5432 1098 76")),
        ("", "顺丰 SF1234567890123", ("sf", "SF1234567890123")),
        ("sf", "顺丰 SF1234567890123", ("sf", "SF1234567890123")),
        ("", "SF1234567890123", ("sf", "SF1234567890123")),
        ("zto", "12345\r\nX: y", ("zto", "12345\r\nX: y")),
        ("own", "", ("own", "")),
    ],
)
def test_what_was_chosen_stays(chosen: str, typed: str, kept: tuple[str, str]) -> None:
    assert pasted_waybills.complete(chosen, typed) == kept


def test_two_companies_are_asked_about() -> None:
    with pytest.raises(Refused) as refusal:
        pasted_waybills.complete("zto", "顺丰 SF1234567890123")
    assert refusal.value.field == "company"


def test_companies_by_any_of_their_names() -> None:
    assert [pasted_waybills.named(name) for name in ("sf", "顺丰速运", "ZTO", "邮政", "鸽子")] == [
        "sf", "sf", "zto", "post", "",
    ]  # fmt: skip
