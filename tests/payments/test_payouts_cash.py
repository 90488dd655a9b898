"""Payments in cash: who has no account, approved by another, against a signed list, never more than the books hold."""

from __future__ import annotations

import pytest

from shop.cooperatives.ledger.posting import Entry, Posting, post
from shop.core import clock, pictures
from shop.core.db import session, transaction
from shop.core.errors import Conflict, Refused
from shop.payments import bankanswer, cash, payouts, sending
from tests.support import payout_builder as build
from tests.support.payout_builder import Scene

pytestmark = pytest.mark.usefixtures("db_session")
SIGNED = pictures.Paper("application/pdf", b"%PDF-1.4 signed")


def with_cash(made: Scene, fen: int) -> None:
    entries = (Entry("101", fen), Entry("102", -fen))
    with transaction():
        post([Posting(made.coop.id, "other", f"cash:{fen}", clock.today(), "test", 1, entries)])


def cash_batch(made: Scene, settled: int) -> int:
    with transaction():
        batch_id = payouts.make_from_settlement(settled, made.coop.id, made.manager, payouts.CASH)
    with transaction():
        payouts.approve(batch_id, made.coop.id, made.chair)
    return batch_id


def ids(made: Scene, batch_id: int) -> list[int]:
    return [
        int(str(row[0]))
        for row in made.rows("select id from payout where batch_id = :b order by seq", b=batch_id)
    ]


def hand_out(made: Scene, batch_id: int, collected: list[int]) -> tuple[int, int]:
    with transaction():
        return cash.hand_out(batch_id, made.coop.id, collected, SIGNED, made.manager)


def test_those_without_an_account_sign_and_are_paid(db_session: object) -> None:
    made = build.scene([30_000, 40_000, 50_000])
    settled = build.settle(made)
    build.open_accounts(made, made.households[:1])
    batch_id = cash_batch(made, settled)
    assert made.rows("select amount_fen::int from payout order by seq") == [(40_000,), (50_000,)]
    with_cash(made, 100_000)
    first, _second = ids(made, batch_id)
    assert hand_out(made, batch_id, [first]) == (1, 1)
    assert build.ledger_due(made.coop.id) == 80_000
    assert made.one("select sum(fen)::int from ledger_entry where account = '101'") == 60_000
    assert made.rows("select state, failure from payout order by seq") == [
        ("paid", None),
        ("failed", "没有来领"),
    ]
    assert made.one("select state from payout_batch") == "closed"
    assert build.broken(made) == []
    again = cash_batch(made, settled)
    assert hand_out(made, again, ids(made, again)) == (1, 0)
    bank = build.batch(made, settled)
    assert made.rows("select amount_fen::int from payout where batch_id = :b", b=bank) == [(30_000,)]
    assert build.broken(made) == []


def test_never_more_than_the_books_hold(db_session: object) -> None:
    made = build.scene([30_000])
    batch_id = cash_batch(made, build.settle(made))
    with pytest.raises(Refused, match=r"账上现金只有 ¥0\.00"):
        hand_out(made, batch_id, ids(made, batch_id))
    session().rollback()
    assert made.one("select state from payout_batch") == "approved"
    assert build.ledger_due(made.coop.id) == 30_000


def test_what_is_refused(db_session: object) -> None:
    made = build.scene([30_000])
    settled = build.settle(made)
    with transaction():
        batch_id = payouts.make_from_settlement(settled, made.coop.id, made.manager, payouts.CASH)
    with_cash(made, 100_000)
    with pytest.raises(Conflict, match="批准"):
        hand_out(made, batch_id, ids(made, batch_id))
    session().rollback()
    with pytest.raises(Refused, match="不能自己批准"), transaction():
        payouts.approve(batch_id, made.coop.id, made.manager)
    with transaction():
        payouts.approve(batch_id, made.coop.id, made.chair)
    for collected, sentence in (([], "勾选"), ([ids(made, batch_id)[0] + 1], "不在这批里")):
        with pytest.raises(Refused, match=sentence):
            hand_out(made, batch_id, collected)
        session().rollback()
    with pytest.raises(Conflict, match="发现金"), transaction():
        sending.send(batch_id, made.coop.id, "csv", made.manager)
    hand_out(made, batch_id, ids(made, batch_id))
    with pytest.raises(Conflict):
        hand_out(made, batch_id, ids(made, batch_id))
    session().rollback()
    answer = bankanswer.read(build.answer_csv([("1", "成功", "")], head="序号,状态,失败原因"))
    with pytest.raises(Conflict), transaction():
        bankanswer.record(batch_id, made.coop.id, answer, made.manager)


def test_who_has_an_account_is_not_paid_in_cash(db_session: object) -> None:
    made = build.scene([30_000])
    settled = build.settle(made)
    build.open_accounts(made)
    with pytest.raises(Refused, match="都有收款账户"), transaction():
        payouts.make_from_settlement(settled, made.coop.id, made.manager, payouts.CASH)
