"""章程参数: two thirds of the assembly, the chair, a day that reaches into nothing settled; then everything follows it."""

from __future__ import annotations

from io import BytesIO

import pytest
from sqlalchemy import text

from shop.cooperatives.people.queries import charter_on
from shop.core import clock
from shop.core.db import session, transaction
from tests.office.conftest import Office
from tests.office.test_loss_pages import PLAN
from tests.support import town_builder as town

TERMS = {
    "valid_from": "2031-01-01", "reserve_rate": "5.5", "patronage_ratio": "65%", "patronage_basis": "volume",
    "commission_rate": "8", "freight_bearer": "producers", "packaging_bearer": "cooperative", "fee_bearer": "producers",
    "minimum_payout_fen": "50", "notice_days": "20",
}  # fmt: skip


def minutes() -> tuple[BytesIO, str]:
    return BytesIO(b"%PDF-1.4\n%%EOF"), "minutes.pdf"


def voted(office: Office, votes_for: int | None = None) -> int:
    members = office.rows("select count(*) as n from member where cooperative_id = :c", c=office.coop.id)[0].n
    vote = {"present": str(members), "votes_for": str(members if votes_for is None else votes_for)}
    office.post("/charter/votes", 303, **PLAN | vote, minutes=minutes())
    return int(office.rows("select max(id) as n from resolution")[0].n)


def test_the_page_says_what_is_in_force(office: Office) -> None:
    page = office.get("/charter")
    for words in ("现在用的", "10%", "60%（交易额）", "8%", "¥10.00", "成立大会决议"):
        assert words in page
    assert "登记新参数" not in page


def test_the_chair_puts_new_terms_in_force_once(office: Office, chair: Office) -> None:
    resolution = voted(office)
    assert "由理事长办理" in office.post("/charter", 422, resolution=resolution, **TERMS)
    assert 'value="10"' in chair.get("/charter")
    chair.post("/charter", 303, resolution=resolution, **TERMS)
    page = chair.get("/charter")
    for words in ("还没生效", "5.5%", "65%（交易量）", "交货户（按代销额分摊）", "¥50.00"):
        assert words in page
    later = charter_on(office.coop.id, clock.today().replace(year=2031, month=1, day=1))
    session().rollback()
    assert later is not None
    assert (later.reserve_rate, later.patronage_ratio, later.minimum_payout_fen) == ("0.055", "0.65", 5_000)
    again = TERMS | {"valid_from": "2032-01-01"}
    assert "已经用过" in chair.post("/charter", 422, resolution=resolution, **again)


@pytest.mark.parametrize(
    "field, value, sentence",
    [
        ("patronage_ratio", "59.99", "60%"),
        ("reserve_rate", "100", "不含 100%"),
        ("reserve_rate", "101", "不能超过 100%"),
        ("commission_rate", "八", "代销提成比例"),
        ("notice_days", "14", "15 到 90"),
        ("minimum_payout_fen", "1001", "1000 元"),
        ("fee_bearer", "nobody", "由谁承担"),
        ("valid_from", "明年", "从哪天起生效"),
        ("resolution", "", "先登记成员大会的决议"),
    ],
)
def test_a_wrong_field_is_named_and_the_rest_stays(
    office: Office, chair: Office, field: str, value: str, sentence: str
) -> None:
    typed = {"resolution": str(voted(office))} | TERMS | {field: value}
    page = chair.post("/charter", 422, **typed)
    assert f'id="{field}-error"' in page
    assert sentence in page
    assert 'value="2031-01-01"' in page or field == "valid_from"
    assert (
        office.rows("select count(*) as n from charter where cooperative_id = :c", c=office.coop.id)[0].n == 1
    )


def test_less_than_two_thirds_change_nothing(office: Office, chair: Office) -> None:
    with transaction():
        town.members(office.coop, 5)
    members = office.rows("select count(*) as n from member where cooperative_id = :c", c=office.coop.id)[0].n
    few = (2 * members - 1) // 3
    assert few * 2 > members  # enough for anything else
    page = chair.post("/charter", 422, resolution=voted(office, few), **TERMS)
    assert "三分之二" in page


def test_a_settled_month_keeps_its_terms(office: Office, chair: Office) -> None:
    with transaction():
        session().execute(
            text(
                "insert into settlement (cooperative_id, period, state, made_by, approved_by)"
                " select :c, '2031-02', 'approved', min(id), max(id) from user_account"
            ),
            {"c": office.coop.id},
        )
    page = chair.post("/charter", 422, resolution=voted(office), **TERMS)
    assert "2031-02 已经结算" in page
