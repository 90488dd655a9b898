"""Whoever makes, approves or books payments may die at any marked line: nothing is half done, and doing it again ends well."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from shop.core import faults
from shop.core.db import session, transaction
from shop.payments import bankanswer, payouts
from tests.payments.test_payouts import all_paid, sent
from tests.support import payout_builder as build
from tests.support.payout_builder import Scene

pytestmark = pytest.mark.usefixtures("db_session")
COUNTS = (
    "select (select count(*) from payout), (select count(*) from payout_batch where state <> 'draft'),"
    " (select count(*) from ledger_entry), (select count(*) from bank_answer),"
    " (select string_agg(state, ',' order by id) from settlement_line)"
)


class Died(BaseException):
    """No handler may catch it."""


def die_then_do(
    made: Scene, monkeypatch: pytest.MonkeyPatch, point: str, deed: Callable[[], object]
) -> object:
    """The deed dies at the point and leaves the rows as they were; then it is done in peace."""
    before = made.rows(COUNTS)
    reached: list[str] = []

    def die(name: str) -> None:
        reached.append(name)
        if name == point:
            raise Died(name)

    with monkeypatch.context() as deadly:
        deadly.setattr(faults, "point", die)
        with pytest.raises(Died), transaction():
            deed()
    assert point in reached
    session().rollback()
    assert made.rows(COUNTS) == before
    with transaction():
        return deed()


@pytest.mark.parametrize("point", ["payouts.head", "payouts.approved", "bankanswer.paid"])
def test_at_any_marked_line(db_session: object, monkeypatch: pytest.MonkeyPatch, point: str) -> None:
    made = build.scene([30_000, 40_000])
    settled = build.settle(made)
    build.open_accounts(made)
    steps: dict[str, Callable[[], object]] = {
        "payouts.head": lambda: payouts.make_from_settlement(settled, made.coop.id, made.manager),
        "payouts.approved": lambda: payouts.approve(_batch(made), made.coop.id, made.chair),
    }
    for name, deed in steps.items():
        if name == point:
            die_then_do(made, monkeypatch, point, deed)
        else:
            with transaction():
                deed()
    batch_id = _batch(made)
    sent(made, batch_id)
    answer = bankanswer.read(all_paid(made, batch_id, 2, failed=(2,)))

    def book() -> bankanswer.Outcome:
        return bankanswer.record(batch_id, made.coop.id, answer, made.manager)

    if point == "bankanswer.paid":
        outcome = die_then_do(made, monkeypatch, point, book)
    else:
        with transaction():
            outcome = book()
    assert isinstance(outcome, bankanswer.Outcome)
    assert (outcome.paid, outcome.failed) == (1, 1)
    assert build.ledger_due(made.coop.id) == 40_000
    assert build.broken(made) == []


def _batch(made: Scene) -> int:
    return int(str(made.one("select max(id) from payout_batch")))
