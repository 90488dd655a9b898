"""Memberships changed by two at once: one is first, the other is told."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import text

from shop.cooperatives.income import membership
from shop.cooperatives.income.membership import Notice
from shop.cooperatives.ledger.closing import close_year
from shop.cooperatives.people.member_events import Request
from shop.core.db import db, session, transaction
from shop.core.errors import Conflict, Refused
from tests.cooperatives.test_membership import ASSEMBLY, DAY, household, steps
from tests.support import town_builder as town


@pytest.fixture
def coop(db_session: object) -> town.Coop:
    with transaction():
        return town.cooperative("dachuan")


def test_two_managers_at_once_one_is_second(app: Flask, coop: town.Coop) -> None:
    with transaction():
        member = town.member(coop).member_id or 0
    outcomes: list[str] = []

    def go(reason: str) -> None:
        with app.app_context():
            try:
                with transaction():
                    membership.leave(member, coop.id, Notice(reason, DAY), Request(None, reason, 0))
                outcomes.append("done")
            except Conflict:
                outcomes.append("second")
            finally:
                db.session.remove()

    threads = [threading.Thread(target=go, args=(reason,)) for reason in ("withdrew", "moved")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["done", "second"]
    assert len(steps(member)) == 1


def test_leaving_while_the_year_is_closed(app: Flask, coop: town.Coop) -> None:
    """Either the leaving is in the roster that the year is closed with, or it is refused: never after it."""
    with transaction():
        member = town.member(coop).member_id or 0
    outcomes: list[str] = []

    def go(deed: Callable[[], object], name: str) -> None:
        with app.app_context():
            try:
                with transaction():
                    deed()
                outcomes.append(name)
            except Refused:
                outcomes.append(f"no {name}")
            finally:
                db.session.remove()

    deeds = (
        (lambda: close_year(coop.id, 2020), "close"),
        (lambda: membership.leave(member, coop.id, Notice("withdrew", DAY), Request()), "leave"),
    )
    threads = [threading.Thread(target=go, args=deed) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(outcomes) in ({"close", "leave"}, {"close", "no leave"})
    left_on = session().scalar(text("select left_on from member where id = :m"), {"m": member})
    assert (left_on is not None) == ("leave" in outcomes)
    assert len(steps(member)) == outcomes.count("leave")


def test_two_cooperatives_want_the_same_household(app: Flask, coop: town.Coop) -> None:
    with transaction():
        wanted = household(coop)
        other = town.cooperative(village_id=coop.village_id)
    members: list[int] = []

    def go(cooperative_id: int) -> None:
        with app.app_context():
            with transaction():
                members.append(
                    len(membership.join(cooperative_id, [wanted], DAY, ASSEMBLY, Request()).members)
                )
            db.session.remove()

    threads = [threading.Thread(target=go, args=(one,)) for one in (coop.id, other.id)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(members) == [0, 1]
