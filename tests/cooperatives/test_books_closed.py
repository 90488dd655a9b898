"""Months and years that are closed, and the chain that shows what was altered behind the triggers."""

from __future__ import annotations

import threading
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import text

from shop.cooperatives import tasks
from shop.cooperatives.ledger import periods, sealing
from shop.cooperatives.ledger.closing import close_year, open_days
from shop.cooperatives.ledger.posting import Entry, Posting, post
from shop.core import clock
from shop.core.db import db, session, transaction
from shop.core.errors import NotFound, Refused
from tests.cooperatives.test_books import DAY, _record, _rows
from tests.support import town_builder as town


@pytest.fixture
def coop(db_session: object) -> town.Coop:
    with transaction():
        return town.cooperative()


def _close(coop: town.Coop, period: str) -> list[str]:
    with transaction():
        return periods.close_period(coop.id, period)


def test_months_close_in_order_once_and_only_when_over(coop: town.Coop) -> None:
    with pytest.raises(Refused, match="没有要结账的账"):
        _close(coop, "2020-05")
    assert periods.next_period(coop.id) is None
    for on in (DAY, date(2020, 9, 9)):
        _record(coop, Entry("522", 5), Entry("102", -5), on=on)
    assert periods.next_period(coop.id) == "2020-05"
    with pytest.raises(Refused, match="先给 2020-05"):
        _close(coop, "2020-06")
    with pytest.raises(Refused, match="没有过完"):
        _close(coop, clock.today().isoformat()[:7])
    for bad in ("2020-13", "soon", "2020-5"):
        with pytest.raises(Refused):
            _close(coop, bad)
    assert periods.states([coop.id]) == {coop.id: (DAY, None)}
    assert _close(coop, "2020-05") == ["2020-05"]
    assert periods.states([coop.id]) == {coop.id: (date(2020, 9, 9), None)}
    with pytest.raises(Refused, match="已经结账"):
        _close(coop, "2020-05")
    assert periods.next_period(coop.id) == "2020-09"
    # the empty months before it close along, so that nothing is booked behind a closed one
    assert _close(coop, "2020-09") == ["2020-06", "2020-07", "2020-08", "2020-09"]
    with pytest.raises(Refused, match="这个月的账已经结账"):
        _record(coop, Entry("522", 5), Entry("102", -5), on=date(2020, 7, 1))
    with pytest.raises(NotFound), transaction():
        periods.close_period(10**9, "2020-05")


def test_a_closed_month_still_lets_its_year_close_and_late_facts_move_on(coop: town.Coop) -> None:
    _record(coop, Entry("102", 9), Entry("502", -9), on=date(2020, 12, 9))
    _close(coop, "2020-12")
    wanted = {(coop.id, date(2020, 12, 9)), (coop.id, date(2020, 11, 1)), (coop.id, date(2021, 2, 3))}
    assert open_days(wanted) == {
        (coop.id, date(2020, 12, 9)): date(2021, 1, 1),
        (coop.id, date(2020, 11, 1)): date(2020, 11, 1),
        (coop.id, date(2021, 2, 3)): date(2021, 2, 3),
    }
    with transaction():
        assert close_year(coop.id, 2020) == 9
    assert [row.name for row in periods.closed_periods(coop.id)] == ["2020", "2020-12"]
    assert open_days({(coop.id, date(2020, 3, 1))}) == {(coop.id, date(2020, 3, 1)): date(2021, 1, 1)}
    assert periods.next_period(coop.id) is None
    assert periods.next_year(coop.id) is None


def _seal(coop: town.Coop) -> int:
    with transaction():
        return sealing.seal(coop.id)


def test_the_chain_takes_each_transaction_once(coop: town.Coop) -> None:
    assert sealing.waiting_cooperatives() == []
    _record(coop, Entry("522", 5), Entry("102", -5))
    _record(coop, Entry("522", 6), Entry("102", -6))
    assert sealing.waiting_cooperatives() == [coop.id]
    assert (_seal(coop), _seal(coop)) == (2, 0)
    _record(coop, Entry("522", 7), Entry("102", -7))
    tasks.seal_ledgers.run()
    assert sealing.waiting_cooperatives() == []
    links = _rows("select before_sha256, sha256, transactions from ledger_seal order by last_id")
    assert links[0][0] == sealing.GENESIS
    assert links[1][0] == links[0][1]
    assert [link[2] for link in links] == [2, 1]
    assert sealing.broken_links() == []


ALTERATIONS = {
    "a fen moved": "update ledger_entry set fen = fen + 1 where account = '102'",
    "both sides": "update ledger_entry set fen = fen * 2",
    "an account": "update ledger_entry set account = '529' where account = '522'",
    "a day": "update ledger_transaction set on_date = on_date + 1",
    "words": "update ledger_transaction set memo = '别的'",
    "who": "update ledger_entry set quantity = 9 where account = '522'",
    "a transaction less": "delete from ledger_entry; delete from ledger_transaction",
    "an entry less": "delete from ledger_entry where account = '102'",
    "a link less": "delete from ledger_seal where id = (select min(id) from ledger_seal)",
    "a link's hash": "update ledger_seal set sha256 = repeat('a', 64)",
    "one slipped in": """
        insert into ledger_transaction (id, cooperative_id, kind, key, on_date, source_type, source_id)
        select min(id) - 1, min(cooperative_id), 'other', 'slipped', '2020-01-01', 'voucher', 0 from ledger_transaction
    """,
}


@pytest.mark.parametrize("name", ALTERATIONS)
def test_every_alteration_behind_the_triggers_is_found(coop: town.Coop, name: str) -> None:
    for fen in (5, 6):
        _record(coop, Entry("522", fen), Entry("102", -fen))
        _seal(coop)
    session().execute(text("set local session_replication_role = replica"))
    for statement in ALTERATIONS[name].split(";"):
        session().execute(text(statement))
    found = sealing.broken_links()
    session().rollback()
    assert [row["cooperative"] for row in found] == [coop.code]
    assert found[0]["problem"]
    assert sealing.broken_links() == []


def test_a_link_waits_for_postings_under_way(app: Flask, coop: town.Coop) -> None:
    """A posting that took its id and has not committed must be in the link, or come after it, never be jumped over."""
    posted, may_commit = threading.Event(), threading.Event()

    def slow() -> None:
        with app.app_context():
            with transaction():
                entries = (Entry("522", 5), Entry("102", -5))
                post([Posting(coop.id, "expense", "slow", DAY, "cooperative", coop.id, entries)])
                posted.set()
                may_commit.wait(10)
            db.session.remove()

    thread = threading.Thread(target=slow)
    thread.start()
    assert posted.wait(10)
    taken: list[int] = []

    def sealer() -> None:
        with app.app_context():
            taken.append(_seal(coop))
            db.session.remove()

    other = threading.Thread(target=sealer)
    other.start()
    other.join(0.5)
    assert other.is_alive()
    may_commit.set()
    thread.join()
    other.join()
    assert taken == [1]
