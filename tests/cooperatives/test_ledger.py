"""The books: balanced, once, never in a closed year; closing and what is read from them."""

from __future__ import annotations

import threading
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from shop.cooperatives.ledger import queries
from shop.cooperatives.ledger.accounts import NAMES, Account
from shop.cooperatives.ledger.closing import balances, close_year
from shop.cooperatives.ledger.posting import Entry, Posting, post
from shop.core import clock
from shop.core.db import db, transaction
from shop.core.errors import NotFound, Refused
from tests.support import town_builder as town

END = date(2099, 1, 1)


@pytest.fixture
def coop(db_session: object) -> town.Coop:
    with transaction():
        return town.cooperative()


def _posting(
    coop: town.Coop, key: str, *entries: Entry, on: date = date(2020, 5, 1), kind: str = "expense"
) -> Posting:
    return Posting(coop.id, kind, key, on, "cooperative", coop.id, entries)


def _cash(
    coop: town.Coop, key: str, account: str, fen: int, *, on: date = date(2020, 5, 1), kind: str = "expense"
) -> None:
    """Money into the bank (fen > 0) against an account, or out of it."""
    with transaction():
        post([_posting(coop, key, Entry("102", fen), Entry(account, -fen), on=on, kind=kind)])


def test_every_account_has_a_name() -> None:
    assert set(NAMES) == set(Account)
    assert Account.MEMBER_PAYABLE.name_zh == "成员往来——应付"


def test_entries_of_one_sub_account_are_merged_and_zeros_dropped(coop: town.Coop) -> None:
    with transaction():
        owner = town.member(coop)
        sub = (owner.member_id, owner.household_id)
        post(
            [
                _posting(
                    coop, "a", Entry("121", 5), Entry("114.payable", -2, *sub, quantity=20),
                    Entry("114.payable", -3, *sub, quantity=30), Entry("501", 0), Entry("521", 7), Entry("521", -7),
                ),
                _posting(coop, "nothing", Entry("501", 0), Entry("521", 4), Entry("521", -4)),
            ]
        )  # fmt: skip
    rows = db.session.execute(text("select account, fen, quantity from ledger_entry order by id")).all()
    assert [tuple(row) for row in rows] == [("121", 5, 0), ("114.payable", -5, 50)]
    assert db.session.scalar(text("select count(*) from ledger_transaction")) == 1


def test_what_does_not_balance_is_refused_by_us_and_by_the_database(coop: town.Coop) -> None:
    with pytest.raises(Refused, match=r"借贷不平，相差 ¥0\.01"), transaction():
        post([_posting(coop, "a", Entry("121", 5), Entry("501", -4))])
    _cash(coop, "a", "501", 5)
    with pytest.raises(IntegrityError, match="does not balance"), transaction():
        db.session.execute(
            text("insert into ledger_entry (transaction_id, cooperative_id, account, fen)"
                 " select id, cooperative_id, '121', 1 from ledger_transaction")
        )  # fmt: skip
    assert balances(coop.id, END) == {"102": 5, "501": -5}


@pytest.mark.parametrize("statement", ["update ledger_entry set fen = fen", "delete from ledger_transaction"])
def test_history_is_never_edited(coop: town.Coop, statement: str) -> None:
    _cash(coop, "a", "501", 5)
    with pytest.raises(IntegrityError, match="append-only"), transaction():
        db.session.execute(text(statement))


def test_a_fact_is_posted_once(coop: town.Coop) -> None:
    both = [_posting(coop, key, Entry("102", 5), Entry("501", -5)) for key in ("a", "b")]
    with transaction():
        first = post(both[:1])
    with transaction():
        second = post(both)
    assert (list(first), list(second)) == (["a"], ["b"])
    assert balances(coop.id, END) == {"102": 10, "501": -10}
    with pytest.raises(ValueError, match="twice"):
        post([both[0], both[0]])


def test_posting_takes_two_statements(coop: town.Coop, app: Flask, sql_counter: object) -> None:
    for start, number in ((0, 1), (1, 100)):
        with transaction(), sql_counter(app) as count:  # type: ignore[operator]
            post([_posting(coop, f"k{start}-{n}", Entry("102", 5), Entry("501", -5)) for n in range(number)])
        assert count.total == 2


def test_closing_moves_income_and_expense_through_331_to_332(coop: town.Coop) -> None:
    _cash(coop, "income", "501", 10_000)
    _cash(coop, "freight", "502", 800)
    _cash(coop, "rent", "522", -3_000)
    _cash(coop, "later", "501", 77, on=date(2021, 1, 1))
    with transaction():
        assert close_year(coop.id, 2020) == 7_800
    assert balances(coop.id, date(2020, 12, 31)) == {"102": 7_800, "332": -7_800}
    assert queries.surplus_of_year(coop.id, 2020) == 7_800
    assert queries.surplus_of_year(coop.id, 2021) is None
    through = db.session.execute(
        text("select fen from ledger_entry where account = '331' order by id")
    ).scalars()
    assert list(through) == [-7_800, 7_800]
    for again in ("late", "rent"):
        on = date(2020, 12, 31)
        posting = _posting(coop, again, Entry("102", 5), Entry("501", -5), on=on)
        if again == "rent":  # posted before the closing: still a no-op, not a refusal
            with transaction():
                assert post([posting]) == {}
        else:
            with pytest.raises(Refused, match="已经结账"), transaction():
                post([posting])
    with transaction():
        post(
            [
                _posting(
                    coop,
                    "own",
                    Entry("332", 780),
                    Entry("322", -780),
                    on=date(2020, 12, 31),
                    kind="distribution",
                )
            ]
        )


def test_years_close_in_order_once_and_only_when_over(coop: town.Coop) -> None:
    _cash(coop, "a", "501", 5, on=date(2019, 3, 1))
    with pytest.raises(Refused, match="先给 2019"), transaction():
        close_year(coop.id, 2020)
    with transaction():
        close_year(coop.id, 2019)
        assert close_year(coop.id, 2020) == 0
    with pytest.raises(Refused, match="已经结账"), transaction():
        close_year(coop.id, 2020)
    with pytest.raises(Refused, match="还没有过完"), transaction():
        close_year(coop.id, clock.today().year)
    with pytest.raises(NotFound), transaction():
        close_year(999_999, 2020)
    acts = db.session.execute(text("select act, after from activity order by id")).all()
    assert [tuple(row) for row in acts] == [
        ("ledger.year_closed", {"year": 2019, "surplus_fen": 5}),
        ("ledger.year_closed", {"year": 2020, "surplus_fen": 0}),
    ]


def test_a_posting_comes_before_the_closing_or_is_refused(coop: town.Coop, app: Flask) -> None:
    """A posting that is under way holds the cooperative: the closing waits for it and counts it."""
    posted, closing = threading.Event(), threading.Event()
    surplus: list[int] = []

    def close() -> None:
        posted.wait()
        with app.app_context():
            closing.set()
            with transaction():
                surplus.append(close_year(coop.id, 2020))
            db.session.remove()

    thread = threading.Thread(target=close)
    thread.start()
    with transaction():
        post([_posting(coop, "slow", Entry("102", 5), Entry("501", -5))])
        posted.set()
        closing.wait()
        thread.join(0.3)
        assert thread.is_alive()
    thread.join()
    assert surplus == [5]


def test_a_posting_that_waits_for_the_closing_is_refused(coop: town.Coop, app: Flask) -> None:
    refusals: list[str] = []

    def late() -> None:
        with app.app_context():
            try:
                _cash(coop, "late", "501", 5)
            except Refused as refusal:
                refusals.append(refusal.message)
            db.session.remove()

    thread = threading.Thread(target=late)
    with transaction():
        assert close_year(coop.id, 2020) == 0
        thread.start()
        thread.join(0.5)
        assert thread.is_alive()
    thread.join()
    assert len(refusals) == 1
    assert balances(coop.id, END) == {}


def test_losses_add_up_until_they_are_covered(coop: town.Coop) -> None:
    _cash(coop, "loss", "522", -1_000, on=date(2019, 3, 1))
    _cash(coop, "gain", "501", 600, on=date(2020, 3, 1))
    with transaction():
        close_year(coop.id, 2019)
        close_year(coop.id, 2020)
    assert queries.past_loss(coop.id, 2019) == 0
    assert queries.past_loss(coop.id, 2020) == 1_000
    assert queries.past_loss(coop.id, 2021) == 400


def test_capital_reserve_shares_and_funds(coop: town.Coop) -> None:
    with transaction():
        owner = town.member(coop)
        sub = (owner.member_id, owner.household_id)
        post(
            [
                _posting(coop, "capital", Entry("102", 500), Entry("301", -500, *sub), on=date(2019, 1, 5)),
                _posting(coop, "more", Entry("102", 100), Entry("301", -100, *sub), on=date(2021, 1, 5)),
                _posting(
                    coop,
                    "old",
                    Entry("332", 30),
                    Entry("322", -30, *sub),
                    on=date(2019, 12, 31),
                    kind="distribution",
                ),
                _posting(
                    coop,
                    "own",
                    Entry("332", 70),
                    Entry("322", -70, *sub),
                    on=date(2020, 12, 31),
                    kind="distribution",
                ),
                _posting(coop, "grant", Entry("102", 9_000), Entry("311.subsidy", -9_000)),
                _posting(coop, "gift", Entry("102", 40), Entry("311.donation", -40)),
            ]
        )
    end = date(2020, 12, 31)
    assert queries.capital(coop.id, end) == {owner.member_id: 500}
    assert queries.reserve_shares(coop.id, 2020) == {owner.member_id: 30}
    assert queries.reserve_shares(coop.id, 2021) == {owner.member_id: 100}
    assert queries.special_fund(coop.id, end) == queries.SpecialFund(9_000, 40)
    assert queries.past_loss(coop.id, 2020) == 30
    assert queries.special_fund(coop.id, date(2019, 12, 31)) == queries.SpecialFund(0, 0)


def test_trade_counts_members_by_amount_and_volume_before_deductions(coop: town.Coop) -> None:
    with transaction():
        produce_id = town.produce(coop)
        owner, outsider = town.member(coop), town.household(coop.village_id)
        for party in (owner, outsider):
            town.deliver(coop, produce_id, "buyout", town.Goods(party, 2_000, 1_000))
        sub = (owner.member_id, owner.household_id)
        post([_posting(coop, "d", Entry("114.payable", 300, *sub), Entry("521", -300), kind="deduction")])
    assert queries.trade(coop.id, 2020) == {owner.member_id: queries.Trade(2_000, 2_000)}
    assert queries.trade(coop.id, 2021) == {}
    assert queries.party_balances(coop.id, Account.MEMBER_PAYABLE, END) == {(owner.household_id, None): 1_700}
    assert queries.party_balances(coop.id, Account.OUTSIDE_PAYABLE, END) == {
        (outsider.household_id, None): 2_000
    }
