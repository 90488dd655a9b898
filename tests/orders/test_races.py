"""Many real processes after the same goods; and processes that die in the middle."""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from shop.core import clock
from shop.core.errors import Conflict, Refused
from shop.orders import basket, basket_view, holds, placing, tasks
from shop.orders.attempts import retried
from tests.orders import market
from tests.orders.killing import fork, killed_at

pytestmark = pytest.mark.usefixtures("db_session")

PROCESSES = 20


@pytest.fixture
def together(app: Flask) -> Callable[[Callable[[int], str]], Counter[str]]:
    """Run work(number) in PROCESSES real processes that start at the same moment; counts what they say."""

    def run(work: Callable[[int], str]) -> Counter[str]:
        answers, starters = os.pipe(), os.pipe()

        def child(number: int) -> None:
            os.close(starters[1])
            os.read(starters[0], 1)  # returns for all at once, when the parent closes its end
            os.write(answers[1], (work(number) + "\n").encode())

        children = [fork(app, lambda number=number: child(number)) for number in range(PROCESSES)]  # type: ignore[misc]
        os.close(answers[1])
        time.sleep(0.3)
        os.close(starters[1])
        os.close(starters[0])
        text = b""
        while piece := os.read(answers[0], 65_536):
            text += piece
        os.close(answers[0])
        assert [os.waitpid(pid, 0)[1] for pid in children] == [0] * PROCESSES
        return Counter(text.decode().split())

    return run


def outcome(deed: Callable[[], object]) -> str:
    try:
        deed()
    except Refused as refusal:
        return "sold-out" if "卖完" in refusal.message or "只剩" in refusal.message else "refused"
    except SQLAlchemyError as error:
        return type(error).__name__
    return "placed"


def test_two_hundred_buyers_and_ten_packs(together: Callable[..., Counter[str]]) -> None:
    goods = market.stall(packs=10)
    buyers = [market.buyer() for _ in range(200)]
    views = [market.fill(who, {goods.sku_id: 1}) for who in buyers]

    def work(number: int) -> str:
        mine = list(zip(buyers, views, strict=True))[number::PROCESSES]
        return " ".join(
            outcome(lambda who=who, view=view: market.place_view(who, view)) for who, view in mine
        )  # type: ignore[misc]

    assert together(work) == {"placed": 10, "sold-out": 190}
    assert market.counters(goods.lot_id) == (5000, 5000, 0)
    assert market.rows("select count(*) from customer_order")[0][0] == 10
    assert market.broken_holds() == []


def test_crossed_baskets_do_not_deadlock(together: Callable[..., Counter[str]]) -> None:
    """A,B and B,A, while a sweep closes orders of the same lots."""
    one, two = market.stall(packs=400), market.stall(packs=400)
    buyers = [market.buyer() for _ in range(60)]
    views = []
    for place, who in enumerate(buyers):
        wanted = {one.sku_id: 1, two.sku_id: 1}
        views.append(market.fill(who, wanted if place % 2 else dict(reversed(wanted.items()))))
    for _ in range(20):
        market.make_due(market.place(market.buyer(), {two.sku_id: 1, one.sku_id: 1}).order_id)

    def work(number: int) -> str:
        said = []
        for who, view in list(zip(buyers, views, strict=True))[number::PROCESSES]:
            said.append(outcome(lambda who=who, view=view: market.place_view(who, view)))  # type: ignore[misc]
            said.append(outcome(lambda: retried(holds.expire_due)))
        return " ".join(said)

    assert together(work) == {"placed": 120}
    assert market.counters(one.lot_id)[1] == market.counters(two.lot_id)[1] == 30_000
    assert market.rows("select count(*) from customer_order where state = 'closed'")[0][0] == 20
    assert market.broken_holds() == []


def test_one_click_in_twenty_processes(together: Callable[..., Counter[str]]) -> None:
    goods, who = market.stall(packs=10), market.buyer()
    view = market.fill(who, {goods.sku_id: 2})
    assert together(lambda _: str(market.place_view(who, view).order_id)).total() == PROCESSES
    assert market.rows("select count(*) from customer_order")[0][0] == 1
    assert market.counters(goods.lot_id)[1] == 1000


@pytest.mark.parametrize("point", ["placing:taken", "placing:held", "placing:written"])
def test_killed_while_placing_the_client_sends_it_again(app: Flask, point: str) -> None:
    goods, who = market.stall(), market.buyer()
    view = market.fill(who, {goods.sku_id: 2})
    assert killed_at(app, point, lambda: market.place_view(who, view))
    assert market.counters(goods.lot_id)[1] == 0
    assert basket.size(basket.buyer(who.id)) == 1
    assert basket_view.read(basket.buyer(who.id), clock.today()).key == view.key
    assert market.place_view(who, view).fresh
    assert market.rows("select count(*) from customer_order")[0][0] == 1
    assert market.counters(goods.lot_id)[1] == 1000


@pytest.mark.parametrize("point", ["holds:closed", "holds:released"])
def test_killed_while_closing(app: Flask, point: str) -> None:
    goods = market.stall()
    placed = market.place(market.buyer(), {goods.sku_id: 2})
    market.make_due(placed.order_id)
    assert killed_at(app, point, lambda: retried(holds.expire_due))
    assert market.counters(goods.lot_id)[1] == 1000
    assert retried(holds.expire_due) == [placed.order_id]
    assert market.counters(goods.lot_id)[1] == 0


@pytest.mark.parametrize(
    "point",
    [
        "attributing:claimed",
        "attribution.after_rows",
        "attribution.after_state",
        "attribution.after_posting",
        "attributing:attributed",
        "attributing:booked",
        "attributing:done",
    ],
)
def test_killed_at_any_step_of_attribution_it_ends_in_the_same_rows(app: Flask, point: str) -> None:
    """The same as a twin that nobody disturbed."""
    twins = [market.stall(households=3), market.stall(households=3)]
    for goods in twins:
        market.paid(market.buyer(), {goods.sku_id: 3}, attribute=False)
    assert killed_at(app, point, tasks.sweep.run)
    assert market.rows("select * from attribution") == []
    tasks.sweep.run()
    found = market.rows("select lot_id, quantity, fen from attribution order by id")
    mine, other = ([tuple(row[1:]) for row in found if row.lot_id == goods.lot_id] for goods in twins)
    assert mine == other
    assert sum(fen for _, fen in mine) == 3 * 6800
    assert sum(quantity for quantity, _ in mine) == 1500


def test_a_key_in_use_by_another_basket(app: Flask) -> None:
    """Two baskets of one buyer cannot be, but two buyers may send one key: the second is told, and keeps its basket."""
    goods, who, other = market.stall(), market.buyer(), market.buyer()
    mine, theirs = market.fill(who, {goods.sku_id: 1}), market.fill(other, {goods.sku_id: 1})
    market.place_view(who, mine)
    with pytest.raises(Conflict):
        retried(lambda: placing.place(other.id, theirs.basket_id or 0, other.address_id, mine.key))
    assert basket.size(basket.buyer(other.id)) == 1


def test_the_victim_of_a_deadlock_is_tried_again(app: Flask) -> None:
    """Two deeds that lock two rows crosswise, staged so that PostgreSQL must kill one of them."""
    one, two = market.stall(), market.stall()
    gate, attempts = threading.Barrier(2), []

    def crosswise(first: int, second: int) -> Callable[[], None]:
        def deed() -> None:
            attempts.append(first)
            market.row("select id from lot where id = :id for update", id=first)
            if len(attempts) <= 2:
                gate.wait()
            market.row("select id from lot where id = :id for update", id=second)

        return deed

    def run(deed: Callable[[], None]) -> None:
        with app.app_context():
            retried(deed)

    pair = ((one.lot_id, two.lot_id), (two.lot_id, one.lot_id))
    threads = [threading.Thread(target=run, args=(crosswise(*lots),)) for lots in pair]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(attempts) == 3


def test_other_errors_are_not_tried_again() -> None:
    attempts = []

    def deed() -> None:
        attempts.append(1)
        market.row("select 1 / 0")

    with pytest.raises(SQLAlchemyError):
        retried(deed)
    assert attempts == [1]
