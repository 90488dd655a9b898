"""A review is of something bought and kept, once; the average is counted as it is written; hiding never betters it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from shop.audit import checks_reviews
from shop.audit.run import run_check
from shop.core.db import db, session, transaction
from shop.core.errors import Conflict, NotFound, Refused
from shop.core.pictures import WEBP, Paper
from shop.core.text import BadText
from shop.orders import fulfilment
from shop.orders.reviews import hiding
from shop.orders.reviews import reading as review_reading
from shop.orders.reviews import writing as reviews
from shop.orders.reviews.reading import Rating
from shop.orders.reviews.writing import Photo
from shop.payments import repaid
from tests.orders import market
from tests.payments import refund_scene

pytestmark = pytest.mark.usefixtures("db_session")


def received(
    packs: int = 1, goods: market.Stall | None = None
) -> tuple[market.Stall, market.Buyer, int, int]:
    """Stall, buyer, order id and line id of an order that came."""
    stall = goods or market.stall()
    who = market.buyer("张小明")
    placed = market.paid(who, {stall.sku_id: packs})
    part = market.rows("select id, number from suborder where order_id = :id", id=placed.order_id)[0]
    with transaction():
        fulfilment.ship(part.id, stall.coop.id, "sf", "SF1234567890123", None)
    with transaction():
        fulfilment.receive(part.number, who.id)
    line = market.rows("select id from order_line where suborder_id = :id", id=part.id)[0].id
    return stall, who, placed.order_id, line


def write(
    line: int, who: market.Buyer, stars: int = 5, said: str = "好吃", photos: tuple[Photo, ...] = ()
) -> int:
    with transaction():
        return reviews.write(line, who.id, stars, said, photos)


def assert_clean() -> None:
    assert [
        (check.code, run_check(check)["rows"]) for check in checks_reviews.CHECKS if run_check(check)["count"]
    ] == []
    session().rollback()


def test_a_received_line_is_reviewed_once_under_a_masked_name() -> None:
    stall, who, _order, line = received()
    write(line, who, 4, "肉厚，干净")
    with pytest.raises(Conflict, match="追评"):
        write(line, who)
    shown = review_reading.reviews("product", stall.product_id).items
    assert [(r.row.signed, r.row.stars, r.row.words) for r in shown] == [("张**", 4, "肉厚，干净")]
    assert "小明" not in str(shown)
    assert_clean()


def test_only_who_bought_and_only_after_receipt() -> None:
    stall = market.stall()
    who, other = market.buyer(), market.buyer()
    placed = market.paid(who, {stall.sku_id: 1})
    line = market.rows(
        "select l.id from order_line l join suborder s on s.id = l.suborder_id where s.order_id = :id",
        id=placed.order_id,
    )[0].id
    with pytest.raises(Refused, match="收到货"):
        write(line, who)
    with pytest.raises(NotFound):
        write(line, other)
    unpaid = market.place(other, {stall.sku_id: 1})
    waiting = market.rows(
        "select l.id from order_line l join suborder s on s.id = l.suborder_id where s.order_id = :id",
        id=unpaid.order_id,
    )[0].id
    with pytest.raises(NotFound):
        write(waiting, other)
    assert market.rows("select 1 from review") == []


def test_what_went_back_entirely_is_not_reviewed_and_what_stayed_in_part_is() -> None:
    _stall, who, order, line = received(packs=2)
    part = refund_scene.part_ids(order)[0]
    refund_scene.give_back(part, (line, 500, "lost"))
    assert [row.id for row in review_reading.to_review(who.id).items] == [line]
    refund_scene.give_back(part, (line, 500, "lost"))
    assert list(review_reading.to_review(who.id).items) == []
    session().rollback()
    with pytest.raises((Refused, NotFound)):
        write(line, who)


def test_a_purchase_paid_back_in_full_without_its_goods_is_none() -> None:
    _stall, _who, order, _line = received()
    part = refund_scene.part_ids(order)[0]
    assert not repaid.wholly(part)
    session().rollback()
    refund_scene.amount_back(part, 6799)
    assert not repaid.wholly(part)
    session().rollback()
    refund_scene.amount_back(part, 1)
    assert repaid.wholly(part)


@pytest.mark.parametrize(
    "counts, average",
    [
        ((0, 0, 0, 0, 1), "5.0"),
        ((1, 0, 0, 0, 1), "3.0"),
        ((0, 0, 0, 1, 19), "5.0"),
        ((0, 0, 0, 1, 2), "4.7"),
        ((1, 1, 1, 0, 0), "2.0"),
    ],
)
def test_averages_round_halves_up_without_fractions(counts: tuple[int, ...], average: str) -> None:
    rating = Rating(*counts, pictured=0)
    assert (rating.average, rating.number) == (average, sum(counts))


def test_counts_add_up_whoever_writes_at_once(app: Flask) -> None:
    stall = market.stall(packs=40)
    made = [received(goods=stall) for _ in range(8)]
    gate = threading.Barrier(len(made))

    def work(place: int) -> None:
        with app.app_context():
            gate.wait()
            _s, who, _o, line = made[place]
            write(line, who, 1 + place % 5)

    threads = [threading.Thread(target=work, args=(place,)) for place in range(len(made))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert review_reading.rating_of(stall.product_id) == Rating(2, 2, 2, 1, 1, 0)
    assert_clean()


def test_two_tabs_write_one_review(app: Flask) -> None:
    _stall, who, _order, line = received()
    gate, answers = threading.Barrier(2), []

    def work() -> None:
        with app.app_context():
            gate.wait()
            try:
                write(line, who)
                answers.append("written")
            except Conflict:
                answers.append("there")

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["there", "written"]
    assert market.rows("select five from product_rating")[0].five == 1
    assert_clean()


def test_pictures_lie_under_the_review_and_are_three_at_most() -> None:
    _stall, who, _order, line = received()
    photo = Photo(Paper(WEBP, b"large"), Paper(WEBP, b"small"))
    write(line, who, photos=(photo,) * 3)
    rows = market.rows(
        "select p.seq, a.body from review_picture p join attachment a on a.id = p.thumb_id order by 1"
    )
    assert [(row.seq, row.body) for row in rows] == [(1, b"small"), (2, b"small"), (3, b"small")]
    assert_clean()
    _stall, who, _order, line = received()
    with pytest.raises(IntegrityError):
        write(line, who, photos=(photo,) * 4)
    db.session.rollback()


def test_one_addition_and_replies_whose_old_versions_stay() -> None:
    stall, who, _order, line = received()
    review_id = write(line, who)
    with transaction():
        reviews.add(review_id, who.id, "吃了一个月，还行")
    with pytest.raises(Conflict), transaction():
        reviews.add(review_id, who.id, "再来")
    stranger, other = market.buyer().id, market.stall().coop.id
    with pytest.raises(NotFound), transaction():
        reviews.add(review_id, stranger, "不是我的")
    for words, fresh in (("谢谢", True), ("谢谢", False), ("谢谢，欢迎再来", True)):
        with transaction():
            assert reviews.reply(review_id, stall.coop.id, words, who.id) is fresh
    with pytest.raises(NotFound), transaction():
        reviews.reply(review_id, other, "别人的", who.id)
    shown = review_reading.reviews("review", review_id).items[0]
    assert shown.row.added == "吃了一个月，还行"
    assert [reply.words for reply in shown.replies] == ["谢谢，欢迎再来", "谢谢"]
    session().rollback()
    assert_clean()


def test_hiding_needs_a_reason_keeps_every_step_and_never_betters_the_average() -> None:
    stall, who, _order, line = received()
    review_id = write(line, who, 1, "难吃")
    before = review_reading.rating_of(stall.product_id)
    region = market.rows(
        "select v.region_code from cooperative c join village v on v.id = c.village_id where c.id = :id",
        id=stall.coop.id,
    )[0].region_code
    with pytest.raises(Refused, match="原因"), transaction():
        hiding.hide(review_id, region, "bad", "差评", who.id)
    with pytest.raises(BadText), transaction():
        hiding.hide(review_id, region, "abuse", " ", who.id)
    with pytest.raises(NotFound), transaction():
        hiding.hide(review_id, "999999", "abuse", "骂人", who.id)
    with transaction():
        assert hiding.hide(review_id, region, "abuse", "骂人", who.id)
    with transaction():
        assert not hiding.hide(review_id, region, "advert", "再点一次", who.id)
    shown = review_reading.reviews("product", stall.product_id).items[0]
    assert (shown.hidden, shown.why) == (True, "辱骂他人")
    assert review_reading.rating_of(stall.product_id) == before
    session().rollback()
    with transaction():
        assert hiding.show(review_id, region, "核实后恢复", who.id)
    assert not review_reading.reviews("product", stall.product_id).items[0].hidden
    steps = market.rows("select seq, hidden, why from review_hiding order by seq")
    assert [tuple(step) for step in steps] == [(1, True, "abuse"), (2, False, "shown")]
    assert_clean()


@pytest.mark.parametrize(
    "table", ["review", "review_picture", "review_addition", "review_reply", "review_hiding"]
)
def test_nothing_is_edited_or_deleted(table: str) -> None:
    stall, who, _order, line = received()
    review_id = write(line, who, photos=(Photo(Paper(WEBP, b"a"), Paper(WEBP, b"b")),))
    with transaction():
        reviews.add(review_id, who.id, "追评")
        reviews.reply(review_id, stall.coop.id, "谢谢", who.id)
        hiding.hide(review_id, "", "advert", "广告", who.id)
    for deed in (f"delete from {table}", f"update {table} set id = id", f"truncate {table} cascade"):
        with pytest.raises(IntegrityError, match="append-only"), transaction():
            session().execute(text(deed))


def test_statements_do_not_grow(app: Flask, sql_counter: Callable[..., Any]) -> None:
    stall = market.stall(packs=60)
    for _ in range(6):
        _s, who, _o, line = received(goods=stall)
        write(line, who)
    with sql_counter(app) as count:
        assert len(review_reading.reviews("product", stall.product_id).items) == 6
        assert len(review_reading.newest(stall.product_id)) == 3
        assert review_reading.rating_of(stall.product_id) is not None
    assert count.total == 3
