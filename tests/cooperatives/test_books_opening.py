"""Opening balances as the books take them: one voucher, the same lines once, others only after the counter voucher."""

from __future__ import annotations

import threading
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import text

from shop.cooperatives.ledger import opening
from shop.cooperatives.ledger.accounts import Account
from shop.cooperatives.ledger.closing import balances
from shop.cooperatives.ledger.periods import close_period
from shop.cooperatives.ledger.posting import Entry
from shop.cooperatives.ledger.vouchers import reverse_voucher
from shop.core import clock
from shop.core.db import db, session, transaction
from shop.core.errors import Refused
from tests.support import town_builder as town

ON = date(2020, 1, 1)
LATER = date(2099, 1, 1)


@pytest.fixture
def coop(db_session: object) -> town.Coop:
    with transaction():
        return town.cooperative()


def lines(fen: int) -> list[Entry]:
    return [Entry(Account.BANK, fen), Entry(Account.SURPLUS_RESERVE, -fen)]


def _import(coop: town.Coop, entries: list[Entry], on: date = ON) -> int:
    with transaction():
        return opening.import_opening(coop.id, entries, on, None)


def test_the_same_lines_are_once_and_others_only_after_the_counter_voucher(coop: town.Coop) -> None:
    voucher_id = _import(coop, lines(500))
    assert _import(coop, lines(500)[::-1]) == voucher_id
    for entries, on in ((lines(700), ON), (lines(500), ON + timedelta(days=1))):
        with pytest.raises(Refused, match="先冲销"):
            _import(coop, entries, on)
    for fen in (500, 700):  # also what was there before may come again
        with transaction():
            standing = opening.imported(coop.id)
            reverse_voucher(standing.id, coop.id, "导错了", None)
        _import(coop, lines(fen))
        assert balances(coop.id, LATER) == {"102": fen, "322": -fen}


def test_another_cooperatives_opening_is_no_hindrance(coop: town.Coop) -> None:
    with transaction():
        other = town.cooperative()
    _import(other, lines(500))
    assert opening.imported(coop.id) is None
    _import(coop, lines(500))
    assert balances(coop.id, LATER) == balances(other.id, LATER)


def test_days_to_come_and_closed_months_are_refused(coop: town.Coop) -> None:
    with pytest.raises(Refused, match="不能晚于今天"):
        _import(coop, lines(500), clock.today() + timedelta(days=1))
    voucher_id = _import(coop, lines(500))
    with transaction():
        reverse_voucher(voucher_id, coop.id, "导错了", None, ON)
        close_period(coop.id, "2020-01")
    with pytest.raises(Refused, match="2020-01 已经结账"):
        _import(coop, lines(600))
    _import(coop, lines(600), date(2020, 2, 1))


def test_two_files_at_once_one_is_second(app: Flask, coop: town.Coop) -> None:
    outcomes: list[str] = []
    ready = threading.Barrier(2)

    def go(fen: int) -> None:
        with app.app_context():
            try:
                ready.wait()
                _import(coop, lines(fen))
                outcomes.append("done")
            except Refused as refusal:
                outcomes.append(refusal.message[:10])
            finally:
                db.session.remove()

    threads = [threading.Thread(target=go, args=(fen,)) for fen in (500, 700)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["done", "已经导入过期初余额（"]
    assert session().scalar(text("select count(*) from voucher")) == 1


def test_accounts_are_known_by_what_the_form_prints_by_code_and_by_name() -> None:
    for words in ("102 银行存款", "102", "银行存款"):
        assert opening.account_named(words) == Account.BANK
    assert opening.account_named("311 专项基金——国家财政补助") == Account.FUND_SUBSIDY
    for words in ("", "113", "121 产品物资", "4.2E+17"):  # one code of several, not for an opening, nothing
        assert opening.account_named(words) is None
