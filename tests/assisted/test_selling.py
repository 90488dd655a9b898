"""A sale entered by staff is an order like any other: goods, households, books and proof, to the gram and the fen."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import DBAPIError

from shop.assisted import proving, reading, selling
from shop.assisted.alike import ProbablyKnown
from shop.assisted.selling import External
from shop.core import clock
from shop.core.db import db, transaction
from shop.core.errors import Conflict, NotFound, Refused
from shop.core.text import BadInput
from shop.payments import on_delivery, statement_lines
from tests.assisted.scene import PAPER, TOWN, YEAR, enter, order, rows, sale, town
from tests.payments.refund_scene import account, assert_clean, give_back, line_ids

pytestmark = pytest.mark.usefixtures("db_session")


@pytest.mark.parametrize("mode", ["buyout", "consign_fixed", "consign_commission"])
def test_a_sale_for_cash_is_attributed_and_booked_at_once(mode: str) -> None:
    place = town(mode=mode)
    cash = account("101")
    made = enter(sale(place), PAPER)
    written = order(made.order_id)
    assert (written.channel, written.state, written.part_state) == ("assisted", "paid", "received")
    assert written.paid_on == clock.today()
    assert written.evidence is None
    shares = rows("select household_id, quantity, fen from attribution where quantity > 0 order by id")
    assert (sum(row.quantity for row in shares), sum(row.fen for row in shares)) == (4_300, 12_345)
    assert len(shares) == 3
    assert account("101") - cash == 12_345
    lot = rows("select * from lot where id = :id", id=place.stall.lot_id)[0]
    assert (lot.shipped, lot.reserved) == (4_300, 0)
    assert_clean()


def test_the_same_request_again_is_the_same_sale() -> None:
    place = town()
    wanted = sale(place)
    first, second = enter(wanted), enter(wanted)
    assert (first.fresh, second.fresh) == (True, False)
    assert first.order_id == second.order_id
    assert rows("select count(*) as n from customer_order")[0].n == 1


def test_no_more_than_the_closed_lots_hold() -> None:
    place = town(packs=4)
    with pytest.raises(Refused, match="已封批的货只有 2千克，不够 3千克") as refused:
        enter(sale(place, quantity=3_000))
    assert refused.value.field == "quantity"
    assert not rows("select 1 from customer_order")
    assert account("101") == 0


def test_money_that_comes_later_counts_on_its_day() -> None:
    place = town()
    day = clock.today() - timedelta(days=9)
    made = enter(sale(place, sold_on=day, paid=selling.LATER))
    written = order(made.order_id)
    assert (written.state, written.part_state, written.attributed_at) == ("pending", "shipped", None)
    assert not rows("select 1 from attribution")
    assert_clean()
    with transaction():
        assert selling.receive(made.order_id, TOWN, "cash", clock.today(), place.other)
    with transaction():
        assert not selling.receive(made.order_id, TOWN, "cash", clock.today(), place.other)
    assert order(made.order_id).paid_on == clock.today()
    assert account("101") == 12_345
    assert_clean()


def test_a_transfer_is_a_line_of_the_cooperatives_bank() -> None:
    place = town()
    day = clock.today() - timedelta(days=3)
    made = enter(sale(place, sold_on=day, paid=selling.TRANSFER, reference="N1"))
    assert order(made.order_id).paid_on == day
    assert account("113.transfer") == 12_345
    line = rows("select * from bank_statement_line")[0]
    assert (line.cooperative_id, line.reference, line.amount_fen) == (place.stall.coop.id, "N1", 12_345)
    with transaction():  # the cooperative's own statement brings the same line
        assert not statement_lines.keep(
            place.stall.coop.id, [statement_lines.Line("N1", day, 12_345, "", "")]
        )
    with pytest.raises(Conflict, match="另一张订单"):
        enter(sale(place, paid=selling.TRANSFER, reference="N1"))
    assert_clean()


def test_what_is_refused_at_the_door_comes_back() -> None:
    place = town()
    made = enter(sale(place, paid=selling.LATER))
    with transaction():
        on_delivery.refuse(order(made.order_id).part, place.stall.coop.id, "对方不要了", place.other)
    with pytest.raises(Conflict, match="已经取消"), transaction():
        selling.receive(made.order_id, TOWN, "cash", clock.today(), place.other)
    lot = rows("select received + returned - shipped as left from lot where id = :id", id=place.stall.lot_id)[
        0
    ]
    assert lot.left == 10_000
    assert_clean()


def test_a_part_goes_back_by_the_refund_deed() -> None:
    place = town()
    made = enter(sale(place))
    (line,) = line_ids(made.order_id)
    give_back(order(made.order_id).part, (line, 1_300))
    left = rows("select sum(quantity) as grams, sum(fen) as fen from attribution")[0]
    assert left.grams == 3_000
    assert left.fen == 12_345 - 12_345 * 1_300 // 4_300
    assert_clean()


@pytest.mark.parametrize(
    "changes, field",
    [
        ({"sold_on": clock.today() + timedelta(days=1)}, "sold_on"),
        ({"sold_on": clock.today() - timedelta(days=400)}, "sold_on"),
        ({"fen": 0}, "amount"),
        ({"paid": "somehow"}, "paid"),
        ({"paid": "transfer"}, "reference"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(changes: dict[str, Any], field: str) -> None:
    place = town()
    with pytest.raises(Refused) as refused:
        enter(sale(place, **changes))
    assert refused.value.field == field


def test_goods_and_contacts_of_another_region_do_not_exist() -> None:
    place = town()
    with pytest.raises(NotFound):
        enter(sale(place, region_code="420302101"))
    with pytest.raises(NotFound):
        enter(sale(place, contact_id=place.contact + 1))


def test_somebody_else_proves_it_and_may_take_that_back() -> None:
    place = town()
    made = enter(sale(place), PAPER)
    with pytest.raises(Refused, match="另一位同事"), transaction():
        proving.prove(made.order_id, TOWN, note="", by=place.clerk)
    with transaction():
        assert proving.prove(made.order_id, TOWN, note="", by=place.other)
    with transaction():
        assert not proving.prove(made.order_id, TOWN, note="", by=place.other)
    assert order(made.order_id).evidence
    assert reading.sums(TOWN, *YEAR) == reading.Sums(12_345, 1, 12_345, 1)
    with pytest.raises(BadInput), transaction():
        proving.doubt(made.order_id, TOWN, note=" ", by=place.other)
    with transaction():
        assert proving.doubt(made.order_id, TOWN, note="照片看不清", by=place.other)
    assert order(made.order_id).evidence is None
    assert reading.sums(TOWN, *YEAR) == reading.Sums(12_345, 1, 0, 0)
    assert [row.state for row in reading.proofs(made.order_id)] == ["proven", "unproven"]
    assert_clean()


def test_nothing_backs_it_without_paper_or_words() -> None:
    place = town()
    made = enter(sale(place))
    with pytest.raises(Refused) as refused, transaction():
        proving.prove(made.order_id, TOWN, note="", by=place.other)
    assert refused.value.field == "note"
    with transaction():
        assert proving.prove(made.order_id, TOWN, note="看过纸质送货单", by=place.other)


def test_the_database_itself_refuses_the_same_person_and_any_change() -> None:
    place = town()
    made = enter(sale(place))
    proof = (
        "insert into assisted_proof (order_id, seq, state, note, entered_by, by)"
        f" values ({made.order_id}, 1, 'proven', 'x', {place.clerk}, {place.clerk})"
    )
    for statement in (proof, "update assisted_sale set platform = null", "delete from assisted_sale"):
        with pytest.raises(DBAPIError):
            rows(statement)
        db.session.rollback()


def test_an_order_from_elsewhere_comes_in_once(app: Flask) -> None:
    """Two people enter the same line of the same order at once: one sale, and a clear word to the other."""
    place = town()
    said: list[str] = []
    start = threading.Barrier(2)

    def one(by: int) -> None:
        with app.app_context():
            start.wait()
            try:
                enter(sale(place, by=by, external=External("832平台", "A-1", 1)))
                said.append("in")
            except Refused as refusal:
                said.append(refusal.message)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=one, args=(by,)) for by in (place.clerk, place.other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == ["832平台的订单 A-1 第 1 行已经登记过了", "in"]
    assert rows("select sum(quantity) as grams from attribution")[0].grams == 4_300
    assert [row.channel for row in rows("select channel from customer_order")] == ["imported"]
    enter(sale(place, external=External("832平台", "A-1", 2)))
    assert_clean()


def test_what_looks_like_another_sale_asks_first() -> None:
    place = town()
    first = enter(sale(place, confirmed=False))
    near = clock.today() - timedelta(days=3)
    with pytest.raises(ProbablyKnown) as refused:
        enter(sale(place, confirmed=False, sold_on=near, by=place.other))
    assert [row.id for row in refused.value.rows] == [first.order_id]
    assert rows("select count(*) as n from customer_order")[0].n == 1
    enter(sale(place, confirmed=False, sold_on=near - timedelta(days=1), fen=12_345))
    enter(sale(place, confirmed=False, fen=12_346, quantity=1))
    enter(sale(place, confirmed=True, quantity=1))


def test_two_colleagues_enter_the_same_sale_at_once(app: Flask) -> None:
    """The second waits for the lots, and then sees the first one's."""
    place = town()
    said: list[str] = []
    start = threading.Barrier(2)

    def one(by: int) -> None:
        with app.app_context():
            start.wait()
            try:
                enter(sale(place, by=by, confirmed=False))
                said.append("in")
            except ProbablyKnown:
                said.append("asked")
            finally:
                db.session.remove()

    threads = [threading.Thread(target=one, args=(by,)) for by in (place.clerk, place.other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == ["asked", "in"]


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(1, 3_000), st.integers(1, 10**7)), min_size=1, max_size=4))
def test_shares_make_up_every_sale(sold: list[tuple[int, int]]) -> None:
    place = town(packs=24)
    for grams, fen in sold:
        made = enter(sale(place, quantity=grams, fen=fen))
        parts = rows(
            "select sum(a.quantity) as grams, sum(a.fen) as fen from attribution a join order_line l on l.id = a.line_id"
            " join suborder s on s.id = l.suborder_id where s.order_id = :id",
            id=made.order_id,
        )[0]
        assert (parts.grams, parts.fen) == (grams, fen)
