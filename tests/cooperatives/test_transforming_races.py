"""Two at once on one lot: real threads, real locks."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable

import pytest
from flask import Flask

from shop.cooperatives.income import transforming
from shop.cooperatives.income.undoing import undo
from shop.cooperatives.produce import stock
from shop.cooperatives.produce.work_terms import Made, Work
from shop.core import clock
from shop.core.db import db, transaction
from shop.core.errors import Refused
from tests.cooperatives import work_scene as scene
from tests.support import town_builder as town

pytestmark = pytest.mark.usefixtures("db_session")


def _at_once(app: Flask, *deeds: Callable[[], object]) -> Counter[str]:
    start = threading.Barrier(len(deeds))
    said: list[str] = []

    def run(deed: Callable[[], object]) -> None:
        with app.app_context():
            start.wait()
            try:
                with transaction():
                    deed()
                said.append("done")
            except Refused:
                said.append("refused")
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=(deed,)) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    return Counter(said)


def _dry(store: scene.Store, grams: int, key: str | None = None) -> Callable[[], int]:
    made = [Made(store.dried, grams // 5, town.BEST_BEFORE)]
    work = Work(store.coop.id, "dry", [(store.lot_id, grams)], made, request_key=key)
    return lambda: transforming.transform(work)


def test_work_and_an_order_never_take_the_same_goods(app: Flask) -> None:
    for _ in range(5):
        store = scene.store()
        wants = [stock.Want(1, store.fresh, 60_000)]
        said = _at_once(app, _dry(store, 60_000), lambda wants=wants: stock.reserve(wants, clock.today()))  # type: ignore[misc]
        assert said == {"done": 1, "refused": 1}
        found = scene.lot(store.lot_id)
        assert sorted((found.get("reserved", 0), found.get("transformed", 0))) == [0, 60_000]


def test_two_works_on_one_lot(app: Flask) -> None:
    store = scene.store("buyout")
    assert _at_once(app, *[_dry(store, 40_000) for _ in range(4)]) == {"done": 2, "refused": 2}
    assert scene.lot(store.lot_id) == {"received": 100_000, "transformed": 80_000}
    scene.assert_sound()


def test_crossed_lots_wait_for_each_other(app: Flask) -> None:
    store = scene.store()
    with transaction():
        other = scene.fresh_lot(store.coop, store.fresh, store.parties, "consign_commission")
    made = [Made(store.dried, 1_000, town.BEST_BEFORE)]
    pairs = [[(store.lot_id, 10_000), (other, 10_000)], [(other, 10_000), (store.lot_id, 10_000)]] * 2
    works = [Work(store.coop.id, "blend", pair, made) for pair in pairs]
    said = _at_once(app, *[lambda work=work: transforming.transform(work) for work in works])  # type: ignore[misc]
    assert said == {"done": 4}
    scene.assert_sound()


def test_one_request_many_times(app: Flask) -> None:
    store = scene.store()
    assert _at_once(app, *[_dry(store, 30_000, "once") for _ in range(4)]) == {"done": 4}
    assert scene.rows("select count(*) from transformation") == [(1,)]
    assert scene.lot(store.lot_id)["transformed"] == 30_000


def test_work_is_undone_once_and_not_under_an_order(app: Flask) -> None:
    store = scene.store("consign_fixed")
    work_id = store.work("dry", [(store.lot_id, 50_000)], [9_000])
    twice = [lambda: undo(work_id, store.coop.id, "记错了")] * 2
    assert _at_once(app, *twice) == {"done": 1, "refused": 1}
    again = store.work("dry", [(store.lot_id, 50_000)], [9_000])
    wants = [stock.Want(1, store.dried, 9_000)]
    said = _at_once(
        app, lambda: undo(again, store.coop.id, "记错了"), lambda: stock.reserve(wants, clock.today())
    )
    assert said == {"done": 1, "refused": 1}
    scene_lot = scene.lot(scene.made(again)[0])
    assert sorted((scene_lot.get("reserved", 0), scene_lot.get("transformed", 0))) == [0, 9_000]
