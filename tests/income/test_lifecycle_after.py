"""A distribution after it was posted: undone by a counter-run, turned into capital, its reserve quantified; changed books."""

from __future__ import annotations

from fractions import Fraction

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from shop.cooperatives.income import distribution, lifecycle, voted
from shop.cooperatives.income.models import Distribution, DistributionLine
from shop.cooperatives.ledger import queries as ledger
from shop.cooperatives.ledger.accounts import Account
from shop.core import clock
from shop.core.db import session, transaction
from tests.income.test_lifecycle import Scene, refused


@pytest.fixture
def scene(town: Flask) -> Scene:
    return Scene(town)


@pytest.fixture(autouse=True)
def context(town: Flask):  # type: ignore[no-untyped-def]
    with town.app_context():
        yield
        session().rollback()


def test_a_counter_run_undoes_it_to_the_fen(scene: Scene) -> None:
    accounts = (
        Account.PATRONAGE_PAYABLE,
        Account.RESIDUAL_PAYABLE,
        Account.SURPLUS_RESERVE,
        Account.APPROPRIATION,
    )
    before = [scene.balance(account) for account in accounts]
    scene.to_posted()
    with transaction():
        lifecycle.reverse(scene.id, scene.checker, "章程比例录错")
    assert scene.state() == "reversed"
    assert [scene.balance(account) for account in accounts] == before
    with transaction():
        distribution.compute_now(scene.coop, 2020)
    hashes = (
        session()
        .scalars(select(Distribution.outputs_sha256).where(Distribution.outputs_sha256.is_not(None)))
        .all()
    )
    assert len(hashes) == 2
    assert len(set(hashes)) == 1


def test_conversion_needs_its_own_vote_and_moves_whole_fen(scene: Scene) -> None:
    scene.to_posted()
    with refused("还没有登记"), transaction():
        voted.convert_to_capital(scene.id, scene.coop, Fraction("0.5"), scene.checker)
    scene.vote("conversion")
    capital = scene.balance(Account.SHARE_CAPITAL)
    due = scene.balance(Account.PATRONAGE_PAYABLE) + scene.balance(Account.RESIDUAL_PAYABLE)
    with transaction():
        moved = voted.convert_to_capital(scene.id, scene.coop, Fraction("0.5"), scene.checker)
    assert scene.balance(Account.SHARE_CAPITAL) - capital == moved
    left = scene.balance(Account.PATRONAGE_PAYABLE) + scene.balance(Account.RESIDUAL_PAYABLE)
    assert due - left == moved
    assert session().scalar(select(func.sum(DistributionLine.converted_fen))) == moved
    with refused("转过出资"), transaction():
        voted.convert_to_capital(scene.id, scene.coop, Fraction("0.5"), scene.checker)
    with refused("不能整笔冲回"), transaction():
        lifecycle.reverse(scene.id, scene.checker, "想反悔")


@pytest.mark.parametrize("key", voted.KEYS)
def test_the_reserve_is_quantified_exactly_for_the_next_year(scene: Scene, key: str) -> None:
    scene.to_posted()
    scene.vote("quantify")
    before = sum(ledger.reserve_shares(scene.coop, clock.today().year).values())
    with transaction():
        reserve = voted.quantify_reserve(scene.id, scene.coop, key, scene.checker)
    after = sum(ledger.reserve_shares(scene.coop, clock.today().year).values())
    assert after - before == reserve
    with refused("已经量化"), transaction():
        voted.quantify_reserve(scene.id, scene.coop, key, scene.checker)


def test_changed_books_stop_every_step(scene: Scene) -> None:
    with transaction():
        session().execute(
            text("update charter set reserve_rate = '0.11' where cooperative_id = :coop"),
            {"coop": scene.coop},
        )
        session().execute(
            text("update member set left_on = '2020-06-30' where cooperative_id = :coop and number = 1"),
            {"coop": scene.coop},
        )
    with refused("与计算时不同"), transaction():
        lifecycle.preview(scene.id, scene.maker)
