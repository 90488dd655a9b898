"""Statements on the demo town: every figure again, from the entries alone."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask
from sqlalchemy import text

from shop.cooperatives.income import member_accounts
from shop.cooperatives.ledger import entries as rows
from shop.cooperatives.ledger import queries, statements
from shop.cooperatives.ledger.closing import close_year
from shop.cooperatives.ledger.posting import Entry, Posting, post
from shop.cooperatives.people.queries import cooperatives_under
from shop.core.db import session, transaction
from shop.core.errors import NotFound
from tests.access.identities import TOWN
from tests.support import town_builder as town

FIRST, LAST = date(2020, 1, 1), date(2020, 12, 31)


def _sum(coop: int, account: str, first: date, last: date, sign: str = "") -> int:
    found = session().scalar(
        text(
            "select coalesce(sum(e.fen), 0)::bigint from ledger_entry e join ledger_transaction t on t.id = e.transaction_id"
            f" where e.cooperative_id = :c and e.account = :a and t.on_date between :f and :l {sign}"
        ),
        {"c": coop, "a": account, "f": first, "l": last},
    )
    return int(found or 0)


def test_trial_balances_of_the_town_balance_and_tie_to_entries(shared_town: Flask) -> None:
    periods = [(FIRST, LAST), (date(2020, 6, 1), date(2020, 6, 30)), (date(2021, 1, 1), date(2099, 12, 31))]
    with shared_town.app_context():
        for coop in cooperatives_under(TOWN):
            for first, last in periods:
                balance = statements.trial_balance(coop.id, first, last)
                assert balance.balanced
                assert sum(row.closing for row in balance.rows) == 0
                for row in balance.rows:
                    assert row.opening == _sum(
                        coop.id, row.account, date(1990, 1, 1), date.fromordinal(first.toordinal() - 1)
                    )
                    assert row.debit == _sum(coop.id, row.account, first, last, "and e.fen > 0")
                    assert row.credit == -_sum(coop.id, row.account, first, last, "and e.fen < 0")
                    part = rows.Slice((row.account,), first, last)
                    shown = rows.entries(coop.id, part, limit=1, offset=0)
                    if shown:
                        assert shown[0].total_fen == row.debit - row.credit
                    assert rows.balance_before(coop.id, part) == row.opening


def test_the_income_statement_is_the_closed_years_surplus(shared_town: Flask) -> None:
    with shared_town.app_context():
        for coop in cooperatives_under(TOWN):
            lines = {line.number: line for line in statements.income_statement(coop.id, FIRST, LAST)}
            assert lines[15].fen == queries.surplus_of_year(coop.id, 2020)
            assert lines[15].fen == statements.earned(coop.id, FIRST, LAST) > 0
            assert lines[10].fen == lines[1].fen + lines[2].fen - lines[5].fen - lines[6].fen
            assert lines[15].fen == lines[10].fen + lines[11].fen - lines[12].fen
            assert lines[15].before_fen == 0
            months = [
                statements.income_statement(
                    coop.id,
                    date(2020, n, 1),
                    date.fromordinal(date(2020 + n // 12, n % 12 + 1, 1).toordinal() - 1),
                )[-1].fen
                for n in range(1, 13)
            ]
            assert sum(months) == lines[15].fen


def test_the_surplus_statement_ends_in_what_the_books_hold(shared_town: Flask) -> None:
    with shared_town.app_context():
        for coop in cooperatives_under(TOWN):
            for year in (2019, 2020, 2021):
                _arithmetic(statements.surplus_statement(coop.id, year))
                last = statements.surplus_statement(coop.id, year)[-1]
                assert last.fen == statements.left_over(coop.id, year)


def _arithmetic(lines: list[statements.Line]) -> None:
    of = {line.number: line.fen for line in lines}
    assert [line.number for line in lines] == [1, 2, 5, 6, 10, 11, 12, 15, 17, 18, 21, 22, 23, 24, 28]
    assert of[21] == of[15] + of[17] + of[18]
    assert of[28] == of[21] - of[22] - of[23] - of[24]


@pytest.fixture
def coop(db_session: object) -> town.Coop:
    with transaction():
        return town.cooperative()


def _post(coop: town.Coop, key: str, kind: str, on: date, *entries: Entry) -> None:
    with transaction():
        post([Posting(coop.id, kind, key, on, "cooperative", coop.id, entries)])


def test_the_surplus_statement_over_two_years(coop: town.Coop) -> None:
    """A past loss brought in, a surplus, its appropriation and its counter-run, a loss covered from the reserve."""
    with transaction():
        owner = town.member(coop)
    sub = (owner.member_id, owner.household_id)
    _post(coop, "open", "opening", FIRST, Entry("332", 500), Entry("322", -700), Entry("102", 200))
    _post(coop, "sold", "sale", FIRST, Entry("102", 9_000), Entry("501", -9_000))
    _post(coop, "rent", "expense", FIRST, Entry("522", 1_000), Entry("102", -1_000))
    _post(coop, "gift", "receipt", FIRST, Entry("102", 300), Entry("502", -300))
    _post(coop, "fine", "expense", FIRST, Entry("529", 100), Entry("102", -100))
    _post(coop, "cover", "loss_cover", date(2020, 6, 1), Entry("322", 200), Entry("332", -200))
    open_year = {line.number: line.fen for line in statements.surplus_statement(coop.id, 2020)}
    assert (open_year[15], open_year[17], open_year[18], open_year[21]) == (8_200, -500, 200, 7_900)
    assert open_year[28] == statements.left_over(coop.id, 2020) == 7_900
    with transaction():
        close_year(coop.id, 2020)
    shares = (Entry("322", -790), Entry("221", -4_200, *sub), Entry("222", -2_700, *sub))
    _post(coop, "wrong", "distribution", LAST, Entry("332", 100), Entry("322", -100))
    _post(coop, "undone", "distribution", LAST, Entry("332", -100), Entry("322", 100))
    _post(coop, "right", "distribution", LAST, Entry("332", 7_690), *shares)
    _post(coop, "paid", "payout", date(2021, 2, 1), Entry("221", 4_200, *sub), Entry("102", -4_200))
    _post(coop, "spread", "quantify", date(2021, 3, 1), Entry("322", 790), Entry("322", -790, *sub))
    lines = statements.surplus_statement(coop.id, 2020)
    _arithmetic(lines)
    of = {line.number: line.fen for line in lines}
    assert (of[1], of[6], of[10], of[11], of[12], of[15]) == (9_000, 1_000, 8_000, 300, 100, 8_200)
    assert (of[22], of[23], of[24], of[28]) == (790, 4_200, 2_700, 210)
    assert statements.left_over(coop.id, 2020) == 210
    after = statements.surplus_statement(coop.id, 2021)
    assert [(line.fen, line.before_fen) for line in after if line.number in (15, 17, 28)] == [
        (0, 8_200), (210, -500), (210, 210),
    ]  # fmt: skip
    account = member_accounts.book(coop.id, int(owner.member_id or 0), FIRST, LAST)
    assert (account.account.patronage_fen, account.account.residual_fen, account.account.reserve_fen) == (
        4_200,
        2_700,
        0,
    )
    later = member_accounts.book(coop.id, int(owner.member_id or 0), date(2021, 1, 1), date(2021, 12, 31))
    assert (later.account.patronage_fen, later.opening_reserve_fen, later.account.reserve_fen) == (0, 0, 790)


def test_member_accounts_tie_to_the_trial_balance(shared_town: Flask) -> None:
    with shared_town.app_context():
        for coop in cooperatives_under(TOWN):
            balance = {row.account: row for row in statements.trial_balance(coop.id, FIRST, LAST).rows}
            everybody = member_accounts.accounts(coop.id, FIRST, LAST)
            sums = everybody.sums
            assert sums["capital_fen"] == -balance["301"].closing > 0
            reserve = -balance["322"].closing if "322" in balance else 0
            assert sums["reserve_fen"] + everybody.reserve_unquantified_fen == reserve
            fund = queries.special_fund(coop.id, LAST)
            assert (sums["subsidy_fen"], sums["donation_fen"]) == (fund.subsidy_fen, fund.donation_fen)
            assert -balance["311.subsidy"].closing == fund.subsidy_fen > 0
            spread = [row.subsidy_fen for row in everybody.rows]
            assert max(spread) - min(spread) <= 1
            trade = queries.trade(coop.id, 2020)
            assert {row.member_id: row.trade_fen for row in everybody.rows if row.trade_fen} == {
                member_id: one.fen for member_id, one in trade.items() if one.fen
            }


def test_a_members_account_adds_up_event_by_event(shared_town: Flask) -> None:
    with shared_town.app_context():
        coop = cooperatives_under(TOWN)[0]
        everybody = member_accounts.accounts(coop.id, FIRST, LAST)
        for row in everybody.rows[:8]:
            book = member_accounts.book(coop.id, row.member_id, FIRST, LAST)
            assert book.account == row
            assert (
                book.opening_capital_fen + sum(event.capital_fen for event in book.events) == row.capital_fen
            )
            assert sum(event.trade_fen for event in book.events) == row.trade_fen
            assert sum(fen for *_, fen in book.products) == row.trade_fen
            assert sum(event.quantity for event in book.events) == queries.trade(coop.id, 2020).get(
                row.member_id, queries.Trade(0, 0)
            ).quantity  # fmt: skip
        stranger = member_accounts.accounts(cooperatives_under(TOWN)[1].id, FIRST, LAST).rows[0].member_id
        with pytest.raises(NotFound):
            member_accounts.book(coop.id, stranger, FIRST, LAST)
