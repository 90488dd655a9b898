"""Goods made into others: whose they stay, what they cost, how they sell, and how the work is undone."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError

from shop.cooperatives.income import reversing, transforming
from shop.cooperatives.income.attribution import SaleShare, attribute
from shop.cooperatives.income.reversing import GoodsBack
from shop.cooperatives.income.undoing import undo
from shop.cooperatives.ledger.closing import balances
from shop.cooperatives.ledger.queries import Trade, trade
from shop.cooperatives.produce import tracing, transformations
from shop.cooperatives.produce.work_terms import Made, Work
from shop.core import clock
from shop.core.db import transaction
from shop.core.errors import Conflict, NotFound, Refused
from shop.orders.trace import trace
from tests.cooperatives import work_scene as scene
from tests.support import town_builder as town

END = date(2099, 1, 1)
MODES = tuple(scene.TERMS)
WEIGHTS = [grams * factor for grams, factor in zip(scene.GRAMS, scene.FACTORS, strict=True)]

pytestmark = pytest.mark.usefixtures("db_session")


def _sell(store: scene.Store, produce_id: int, grams: int, net_fen: int) -> SaleShare:
    with transaction():
        sale = town.sale(store.coop, produce_id, grams, net_fen, on=clock.today(), today=clock.today())
        attribute([sale])
    return sale


def _attributed() -> list[int]:
    """Fen by household, in their order."""
    found = scene.rows("select sum(fen) from attribution group by household_id order by household_id")
    return [int(fen) for (fen,) in found]


def test_a_sale_of_dried_goods_reaches_the_households_by_their_graded_weight() -> None:
    store = scene.store()
    dried = store.dry()
    assert scene.lot(store.lot_id) == {"received": 100_000, "transformed": 100_000}
    assert scene.lot(dried) == {"received": 18_000}
    grams = [Fraction(18_000 * weight, sum(WEIGHTS)) for weight in WEIGHTS]
    shares = [quantity for quantity, _value in scene.parts(dried)]
    assert sum(shares) == 18_000
    assert all(abs(share - exact) < 1 for share, exact in zip(shares, grams, strict=True))
    sale = _sell(store, store.dried, 7_000, 70_001)
    for household, share in zip(_attributed(), shares, strict=True):
        assert abs(household - Fraction(70_001 * share, 18_000)) < 1
    assert sum(_attributed()) == 70_001
    scene.assert_sound()
    with transaction():
        reversing.reverse(
            [GoodsBack(1, sale.line_id, store.coop.id, 7_000, 70_001, clock.today(), "provider")]
        )
    assert _attributed() == [0, 0, 0]


@pytest.mark.parametrize("mode", MODES)
def test_what_the_goods_cost_goes_with_them_and_nothing_is_left_when_all_is_sold(mode: str) -> None:
    store = scene.store(mode)
    before = balances(store.coop.id, END)
    dried = store.dry(60_001, 10_007)
    assert balances(store.coop.id, END) == before  # 121 → 401 → 121; consigned goods move no account
    value = sum(value for _quantity, value in scene.parts(dried))
    assert value == scene.rows("select sum(value_fen) from transformation_share")[0][0]
    scene.assert_sound()
    for grams in (1, 5_003, 5_003):
        _sell(store, store.dried, grams, grams * 3)
        scene.assert_sound()
    for grams in (39_000, 999):
        _sell(store, store.fresh, grams, grams)
        scene.assert_sound()
    booked = balances(store.coop.id, END)
    assert not {"121", "128", "401", "114.consigned", "211.consigned"} & set(booked)
    net = 30_021 + 39_999
    if mode == "buyout":
        assert booked["521"] == sum(value for _, value in scene.parts(store.lot_id))
        assert booked["501"] == -net
    traded = trade(store.coop.id, clock.today().year)
    if mode == "consign_fixed":  # every fen of the agreed value is owed in the end
        owed = sum(value for _, value in scene.parts(store.lot_id))
        assert -booked["114.payable"] == owed == sum(one.fen for one in traded.values())
    if mode != "buyout":  # a kilogram counts once: as it was sold, fresh or dried
        assert sum(one.quantity for one in traded.values()) == 10_007 + 39_999


def test_buyout_trade_counts_at_intake_and_not_again_when_the_dried_goods_sell() -> None:
    store = scene.store("buyout")
    store.dry()
    _sell(store, store.dried, 18_000, 100_000)
    found = trade(store.coop.id, town.DELIVERED_ON.year)
    owners = [party.member_id or 0 for party in store.parties]
    assert [found[owner] for owner in owners] == [
        Trade(scene.TERMS["buyout"]["price_fen"] * grams // 1000, grams) for grams in scene.GRAMS
    ]
    assert trade(store.coop.id, clock.today().year) == {}


@pytest.mark.parametrize("mode", MODES)
def test_graded_goods_share_their_value_by_quantity_and_factor(mode: str) -> None:
    store = scene.store(mode)
    work = store.work("grade", [(store.lot_id, 90_000)], [30_000, 50_000], factors=[150, 100])
    first, second = scene.made(work)
    whole = sum(value for _, value in scene.parts(first) + scene.parts(second))
    assert whole == scene.rows("select value_fen from transformation_input")[0][0]
    better = sum(value for _, value in scene.parts(first))
    assert abs(better - Fraction(whole * 45, 95)) <= 3
    # a second piece of work on what the first made: factors of the new lots weigh
    mixed = store.work("blend", [(first, 10_000), (second, 10_000)], [20_000])
    graded = scene.rows(
        "select graded from transformation_input where transformation_id = :id order by lot_id", id=mixed
    )
    assert graded == [(1_500_000,), (1_000_000,)]
    _sell(store, store.dried, 20_000, 12_345)
    assert sum(_attributed()) == 12_345
    scene.assert_sound()


def test_lots_are_followed_back_to_the_receipts_and_on_to_what_became_of_them() -> None:
    store = scene.store()
    first = store.dry(50_000, 9_000)
    second = scene.made(store.work("grade", [(first, 9_000)], [4_000, 4_500]))
    packed = scene.made(store.work("blend", [(second[0], 4_000), (store.lot_id, 10_000)], [14_000]))[0]
    assert transformations.become_of(store.lot_id) == [store.lot_id, first, *second, packed]
    assert transformations.become_of(second[0]) == [second[0], packed]
    codes = {int(lot_id): code for lot_id, code in scene.rows("select id, code from lot")}
    assert transformations.made_of([packed, second[1], store.lot_id]) == {
        second[1]: [codes[store.lot_id], codes[first]],
        packed: [codes[store.lot_id], codes[first], codes[second[0]]],
    }
    code = scene.rows("select trace_code from lot where id = :id", id=packed)[0][0]
    found = tracing.traced(code, clock.today())
    assert (found.row.first_in, found.row.last_in) == (town.DELIVERED_ON, town.DELIVERED_ON)
    assert [step.kind for step in found.steps] == ["dry", "grade", "blend"]
    with transaction():
        sale = town.sale(store.coop, store.dried, 22_500 - 4_000, 1_000, today=clock.today())
        attribute([sale])
    number = scene.rows("select number from customer_order")[0][0]
    lots = trace(number)["lines"][0]["lots"]
    assert {lot["lot"]: len(lot["made_of"]) for lot in lots} == {codes[second[1]]: 2, codes[packed]: 3}
    assert sum(lot["fen"] for lot in lots) == 1_000
    scene.assert_sound()


@pytest.mark.parametrize("mode", MODES)
def test_undone_work_leaves_no_trace_in_books_and_shares(mode: str) -> None:
    store = scene.store(mode)
    before = balances(store.coop.id, END)
    work = store.work("dry", [(store.lot_id, 33_333)], [6_001])
    with transaction():
        undone = undo(work, store.coop.id, "称错了")
    assert balances(store.coop.id, END) == before
    assert scene.lot(store.lot_id) == {"received": 100_000, "transformed": 33_333, "returned": 33_333}
    assert scene.lot(scene.made(work)[0]) == {"received": 6_001, "transformed": 6_001}
    scene.assert_sound()
    with pytest.raises(Refused, match="已经撤回过"), transaction():
        undo(work, store.coop.id, "再来")
    with pytest.raises(Refused, match="本身就是撤回"), transaction():
        undo(undone, store.coop.id, "再来")
    store.dry()  # all of it, as if nothing had been
    scene.assert_sound()


@pytest.mark.parametrize("mode", MODES)
def test_goods_sold_between_work_and_its_undoing_cost_what_they_would_have_cost(mode: str) -> None:
    store, plain = scene.store(mode), scene.store(mode)
    work = store.work("dry", [(store.lot_id, 777)], [101])
    for one in (store, plain):
        for grams in (1, 333, 7):
            _sell(one, one.fresh, grams, grams * 2)
    with transaction():
        undo(work, store.coop.id, "记错了")
    scene.assert_sound()
    for one in (store, plain):
        _sell(one, one.fresh, 100_000 - 341, 5)
    scene.assert_sound()
    assert balances(store.coop.id, END) == balances(plain.coop.id, END)


def test_undoing_waits_for_nothing_that_is_ordered_or_sold() -> None:
    store = scene.store()
    work = store.work("dry", [(store.lot_id, 50_000)], [9_000])
    with transaction():
        town.sale(store.coop, store.dried, 1, 1, today=clock.today())
    with pytest.raises(Refused, match="已经有人订"), transaction():
        undo(work, store.coop.id, "记错了")
    with pytest.raises(Refused, match="撤回原因"), transaction():
        undo(work, store.coop.id, " ")
    other = scene.store()
    with pytest.raises(NotFound), transaction():
        undo(work, other.coop.id, "记错了")
    scene.assert_sound()


def test_a_request_is_answered_once() -> None:
    store = scene.store()
    first = store.work("dry", [(store.lot_id, 1_000)], [200], request_key="a")
    assert store.work("dry", [(store.lot_id, 1_000)], [200], request_key="a") == first
    assert scene.lot(store.lot_id)["transformed"] == 1_000
    work = Work(store.coop.id + 1, "dry", [(1, 1)], [Made(1, 1, town.BEST_BEFORE)], request_key="a")
    with pytest.raises(Conflict), transaction():
        transforming.transform(work)


@pytest.mark.parametrize(
    "kind,into,out,more,sentence",
    [
        ("boil", 1_000, 100, {}, "加工方式"),
        ("dry", 0, 100, {}, "投入数量"),
        ("dry", 1_000, 0, {}, "产出数量"),
        ("dry", 1_000, 1_001, {}, "比投入"),
        ("dry", 100_001, 18_000, {}, "最多能用 100千克"),
        ("dry", 1_000, 2, {}, "分不到每一户"),
        ("blend", 1_000, 900, {}, "两个批次"),
        ("dry", 1_000, 100, {"factors": [0]}, "等级系数"),
        ("dry", 1_000, 100, {"best_before": date(2020, 1, 1)}, "保质期已经过"),
        ("pack", 1_000, 900, {"best_before": town.BEST_BEFORE + timedelta(days=1)}, "不能晚于原料"),
        ("dry", 1_000, 100, {"note": "字" * 201}, "备注"),
    ],
)
def test_what_cannot_be_is_refused(
    kind: str, into: int, out: int, more: dict[str, Any], sentence: str
) -> None:
    store = scene.store()
    with pytest.raises(Refused, match=sentence):
        store.work(kind, [(store.lot_id, into)], [out], **more)
    assert scene.rows("select count(*) from transformation") == [(0,)]
    assert scene.lot(store.lot_id) == {"received": 100_000}


def test_lots_that_cannot_go_in() -> None:
    store = scene.store("buyout")
    with transaction():
        tea = town.produce(store.coop, "鲜茶")
        consigned = scene.fresh_lot(store.coop, tea, store.parties, "consign_fixed")
        yesterday = clock.today() - timedelta(days=1)
        expired = scene.fresh_lot(store.coop, town.produce(store.coop), store.parties, "buyout", yesterday)
        receipt = town.deliver(store.coop, store.fresh, "buyout", town.Goods(store.parties[0], 5_000, 100))
        pieces = town.produce(store.coop, "礼盒", "piece")
    still_open = scene.rows("select lot_id from intake_receipt where id = :id", id=receipt)[0][0]
    elsewhere = scene.store("buyout")
    for lots, sentence in (
        ([store.lot_id, consigned], "收货方式不同"),
        ([store.lot_id, expired], "已过期"),
        ([store.lot_id, still_open], "还没有封批"),
        ([store.lot_id, store.lot_id], "只能填一次"),
    ):
        with pytest.raises(Refused, match=sentence):
            store.work("blend", [(lot_id, 1_000) for lot_id in lots], [1_000])
    with pytest.raises(NotFound):
        store.work("blend", [(store.lot_id, 1_000), (elsewhere.lot_id, 1_000)], [1_000])
    with pytest.raises(NotFound):
        store.work("dry", [(store.lot_id, 1_000)], [100], produce_id=elsewhere.dried)
    boxes = scene.made(store.work("pack", [(store.lot_id, 10_000)], [40], produce_id=pieces))[0]
    assert [quantity for quantity, _ in scene.parts(boxes)] == [23, 11, 6]
    scene.assert_sound()


@pytest.mark.parametrize(
    "statement",
    [
        "update transformation set note = 'x'",
        "delete from transformation_share",
        "update transformation_output set quantity = 1",
        "update lot_part set parent_part_id = null where parent_part_id is not null",
        "update lot_part set receipt_id = (select min(id) from intake_receipt) where parent_part_id is not null",
        "update lot_part set restored_quantity = transformed_quantity + 1",
    ],
)
def test_the_database_refuses_changed_history(statement: str) -> None:
    store = scene.store()
    store.dry()
    with pytest.raises((DBAPIError, IntegrityError)), transaction():
        scene.db.session.execute(scene.text(statement))
