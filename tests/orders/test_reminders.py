"""Messages to buyers: each cause once, sent once, also when a task dies, comes twice or the gateway refuses."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from shop.accounts import mail, sms
from shop.core.db import transaction
from shop.orders import fulfilment
from shop.orders.reminders import address as reminder_address
from shop.orders.reminders import sending as reminding
from shop.orders.reminders import telling
from shop.payments import reminder_tasks
from tests.orders import market
from tests.orders.killing import killed_at

pytestmark = pytest.mark.usefixtures("db_session")


@pytest.fixture
def told(app: Flask) -> Callable[[], list[str]]:
    """The text messages that went out."""
    file = Path(app.extensions["settings"].sms_console_file)
    return lambda: file.read_text("utf-8").splitlines() if file.exists() else []


def states() -> list[tuple[str, str, str]]:
    found = market.rows("select channel, kind, state from reminder order by id")
    return [(row.channel, row.kind, row.state) for row in found]


def sent_order(who: market.Buyer) -> tuple[int, str, int]:
    """(order id, number, shipment id) of an order that has just been dispatched."""
    goods = market.stall()
    placed = market.paid(who, {goods.sku_id: 1})
    part = market.rows("select id from suborder where order_id = :id", id=placed.order_id)[0].id
    with transaction():
        fulfilment.ship(part, goods.coop.id, "sf", "SF1234567890123", None)
    return placed.order_id, placed.number, part


def only() -> int:
    return int(market.rows("select id from reminder")[0].id)


def change(statement: str, **values: Any) -> None:
    with transaction():
        market.rows(statement + " returning 1", **values)


def deliver_all() -> None:
    for row in market.rows("select id from reminder order by id"):
        reminding.deliver(row.id)


def test_a_parcel_is_told_once(told: Callable[[], list[str]]) -> None:
    who = market.buyer()
    _, number, part = sent_order(who)
    with transaction():
        shipment = market.rows("select id from shipment where suborder_id = :p", p=part)[0].id
        telling.parcel_sent(shipment, "sf", "SF1234567890123", rest=False)
    deliver_all()
    deliver_all()
    phone = market.rows("select phone from user_account where id = :id", id=who.id)[0].phone
    assert told() == [f"{phone}\t订单 {number} 已发货：顺丰速运 SF1234567890123"]
    assert states() == [("sms", "shipped", "sent")]


def test_a_dispatch_that_is_rolled_back_tells_nothing() -> None:
    goods = market.stall()
    placed = market.paid(market.buyer(), {goods.sku_id: 1})
    part = market.rows("select id from suborder where order_id = :id", id=placed.order_id)[0].id

    def fails() -> None:
        with transaction():
            fulfilment.ship(part, goods.coop.id, "sf", "SF1234567890123", None)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()
    assert states() == []


def test_causes_found_by_the_clock(told: Callable[[], list[str]]) -> None:
    goods, who = market.stall(), market.buyer()
    unpaid, transfer, calm = (market.place(who, {goods.sku_id: 1}) for _ in range(3))
    change(
        "update customer_order set expires_at = now() + interval '9 minutes' where id = :id",
        id=unpaid.order_id,
    )
    change(
        "update customer_order set expires_at = now() + interval '1 day', pay_method = 'transfer' where id = :id",
        id=transfer.order_id,
    )
    order_id, number, part = sent_order(who)
    change("update suborder set shipped_at = now() - interval '9 days 1 minute' where id = :id", id=part)
    change(
        "insert into refund (payment_id, order_id, suborder_id, kind, key, amount_fen, state, succeeded_at)"
        " select id, order_id, :part, 'amount', 'k', 100, 'succeeded', now() from payment where order_id = :id",
        id=order_id,
        part=part,
    )
    for _ in range(3):
        reminder_tasks.sweep()
    kinds = sorted(kind for _, kind, _ in states())
    assert kinds == ["confirming", "expiring", "refunded", "shipped", "transfer_waiting"]
    deliver_all()
    words = "\n".join(told())
    assert f"订单 {number} 明天会自动确认收货" in words
    assert f"订单 {number} 的退款 ¥1.00 已退回" in words
    assert f"订单 {unpaid.number} 还没有付款" in words
    assert f"订单 {transfer.number} 的转账还没有对上" in words
    assert calm.number not in words
    assert len(told()) == 5


def test_paid_meanwhile_is_not_reminded(told: Callable[[], list[str]]) -> None:
    placed = market.place(market.buyer(), {market.stall().sku_id: 1})
    change(
        "update customer_order set expires_at = now() + interval '5 minutes' where id = :id",
        id=placed.order_id,
    )
    with transaction():
        telling.remember_due()
    with transaction():
        market.pay_order(placed.order_id)
    deliver_all()
    assert told() == []
    assert states() == [("sms", "expiring", "dropped")]


def test_tasks_at_once_send_once(app: Flask, told: Callable[[], list[str]]) -> None:
    sent_order(market.buyer())
    reminder, gate, done = only(), threading.Barrier(4), []

    def work() -> None:
        with app.app_context():
            gate.wait()
            done.append(reminding.deliver(reminder))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == [False, False, False, True]
    assert len(told()) == 1


@pytest.mark.parametrize("point, times", [("reminding:claimed", 0), ("reminding:handed", 1)])
def test_a_killed_task_never_sends_twice(
    app: Flask, told: Callable[[], list[str]], point: str, times: int
) -> None:
    sent_order(market.buyer())
    reminder = only()
    assert killed_at(app, point, lambda: reminding.deliver(reminder))
    reminder_tasks.sweep()
    assert not reminding.deliver(reminder)
    assert len(told()) == times
    assert states() == [("sms", "shipped", "sending")]


def test_a_gateway_that_does_not_answer_is_asked_again(
    app: Flask, told: Callable[[], list[str]], tmp_path: Path
) -> None:
    """The file's folder is away for a while: the gateway raises OSError, as one that cannot be reached does."""
    sent_order(market.buyer())
    reminder = only()
    file = Path(app.extensions["settings"].sms_console_file)
    file.unlink(missing_ok=True)
    file.mkdir()
    try:
        assert not reminding.deliver(reminder)
    finally:
        file.rmdir()
    row = market.rows("select state, tries, failure, not_before > now() as later from reminder")[0]
    assert (row.state, row.tries, row.later) == ("waiting", 1, True)
    assert "IsADirectoryError" in row.failure
    assert reminder not in reminding.waiting()
    change("update reminder set not_before = now()")
    assert reminder in reminding.waiting()
    assert reminding.deliver(reminder)
    assert len(told()) == 1
    change(
        "update reminder set state = 'waiting', sent_at = null, tries = :most", most=reminding.MOST_TRIES - 1
    )
    file.unlink()
    file.mkdir()
    try:
        reminding.deliver(reminder)
    finally:
        file.rmdir()
    assert states() == [("sms", "shipped", "failed")]


def test_an_email_goes_besides(app: Flask, told: Callable[[], list[str]]) -> None:
    who = market.buyer()
    with transaction():
        reminder_address.keep(who.id, "li@example.com")
    sent_order(who)
    deliver_all()
    assert sorted(states()) == [("email", "shipped", "sent"), ("sms", "shipped", "sent")]
    assert len(told()) == 1


def test_both_gateways_to_files(tmp_path: Path) -> None:
    mail.FileGateway(str(tmp_path / "m")).send("a@b.cc", "题", "文")
    sms.FileGateway(str(tmp_path / "s")).send("+8613", "文")
    assert (tmp_path / "m").read_text("utf-8") == "a@b.cc\t题\t文\n"


def test_in_the_buyers_language(told: Callable[[], list[str]]) -> None:
    who = market.buyer()
    change("update user_account set locale = 'en' where id = :id", id=who.id)
    sent_order(who)
    deliver_all()
    assert "SF1234567890123" in told()[0]
