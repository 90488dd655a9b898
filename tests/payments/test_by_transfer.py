"""Bank transfers with a code: exact, in parts, too much, too late, twice, by hand, and two clerks at once."""

from __future__ import annotations

import itertools
import threading
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from shop.audit import run as conscience
from shop.cooperatives.people.models import Cooperative
from shop.core import clock
from shop.core.db import db, transaction
from shop.core.errors import Conflict, Refused, ShopError
from shop.orders import attributing
from shop.payments import by_transfer, charging, closing, reconciling, repaying
from shop.payments.reconciling import Line
from tests.orders import market
from tests.payments.provider import Provider, order_state, payments
from tests.payments.refund_scene import account

TOTAL = 14_600
_references = itertools.count(1)


class Scene:
    """An order of 146.00 yuan of which the buyer chose to pay by transfer."""

    def __init__(self, packs: int = 20, units: int = 2) -> None:
        self.goods = market.stall(packs=packs)
        give_account(self.goods.coop.id)
        self.who = market.buyer()
        self.placed = market.place(self.who, {self.goods.sku_id: units})
        self.order_id = self.placed.order_id
        by_transfer.choose(self.placed.number, self.who.id)
        self.code = market.row(
            "select key from payment where order_id = :id and state = 'pending'", id=self.order_id
        ).key

    def come(self, fen: int, note: str = "", reference: str = "") -> reconciling.Imported:
        line = Line(
            reference or f"T{next(_references):08d}",
            clock.today(),
            fen,
            "某某学校",
            note or f"货款 {self.code}",
        )
        with transaction():
            return reconciling.import_lines(self.goods.coop.id, [line], self.who.id)

    def end(self) -> None:
        market.make_due(self.order_id)
        closing.expire_holds()

    def owed_back(self) -> list[tuple[int, str, str]]:
        return [
            (row.amount_fen, row.reason, row.state)
            for row in market.rows("select * from refund where order_id = :id order by id", id=self.order_id)
        ]

    def clean(self) -> None:
        with transaction():
            attributing.attribute_orders([self.order_id])
        found = {check.code: conscience.run_check(check)["rows"] for check in conscience.CHECKS}
        db.session.rollback()
        assert {code: rows for code, rows in found.items() if rows} == {}


def give_account(cooperative_id: int) -> None:
    with transaction():
        db.session.execute(
            update(Cooperative)
            .where(Cooperative.id == cooperative_id)
            .values(bank_holder="测试合作社", bank_name="农商银行", bank_account="8201000012345")
        )


@pytest.fixture
def scene(db_session: Any) -> Scene:
    return Scene()


def test_the_exact_sum_pays_and_stands_in_the_bank(scene: Scene) -> None:
    done = scene.come(TOTAL)
    assert (done.new, done.paid) == (1, (scene.order_id,))
    assert order_state(scene.order_id) == ("paid", None)
    scene.clean()
    assert (account("102"), account("113.transfer")) == (TOTAL, 0)
    assert scene.owed_back() == []


def test_the_same_line_twice_pays_once(scene: Scene) -> None:
    scene.come(TOTAL, reference="SAME")
    again = scene.come(TOTAL, reference="SAME")
    assert (again.new, again.known, again.paid) == (0, 1, ())
    assert payments(scene.order_id) == [("succeeded", TOTAL)]
    scene.clean()


@pytest.mark.parametrize("how", ["{0} {1}", "{0}-{1}", "付{0}{1}元", "ｘｃ{1}"])
def test_a_code_is_read_however_the_bank_writes_it(scene: Scene, how: str) -> None:
    scene.come(TOTAL, note=how.format(scene.code[:2], scene.code[2:]))
    assert order_state(scene.order_id)[0] == "paid"


def test_a_part_keeps_the_order_open_and_says_what_is_missing(scene: Scene) -> None:
    assert scene.come(10_000).paid == ()
    slip = by_transfer.slip_of(scene.order_id)
    assert slip is not None
    assert (slip.came_fen, slip.missing_fen) == (10_000, 4_600)
    scene.clean()
    with pytest.raises(Conflict, match="差额"):
        charging.pay_url(scene.placed.number, scene.who.id)
    assert scene.come(4_600).paid == (scene.order_id,)
    scene.clean()


def test_too_much_pays_and_the_rest_is_sent_back(scene: Scene) -> None:
    scene.come(10_000)
    scene.come(5_000)
    assert order_state(scene.order_id)[0] == "paid"
    assert scene.owed_back() == [(400, "overpaid", "pending")]
    scene.clean()
    refund = market.row("select id from refund where order_id = :id", id=scene.order_id)
    for _ in range(2):
        with transaction():
            repaying.mark_repaid(refund.id, "OUT-1", clock.today(), by=scene.who.id)
    assert (account("102"), account("113.transfer")) == (TOTAL, 0)
    assert scene.owed_back() == [(400, "overpaid", "succeeded")]
    scene.clean()


def test_a_second_transfer_of_a_paid_order_is_sent_back(scene: Scene) -> None:
    scene.come(TOTAL)
    scene.come(TOTAL)
    assert scene.owed_back() == [(TOTAL, "double_payment", "pending")]
    scene.clean()


def test_late_money_holds_the_goods_again(scene: Scene) -> None:
    scene.end()
    assert order_state(scene.order_id) == ("closed", "expired")
    assert scene.come(TOTAL).paid == (scene.order_id,)
    assert market.counters(scene.goods.lot_id)[1] == 1000
    scene.clean()


def test_late_money_for_goods_that_are_gone_is_sent_back(db_session: Any) -> None:
    scene = Scene(packs=2)
    scene.end()
    market.paid(market.buyer(), {scene.goods.sku_id: 2})
    assert scene.come(TOTAL).paid == ()
    assert order_state(scene.order_id) == ("closed", "expired")
    assert scene.owed_back() == [(TOTAL, "late_payment", "pending")]
    scene.clean()


def test_a_part_is_sent_back_when_the_order_ends(scene: Scene) -> None:
    scene.come(10_000)
    scene.end()
    scene.come(4_600)  # what follows pays nothing either
    assert scene.owed_back() == [(10_000, "part_payment", "pending"), (4_600, "late_payment", "pending")]
    scene.clean()


def test_without_a_code_a_person_says_whose_it_is(scene: Scene) -> None:
    scene.come(TOTAL, note="货款")
    scene.come(TOTAL, note="XC000000000 货款")
    first, second = (row.id for row in market.rows("select id from bank_statement_line order by id"))
    with transaction(), pytest.raises(Refused, match="核对订单号"):
        by_transfer.assign(first, scene.goods.coop.id, "nothing", scene.who.id)
    with transaction():
        paid = by_transfer.assign(first, scene.goods.coop.id, scene.placed.number, scene.who.id)
    assert paid == [scene.order_id]
    with transaction(), pytest.raises(Conflict):
        by_transfer.assign(first, scene.goods.coop.id, scene.placed.number, scene.who.id)
    assert (
        market.row("select payment_id from bank_statement_line where id = :id", id=second).payment_id is None
    )
    scene.clean()


def test_another_cooperatives_line_pays_nothing(scene: Scene) -> None:
    other = Scene()
    other.come(TOTAL, note=scene.code)
    assert order_state(scene.order_id)[0] == "pending"


def test_two_cooperatives_cannot_be_paid_by_one_transfer(db_session: Any) -> None:
    one, two = market.stall(), market.stall()
    who = market.buyer()
    placed = market.place(who, {one.sku_id: 1, two.sku_id: 1})
    with pytest.raises(Refused, match="只有一个合作社"):
        by_transfer.choose(placed.number, who.id)


def test_the_method_changes_there_and_back(provider: Provider) -> None:
    scene = Scene()
    session = provider.open(scene.placed.number, scene.who.id)
    assert order_hours(scene.order_id) <= 1
    by_transfer.choose(scene.placed.number, scene.who.id)
    by_transfer.choose(scene.placed.number, scene.who.id)
    assert provider.session(session).status == "expired"
    assert order_hours(scene.order_id) > 160
    scene.come(TOTAL)  # with the code of the first time, which is over: it pays all the same
    assert order_state(scene.order_id)[0] == "paid"
    closing.close_leftovers()
    assert sorted(state for state, _fen in payments(scene.order_id)) == ["expired", "expired", "succeeded"]
    scene.clean()


def order_hours(order_id: int) -> int:
    found = market.row(
        "select extract(epoch from expires_at - now())::bigint / 3600 as hours from customer_order where id = :id",
        id=order_id,
    )
    return int(found.hours)


def test_two_clerks_and_the_clock_at_once(app: Flask, scene: Scene) -> None:
    """Two halves in two imports, and the end of the hold: paid, or everything that came goes back."""
    market.make_due(scene.order_id)
    start = threading.Barrier(3)

    def run(deed: Any) -> None:
        with app.app_context():
            start.wait()
            try:
                deed()
            except ShopError:
                pass
            finally:
                db.session.remove()

    deeds = (lambda: scene.come(10_000), lambda: scene.come(4_600), closing.expire_holds)
    threads = [threading.Thread(target=run, args=(deed,)) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    state = order_state(scene.order_id)[0]
    back = sum(fen for fen, _reason, _state in scene.owed_back())
    assert (state, back) in {("paid", 0), ("closed", TOTAL)}
    scene.clean()


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=st.lists(st.integers(1, 20_000), min_size=1, max_size=5))
def test_whatever_comes_is_the_price_or_goes_back(db_session: Any, parts: list[int]) -> None:
    scene = Scene()
    for fen in parts:
        scene.come(fen)
    scene.end()
    back = sum(fen for fen, _reason, _state in scene.owed_back())
    kept = TOTAL if order_state(scene.order_id)[0] == "paid" else 0
    assert (kept > 0) == (sum(parts) >= TOTAL)
    assert kept + back == sum(parts)
    scene.clean()
