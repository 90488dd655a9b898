"""A paid payment that comes back: booked back once, its line due again, every fen still in one place."""

from __future__ import annotations

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from flask import Flask

from shop.core import clock, faults
from shop.core.db import session, transaction
from shop.core.errors import Conflict, Refused
from shop.core.text import BadInput
from shop.payments import returned
from shop.payments.returned import Return
from tests.payments.test_payouts import all_paid, answered, reference, sent
from tests.support import payout_builder as build
from tests.support.payout_builder import Scene

pytestmark = pytest.mark.usefixtures("db_session")


def paid(amounts: list[int]) -> tuple[Scene, int, int]:
    """All of a settlement paid: the scene, its settlement and batch."""
    made = build.scene(amounts)
    settled = build.settle(made)
    build.open_accounts(made)
    batch_id = build.batch(made, settled)
    sent(made, batch_id)
    answered(made, batch_id, all_paid(made, batch_id, len(amounts)))
    assert made.one("select state from settlement") == "paid"
    return made, settled, batch_id


def come_back(made: Scene, batch_id: int, seq: int = 1, days: int = 0, reason: str = "户名不符") -> None:
    payout_id = made.one("select id from payout where batch_id = :b and seq = :s", b=batch_id, s=seq)
    with transaction():
        told = Return(reason, clock.today() + timedelta(days=days), "HK1")
        returned.record(batch_id, int(str(payout_id)), made.coop.id, told, made.manager)


def test_it_is_booked_back_and_paid_again(db_session: object) -> None:
    made, settled, batch_id = paid([30_000, 70_000])
    come_back(made, batch_id, 2)
    assert build.ledger_due(made.coop.id) == 70_000
    assert made.rows("select state, failure from payout order by seq") == [
        ("paid", None),
        ("returned", "户名不符"),
    ]
    assert made.rows("select state from settlement_line order by id") == [("paid",), ("failed",)]
    assert made.one("select state from settlement") == "paying"
    assert made.one("select state from payout_batch") == "closed"
    assert build.broken(made) == []
    again = build.batch(made, settled)
    assert made.rows("select amount_fen::int from payout where batch_id = :b", b=again) == [(70_000,)]
    sent(made, again)
    answered(made, again, all_paid(made, again, 1))
    assert (build.ledger_due(made.coop.id), made.one("select state from settlement")) == (0, "paid")
    assert made.one("select sum(fen)::int from ledger_entry where account = '102'") == -100_000
    assert build.broken(made) == []


def test_the_bank_says_it_in_a_later_answer(db_session: object) -> None:
    made, _, batch_id = paid([30_000, 70_000])
    row = [(reference(made, batch_id, 1), "退汇", "账号已销户")]
    first = answered(made, batch_id, build.answer_csv(row))
    assert (first.paid, first.failed, first.returned) == (0, 0, 1)
    again = answered(made, batch_id, build.answer_csv(row))
    assert (again.returned, again.repeated) == (1, True)
    other_words = answered(
        made, batch_id, build.answer_csv([*row, (reference(made, batch_id, 2), "成功", "")])
    )
    assert (other_words.paid, other_words.failed, other_words.returned) == (0, 0, 0)
    assert made.one("select count(*)::int from payout_return") == 1
    assert build.ledger_due(made.coop.id) == 30_000
    with pytest.raises(Refused, match="不能改成失败"):
        answered(made, batch_id, build.answer_csv([(reference(made, batch_id, 2), "失败", "")]))


@pytest.mark.parametrize(
    "days, reason, sentence",
    [(1, "户名不符", "不能在今天之后"), (-1, "户名不符", "不能早于付成"), (0, " ", "退回原因")],
)
def test_what_cannot_be_is_refused(db_session: object, days: int, reason: str, sentence: str) -> None:
    made, _, batch_id = paid([30_000])
    with pytest.raises((Refused, BadInput), match=sentence):
        come_back(made, batch_id, days=days, reason=reason)
    assert build.ledger_due(made.coop.id) == 0


def test_only_what_arrived_comes_back_and_only_once(db_session: object) -> None:
    made, settled, batch_id = paid([30_000])
    come_back(made, batch_id)
    with pytest.raises(Conflict):
        come_back(made, batch_id)
    again = build.batch(made, settled)
    with pytest.raises(Conflict):
        come_back(made, again)
    assert made.one("select count(*)::int from ledger_transaction where kind = 'payout_return'") == 1


def test_two_people_write_it_down_at_once(app: Flask, db_session: object) -> None:
    made, _, batch_id = paid([30_000])
    begin, outcomes = Barrier(2), list[str]()

    def write() -> None:
        with app.app_context():
            begin.wait()
            try:
                come_back(made, batch_id)
                outcomes.append("done")
            except Conflict:
                outcomes.append("conflict")

    threads = [Thread(target=write) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["conflict", "done"]
    assert build.ledger_due(made.coop.id) == 30_000


def test_a_death_in_the_middle_leaves_nothing(db_session: object, monkeypatch: pytest.MonkeyPatch) -> None:
    made, _, batch_id = paid([30_000])

    def die(name: str) -> None:
        if name == "returned.noted":
            raise RuntimeError(name)

    with monkeypatch.context() as broken:
        broken.setattr(faults, "point", die)
        with pytest.raises(RuntimeError):
            come_back(made, batch_id)
    session().rollback()
    assert made.one("select count(*)::int from payout_return") == 0
    come_back(made, batch_id)
    assert build.broken(made) == []
