"""Cash on delivery: promised, brought, paid or refused; other methods instead; two people at the same moment."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from shop.core import clock
from shop.core.db import transaction
from shop.core.errors import Conflict, NotFound, Refused
from shop.orders import fulfilment, queries, returns
from shop.payments import by_transfer, charging, closing, on_delivery, paying, refunds, repaying
from tests.orders import market
from tests.payments.door_scene import TOTAL, Door, broken
from tests.payments.provider import Provider
from tests.payments.test_by_transfer import give_account


def test_goods_go_out_unpaid_and_the_cash_makes_the_sale(db_session: Any) -> None:
    door = Door()
    assert door.states() == ("pending", "to_ship")
    held = market.row(
        "select pay_method, expires_at, paid_at from customer_order where id = :id", id=door.order_id
    )
    assert (held.pay_method, held.expires_at, held.paid_at) == ("cash", None, None)
    assert closing.expire_holds() == 0
    door.send()
    assert broken() == {}
    assert door.take() == [door.order_id]
    assert door.states() == ("paid", "received")
    door.clean()
    assert door.stock() == (0, 18)
    assert cash(door) == TOTAL
    sold = market.row("select paid_on, attributed_at from customer_order where id = :id", id=door.order_id)
    assert sold.paid_on == clock.today()
    assert sold.attributed_at


def test_the_same_cash_recorded_twice_is_taken_once(db_session: Any) -> None:
    door = Door()
    door.send()
    assert door.take() == [door.order_id]
    assert door.take() == []
    door.clean()
    assert cash(door) == TOTAL
    with pytest.raises(Conflict, match="已经付过款"):
        door.refuse()


def test_refused_at_the_door_everything_is_as_before(db_session: Any) -> None:
    door = Door()
    door.send()
    assert door.stock() == (0, 18)
    assert door.refuse()
    assert not door.refuse()
    assert door.states() == ("closed", "closed")
    assert door.stock() == (0, 20)
    assert [row.state for row in payments(door.order_id)] == ["failed"]
    assert cash(door) == 0
    door.clean()
    with pytest.raises(Conflict, match="已关闭"):
        door.take()


def test_what_cannot_be_brought_is_called_off_before_it_leaves(db_session: Any) -> None:
    door = Door()
    assert door.refuse("路断了")
    assert door.stock() == (0, 20)
    door.clean()
    with pytest.raises(Conflict):
        door.send()


@pytest.mark.parametrize("fen", [TOTAL - 1, TOTAL + 1])
def test_another_amount_is_not_taken(db_session: Any, fen: int) -> None:
    door = Door()
    door.send()
    with pytest.raises(Refused, match="要收齐"):
        door.take(fen)
    assert door.states() == ("pending", "shipped")


def test_cash_is_taken_after_dispatch_and_not_tomorrow(db_session: Any) -> None:
    door = Door()
    with pytest.raises(Conflict, match="还没有发货"):
        door.take()
    door.send()
    for day in (clock.today() + timedelta(days=1), clock.today() - timedelta(days=1)):
        with transaction(), pytest.raises(Refused, match="收款日期"):
            on_delivery.receive(door.part_id, door.coop_id, TOTAL, day, door.who.id)


def test_another_cooperative_sees_nothing(db_session: Any) -> None:
    door, other = Door(), market.stall()
    with transaction(), pytest.raises(NotFound):
        on_delivery.refuse(door.part_id, other.coop.id, "不是我的", door.who.id)
    with transaction():
        assert on_delivery.outstanding(cooperative_id=other.coop.id) == []
        assert [row.fen for row in on_delivery.outstanding(cooperative_id=door.coop_id)] == [TOTAL]


@pytest.mark.parametrize(
    "terms",
    [{"most_fen": None}, {"most_fen": TOTAL - 1}, {"way": "express"}],
    ids=["off", "too much", "by post"],
)
def test_it_is_offered_only_where_the_cooperative_says_so(db_session: Any, terms: dict[str, object]) -> None:
    door = Door(chosen=False, **terms)  # type: ignore[arg-type]
    with pytest.raises(Refused):
        door.choose()
    assert door.states() == ("pending", "pending")
    assert payments(door.order_id) == []


def test_a_buyer_has_only_a_few_of_them_open(db_session: Any) -> None:
    door = Door()
    more = []
    for _ in range(on_delivery.MOST_OPEN):
        code = market.row("select code from cooperative where id = :id", id=door.coop_id).code
        more.append(market.place(door.who, {door.goods.sku_id: 1}, ways={code: "town"}))
    for placed in more[:-1]:
        on_delivery.choose(placed.number, door.who.id)
    with pytest.raises(Refused, match="还没送到"):
        on_delivery.choose(more[-1].number, door.who.id)


def test_the_buyer_calls_it_off_before_dispatch_only(db_session: Any) -> None:
    door = Door()
    closing.cancel(door.placed.number, door.who.id)
    assert door.states() == ("closed", "closed")
    assert door.stock() == (0, 20)
    door.clean()
    gone = Door()
    gone.send()
    with pytest.raises(Conflict, match="已经送出"):
        closing.cancel(gone.placed.number, gone.who.id)
    gone.clean()


def test_neither_buyer_nor_clock_confirms_what_is_not_paid(db_session: Any) -> None:
    door = Door()
    door.send()
    with transaction(), pytest.raises(Conflict, match="货到付款"):
        fulfilment.receive(door.placed.number, door.who.id)
    market.row(
        "update suborder set shipped_at = now() - interval '90 days' where id = :id returning id",
        id=door.part_id,
    )
    with transaction():
        assert door.part_id not in fulfilment.overdue()


def test_the_buyer_reads_what_waits(db_session: Any) -> None:
    door = Door()
    with transaction():
        page, counts = queries.orders_of(door.who.id)
        assert (counts["to_pay"], counts["to_ship"]) == (0, 1)
        assert (page.items[0].state, page.items[0].at_door) == ("to_ship", True)
    door.send()
    door.refuse()
    with transaction():
        assert queries.state_of(door.placed.number, door.who.id) == "not_taken"


class TestAnotherMethod:
    def test_cash_to_online_waits_for_the_money_again(self, db_session: Any, provider: Provider) -> None:
        door = Door()
        charging.pay_url(door.placed.number, door.who.id)
        assert door.states() == ("pending", "pending")
        order = market.row(
            "select pay_method, expires_at - now() as left from customer_order where id = :id",
            id=door.order_id,
        )
        assert order.pay_method == "online"
        assert timedelta(minutes=25) < order.left <= timedelta(minutes=31)
        door.clean()
        door.choose()  # and back: the checkout is closed first
        assert door.states() == ("pending", "to_ship")
        assert [(row.method, row.state) for row in payments(door.order_id)] == [
            ("cash", "expired"), ("stripe", "expired"), ("cash", "pending"),
        ]  # fmt: skip
        door.clean()

    def test_cash_to_transfer_waits_seven_days_from_now(self, db_session: Any) -> None:
        door = Door()
        give_account(door.coop_id)
        market.row(
            "update customer_order set placed_at = now() - interval '9 days' where id = :id returning id",
            id=door.order_id,
        )
        by_transfer.choose(door.placed.number, door.who.id)
        order = market.row(
            "select pay_method, expires_at - now() as left from customer_order where id = :id",
            id=door.order_id,
        )
        assert order.pay_method == "transfer"
        assert order.left > timedelta(days=6)
        assert door.states() == ("pending", "pending")
        door.choose()
        assert (
            market.row("select expires_at from customer_order where id = :id", id=door.order_id).expires_at
            is None
        )
        door.clean()

    def test_not_once_the_goods_are_on_their_way(self, db_session: Any, provider: Provider) -> None:
        door = Door()
        give_account(door.coop_id)
        door.send()
        with pytest.raises(Conflict, match="已经送出"):
            charging.pay_url(door.placed.number, door.who.id)
        with pytest.raises(Conflict, match="已经送出"):
            by_transfer.choose(door.placed.number, door.who.id)
        door.clean()

    def test_asked_twice_it_is_chosen_once(self, db_session: Any) -> None:
        door = Door()
        door.choose()
        assert len(payments(door.order_id)) == 1


def test_a_checkout_paid_after_all_ends_the_promise(db_session: Any) -> None:
    """The provider could not be asked to close it; its event comes while the goods are being packed."""
    door = Door()
    market.row(
        "insert into payment (order_id, method, key, amount_fen, state)"
        " values (:id, 'stripe', :key, :fen, 'expired') returning id",
        id=door.order_id, key=f"old-{door.order_id}", fen=TOTAL,
    )  # fmt: skip
    with transaction():
        old = next(row.id for row in payments(door.order_id) if row.method == "stripe")
        assert paying.succeed(old, paying.Receipt(TOTAL, "cny", clock.now())).outcome == "paid"
    assert door.states() == ("paid", "to_ship")
    with pytest.raises(Conflict, match="已经付过款"):
        door.take()
    door.clean()


def test_goods_paid_in_cash_come_back_for_cash(db_session: Any) -> None:
    door = Door()
    door.send()
    door.take()
    door.clean()
    with transaction():
        line = returns.lines_of(door.part_id)[0]
        made = refunds.refund_goods(
            door.part_id,
            [returns.Wanted(line.id, 1, "returned")],
            by=None,
            reason="坏了一包",
            request_key="refund-cash-1",
        )
    assert cash(door) == TOTAL - made.amount_fen
    with transaction():
        assert repaying.mark_repaid(made.refund_id, "收据 12", clock.today(), by=None)
    door.clean()


def payments(order_id: int) -> list[Any]:
    return list(
        market.rows("select id, method, state from payment where order_id = :id order by id", id=order_id)
    )


def cash(door: Door) -> int:
    """Fen of 101 in the cooperative's books."""
    found = market.row(
        "select coalesce(sum(fen), 0) as fen from ledger_entry where account = '101' and cooperative_id = :id",
        id=door.coop_id,
    )
    return int(found.fen)
