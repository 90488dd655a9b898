"""Orders of several cooperatives, parted: each is paid by itself, in its own way, and none gets the other's money."""

from __future__ import annotations

import itertools
import threading
from typing import Any

import pytest
from flask import Flask

from shop.core import clock
from shop.core.db import session, transaction
from shop.core.errors import Conflict, NotFound, Refused, ShopError
from shop.orders import attributing
from shop.payments import by_transfer, changing, charging, closing, on_delivery, paying, reconciling
from tests.orders import market
from tests.payments.door_scene import broken, code_of, open_in_town
from tests.payments.provider import Provider, order_state
from tests.payments.test_by_transfer import give_account

_references = itertools.count(1)


class Pair:
    """One order of two cooperatives: 68 and 2 × 30 yuan, each with ten for freight."""

    def __init__(self, town: bool = False) -> None:
        self.stalls = [market.stall(), market.stall(price_fen=3000)]
        self.who = market.buyer()
        for stall in self.stalls:
            give_account(stall.coop.id)
            if town:
                open_in_town(stall, self.who)
        ways = {code_of(stall): "town" for stall in self.stalls} if town else {}
        wanted = {self.stalls[0].sku_id: 1, self.stalls[1].sku_id: 2}
        self.placed = market.place(self.who, wanted, ways=ways)
        self.number = self.placed.number

    def part(self) -> list[str]:
        return changing.part(self.number, self.who.id)

    def order(self, number: str) -> Any:
        return market.row(
            "select o.id, o.state, o.total_fen, o.goods_fen, s.cooperative_id, s.id as part, s.number, o.buyer_id, o.expires_at"
            " from customer_order o join suborder s on s.order_id = o.id where o.number = :n",
            n=number,
        )

    def come(self, cooperative_id: int, number: str, fen: int) -> reconciling.Imported:
        key = market.row(
            "select p.key from payment p join customer_order o on o.id = p.order_id where o.number = :n and p.method = 'transfer'"
            " order by p.id desc limit 1",
            n=number,
        ).key
        line = reconciling.Line(f"P{next(_references):08d}", clock.today(), fen, "某某学校", f"货款 {key}")
        with transaction():
            return reconciling.import_lines(cooperative_id, [line], self.who.id)

    def clean(self) -> None:
        ids = [
            row.id for row in market.rows("select id from customer_order where buyer_id = :b", b=self.who.id)
        ]
        with transaction():
            attributing.attribute_orders(ids)
        assert broken() == {}


def test_prices_freight_goods_and_time_stay(db_session: Any) -> None:
    pair = Pair()
    before = market.row("select total_fen, expires_at from customer_order where number = :n", n=pair.number)
    numbers = pair.part()
    assert numbers[0] == pair.number
    assert len(set(numbers)) == 2
    orders = [pair.order(number) for number in numbers]
    assert [order.total_fen for order in orders] == [7800, 7000]
    assert before.total_fen == 14_800
    assert [order.cooperative_id for order in orders] == [stall.coop.id for stall in pair.stalls]
    assert {order.expires_at for order in orders} == {before.expires_at}
    assert [order.number for order in orders] == [f"{number}-1" for number in numbers]
    pair.clean()
    assert pair.part() == [pair.number]  # asked again, nothing is left to part


def test_each_transfer_pays_its_own_seller_and_waits_for_no_other(db_session: Any) -> None:
    pair = Pair()
    first, second = pair.part()
    for number in (first, second):
        by_transfer.choose(number, pair.who.id)
    with transaction():
        slips = by_transfer.slips_of(pair.who.id)
    assert [(number, slip.missing_fen, slip.payee.cooperative_id) for number, _, slip in slips] == [
        (first, 7800, pair.stalls[0].coop.id), (second, 7000, pair.stalls[1].coop.id),
    ]  # fmt: skip
    assert pair.come(pair.stalls[1].coop.id, second, 7000).paid == (pair.order(second).id,)
    assert (pair.order(first).state, pair.order(second).state) == ("pending", "paid")
    pair.clean()
    market.make_due(pair.order(first).id)
    closing.expire_holds()
    assert (pair.order(first).state, pair.order(second).state) == ("closed", "paid")
    pair.clean()


def test_money_on_the_other_sellers_account_pays_nothing(db_session: Any) -> None:
    pair = Pair()
    first, second = pair.part()
    for number in (first, second):
        by_transfer.choose(number, pair.who.id)
    assert pair.come(pair.stalls[0].coop.id, second, 7000).paid == ()
    assert pair.order(second).state == "pending"


def test_one_at_the_door_and_one_by_transfer(db_session: Any) -> None:
    pair = Pair(town=True)
    with transaction():
        assert not on_delivery.offer_for(pair.placed.order_id).possible
    first, second = pair.part()
    on_delivery.choose(first, pair.who.id)
    by_transfer.choose(second, pair.who.id)
    pair.clean()


def test_only_the_buyer_and_only_what_is_unpaid(db_session: Any) -> None:
    pair, other = Pair(), market.buyer()
    with pytest.raises(NotFound):
        changing.part(pair.number, other.id)
    with transaction():
        market.pay_order(pair.placed.order_id)
    with pytest.raises(Conflict, match="已经付过款"):
        pair.part()


def test_a_discount_on_the_whole_keeps_it_whole(db_session: Any) -> None:
    pair = Pair()
    market.row(
        "update customer_order set town_borne_fen = 100, total_fen = total_fen - 100 where number = :n returning id",
        n=pair.number,
    )
    with pytest.raises(Refused, match="优惠"):
        pair.part()


def test_a_checkout_is_closed_first_and_one_paid_after_all_goes_back(
    db_session: Any, provider: Provider
) -> None:
    pair = Pair()
    charging.pay_url(pair.number, pair.who.id)
    first, second = pair.part()
    old = market.row(
        "select id, state, amount_fen from payment where order_id = :id", id=pair.placed.order_id
    )
    assert (old.state, old.amount_fen) == ("expired", 14_800)
    with transaction():
        arrived = paying.succeed(old.id, paying.Receipt(14_800, "cny", clock.now()))
    assert arrived.outcome == "refund"
    assert order_state(pair.placed.order_id)[0] == "pending"
    charging.pay_url(second, pair.who.id)
    charging.pay_url(first, pair.who.id)


@pytest.mark.parametrize("turn", range(3))
def test_parted_twice_at_the_same_moment_is_parted_once(app: Flask, db_session: Any, turn: int) -> None:
    pair, gate, ended = Pair(), threading.Barrier(2), []

    def work() -> None:
        with app.app_context():
            gate.wait()
            try:
                ended.append(len(pair.part()))
            except ShopError as refusal:
                ended.append(str(refusal))
            finally:
                session().rollback()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ended) in ([1, 2], [2, 2])
    assert len(market.rows("select 1 from customer_order where buyer_id = :b", b=pair.who.id)) == 2
    pair.clean()
