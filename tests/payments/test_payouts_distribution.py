"""A posted distribution paid out: 221 and 222 to nothing, the state follows, a rejected member is paid later."""

from __future__ import annotations

from fractions import Fraction

import pytest
from flask import Flask
from sqlalchemy import text

from shop.audit.run import CHECKS, run_check
from shop.cooperatives.income import lifecycle, voted
from shop.cooperatives.ledger.accounts import Account
from shop.core.db import insert_rows, session, transaction
from shop.core.errors import Conflict
from shop.payments import bankanswer, payouts, sending, whereabouts
from shop.payments.payout_models import PayeeAccount
from tests.income.test_lifecycle import Scene
from tests.support import payout_builder as build


@pytest.fixture
def scene(town: Flask) -> Scene:
    return Scene(town)


@pytest.fixture(autouse=True)
def context(town: Flask):  # type: ignore[no-untyped-def]
    with town.app_context():
        yield
        session().rollback()


def accounts(scene: Scene) -> None:
    """Every member without one gets one, in force since January."""
    with transaction():
        rows = session().execute(
            text(
                "select distinct m.household_id from member m where m.cooperative_id = :c and not exists"
                " (select 1 from payee_account p where p.household_id = m.household_id and p.cooperative_id = :c)"
            ),
            {"c": scene.coop},
        )
        at = session().scalar(text("select min(effective_at) from payee_account"))
        insert_rows(
            PayeeAccount,
            [
                {
                    "cooperative_id": scene.coop, "household_id": household_id, "holder": "户主", "bank": "农商行",
                    "account": f"6228{household_id:012d}", "last_four": f"{household_id:04d}"[-4:],
                    "requested_by": scene.maker, "approved_by": scene.checker,
                    "approved_at": at, "effective_at": session().scalar(text("select :at + interval '2 days'"), {"at": at}),
                }
                for (household_id,) in rows
            ],
        )  # fmt: skip


def pay(scene: Scene, failed: tuple[int, ...] = ()) -> int:
    with transaction():
        batch_id = payouts.make_from_distribution(scene.id, scene.coop, scene.maker)
    with transaction():
        payouts.approve(batch_id, scene.coop, scene.chair)
    with transaction():
        sending.send(batch_id, scene.coop, "rural", scene.maker)
    count = session().scalar(text("select count(*) from payout where batch_id = :b"), {"b": batch_id})
    session().rollback()
    rows = [(seq, "失败" if seq in failed else "成功", "") for seq in range(1, int(count or 0) + 1)]
    answer = bankanswer.read(build.answer_csv(rows, "序号,状态,失败原因"))
    with transaction():
        bankanswer.record(batch_id, scene.coop, answer, scene.maker)
    return batch_id


def test_a_distribution_is_paid_less_what_became_capital(scene: Scene) -> None:
    scene.to_posted()
    scene.vote("conversion")
    with transaction():
        voted.convert_to_capital(scene.id, scene.coop, Fraction(1, 3), scene.chair)
    accounts(scene)
    assert whereabouts.of(scene.coop).holds
    session().rollback()
    pay(scene, failed=(1,))
    assert scene.state() == "paying"
    assert whereabouts.of(scene.coop).holds
    session().rollback()
    with pytest.raises(Conflict), transaction():
        lifecycle.reverse(scene.id, scene.checker, "想冲回")
    pay(scene)
    assert scene.state() == "paid"
    assert scene.balance(Account.PATRONAGE_PAYABLE) == scene.balance(Account.RESIDUAL_PAYABLE) == 0
    assert [check.code for check in CHECKS if run_check(check)["count"]] == []
    session().rollback()
    with pytest.raises(Conflict), transaction():
        payouts.make_from_distribution(scene.id, scene.coop, scene.maker)
