"""Persons move between households: the past stays, nobody is in two households, a mistake is taken back by a move of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from shop.audit.run import CHECKS, run_check
from shop.cooperatives.people import moving, rates, register_facts, register_homes, register_reading
from shop.cooperatives.people.moving import Move
from shop.cooperatives.people.register_steps import Step
from shop.core.db import session, transaction
from shop.core.errors import Conflict, NotFound, Refused
from shop.core.text import BadText
from tests.cooperatives.register_scene import FIRST, LAST_YEAR, TODAY, Scene

EVE = TODAY - timedelta(days=1)


@pytest.fixture
def scene(app: Flask) -> Iterator[Scene]:
    with app.app_context():
        yield Scene()
        session().rollback()


def refused(words: str, deed: Callable[[], object], kind: type[Exception] = Refused) -> None:
    with pytest.raises(kind, match=words), transaction():
        deed()


def clean() -> None:
    found = {check.code: run_check(check)["rows"] for check in CHECKS if check.code.startswith("register-")}
    session().rollback()
    assert {code: rows for code, rows in found.items() if rows} == {}


def code_of(home: int) -> str:
    code = session().scalar(text("select code from household where id = :h"), {"h": home})
    session().rollback()
    return str(code)


def there(home: int, day: object) -> list[str]:
    """Names of those who live there on a day."""
    lines = register_reading.persons(home, [], day)  # type: ignore[arg-type]
    session().rollback()
    return sorted(line.name for line in lines if line.present)


def go(scene: Scene, home: int, person: int, kind: str, to: str = "", step: Step | None = None) -> None:
    with transaction():
        moving.move(home, step or scene.step(), Move(person, kind, to, "结婚证 12 号"))


def last_move() -> int:
    found = session().scalar(text("select max(id) from person_move"))
    session().rollback()
    return int(found or 0)


def test_a_bride_lives_in_one_household_a_day_and_the_past_stays(scene: Scene) -> None:
    first, second = scene.home("赵小妹", on=FIRST), scene.home(on=FIRST)
    bride = scene.persons(first)[1]
    with transaction():
        register_facts.exclude(first, scene.step(on=FIRST), bride, "under_18")
    counts = (
        rates.registry(scene.region, EVE).counts.persons,
        rates.registry(scene.region, TODAY).counts.persons,
    )
    session().rollback()
    step = scene.step(key="wedding")
    for _twice in range(2):
        go(scene, first, bride, "marriage", code_of(second).lower(), step)
    assert (there(first, EVE), there(first, TODAY)) == (["赵大山", "赵小妹"], ["赵大山"])
    assert (there(second, EVE), there(second, TODAY)) == (["赵大山"], ["赵大山", "赵小妹"])
    assert (
        rates.registry(scene.region, EVE).counts.persons,
        rates.registry(scene.region, TODAY).counts.persons,
    ) == counts
    along = (
        session().execute(text("select reason, valid_from, valid_to from person_exclusion order by id")).all()
    )
    assert [tuple(row) for row in along] == [("under_18", FIRST, None), ("under_18", TODAY, None)]
    session().rollback()
    refused(
        "已经登记离开", lambda: moving.move(first, scene.step(), Move(bride, "death", "", "证明")), Conflict
    )
    clean()


def test_what_is_wrong_is_refused(scene: Scene) -> None:
    first, second = scene.home("赵小妹", on=FIRST), scene.home(on=EVE)
    person, code = scene.persons(first)[1], code_of(second)

    def asked(kind: str = "marriage", to: str = code, paper: str = "证 1", who: int = person) -> Move:
        return Move(who, kind, to, paper)

    def refuse(words: str, move: Move, kind: type[Exception] = Refused, **step: object) -> None:
        refused(words, lambda: moving.move(first, scene.step(**step), move), kind)  # type: ignore[arg-type]

    refuse("请选择去向", asked(kind="travel"))
    refuse("请填写凭据", asked(paper=" "), BadText)
    refuse("没有找到这个户编号", asked(to="nowhere"), NotFound)
    refuse("没有找到这个人", asked(who=scene.persons(second)[0]), NotFound)
    refuse("就在这一户", asked(to=code_of(first)))
    refuse("才登记", asked(), on=FIRST)
    refuse("晚于今天", asked(), on=TODAY + timedelta(days=1))
    refuse("才登记", asked(kind="out", to=""), on=FIRST - timedelta(days=1))
    old = scene.old_home()
    gone = scene.persons(old)[0]
    refused("已经上报", lambda: moving.move(old, scene.step(on=LAST_YEAR), asked("death", "", "证", gone)))
    assert last_move() == 0


def test_a_head_may_die_and_his_years_as_head_stay(scene: Scene) -> None:
    home = scene.home("赵二山", on=FIRST)
    head = scene.persons(home)[0]
    go(scene, home, head, "death")
    assert (there(home, EVE), there(home, TODAY)) == (["赵二山", "赵大山"], ["赵二山"])
    refused(
        "已经登记离开",
        lambda: moving.move(home, scene.step(), Move(head, "return", code_of(home), "x")),
        Conflict,
    )
    with transaction():
        register_homes.change_head(home, scene.step(), scene.persons(home)[1])
    assert (
        session().scalar(text("select count(*) from person where is_head and household_id = :h"), {"h": home})
        == 2
    )
    session().rollback()
    clean()


def test_a_mistake_is_taken_back_from_its_own_day(scene: Scene) -> None:
    first, second = scene.home("赵小妹", on=FIRST), scene.home(on=FIRST)
    head = scene.persons(first)[0]
    go(scene, first, head, "other", code_of(second), scene.step(on=EVE))
    wrong = last_move()
    refused("请填写原因", lambda: moving.undo(first, scene.step(why=""), wrong), BadText)
    refused("没有找到", lambda: moving.undo(second, scene.step(), wrong), NotFound)
    with transaction():
        moving.undo(first, scene.step(why="看错了户"), wrong)
    for day in (EVE - timedelta(days=1), EVE, TODAY):
        assert (there(first, day), there(second, day)) == (["赵大山", "赵小妹"], ["赵大山"]), day
    heads = session().scalar(
        text("select count(*) from person where is_head and left_on is null and household_id = :h"),
        {"h": first},
    )
    assert heads == 1
    session().rollback()
    refused("已经撤销", lambda: moving.undo(first, scene.step(), wrong), Conflict)
    back = scene.persons(first)[-1]
    go(scene, first, back, "out")  # and on he goes, from the row that came back
    with transaction():
        moving.undo(first, scene.step(), last_move())
    assert there(first, TODAY) == ["赵大山", "赵小妹"]
    clean()


def test_a_later_move_is_undone_first(scene: Scene) -> None:
    homes = [scene.home("赵小妹", on=FIRST), scene.home(on=FIRST), scene.home(on=FIRST)]
    go(scene, homes[0], scene.persons(homes[0])[1], "marriage", code_of(homes[1]), scene.step(on=EVE))
    wrong = last_move()
    go(scene, homes[1], scene.persons(homes[1])[-1], "marriage", code_of(homes[2]))
    refused("先撤销后面的", lambda: moving.undo(homes[0], scene.step(), wrong))
    clean()


def test_who_left_the_town_comes_back_even_twice_over(scene: Scene) -> None:
    home, other = scene.home("赵小妹", on=FIRST), scene.home(on=FIRST)
    person = scene.persons(home)[1]
    go(scene, home, person, "out", step=scene.step(on=EVE - timedelta(days=3)))
    go(scene, home, person, "return", code_of(other), scene.step(on=EVE))
    assert (there(home, TODAY), there(other, TODAY)) == (["赵大山"], ["赵大山", "赵小妹"])
    with transaction():
        moving.undo(home, scene.step(), last_move())  # it was the wrong household: he is outside again
    assert (there(home, TODAY), there(other, TODAY)) == (["赵大山"], ["赵大山"])
    clean()
    go(scene, home, person, "return", code_of(home))
    assert (there(home, EVE), there(home, TODAY)) == (["赵大山"], ["赵大山", "赵小妹"])
    clean()


def test_two_clerks_at_once_move_him_once(scene: Scene, app: Flask) -> None:
    homes = [scene.home("赵小妹", on=FIRST), scene.home(on=FIRST), scene.home(on=FIRST)]
    person = scene.persons(homes[0])[1]
    codes = [code_of(home) for home in homes]
    steps = [scene.step(), scene.step()]
    start, told = threading.Barrier(2), list[str]()

    def clerk(which: int) -> None:
        with app.app_context():
            start.wait()
            try:
                with transaction():
                    moving.move(homes[0], steps[which], Move(person, "marriage", codes[which + 1], "证"))
                told.append("moved")
            except Conflict:
                told.append("too late")

    clerks = [threading.Thread(target=clerk, args=(one,)) for one in range(2)]
    for one in clerks:
        one.start()
    for one in clerks:
        one.join()
    assert sorted(told) == ["moved", "too late"]
    assert sum("赵小妹" in there(home, TODAY) for home in homes) == 1
    clean()


def test_the_database_refuses_two_households_on_one_day(scene: Scene) -> None:
    home, other = scene.home("赵小妹", on=FIRST), scene.home(on=FIRST)
    person = scene.persons(home)[1]
    row = (
        "insert into person (household_id, name, joined_on, before_id)"
        " select :o, name, current_date, id from person where id = :p"
    )
    with pytest.raises(IntegrityError, match="two households"), transaction():
        session().execute(text(row), {"o": other, "p": person})
    go(scene, home, person, "marriage", code_of(other))
    with pytest.raises(DBAPIError, match="append"), transaction():
        session().execute(text("update person_move set on_date = on_date - 1"))
