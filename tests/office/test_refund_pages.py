"""退款: two forms, one page that asks once more, one refund for one click; the packer, the buyer and the township see it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from shop.core import clock
from shop.core.db import session, transaction
from shop.orders import attributing
from shop.payments import transfers
from tests.access.identities import make_user, signed_in
from tests.office.conftest import Office
from tests.orders import market
from tests.payments.refund_scene import assert_clean, line_ids, part_ids, ship
from tests.support import town_builder as town


@pytest.fixture
def part(office: Office) -> Any:
    """A paid and attributed order of three packs: the row of its part."""
    placed = market.paid(market.buyer("李建国"), {office.stall.sku_id: 3})
    return office.rows("select * from suborder where order_id = :id", id=placed.order_id)[0]


def fields(page: str) -> dict[str, str]:
    """The hidden fields of the confirmation."""
    form = page[page.index('class="panel money-confirm"') :]
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form))


def test_goods_are_confirmed_once_more_and_refunded_once(office: Office, part: Any) -> None:
    line = line_ids(part.order_id)[0]
    assert "最多 3 份" in office.get(f"/shipping/{part.id}/refund")
    before = office.fingerprint()
    page = office.post(
        f"/shipping/{part.id}/refund", 200, kind="goods", reason="买家不要了",
        **{f"line-{line}": "２", f"goods-{line}": "returned"},
    )  # fmt: skip
    assert "¥136.00" in page
    assert "壹佰叁拾陆元整" in page
    assert "1千克" in page
    assert office.fingerprint() == before
    again = fields(page)
    office.post(f"/shipping/{part.id}/refund", 303, **again)
    assert again.pop("once"), (
        "a repeat of the same request gets the first answer; this one has no key to be known by"
    )
    office.post(f"/shipping/{part.id}/refund", 303, **again)
    parcel = office.get(f"/shipping/{part.id}")
    assert "没有重复退" in parcel
    assert "退款中" in parcel
    refunds = office.rows("select kind, amount_fen, requested_by from refund")
    assert [(row.kind, row.amount_fen) for row in refunds] == [("goods", 13_600)]
    assert refunds[0].requested_by is not None
    shipping = office.get("/shipping")
    assert "发货前退了一部分" in shipping
    assert "× 1" in shipping
    assert "最多 1 份" in office.get(f"/shipping/{part.id}/refund")
    assert_clean()


def test_everything_with_freight_closes_it(office: Office, part: Any) -> None:
    line = line_ids(part.order_id)[0]
    page = office.post(
        f"/shipping/{part.id}/refund",
        200,
        kind="goods",
        reason="不要了",
        freight="1",
        **{f"line-{line}": "3"},
    )
    assert "¥214.00" in page
    office.post(f"/shipping/{part.id}/refund", 303, **fields(page))
    assert "已退款" in office.get(f"/shipping/{part.id}")
    assert part.number not in office.get("/shipping")
    assert "没有可以退的钱了" in office.get(f"/shipping/{part.id}/refund")
    assert_clean()


def test_money_alone(office: Office, part: Any) -> None:
    page = office.post(f"/shipping/{part.id}/refund", 200, kind="amount", amount="12.30", why="包装压坏了")
    assert "¥12.30" in page
    assert "由合作社承担" in page
    office.post(f"/shipping/{part.id}/refund", 303, **fields(page))
    assert "包装压坏了" in office.get(f"/shipping/{part.id}")
    assert "¥201.70" in office.get(f"/shipping/{part.id}/refund")
    assert_clean()


@pytest.mark.parametrize(
    "wrong",
    [
        {}, {"kind": "goods"}, {"kind": "goods", "reason": "x"}, {"kind": "goods", "reason": "x", "line": "4"},
        {"kind": "goods", "reason": "x", "line": "-1"}, {"kind": "goods", "reason": "x", "line": "1.5"},
        {"kind": "goods", "reason": "", "line": "1"}, {"kind": "goods", "reason": "x", "line": "1", "goods": "<b>"},
        {"kind": "goods", "reason": "x", "line": "9" * 40}, {"kind": "goods", "reason": "x", "line": "1", "freight": "1"},
        {"kind": "amount", "amount": "215", "why": "x"}, {"kind": "amount", "amount": "0", "why": "x"},
        {"kind": "amount", "amount": "NaN", "why": "x"}, {"kind": "amount", "amount": "1.001", "why": "x"},
        {"kind": "amount", "amount": "1", "why": " "}, {"kind": "amount", "amount": "1", "why": "x" * 201, "sure": "1"},
        {"kind": "amount", "amount": "1", "why": "x", "sure": "1"},
        {"kind": "amount", "amount": "1", "why": "x", "sure": "1", "idempotency_key": "y" * 99},
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_and_nothing_happens(office: Office, part: Any, wrong: dict[str, str]) -> None:
    line = line_ids(part.order_id)[0]
    sent = {
        {"line": f"line-{line}", "goods": f"goods-{line}"}.get(name, name): value
        for name, value in wrong.items()
    }
    before = office.fingerprint()
    assert "error-summary" in office.post(f"/shipping/{part.id}/refund", 422, **sent)
    assert office.fingerprint() == before
    assert office.rows("select id from refund") == []


def test_unpaid_and_another_cooperatives_orders(office: Office) -> None:
    unpaid = market.place(market.buyer(), {office.stall.sku_id: 1})
    own = part_ids(unpaid.order_id)[0]
    assert "没有收到过付款" in office.get(f"/shipping/{own}/refund")
    office.post(f"/shipping/{own}/refund", 303, kind="amount", amount="1", why="x")
    foreign = part_ids(market.paid(market.buyer(), {office.other.sku_id: 1}).order_id)[0]
    office.get(f"/shipping/{foreign}/refund", 404)
    for more in ({}, {"sure": "1", "idempotency_key": "a" * 32}):
        office.post(f"/shipping/{foreign}/refund", 404, kind="amount", amount="1", why="x", **more)
    assert office.rows("select id from refund") == []


def test_the_buyer_reads_of_it(office: Office) -> None:
    who = market.buyer("王女士")
    placed = market.paid(who, {office.stall.sku_id: 3})
    ship(placed.order_id)
    part, line = part_ids(placed.order_id)[0], line_ids(placed.order_id)[0]
    page = office.post(
        f"/shipping/{part}/refund",
        200,
        kind="goods",
        reason="一袋受潮",
        **{f"line-{line}": "1", f"goods-{line}": "lost"},
    )
    assert "报损" in page
    office.post(f"/shipping/{part}/refund", 303, **fields(page))
    order = signed_in(office.app, who.id).get(f"/orders/{placed.number}").text
    for words in ("已退 500克，¥68.00", "退款 ¥68.00", "一袋受潮", "退货退款"):
        assert words in order
    assert_clean()


def test_staff_hand_back_what_no_provider_sends(office: Office) -> None:
    placed = market.place(market.buyer(), {office.stall.sku_id: 1})
    with transaction():
        transfers.record_transfer(placed.order_id, "T-1", clock.today(), 7800, cooperative_id=office.coop.id)
        attributing.attribute_orders([placed.order_id])
    part = part_ids(placed.order_id)[0]
    page = office.post(f"/shipping/{part}/refund", 200, kind="amount", amount="8", why="少发了")
    assert "由工作人员转账退回" in page
    office.post(f"/shipping/{part}/refund", 303, **fields(page))
    with transaction():
        user_id = make_user(
            office.app, "+8613700000009", role="staff", duty="clerk", region_code=town.TOWNSHIP
        )
    staff = signed_in(office.app, user_id)
    address = f"/town/{town.TOWNSHIP}/refunds"
    assert "待转账" in staff.get(address).text
    refund = office.rows("select id from refund")[0].id
    today = clock.today().isoformat()
    for sent in (
        {"refund": refund, "reference": "", "booked_on": today},
        {"refund": refund, "reference": "T-2", "booked_on": "2020-13-01"},
        {"refund": refund, "reference": "T-1", "booked_on": today},
    ):
        assert staff.post(address, data=sent).status_code == 422
    assert (
        staff.post(address, data={"refund": 10**18, "reference": "T-2", "booked_on": today}).status_code
        == 404
    )
    for _ in range(2):
        done = staff.post(address, data={"refund": refund, "reference": "T-2", "booked_on": today})
        assert done.status_code == 303
    assert "没有要转账退的款" in staff.get(address).text
    assert office.rows("select state from refund")[0].state == "succeeded"
    session().rollback()
    assert_clean()
