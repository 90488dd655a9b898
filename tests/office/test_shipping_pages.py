"""发货: the cards, the masked address, the waybill that warns and never blocks, the pick list."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from shop.core import clock
from shop.core.db import transaction
from tests.office.conftest import Office
from tests.orders import market


@pytest.fixture
def suborder(office: Office) -> Any:
    """A paid and attributed order of two packs; the row of its part."""
    placed = market.paid(market.buyer("李建国"), {office.stall.sku_id: 2})
    return office.rows("select * from suborder where order_id = :id", id=placed.order_id)[0]


def test_the_card_says_what_to_take_and_hides_the_address(office: Office, suborder: Any) -> None:
    page = office.get("/shipping")
    lot = office.rows("select code from lot where id = :id", id=office.stall.lot_id)[0]
    assert suborder.number in page
    assert lot.code in page
    assert "1千克" in page
    assert "李*国" in page
    assert "李建国" not in page
    assert "珞喻路" not in page


def test_showing_the_address_is_a_post_that_is_remembered(office: Office, suborder: Any) -> None:
    page = office.post(f"/shipping/{suborder.id}/address", 200)
    assert "珞喻路1号" in page
    part = office.client.post(
        f"/coop/{office.coop.code}/shipping/{suborder.id}/address", headers={"HX-Request": "true"}
    )
    assert "珞喻路1号" in part.text
    assert "<html" not in part.text
    acts = office.rows(
        "select * from activity where act = 'suborder.address_shown' and subject_id = :id",
        id=str(suborder.id),
    )
    assert [row.cooperative_id for row in acts] == [office.coop.id] * 2
    assert all("珞喻路" not in str(row.after) for row in acts)
    office.get(f"/shipping/{suborder.id}/address", 405)


def test_dispatch_twice_is_one_dispatch(office: Office, suborder: Any) -> None:
    office.post(f"/shipping/{suborder.id}", 303, company="zto", number="７６８９ 5432 1098 7")
    row = office.rows("select * from suborder where id = :id", id=suborder.id)[0]
    bill = office.rows("select company, number from waybill")[0]
    assert (row.state, *bill) == ("shipped", "zto", "7689543210987")
    before = office.fingerprint()
    office.post(f"/shipping/{suborder.id}", 303, company="zto", number="7689543210987")
    assert "没有重复发" in office.get("/shipping")
    office.post(f"/shipping/{suborder.id}", 303, company="sf", number="SF123456789012")
    assert office.fingerprint() == before
    assert "7689543210987" in office.get("/shipping/shipped")
    assert "7689543210987" in office.get(f"/shipping/{suborder.id}")


def test_an_unusual_number_warns_and_goes(office: Office, suborder: Any) -> None:
    office.post(f"/shipping/{suborder.id}", 303, company="yto", number="ABC-12345")
    assert "再对一眼面单" in office.get("/shipping")
    assert office.rows("select state from suborder where id = :id", id=suborder.id)[0].state == "shipped"


@pytest.mark.parametrize("company,number", [
    ("", "7689543210987"), ("pigeon", "7689543210987"), ("zto", ""), ("zto", "12"), ("zto", "<script>alert(1)</script>"),
    ("zto", "9" * 60), ("zto", "单号一二三"), ("zto", "12345\r\nX: y"),
])  # fmt: skip
def test_a_bad_waybill_ships_nothing_and_keeps_what_was_typed(
    office: Office, suborder: Any, company: str, number: str
) -> None:
    before = office.fingerprint()
    page = office.post(f"/shipping/{suborder.id}", 422, company=company, number=number)
    assert "error-summary" in page
    assert "<script>alert" not in page
    if number.isascii() and number.isalnum():
        assert f'value="{number}"' in page
    assert office.fingerprint() == before


def test_the_cooperatives_own_car_needs_no_number(office: Office, suborder: Any) -> None:
    office.post(f"/shipping/{suborder.id}", 303, company="own", number="", back="parcel")
    assert "合作社自送" in office.get(f"/shipping/{suborder.id}")


def test_unpaid_and_foreign_orders_are_not_shipped(office: Office) -> None:
    unpaid = market.place(market.buyer(), {office.stall.sku_id: 1})
    foreign = market.paid(market.buyer(), {office.other.sku_id: 1})
    waybill = {"company": "zto", "number": "7689543210987"}
    own = office.rows("select id from suborder where order_id = :id", id=unpaid.order_id)[0].id
    theirs = office.rows("select id from suborder where order_id = :id", id=foreign.order_id)[0].id
    before = office.fingerprint()
    office.post(f"/shipping/{own}", 303, **waybill)
    assert "还没有付款" in office.get(f"/shipping/{own}")
    office.post(f"/shipping/{theirs}", 404, **waybill)
    office.post(f"/shipping/{theirs}/address", 404)
    office.get(f"/shipping/{theirs}", 404)
    office.get(f"/shipping/{10**30}", 404)
    assert office.fingerprint() == before


def test_the_pick_list_sums_the_lots_and_hides_names(office: Office, suborder: Any) -> None:
    market.paid(market.buyer("赵六"), {office.stall.sku_id: 3})
    page = office.get("/shipping/pick-list")
    assert "2.5千克" in page
    assert "李建国" not in page
    assert "珞喻路" not in page


def test_after_the_last_card_of_the_last_page_the_first_page_comes(office: Office, suborder: Any) -> None:
    assert (
        office.client.get(f"/coop/{office.coop.code}/shipping?page=9")
        .headers["Location"]
        .endswith("/shipping")
    )


def test_the_pick_list_of_a_day(office: Office, suborder: Any) -> None:
    """Today's has what is late and not what is pre-sold; the promised day has that alone; the paid day both."""
    ahead = market.paid(market.buyer("赵六"), {office.stall.sku_id: 3})
    late = market.paid(market.buyer("孙七"), {office.stall.sku_id: 5})
    today, promised = clock.today(), clock.today() + timedelta(days=9)
    with transaction():
        market.row("update order_line l set ships_from = :day from suborder s where s.id = l.suborder_id and s.order_id = :id"
                   " returning l.id", day=promised, id=ahead.order_id)  # fmt: skip
        market.row("update customer_order set paid_at = paid_at - interval '3 days', paid_on = paid_on - 3 where id = :id"
                   " returning id", id=late.order_id)  # fmt: skip

    def listed(query: str = "") -> str:
        page = office.get(f"/shipping/pick-list{query}")
        return "".join(name for name in ("李*国", "赵*", "孙*") if name in page) + (
            "3.5千克" if "3.5千克" in page else ""
        )

    assert listed() == "李*国孙*3.5千克"
    assert listed(f"?day={promised}") == "赵*"
    assert listed(f"?day={promised}&by=paid") == ""
    assert listed(f"?day={today}&by=paid") == "李*国赵*"
    assert listed(f"?day={today - timedelta(days=3)}&by=paid") == "孙*"
    assert "没有要发的货" in office.get(f"/shipping/pick-list?day={today + timedelta(days=1)}")
    assert "预售" in office.get(f"/shipping/pick-list?day={promised}")


def test_a_day_that_cannot_be_read_shows_todays_and_says_so(office: Office, suborder: Any) -> None:
    page = office.get("/shipping/pick-list?day=2020-13-40&by=<b>")
    assert "要写成 2020-08-03 这样" in page
    assert 'value="2020-13-40"' in page
    assert "李*国" in page
