"""Money sent on to cooperatives' own accounts at the provider: one transfer a suborder, taken back with refunds."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shop.core import clock
from shop.core.db import db, transaction
from shop.core.errors import Conflict, Refused
from shop.payments import tasks
from shop.payments.connect import accounts as connecting
from shop.payments.connect import transfers as connect_transfers
from tests.orders import market
from tests.payments import refund_scene
from tests.payments.account_scene import (
    assert_every_fen_in_one_place,
    balance,
    buy,
    held,
    pay_out,
    sync,
)
from tests.payments.provider import Provider

send_all = connect_transfers.send_all


def _connect(cooperative_id: int, ref: str = "") -> int:
    """In use since an hour ago."""
    asks, chair = market.buyer().id, market.buyer().id
    with transaction():
        made = connecting.request(cooperative_id, ref or f"acct_coop{cooperative_id}", asks)
        connecting.approve(made, cooperative_id, chair, chair=True, at=clock.now() - timedelta(hours=25))
    return made


def _transfers() -> list[tuple[int, int, str]]:
    return [
        (row.cooperative_id, row.amount_fen, row.state)
        for row in market.rows("select cooperative_id, amount_fen, state from connect_transfer order by id")
    ]


def _reversals() -> list[tuple[int, str, str | None]]:
    return [
        (row.amount_fen, row.state, row.failure)
        for row in market.rows("select amount_fen, state, failure from connect_reversal order by id")
    ]


def _at_provider(provider: Provider) -> list[tuple[str, int, int]]:
    found = provider.process.client().v1.transfers.list({"limit": 100})
    return [(str(each.destination), each.amount, each.amount_reversed) for each in found][::-1]


def _refund(order: int, fen: int, part: int = 0) -> None:
    made = refund_scene.amount_back(refund_scene.part_ids(order)[part], fen)
    tasks.send_refund.run(made.refund_id)


def test_without_an_account_nothing_is_sent(account: Provider) -> None:
    buy(account, {market.stall().sku_id: 1})
    sync()
    tasks.sweep.run()
    assert not _transfers()
    assert not _at_provider(account)
    assert balance("102.connected") == {}
    assert_every_fen_in_one_place(account)


def test_each_suborder_goes_to_its_own_cooperative_net_of_its_fee(account: Provider) -> None:
    one, two, three = market.stall(), market.stall(price_fen=990, freight_fen=0), market.stall(price_fen=500)
    first, second = _connect(one.coop.id), _connect(two.coop.id)
    order = buy(account, {one.sku_id: 2, two.sku_id: 3, three.sku_id: 1})
    tasks.sweep.run()
    assert _transfers() == []
    sync()
    before = balance("113.provider")
    tasks.sweep.run()
    assert _transfers() == [
        (one.coop.id, before[one.coop.id], "sent"),
        (two.coop.id, before[two.coop.id], "sent"),
    ]
    assert balance("102.connected") == {}
    assert {"transfer.created"} <= set(account.deliver_all())
    sync()
    assert balance("102.connected") == {key: before[key] for key in (one.coop.id, two.coop.id)}
    assert balance("113.provider") == {three.coop.id: before[three.coop.id]}
    row = market.rows("select number from customer_order where id = :id", id=order)[0]
    listed = account.process.client().v1.transfers.list({"transfer_group": row.number})
    assert sorted(str(each.destination) for each in listed) == sorted(
        f"acct_coop{coop}" for coop in (one.coop.id, two.coop.id)
    )
    assert {each.source_transaction for each in listed} == {
        row.source_ref for row in market.rows("select source_ref from provider_entry where kind = 'charge'")
    }
    assert first != second
    assert_every_fen_in_one_place(account)
    payout = pay_out(account)
    assert payout["amount"] == before[three.coop.id]
    sync()
    assert balance("102.transit") == {three.coop.id: before[three.coop.id]}
    assert_every_fen_in_one_place(account)
    for _ in range(2):
        tasks.sweep.run()
        sync()
    assert len(_at_provider(account)) == 2


def test_only_orders_paid_from_then_on(account: Provider) -> None:
    goods = market.stall()
    buy(account, {goods.sku_id: 1})
    asks, chair = market.buyer().id, market.buyer().id
    with transaction():
        made = connecting.request(goods.coop.id, " acct_New1 ", asks)
    with pytest.raises(Refused), transaction():
        connecting.approve(made, goods.coop.id, asks, chair=True)
    with transaction():
        usable = connecting.approve(made, goods.coop.id, chair, chair=True)
    assert usable > clock.now() + timedelta(hours=23)
    with pytest.raises(Conflict), transaction():
        connecting.approve(made, goods.coop.id, chair, chair=True)
    sync()
    send_all()
    assert _transfers() == []
    for wrong in ("acct_", "123456", "acct_中文中文", "acct_New1"):
        with pytest.raises(Refused), transaction():
            connecting.request(goods.coop.id, wrong, asks)
    with transaction():
        connecting.withdraw(made, goods.coop.id, asks)
    with transaction():
        connecting.request(goods.coop.id, "acct_New1", asks)
    assert_every_fen_in_one_place(account)


def test_a_withdrawn_account_gets_nothing_more(account: Provider) -> None:
    goods = market.stall()
    made = _connect(goods.coop.id)
    buy(account, {goods.sku_id: 1})
    sync()
    account.process.control("faults", kind="500", count=3, path="/v1/transfers")
    send_all()
    assert [state for _coop, _fen, state in _transfers()] == ["created"]
    who = market.buyer().id
    with transaction():
        connecting.withdraw(made, goods.coop.id, who)
    send_all()
    assert _at_provider(account) == []
    sync()
    assert_every_fen_in_one_place(account)


def test_a_refund_goes_to_the_buyer_and_is_taken_back_once(account: Provider) -> None:
    goods = market.stall()
    _connect(goods.coop.id)
    order = buy(account, {goods.sku_id: 2})
    sync()
    sold = balance("113.provider")[goods.coop.id]
    send_all()
    sync()
    made = refund_scene.amount_back(refund_scene.part_ids(order)[0], 900)
    send_all()
    assert _reversals() == []  # the buyer first
    tasks.send_refund.run(made.refund_id)
    for _ in range(2):
        send_all()
        assert _reversals() == [(900, "sent", None)]
    assert "transfer.reversed" in account.deliver_all()
    sync()
    assert _at_provider(account) == [(f"acct_coop{goods.coop.id}", sold, 900)]
    assert (balance("102.connected"), balance("113.provider")) == ({goods.coop.id: sold - 900}, {})
    assert held(account) == 0
    assert_every_fen_in_one_place(account)


def test_all_of_it_back_leaves_the_fee_owed_by_the_cooperative(account: Provider) -> None:
    goods = market.stall(freight_fen=0)
    _connect(goods.coop.id)
    order = buy(account, {goods.sku_id: 1})
    sync()
    send_all()
    sold = market.rows("select amount_fen, fee_fen from payment")[0]
    _refund(order, sold.amount_fen - 50)
    _refund(order, 50)
    send_all()
    assert sum(fen for fen, _state, _why in _reversals()) == sold.amount_fen - sold.fee_fen
    assert [state for _coop, _fen, state in _transfers()] == ["reversed"]
    send_all()
    sync()
    assert balance("102.connected") == {}
    assert balance("113.provider") == {goods.coop.id: -sold.fee_fen}
    assert_every_fen_in_one_place(account)


def test_a_refund_before_the_money_was_sent_on(account: Provider) -> None:
    goods = market.stall()
    _connect(goods.coop.id)
    order = buy(account, {goods.sku_id: 2})
    _refund(order, 700)
    sync()
    send_all()
    send_all()
    sync()
    assert _reversals() == [(700, "sent", None)]
    assert balance("113.provider") == {}
    assert_every_fen_in_one_place(account)


def test_an_account_that_paid_out_owes_and_is_asked_again(account: Provider) -> None:
    goods = market.stall()
    _connect(goods.coop.id)
    order = buy(account, {goods.sku_id: 1})
    sync()
    send_all()
    account.process.control(f"accounts/acct_coop{goods.coop.id}/payout")
    _refund(order, 800)
    send_all()
    assert _reversals()[0][:2] == (800, "failed")
    assert "balance_insufficient" in str(_reversals()[0][2])
    send_all()
    sync()
    assert balance("113.provider") == {goods.coop.id: -800}
    assert_every_fen_in_one_place(account)
    buy(account, {goods.sku_id: 1})
    sync()
    send_all()
    with transaction():
        db.session.execute(db.text("update connect_reversal set changed_at = now() - interval '25 hours'"))
    send_all()
    assert _reversals() == [(800, "sent", None)]
    sync()
    assert balance("113.provider") == {}
    assert_every_fen_in_one_place(account)


def test_refused_by_the_provider_the_money_goes_the_way_of_payouts(account: Provider) -> None:
    goods = market.stall()
    _connect(goods.coop.id, "acct_closed1")
    buy(account, {goods.sku_id: 1})
    sync()
    before = balance("113.provider")
    send_all()
    assert [state for _coop, _fen, state in _transfers()] == ["failed"]
    pay_out(account)
    sync()
    assert balance("102.transit") == before
    with transaction():
        db.session.execute(
            db.text(
                "update connected_account set account_ref = 'acct_open1' where account_ref = 'acct_closed1'"
            )
        )
        db.session.execute(db.text("update connect_transfer set changed_at = now() - interval '2 days'"))
    send_all()  # a payout took it: sending it now would send other cooperatives' money
    send_all()
    assert _at_provider(account) == []
    assert [row.failure for row in market.rows("select failure from connect_transfer")] == ["paid_out"]
    assert_every_fen_in_one_place(account)


def test_refused_by_the_provider_it_is_asked_again_a_day_later(account: Provider) -> None:
    goods = market.stall()
    _connect(goods.coop.id, "acct_closed1")
    buy(account, {goods.sku_id: 1})
    sync()
    send_all()
    with transaction():
        db.session.execute(db.text("update connected_account set account_ref = 'acct_open1'"))
    send_all()
    assert [state for _coop, _fen, state in _transfers()] == ["failed"]
    with transaction():
        db.session.execute(db.text("update connect_transfer set changed_at = now() - interval '2 days'"))
    send_all()
    sync()
    assert [state for _coop, _fen, state in _transfers()] == ["sent"]
    assert_every_fen_in_one_place(account)


POINTS = ["connect:made", "connect:asking", "connect:answered"]
BACK = ["connect:reversals_made", "connect:taking_back", "connect:taken_back"]
