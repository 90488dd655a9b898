"""A receipt is confirmed once, by the household that brought the goods, whichever way it says so."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from shop.cooperatives.people.models import Household
from shop.cooperatives.produce import confirming, intake, queries
from shop.core import clock, pictures
from shop.core.db import db, transaction
from shop.core.errors import NotFound, Refused
from tests.access.identities import make_user
from tests.support import town_builder as town


class Scene:
    """One cooperative, a member household with a phone, its delivery of today, and the manager."""

    def __init__(self, app: Flask) -> None:
        with transaction():
            self.coop, self.other = town.cooperative(), town.cooperative()
            self.produce_id = town.produce(self.coop)
            self.party = town.member(self.coop)
            home = db.session.get(Household, self.party.household_id)
            assert home is not None
            home.phone = "+8613900001111"
            self.receipt_id = self.deliver()
        self.by = make_user(app, "+8613700000021")

    def deliver(self) -> int:
        goods = town.Goods(self.party, 2_000, 5_800)
        return town.deliver(self.coop, self.produce_id, "buyout", goods, clock.today())

    def code(self) -> str:
        with transaction():
            return confirming.issue_code(self.receipt_id, self.coop.id, self.by).code

    def redeem(self, code: str) -> bool:
        with transaction():
            return confirming.redeem(self.receipt_id, self.coop.id, code, self.by)

    def kept(self) -> list[Any]:
        rows = db.session.execute(
            text(
                'select c.how, c."by", c.at = r.confirmed_at as same from intake_receipt r'
                " left join receipt_confirmation c on c.receipt_id = r.id where r.id = :r"
            ),
            {"r": self.receipt_id},
        ).all()
        db.session.rollback()
        return [tuple(row) for row in rows]


@pytest.fixture
def scene(app: Flask, db_session: Any) -> Scene:
    return Scene(app)


def picture() -> pictures.Paper:
    buffer = BytesIO()
    Image.new("RGB", (60, 20), "black").save(buffer, "PNG")
    return pictures.prepare(buffer.getvalue())


def test_the_code_confirms_once(scene: Scene) -> None:
    assert scene.kept() == [(None, None, None)]
    assert confirming.waiting(scene.coop.id, clock.today()) == (1, 1, 11_600)
    code = scene.code()
    assert scene.redeem(code)
    assert scene.kept() == [("code", scene.by, True)]
    assert not scene.redeem(code)
    assert confirming.waiting(scene.coop.id, clock.today()) == (0, 0, 0)
    with pytest.raises(Refused):
        scene.code()


def test_wrong_codes_wear_the_code_out(scene: Scene) -> None:
    code = scene.code()
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    for bad in (wrong, "", "１２", "'", "9" * 500):
        assert not scene.redeem(bad)
    assert not scene.redeem(code)  # five tries are used up
    assert scene.kept() == [(None, None, None)]


def test_a_code_lasts_a_quarter_of_an_hour_and_one_receipt(scene: Scene, time_machine: Any) -> None:
    code = scene.code()
    with transaction():
        neighbour = scene.deliver()
    with transaction():
        assert not confirming.redeem(neighbour, scene.coop.id, code, scene.by)
    with pytest.raises(Refused):
        scene.code()  # within the minute
    time_machine.move_to(clock.now() + confirming.LIFE + timedelta(seconds=1))
    assert not scene.redeem(code)
    assert scene.redeem(scene.code())


def test_nobodys_phone_is_pestered(scene: Scene, time_machine: Any) -> None:
    for _time in range(confirming.MOST_CODES):
        scene.code()
        time_machine.move_to(clock.now() + confirming.RESEND + timedelta(seconds=1))
    with pytest.raises(Refused, match="很多次"):
        scene.code()


def test_without_a_phone_there_is_the_signature(scene: Scene) -> None:
    with transaction():
        db.session.execute(text("update household set phone = null"))
    with pytest.raises(Refused, match="签名"):
        scene.code()
    with transaction():
        assert confirming.sign(scene.receipt_id, scene.coop.id, "signature", picture(), scene.by)
    with transaction():
        assert not confirming.sign(scene.receipt_id, scene.coop.id, "slip", picture(), scene.by)
    assert scene.kept() == [("signature", scene.by, True)]
    assert db.session.execute(text("select count(*) from attachment")).scalar() == 1


def test_the_household_confirms_on_its_own_page(scene: Scene) -> None:
    assert scene.party.household_id is not None
    with transaction():
        stranger = town.household(scene.coop.village_id).household_id
    with pytest.raises(NotFound), transaction():
        confirming.agree(scene.receipt_id, stranger or 0)
    (row,) = confirming.of_household(scene.party.household_id, clock.today())
    assert (row.id, row.quantity, row.value_fen) == (scene.receipt_id, 2_000, 11_600)
    with transaction():
        assert confirming.agree(scene.receipt_id, scene.party.household_id)
    with transaction():
        assert not confirming.agree(scene.receipt_id, scene.party.household_id)
    assert scene.kept() == [("page", None, True)]
    assert not confirming.of_household(scene.party.household_id, clock.today())


def test_another_cooperatives_receipt_does_not_exist(scene: Scene) -> None:
    other = scene.other.id
    with pytest.raises(NotFound), transaction():
        confirming.issue_code(scene.receipt_id, other, scene.by)
    with pytest.raises(NotFound), transaction():
        confirming.redeem(scene.receipt_id, other, "000000", scene.by)
    with pytest.raises(NotFound), transaction():
        confirming.sign(scene.receipt_id, other, "slip", picture(), scene.by)


def test_what_was_taken_back_is_not_confirmed(scene: Scene) -> None:
    code = scene.code()
    with transaction():
        back = intake.reverse(scene.receipt_id, scene.coop.id, "称错了")
    for receipt_id in (scene.receipt_id, back):
        with pytest.raises(Refused, match="冲销"), transaction():
            confirming.redeem(receipt_id, scene.coop.id, code, scene.by)
        with pytest.raises(Refused, match="冲销"), transaction():
            confirming.agree(receipt_id, scene.party.household_id or 0)
    assert confirming.waiting(scene.coop.id, clock.today()) == (0, 0, 0)


def test_old_and_outside_deliveries_are_not_asked_for(scene: Scene) -> None:
    with transaction():
        trader = town.supplier(scene.coop)
        town.deliver(scene.coop, scene.produce_id, "buyout", town.Goods(trader, 1_000, 900), clock.today())
        town.deliver(scene.coop, scene.produce_id, "buyout", town.Goods(scene.party, 1_000, 900))
    assert [row.id for row in queries.receipts(scene.coop.id, which="unconfirmed")] == [scene.receipt_id]
    outside = queries.receipts(scene.coop.id, which="outside")
    assert [row.supplier_id for row in outside] == [trader.supplier_id]
    assert confirming.waiting(scene.coop.id, clock.today()) == (1, 1, 11_600)


def test_the_confirmation_is_history(scene: Scene) -> None:
    scene.redeem(scene.code())
    for statement in ("update receipt_confirmation set how = 'page'", "delete from receipt_confirmation"):
        with pytest.raises(IntegrityError), transaction():
            db.session.execute(text(statement))


def test_two_ways_at_once_confirm_once(scene: Scene, app: Flask) -> None:
    code, household_id, paper = scene.code(), scene.party.household_id or 0, picture()

    deeds: tuple[Callable[[], bool], ...] = (
        lambda: confirming.redeem(scene.receipt_id, scene.coop.id, code, scene.by),
        lambda: confirming.agree(scene.receipt_id, household_id),
        lambda: confirming.sign(scene.receipt_id, scene.coop.id, "signature", paper, scene.by),
    )
    gate, said = threading.Barrier(3), []

    def run(deed: Callable[[], bool]) -> None:
        with app.app_context():
            gate.wait(10)
            with transaction():
                said.append(deed())
            db.session.remove()

    threads = [threading.Thread(target=run, args=(deed,)) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(said) == 3
    assert len(scene.kept()) == 1
    assert scene.kept()[0][2] is True
