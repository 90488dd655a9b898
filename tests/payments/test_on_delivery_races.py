"""Cash on delivery: two deeds at the same moment."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from flask import Flask

from shop.core.db import session, transaction
from shop.core.errors import ShopError
from shop.orders import holds
from shop.payments import closing
from tests.payments.door_scene import TOTAL, Door
from tests.payments.test_on_delivery import cash


def _at_once(app: Flask, *deeds: object) -> list[str]:
    """Run the deeds in threads of their own; what each ended with: ok or the sentence of its refusal."""
    ended: list[str] = []
    gate = threading.Barrier(len(deeds))

    def run(deed: object) -> None:
        with app.app_context():
            gate.wait()
            try:
                deed()  # type: ignore[operator]
                ended.append("ok")
            except ShopError as refusal:
                ended.append(str(refusal))
            finally:
                session().rollback()

    threads = [threading.Thread(target=run, args=(deed,)) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ended


@pytest.mark.parametrize("turn", range(4))
def test_refused_and_paid_at_the_same_moment_is_one_of_them(app: Flask, db_session: Any, turn: int) -> None:
    door = Door()
    door.send()
    deeds = [door.take, door.refuse]
    ended = _at_once(app, *(deeds if turn % 2 else reversed(deeds)))
    assert ended.count("ok") == 1
    assert door.states() in {("paid", "received"), ("closed", "closed")}
    door.clean()
    assert cash(door) == (TOTAL if door.states()[0] == "paid" else 0)
    assert door.stock() == (0, 18 if door.states()[0] == "paid" else 20)


def test_two_managers_take_it_once(app: Flask, db_session: Any) -> None:
    door = Door()
    door.send()
    assert _at_once(app, door.take, door.take) == ["ok", "ok"]
    door.clean()
    assert cash(door) == TOTAL


@pytest.mark.parametrize("turn", range(4))
def test_cancelled_and_dispatched_at_the_same_moment_is_one_of_them(
    app: Flask, db_session: Any, turn: int
) -> None:
    door = Door()

    def cancel() -> None:
        with transaction():
            holds.cancel(door.order_id, door.who.id)

    deeds = [cancel, door.send]
    assert _at_once(app, *(deeds if turn % 2 else reversed(deeds))).count("ok") == 1
    assert door.states() in {("pending", "shipped"), ("closed", "closed")}
    closing.close_leftovers()
    door.clean()
