"""A household parts: persons go, capital is moved to the fen or not at all, and only once."""

from __future__ import annotations

import threading
from datetime import date, timedelta

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from shop.audit.checks_roster import CHECKS
from shop.audit.run import run_check
from shop.cooperatives.income.splitting import Parted, Split, split
from shop.cooperatives.ledger.posting import Entry, Posting, post
from shop.cooperatives.people import registry
from shop.cooperatives.people.member_events import Request, Resolved
from shop.core import clock
from shop.core.db import db, session, transaction
from shop.core.errors import Conflict, NotFound, Refused
from shop.core.privacy import decrypt
from tests.support import town_builder as town

DAY = date(2020, 6, 1)
LATER = DAY + timedelta(days=30)
BOARD = Resolved("2020 年 6 月理事会", DAY)
CAPITAL = 50_001


@pytest.fixture
def coop(db_session: object) -> town.Coop:
    with transaction():
        return town.cooperative("dachuan")


def home(coop: town.Coop) -> tuple[int, list[int]]:
    """A member of four persons with capital; its id and the persons, the head first."""
    household = registry.register_household(
        registry.NewHousehold(coop.village_id, "赵大山", persons=("赵二山", "钱小妹", "赵小山"))
    )
    member = town.admit(coop.id, household, DAY)
    paid_in = (Entry("102", CAPITAL), Entry("301", -CAPITAL, member))
    post([Posting(coop.id, "receipt", f"test:{member}", DAY, "test", member, paid_in)])
    rows = session().execute(
        text("select id from person where household_id = :h order by id"), {"h": household}
    )
    return member, list(rows.scalars())


def capital_of(member: int | None) -> int:
    found = session().scalar(
        text("select -sum(fen) from ledger_entry where account = '301' and member_id = :m"), {"m": member}
    )
    return int(found or 0)


def give_reserve(coop: town.Coop, member: int, fen: int) -> None:
    """A reserve share of the member, quantified before the household parts."""
    shares = (Entry("322", fen), Entry("322", -fen, member))
    post([Posting(coop.id, "quantify", f"test-reserve:{member}", DAY, "test", member, shares)])


def reserve_of(member: int | None) -> int:
    found = session().scalar(
        text("select -sum(fen) from ledger_entry where account = '322' and member_id = :m"), {"m": member}
    )
    return int(found or 0)


def clean() -> None:
    assert {check.code: run_check(check)["rows"] for check in CHECKS} == {check.code: [] for check in CHECKS}


def test_persons_go_with_a_new_head_and_capital_is_moved_once(coop: town.Coop) -> None:
    with transaction():
        member, persons = home(coop)
        parting = Split((persons[1], persons[2]), persons[1], LATER, True, 20_000, BOARD)
        parted = split(member, coop.id, parting, Request(None, "k", 1))
    with transaction():
        assert split(member, coop.id, parting, Request(None, "k", 1)) == parted
    assert (capital_of(member), capital_of(parted.member_id)) == (CAPITAL - 20_000, 20_000)
    rows = session().execute(
        text("select before_id, is_head, joined_on from person where household_id = :h order by id"),
        {"h": parted.household_id},
    )
    assert [tuple(row) for row in rows] == [(persons[1], True, LATER), (persons[2], False, LATER)]
    left = session().scalars(text("select left_on from person where id = any(:p)"), {"p": persons[1:3]}).all()
    assert left == [LATER - timedelta(days=1)] * 2  # on every earlier day they lived with their parents
    sealed = session().scalar(
        text("select head_name from household where id = :h"), {"h": parted.household_id}
    )
    assert decrypt(bytes(sealed or b"")) == "赵二山"
    numbers = session().execute(text("select number, joined_on from member order by number")).all()
    assert [tuple(row) for row in numbers] == [(1, DAY), (2, LATER)]
    clean()


def test_the_new_household_need_not_join(coop: town.Coop) -> None:
    with transaction():
        member, persons = home(coop)
        parted = split(member, coop.id, Split((persons[3],), persons[3], LATER), Request())
    assert parted.member_id is None
    assert capital_of(member) == CAPITAL
    clean()


def test_what_is_no_split(coop: town.Coop) -> None:
    with transaction():
        member, persons = home(coop)
        stranger = home(coop)[1][1]
        other = town.cooperative()
    head, second, third, fourth = persons
    tomorrow = clock.today() + timedelta(days=1)
    for parting, words in (
        (Split((), None, LATER), "分出去的人"),
        (Split((stranger,), stranger, LATER), "分出去的人"),
        (Split((head, second), second, LATER), "户主留在老户"),
        (Split((second, third), fourth, LATER), "新户的户主"),
        (Split((second,), None, LATER), "新户的户主"),
        (Split((second,), second, tomorrow), "晚于今天"),
        (Split((second,), second, DAY - timedelta(days=1)), "早于入社"),
        (Split((second,), second, LATER, False, 1), "入社才能"),
        (Split((second,), second, LATER, True, -1), "负数"),
        (Split((second,), second, LATER, True, 1), "哪次会议"),
        (Split((second,), second, LATER, True, CAPITAL + 1, BOARD), "只有 ¥500.01"),
    ):
        with pytest.raises(Refused, match=words), transaction():
            split(member, coop.id, parting, Request())
    with pytest.raises(NotFound), transaction():
        split(member, other.id, Split((second,), second, LATER), Request())
    with transaction():
        session().execute(
            text("insert into fiscal_year_close (cooperative_id, year, surplus_fen) values (:c, 2020, 0)"),
            {"c": coop.id},
        )
    with pytest.raises(Refused, match="已经结账"), transaction():
        split(member, coop.id, Split((second,), second, LATER), Request())
    clean()


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=st.lists(st.integers(1, 16_667), min_size=1, max_size=3))
def test_capital_is_never_more_nor_less(coop: town.Coop, parts: list[int]) -> None:
    with transaction():
        member, persons = home(coop)
        made: list[Parted] = []
        for person, fen in zip(persons[1:], parts, strict=False):
            made.append(
                split(
                    member,
                    coop.id,
                    Split((person,), person, LATER, True, min(fen, CAPITAL), BOARD),
                    Request(),
                )
            )
    assert capital_of(member) + sum(capital_of(one.member_id) for one in made) == CAPITAL
    assert [capital_of(one.member_id) for one in made] == parts
    session().rollback()


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(reserve=st.integers(1, 90_000), parts=st.lists(st.integers(1, 16_667), min_size=1, max_size=3))
def test_the_reserve_share_goes_with_the_capital(coop: town.Coop, reserve: int, parts: list[int]) -> None:
    """Each takes its capital's portion rounded down to the fen, what is left stays, and the whole is what it was."""
    with transaction():
        member, persons = home(coop)
        give_reserve(coop, member, reserve)
    left, capital, took = reserve, CAPITAL, []
    for person, fen in zip(persons[1:], parts, strict=False):
        with transaction():
            parted = split(member, coop.id, Split((person,), person, LATER, True, fen, BOARD), Request())
        took.append(reserve_of(parted.member_id))
        assert took[-1] == left * fen // capital
        left, capital = left - took[-1], capital - fen
    assert reserve_of(member) == left
    assert left + sum(took) == reserve
    clean()


def test_all_the_capital_takes_all_the_reserve_and_what_came_later_stays(coop: town.Coop) -> None:
    with transaction():
        member, persons = home(coop)
        give_reserve(coop, member, 777)
        later = (Entry("322", 100), Entry("322", -100, member))
        post([Posting(coop.id, "quantify", "test-later", LATER + timedelta(days=1), "test", member, later)])
    with transaction():
        parted = split(member, coop.id, Split((persons[1],), persons[1], LATER, True, CAPITAL, BOARD), Request())  # fmt: skip
    assert (reserve_of(member), reserve_of(parted.member_id)) == (100, 777)
    clean()


def test_two_managers_part_the_same_household(app: Flask, coop: town.Coop) -> None:
    with transaction():
        member, persons = home(coop)
    outcomes: list[str] = []

    def go(person: int) -> None:
        with app.app_context():
            try:
                with transaction():
                    split(
                        member,
                        coop.id,
                        Split((person,), person, LATER, True, CAPITAL, BOARD),
                        Request(None, str(person), 1),
                    )
                outcomes.append("done")
            except Conflict:
                outcomes.append("second")
            finally:
                db.session.remove()

    threads = [threading.Thread(target=go, args=(person,)) for person in persons[1:3]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["done", "second"]
    assert capital_of(member) == 0
    clean()
