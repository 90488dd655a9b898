"""Members: found by what people type, admitted once, leaving at a year's end."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import text

from shop.cooperatives.people import queries, registry
from shop.core import clock
from shop.core.db import db, transaction
from shop.core.errors import NotFound, Refused
from tests.support import town_builder as town

DAY = date(2020, 6, 1)


@pytest.fixture
def coop(db_session: object) -> town.Coop:
    with transaction():
        return town.cooperative("dachuan")


def _new(coop: town.Coop, name: str = "赵大山", **more: object) -> int:
    return registry.register_household(registry.NewHousehold(coop.village_id, name, **more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "typed,found",
    [
        ("", ["王小华", "欧阳春", "王明", "曾国强"]),
        ("王", ["王小华", "王明"]),
        ("小华", ["王小华"]),
        ("wangxiaohua", ["王小华"]),
        ("Wang Xiao", ["王小华"]),
        ("wxh", ["王小华"]),
        ("w", ["王小华", "王明"]),
        ("oyc", ["欧阳春"]),
        ("12", ["欧阳春"]),
        ("1", []),
        ("xyz", []),
        ("zengguo", ["曾国强"]),
        ("zgq", ["曾国强"]),
    ],
)
def test_members_are_found_by_name_pinyin_initials_and_number(
    coop: town.Coop, typed: str, found: list[str]
) -> None:
    with transaction():
        for number, name in ((7, "王小华"), (12, "欧阳春"), (300, "王明"), (301, "曾国强")):
            town.member(coop, name, number=number)
        town.member(town.cooperative(), "王外人")
        town.member(coop, "王后来", joined_on=DAY + timedelta(days=1))
    assert [row.name for row in queries.find_members(coop.id, typed, DAY)] == found


def test_cooperatives_by_code_and_region(coop: town.Coop) -> None:
    assert queries.cooperative_by_code("dachuan").id == coop.id
    with pytest.raises(NotFound, match="nowhere"):
        queries.cooperative_by_code("nowhere")
    for code in ("42", "420302100"):
        assert [row.code for row in queries.cooperatives_under(code)] == ["dachuan"]
    for code in ("43", "4203021009", "%", "_2"):
        assert queries.cooperatives_under(code) == []


def test_charter_of_a_day(coop: town.Coop) -> None:
    assert queries.charter_on(coop.id, town.LONG_AGO - timedelta(days=1)) is None
    with transaction():
        db.session.execute(
            text("insert into charter (cooperative_id, valid_from, reserve_rate, patronage_ratio, resolution)"
                 " values (:coop, '2020-07-01', '0.15', '0.70', '2020 年成员大会')"),
            {"coop": coop.id},
        )  # fmt: skip
    before, after = (
        queries.charter_on(coop.id, date(2020, 6, 30)),
        queries.charter_on(coop.id, date(2020, 7, 1)),
    )
    assert before is not None
    assert after is not None
    assert (before.reserve_rate, after.reserve_rate) == ("0.10", "0.15")


def test_a_household_joins_leaves_and_joins_again_under_a_new_number(coop: town.Coop) -> None:
    with transaction():
        household_id = _new(coop, persons=("赵小山",))
        other = town.cooperative()
        first = town.admit(coop.id, household_id, DAY)
    assert queries.membership_on(household_id, coop.id, DAY) == first
    assert queries.membership_on(household_id, coop.id, DAY - timedelta(days=1)) is None
    with pytest.raises(Refused, match="已经是"), transaction():
        town.admit(other.id, household_id, DAY)
    with transaction():
        registry.leave(first, coop.id, date(2020, 12, 31))
    assert queries.membership_on(household_id, coop.id, date(2020, 12, 31)) == first
    assert queries.membership_on(household_id, coop.id, date(2021, 1, 1)) is None
    with pytest.raises(Refused, match="已经是"), transaction():
        town.admit(coop.id, household_id, date(2020, 12, 31))
    with transaction():
        second = town.admit(coop.id, household_id, date(2021, 1, 1))
    numbers = [row.number for day in (DAY, date(2021, 2, 1)) for row in queries.members(coop.id, day)]
    assert numbers == [1, 2]
    assert queries.membership_on(household_id, coop.id, date(2021, 1, 1)) == second
    assert db.session.scalar(text("select count(*) from activity")) == 4


def test_whom_the_exclusions_leave_nobody_cannot_join(coop: town.Coop) -> None:
    with transaction():
        household_id = _new(coop)
        db.session.execute(
            text("insert into person_exclusion (person_id, reason, valid_from, valid_to)"
                 " select id, 'safety_net', '2019-01-01', '2020-12-31' from person")
        )  # fmt: skip
    with pytest.raises(Refused, match="没有可以入社的人"), transaction():
        town.admit(coop.id, household_id, DAY)
    with transaction():
        town.admit(coop.id, household_id, date(2021, 1, 1))


def test_bad_membership_deeds_are_refused(coop: town.Coop) -> None:
    with transaction():
        household_id, other = _new(coop), town.cooperative()
        member_id = town.admit(coop.id, household_id, DAY)
        free = _new(coop)
    for refused, error in (
        (lambda: town.admit(coop.id, free, clock.today() + timedelta(days=1)), Refused),
        (lambda: town.admit(999_999, free, DAY), NotFound),
        (lambda: town.admit(coop.id, 999_999, DAY), NotFound),
        (lambda: registry.leave(member_id, other.id, date(2020, 12, 31)), NotFound),
        (lambda: registry.leave(member_id, coop.id, date(2020, 6, 30)), Refused),
        (lambda: registry.leave(member_id, coop.id, date(2019, 12, 31)), Refused),
        (lambda: _new(coop, "  "), Refused),
        (lambda: registry.register_household(registry.NewHousehold(999_999, "赵")), NotFound),
    ):
        with pytest.raises(error), transaction():
            refused()  # type: ignore[no-untyped-call]


def test_consent_is_given_and_withdrawn_once(coop: town.Coop) -> None:
    with transaction():
        household_id = _new(coop)
        registry.give_consent(household_id, DAY)
        registry.give_consent(household_id, DAY)
        registry.withdraw_consent(household_id, DAY + timedelta(days=9))
        registry.withdraw_consent(household_id, DAY + timedelta(days=10))
    rows = db.session.execute(text("select given_on, withdrawn_on from household_consent")).all()
    assert [tuple(row) for row in rows] == [(DAY, DAY + timedelta(days=9))]


def test_names_never_stand_in_the_database_in_clear(coop: town.Coop) -> None:
    with transaction():
        _new(coop, "赵大山", persons=("赵小山",))
    stored = db.session.execute(
        text("select head_name from household union all select name from person")
    ).scalars()
    assert all("赵".encode() not in bytes(blob) for blob in stored)
