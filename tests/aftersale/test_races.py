"""Two at once: two tabs ask, manager and clerk decide, the same decision twice. One effect each, with real threads."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import scoped_session

from shop.aftersale import asking, deciding, moves
from shop.core.db import db, transaction
from shop.core.errors import Conflict, Refused, ShopError
from tests.aftersale import scene
from tests.orders import market
from tests.payments.refund_scene import amount_back, assert_clean, new_key


@pytest.fixture(autouse=True)
def _database(db_session: scoped_session[Any]) -> None:
    pass


def _together(app: Flask, *deeds: Callable[[], object]) -> list[object]:
    """All at once, each in a transaction of its own; what each gave or raised, in their order."""
    barrier, found = threading.Barrier(len(deeds)), [None] * len(deeds)

    def run(place: int, deed: Callable[[], object]) -> None:
        with app.app_context():
            barrier.wait(10)
            try:
                with transaction():
                    found[place] = deed()  # type: ignore[call-overload]
            except ShopError as error:
                found[place] = error  # type: ignore[call-overload]
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return list(found)


def test_two_tabs_ask_once(app: Flask) -> None:
    sale = scene.sale()
    wish = asking.Wish(moves.GOODS, "damaged", packs=1)
    keys = [new_key(), new_key()]
    found = _together(
        app,
        *(
            lambda key=key: asking.ask(sale.line, sale.number, sale.buyer.id, wish, request_key=key)
            for key in keys
        ),
    )
    assert sum(isinstance(one, Conflict) for one in found) == 1
    assert len(market.rows("select id from return_request")) == 1


def test_a_double_click_is_one_request(app: Flask) -> None:
    sale, key = scene.sale(), new_key()
    wish = asking.Wish(moves.GOODS, "damaged", packs=1)
    ask = lambda: asking.ask(sale.line, sale.number, sale.buyer.id, wish, request_key=key)  # noqa: E731
    found = _together(app, ask, ask, ask)
    assert len({one[0] for one in found if isinstance(one, tuple)}) == 1
    assert sorted(one[1] for one in found if isinstance(one, tuple)) == [False, False, True]


def test_manager_and_clerk_decide_one_thing(app: Flask) -> None:
    sale = scene.sale()
    request_id = sale.ask(moves.AMOUNT, fen=2000)
    scene.pass_days(request_id, 4)
    found = _together(
        app,
        lambda: deciding.agree(request_id, sale.coop, by=sale.manager),
        lambda: deciding.refuse(request_id, sale.coop, "不同意", by=sale.manager),
        lambda: deciding.agree(request_id, sale.coop, by=sale.manager),
        lambda: deciding.call_in(request_id, sale.buyer.id, "等不及了"),
    )
    assert len(scene.back(sale.order_id)) <= 1
    assert any(isinstance(one, Conflict) for one in found)
    if scene.state(request_id) == moves.CALLED:
        decided = _together(
            app,
            lambda: deciding.grant(request_id, "420302", "退", by=sale.manager, fen=2000),
            lambda: deciding.uphold(request_id, "420302", "不退", by=sale.manager),
        )
        assert sum(isinstance(one, Conflict) for one in decided) == 1
    assert_clean()


def test_refunded_by_request_and_by_hand_is_never_too_much(app: Flask) -> None:
    sale = scene.sale(packs=1)
    request_id = sale.ask(moves.GOODS, packs=1)
    found = _together(
        app,
        lambda: deciding.agree(request_id, sale.coop, by=sale.manager),
        lambda: deciding.agree(request_id, sale.coop, by=sale.manager),
    )
    assert sum(isinstance(one, Conflict) for one in found) == 1
    assert scene.back(sale.order_id) == [("goods", 6800)]
    with pytest.raises(Refused):
        amount_back(sale.part, 1001)
    assert_clean()
