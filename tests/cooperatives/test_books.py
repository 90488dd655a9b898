"""Vouchers, closed months and the hash chain: balanced, numbered, undone only by a counter voucher, altered never unseen."""

from __future__ import annotations

import threading
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from shop.cooperatives.ledger import papers, vouchers
from shop.cooperatives.ledger.closing import balances
from shop.cooperatives.ledger.posting import Entry
from shop.cooperatives.ledger.vouchers import Draft, record_voucher, reverse_voucher
from shop.core import clock, pictures
from shop.core.db import db, session, transaction
from shop.core.errors import NotFound, Refused
from shop.core.text import BadInput
from tests.support import town_builder as town

END = date(2099, 1, 1)
DAY = date(2020, 5, 4)
SLIPPED_IN = """
    insert into ledger_entry (transaction_id, cooperative_id, account, fen)
    select id, cooperative_id, '102', 1 from ledger_transaction
"""
PAPER = pictures.Paper(pictures.PDF, b"%PDF-1.4 %%EOF")


@pytest.fixture
def coop(db_session: object) -> town.Coop:
    with transaction():
        return town.cooperative()


def _draft(*entries: Entry, kind: str = "other", on: date = DAY, key: str | None = None) -> Draft:
    return Draft(kind, on, entries, "试记一笔", "某商店", key)


def _record(coop: town.Coop, *entries: Entry, **more: object) -> int:
    with transaction():
        return record_voucher(coop.id, _draft(*entries, **more), None)  # type: ignore[arg-type]


def _rows(statement: str) -> list[tuple[object, ...]]:
    return [tuple(row) for row in session().execute(text(statement))]


SIMPLE = [
    ("expense", "operating", "bank", {"521": 100, "102": -100}),
    ("expense", "admin", "cash", {"522": 100, "101": -100}),
    ("expense", "other", "payable", {"529": 100, "211": -100}),
    ("expense", "payable", "bank", {"211": 100, "102": -100}),
    ("receipt", "other", "bank", {"102": 100, "502": -100}),
    ("receipt", "investment", "cash", {"101": 100, "511": -100}),
    ("receipt", "town", "bank", {"102": 100, "113.town": -100}),
    ("subsidy", "", "bank", {"102": 100, "311.subsidy": -100}),
    ("donation", "", "asset", {"151": 100, "311.donation": -100}),
    ("loan", "short", "bank", {"102": 100, "201": -100}),
    ("loan", "repay_long", "bank", {"231": 100, "102": -100}),
    ("asset", "", "payable", {"151": 100, "211": -100}),
]


@pytest.mark.parametrize("kind,category,paid_by,booked", SIMPLE)
def test_simple_vouchers_book_what_they_say(
    coop: town.Coop, kind: str, category: str, paid_by: str, booked: dict[str, int]
) -> None:
    entries = papers.simple_entries(kind, 100, category, paid_by)
    _record(coop, *entries, kind=kind)
    assert balances(coop.id, END) == booked
    assert _rows("select kind, number, amount_fen from voucher") == [(kind, "V2020-0001", 100)]


def test_numbers_follow_each_other_by_year_and_cooperative(coop: town.Coop) -> None:
    with transaction():
        other = town.cooperative()
    lines = (Entry("522", 5), Entry("102", -5))
    for where, on in ((coop, DAY), (other, DAY), (coop, date(2021, 1, 1)), (coop, DAY)):
        _record(where, *lines, on=on)
    assert _rows(f"select number from voucher where cooperative_id = {coop.id} order by id") == [
        ("V2020-0001",), ("V2021-0001",), ("V2020-0002",),
    ]  # fmt: skip


def test_many_at_once_take_a_constant_number_of_statements(
    coop: town.Coop, app: Flask, sql_counter: object
) -> None:
    drafts = [_draft(Entry("522", n), Entry("102", -n)) for n in range(1, 301)]
    totals = []
    for part in (drafts[:1], drafts[1:]):
        with transaction(), sql_counter(app) as count:  # type: ignore[operator]
            vouchers.record_vouchers(coop.id, part, None)
        totals.append(count.total)
    assert totals[0] == totals[1] <= 7
    assert _rows("select max(number), count(*) from voucher") == [("V2020-0300", 300)]


def test_two_writers_at_once_never_share_a_number(app: Flask, coop: town.Coop) -> None:
    def write() -> None:
        with app.app_context():
            for _ in range(5):
                _record(coop, Entry("522", 5), Entry("102", -5))
            db.session.remove()

    threads = [threading.Thread(target=write) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert _rows("select max(number), count(distinct number) from voucher") == [("V2020-0010", 10)]


def test_a_request_makes_one_voucher_and_another_cooperatives_key_is_another(coop: town.Coop) -> None:
    with transaction():
        other = town.cooperative()
    lines = (Entry("522", 5), Entry("102", -5))
    first = _record(coop, *lines, key="k")
    assert _record(coop, *lines, key="k") == first
    assert _record(other, *lines, key="k") != first
    assert balances(coop.id, END) == {"102": -5, "522": 5}


BAD = [
    ("other", (Entry("522", 5), Entry("102", -4)), "借方多 ¥0.01"),
    ("other", (Entry("522", 4), Entry("102", -5)), "贷方多 ¥0.01"),
    ("other", (), "至少填一行"),
    ("other", (Entry("102", 5), Entry("102", -5)), "至少填一行"),
    ("other", (Entry("121", 5), Entry("102", -5)), "自动入账"),
    ("other", (Entry("332", 5), Entry("102", -5)), "自动入账"),
    ("other", (Entry("999", 5), Entry("102", -5)), "自动入账"),
    ("other", (Entry("102", 5), Entry("301", -5)), "写成员编号"),
    ("other", (Entry("102", 10**13 + 1), Entry("522", -(10**13) - 1)), "金额太大"),
    ("opening", (Entry("522", 5), Entry("102", -5)), "自动入账"),
    ("opening", (Entry("121", 5), Entry("102", -5)), "自动入账"),
    ("reversal", (Entry("522", 5), Entry("102", -5)), "凭证类别"),
    ("sale", (Entry("522", 5), Entry("102", -5)), "凭证类别"),
]


@pytest.mark.parametrize("kind,entries,words", BAD)
def test_what_is_wrong_is_refused_by_the_deed(
    coop: town.Coop, kind: str, entries: tuple[Entry, ...], words: str
) -> None:
    with pytest.raises(Refused, match=words):
        _record(coop, *entries, kind=kind)
    assert _rows("select count(*) from voucher") == [(0,)]


def test_days_memos_and_members_are_checked(coop: town.Coop) -> None:
    lines = (Entry("522", 5), Entry("102", -5))
    with pytest.raises(Refused, match="晚于今天"):
        _record(coop, *lines, on=clock.today() + timedelta(days=1))
    with pytest.raises(BadInput, match="摘要"), transaction():
        record_voucher(coop.id, Draft("other", DAY, lines, " "), None)
    with transaction():
        other = town.cooperative()
        stranger = town.member(other)
        own = town.member(coop)
    with pytest.raises(NotFound, match="成员"):
        _record(coop, Entry("102", 5), Entry("301", -5, stranger.member_id))
    with pytest.raises(Refused, match="不分成员"):
        _record(coop, Entry("102", 5), Entry("522", -5, own.member_id))
    _record(coop, Entry("102", 5), Entry("301", -5, own.member_id))
    with pytest.raises(NotFound), transaction():
        record_voucher(10**9, _draft(*lines), None)


def test_the_database_refuses_what_goes_around_the_deed(coop: town.Coop) -> None:
    _record(coop, Entry("522", 5), Entry("102", -5))
    for statement in (
        "update voucher set amount_fen = 6",
        "delete from voucher",
        "update ledger_entry set fen = 6 where fen = 5",
        "update attachment set sha256 = ''",
        "truncate period_close",
        SLIPPED_IN,
    ):
        if "attachment" in statement:
            with transaction():
                pictures.store(PAPER, subject_type="voucher", subject_id=1, cooperative_id=coop.id, by=None)
        with pytest.raises(IntegrityError), transaction():
            session().execute(text(statement))


def test_a_voucher_is_undone_once_by_a_counter_voucher(coop: town.Coop) -> None:
    first = _record(coop, Entry("522", 5), Entry("102", -5))
    with pytest.raises(BadInput, match="冲销原因"), transaction():
        reverse_voucher(first, coop.id, "", None)
    with transaction():
        counter = reverse_voucher(first, coop.id, "记错了", None, on=date(2020, 6, 1))
    assert balances(coop.id, END) == {}
    assert _rows(f"select kind, number, amount_fen, reverses_id, memo from voucher where id = {counter}") == [
        ("reversal", "V2020-0002", 5, first, "记错了")
    ]
    assert _rows("select kind, reverses_id is null from ledger_transaction order by id") == [
        ("other", True), ("other", False),
    ]  # fmt: skip
    for voucher_id, words in ((first, "已经冲销"), (counter, "不能再冲销")):
        with pytest.raises(Refused, match=words), transaction():
            reverse_voucher(voucher_id, coop.id, "再来", None)
    with transaction():
        other = town.cooperative()
    with pytest.raises(NotFound), transaction():
        reverse_voucher(first, other.id, "不是我的", None)


def test_papers_belong_to_a_voucher_and_there_is_an_end_to_them(coop: town.Coop) -> None:
    with transaction():
        other = town.cooperative()
        voucher_id = record_voucher(coop.id, _draft(Entry("522", 5), Entry("102", -5), key="k"), None, PAPER)
        # the same request again brings no second copy
        record_voucher(coop.id, _draft(Entry("522", 5), Entry("102", -5), key="k"), None, PAPER)
    stored = pictures.papers_of("voucher", voucher_id, coop.id)
    assert [row.media_type for row in stored] == [pictures.PDF]
    assert pictures.body_of(stored[0].id, [coop.id]) == PAPER
    with pytest.raises(NotFound):
        pictures.body_of(stored[0].id, [other.id])
    with pytest.raises(NotFound), transaction():
        vouchers.attach(voucher_id, other.id, PAPER, None)
    with transaction():
        for _ in range(vouchers.MAX_PAPERS - 1):
            vouchers.attach(voucher_id, coop.id, PAPER, None)
    with pytest.raises(Refused, match="最多"), transaction():
        vouchers.attach(voucher_id, coop.id, PAPER, None)
