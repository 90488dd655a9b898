"""Deeds of the township's register: dated, once, never over one another, and what is closed stays as it was reported."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from shop.audit.run import CHECKS, run_check
from shop.cooperatives.people import (
    eligibility,
    lists,
    rates,
    register_facts,
    register_homes,
    reveals,
)
from shop.cooperatives.people.lists import Wanted
from shop.cooperatives.people.models import Member
from shop.cooperatives.people.register_steps import Step
from shop.cooperatives.people.registry import NewHousehold
from shop.core.db import insert_rows, session, transaction
from shop.core.errors import Conflict, NotFound, Refused
from shop.core.text import BadText
from tests.cooperatives.register_scene import FIRST, LAST_YEAR, TODAY, Scene
from tests.support import town_builder as town


@pytest.fixture
def scene(app: Flask) -> Iterator[Scene]:
    with app.app_context():
        yield Scene()
        session().rollback()


def refused(words: str, deed: Callable[[], object], kind: type[Exception] = Refused) -> None:
    with pytest.raises(kind, match=words), transaction():
        deed()


def clean() -> None:
    found = {check.code: run_check(check)["rows"] for check in CHECKS}
    session().rollback()
    assert {code: rows for code, rows in found.items() if rows} == {}


def test_a_household_comes_once_and_closed_years_do_not_know_it(scene: Scene) -> None:
    new = NewHousehold(scene.village, "赵大山", None, True, ("赵二山",), TODAY)
    step = scene.step(key="same")
    with transaction():
        home = register_homes.enter(step, new)
    with transaction():
        assert register_homes.enter(step, new) == home
    assert (scene.number("all"), scene.number("all", LAST_YEAR)) == (1, 0)
    counts = rates.registry(scene.region, TODAY).counts
    assert (counts.households, counts.persons) == (1, 2)
    session().rollback()
    refused(
        "没有找到这个村", lambda: register_homes.enter(scene.step(), NewHousehold(999_999, "赵")), NotFound
    )
    refused("已经上报", lambda: register_homes.enter(scene.step(on=LAST_YEAR), new))
    refused("晚于今天", lambda: register_homes.enter(scene.step(on=TODAY + timedelta(days=1)), new))
    clean()


def test_a_category_holds_from_its_day_to_its_eve_and_never_twice(scene: Scene) -> None:
    home = scene.old_home()
    with transaction():
        register_facts.give_category(home, scene.step(on=FIRST), "registered_household")
    assert (scene.number("registered"), scene.number("registered", FIRST - timedelta(days=1))) == (1, 0)
    refused("已经有了", lambda: register_facts.give_category(home, scene.step(), "registered_household"))
    refused("请选择类别", lambda: register_facts.give_category(home, scene.step(), "rich"))
    row = one("select id from household_category")
    refused("已经上报", lambda: register_facts.end_category(home, scene.step(on=LAST_YEAR), row))
    refused("请填写原因", lambda: register_facts.end_category(home, scene.step(why=" "), row), BadText)
    refused("没有找到", lambda: register_facts.end_category(home, scene.step(), row + 1), NotFound)
    with transaction():
        register_facts.end_category(home, scene.step(), row)
    refused("刚才已经结束", lambda: register_facts.end_category(home, scene.step(), row), Conflict)
    assert (scene.number("registered"), scene.number("registered", TODAY - timedelta(days=1))) == (0, 1)
    with pytest.raises(IntegrityError), transaction():  # the database itself, whoever asks
        session().execute(
            text(
                "insert into household_category (household_id, category, valid_from) values (:h, 'registered_household', :d)"
            ),
            {"h": home, "d": FIRST},
        )
    clean()


def test_a_mistake_ends_on_its_first_day_and_leaves_room(scene: Scene) -> None:
    home = scene.old_home()
    with transaction():
        register_facts.give_category(home, scene.step(), "monitored_household")
        register_facts.end_category(home, scene.step(), one("select id from household_category"))
        register_facts.give_category(home, scene.step(), "monitored_household")
    rows = lists.households(scene.region, TODAY, Wanted(category="monitored_household"), 10, 0)
    assert [row.id for row in rows] == [home]
    session().rollback()
    clean()


def test_two_clerks_end_one_category_and_one_is_told(app: Flask, scene: Scene) -> None:
    home = scene.old_home()
    with transaction():
        register_facts.give_category(home, scene.step(), "registered_household")
    row = one("select id from household_category")
    steps, found, ready = [scene.step(), scene.step()], [], threading.Barrier(2)

    def go(step: Step) -> None:
        with app.app_context():
            ready.wait()
            try:
                with transaction():
                    register_facts.end_category(home, step, row)
                found.append("ended")
            except Conflict:
                found.append("told")

    threads = [threading.Thread(target=go, args=(step,)) for step in steps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == ["ended", "told"]
    assert one("select count(*) from activity where act = 'household.category_ended'") == 1
    clean()


def test_a_form_sent_twice_lends_once(scene: Scene) -> None:
    home = scene.old_home()
    step = scene.step(key="once")
    for _ in range(2):
        with transaction():
            register_facts.lend(home, step, 50_000_00)
    assert one("select count(*) from microloan") == 1
    refused("10 万元", lambda: register_facts.lend(home, scene.step(), 0))
    with transaction():
        register_facts.withdraw_loan(home, scene.step(), one("select id from microloan"))
    assert scene.number("loan") == 0
    refused(
        "已经撤销",
        lambda: register_facts.withdraw_loan(home, scene.step(), one("select id from microloan")),
        Conflict,
    )
    clean()


def test_exclusions_say_why_somebody_may_not_join(scene: Scene) -> None:
    home = scene.home("赵小山")
    child = scene.persons(home)[1]
    with transaction():
        register_facts.give_category(home, scene.step(), "registered_household")
        register_facts.exclude(home, scene.step(), child, "under_18")
    assert [person.reason for person in eligibility.persons_of([home], TODAY)[home]] == ["", "under_18"]
    session().rollback()
    assert lists.households(scene.region, TODAY, Wanted("eligible"), 1, 0)[0].eligible_persons == 1
    session().rollback()
    refused("已经有了", lambda: register_facts.exclude(home, scene.step(), child, "under_18"))
    refused(
        "没有找到这个人", lambda: register_facts.exclude(home, scene.step(), 999_999, "under_18"), NotFound
    )
    with transaction():
        register_facts.end_exclusion(home, scene.step(), one("select id from person_exclusion"))
    assert eligibility.persons_of([home], TODAY)[home][1].reason == ""
    session().rollback()
    clean()


def test_persons_come_and_go_by_day(scene: Scene) -> None:
    home = scene.home("赵小山", on=FIRST)
    head, son = scene.persons(home)
    with transaction():
        register_homes.add_person(home, scene.step(), "钱小妹")
        register_homes.person_leaves(home, scene.step(), son)
    yesterday = TODAY - timedelta(days=1)
    assert [person.name for person in eligibility.persons_of([home], TODAY)[home]] == ["赵大山", "钱小妹"]
    assert [person.name for person in eligibility.persons_of([home], yesterday)[home]] == ["赵大山", "赵小山"]
    session().rollback()
    refused("先更换户主", lambda: register_homes.person_leaves(home, scene.step(), head))
    refused("已经登记离开", lambda: register_homes.person_leaves(home, scene.step(), son), Conflict)
    wife = scene.persons(home)[2]
    with transaction():
        register_homes.change_head(home, scene.step(), wife)
    refused("现在就是户主", lambda: register_homes.change_head(home, scene.step(), wife), Conflict)
    assert lists.find(scene.region, "钱小妹", TODAY) == [home]
    assert lists.find(scene.region, "赵小山", TODAY) == []
    assert lists.find(scene.region, "钱", TODAY) == []  # a part of a name tells nothing
    session().rollback()
    clean()


def test_a_member_households_head_is_the_cooperatives_matter(scene: Scene) -> None:
    home = scene.home("赵小山")
    with transaction():
        row = {"cooperative_id": town.cooperative().id, "household_id": home, "number": 1, "joined_on": TODAY}
        insert_rows(Member, [row])
    son = scene.persons(home)[1]
    refused("合作社成员", lambda: register_homes.change_head(home, scene.step(), son))
    refused("先由合作社办理退社", lambda: register_homes.close(home, scene.step()))


def test_a_closed_household_is_gone_from_its_day_on(scene: Scene) -> None:
    home = scene.home("赵小山", on=FIRST)
    with transaction():
        register_homes.close(home, scene.step())
    assert (scene.number("all"), scene.number("all", TODAY - timedelta(days=1))) == (0, 1)
    refused("已经注销", lambda: register_homes.add_person(home, scene.step(), "钱小妹"))
    assert one("select count(*) from person where left_on is null") == 0
    clean()


def test_able_and_led(scene: Scene) -> None:
    home = scene.old_home()
    with transaction():
        register_homes.assess_able(home, scene.step())
        register_facts.link(home, scene.step(), "planting", "合同 3 号")
    assert (scene.number("able"), scene.number("led")) == (1, 1)
    with transaction():
        register_facts.end_link(home, scene.step(), one("select id from industry_link"))
        register_homes.take_back_able(home, scene.step())
    assert (scene.number("able"), scene.number("led")) == (0, 0)
    clean()


def test_another_townships_household_is_none(scene: Scene) -> None:
    home = scene.old_home()
    stranger = Step("420302101", scene.clerk, "far", TODAY, "核查登记")
    for deed in (
        lambda: register_facts.give_category(home, stranger, "registered_household"),
        lambda: register_homes.change_phone(home, stranger, None),
        lambda: reveals.reveal("420302101", [home], "核对收款电话", scene.clerk),
    ):
        refused("没有找到这一户", deed, NotFound)


def test_a_look_at_names_is_kept_with_its_reason(scene: Scene) -> None:
    home = scene.old_home()
    refused("至少写 5 个字", lambda: reveals.reveal(scene.region, [home], "看看", scene.clerk))
    with transaction():
        reveals.reveal(scene.region, [home], "核对收款电话", scene.clerk)
    assert [(row.kind, row.reason) for row in reveals.of_household(home)] == [("household", "核对收款电话")]
    assert [row.household_id for row in reveals.of_region(scene.region, 10, 0)] == [home]
    session().rollback()
    with pytest.raises(IntegrityError, match="append-only"), transaction():
        session().execute(text("update reveal set reason = '另一个原因'"))
    clean()


def one(statement: str) -> int:
    found = int(session().scalar(text(statement)) or 0)
    if not session().info.get("in_transaction"):
        session().rollback()
    return found
