"""Joining, leaving, staying, a new head: what the law says, what is kept, and who comes second."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shop.cooperatives.income import membership
from shop.cooperatives.income.membership import Notice
from shop.cooperatives.people import registry, succession
from shop.cooperatives.people.member_events import Request, Resolved
from shop.core import clock
from shop.core.db import session, transaction
from shop.core.errors import Conflict, NotFound, Refused
from shop.core.privacy import decrypt
from tests.support import town_builder as town

DAY = date(2020, 6, 1)
ASSEMBLY = Resolved("2020 年第一次成员大会", date(2020, 5, 30))


@pytest.fixture
def coop(db_session: object) -> town.Coop:
    with transaction():
        return town.cooperative("dachuan")


def household(coop: town.Coop, name: str = "赵大山", **more: object) -> int:
    return registry.register_household(registry.NewHousehold(coop.village_id, name, **more))  # type: ignore[arg-type]


def steps(member_id: int) -> list[tuple[object, ...]]:
    rows = session().execute(
        text("select seq, kind, on_date, reason from member_event where member_id = :m order by seq"),
        {"m": member_id},
    )
    return [tuple(row) for row in rows]


def test_good_ones_join_in_one_go_and_the_others_are_named(coop: town.Coop) -> None:
    with transaction():
        good = [household(coop), household(coop)]
        excluded = household(coop)
        session().execute(
            text(
                "insert into person_exclusion (person_id, reason, valid_from)"
                " select id, 'under_18', '2019-01-01' from person where household_id = :h"
            ),
            {"h": excluded},
        )
        elsewhere = town.member(town.cooperative()).household_id
        session().execute(
            text("insert into region (code, name, level) values ('420302200', '别的镇', 'township')")
        )
        outside = registry.register_household(
            registry.NewHousehold(town.village("外村", "420302200"), "钱外人")
        )
        wanted = [*good, excluded, elsewhere or 0, outside, 999_999]
        joined = membership.join(coop.id, wanted, DAY, ASSEMBLY, Request(None, "k"))
    assert sorted(joined.members) == sorted(good)
    sentences = {one: refusal.message for one, refusal in joined.refused.items()}
    assert "没有可以入社的人" in sentences[excluded]
    assert "已经是" in sentences[elsewhere or 0]
    assert "不在本镇" in sentences[outside]
    assert "没有找到" in sentences[999_999]
    numbers = session().execute(
        text("select number from member where cooperative_id = :c order by 1"), {"c": coop.id}
    )
    assert list(numbers.scalars()) == [1, 2]
    with transaction():
        again = membership.join(coop.id, good, DAY, ASSEMBLY, Request(None, "k"))
    assert again == type(again)(joined.members, {})
    assert steps(joined.members[good[0]]) == [(1, "joined", DAY, None)]


def test_farmers_stay_four_fifths(coop: town.Coop) -> None:
    with transaction():
        town.members(coop, 3)
        first, second = (household(coop, agricultural=False) for _n in range(2))
        joined = membership.join(coop.id, [first, second], DAY, ASSEMBLY, Request())
    assert joined.members == {}
    with transaction():
        town.members(coop, 1)
        joined = membership.join(coop.id, [first, second], DAY, ASSEMBLY, Request())
    assert list(joined.members) == [first]
    assert "八成" in joined.refused[second].message


@pytest.mark.parametrize(
    "notice, last",
    [
        (Notice("withdrew", date(2020, 9, 30)), date(2020, 12, 31)),
        (Notice("withdrew", date(2020, 10, 1)), date(2021, 12, 31)),
        (Notice("moved", date(2020, 10, 1)), date(2021, 12, 31)),
        (Notice("deceased", date(2020, 11, 5)), date(2020, 12, 31)),
        (Notice("expelled", date(2020, 11, 5), Resolved("大会", date(2020, 11, 4))), date(2020, 12, 31)),
    ],
)
def test_membership_ends_with_the_fiscal_year(coop: town.Coop, notice: Notice, last: date) -> None:
    with transaction():
        member = town.member(coop, joined_on=date(2020, 1, 1))
        left_on = membership.leave(member.member_id or 0, coop.id, notice, Request(None, "k"))
    assert left_on == last
    assert steps(member.member_id or 0) == [(1, "leaving", last, notice.reason)]
    with transaction():
        assert membership.leave(member.member_id or 0, coop.id, notice, Request(None, "k")) == last
    with pytest.raises(Conflict, match="已经办理过"), transaction():
        membership.leave(member.member_id or 0, coop.id, notice, Request(None, "another"))


def test_what_is_no_leaving(coop: town.Coop) -> None:
    with transaction():
        member = town.member(coop, joined_on=date(2020, 3, 1)).member_id or 0
        other = town.cooperative()
        session().execute(
            text("insert into fiscal_year_close (cooperative_id, year, surplus_fen) values (:c, 2020, 0)"),
            {"c": coop.id},
        )
    for notice, cooperative_id, error, words in (
        (Notice("bored", DAY), coop.id, Refused, "退社原因"),
        (Notice("withdrew", clock.today() + timedelta(days=1)), coop.id, Refused, "晚于今天"),
        (Notice("withdrew", date(2020, 2, 1)), coop.id, Refused, "早于入社"),
        (Notice("expelled", DAY), coop.id, Refused, "成员大会决定"),
        (Notice("withdrew", DAY, Resolved("大会", None)), coop.id, Refused, "决议日期"),
        (Notice("withdrew", DAY, Resolved("", DAY)), coop.id, Refused, "哪次会议"),
        (Notice("withdrew", DAY), coop.id, Refused, "2020 年的账已经结账"),
        (Notice("withdrew", DAY), other.id, NotFound, "成员"),
    ):
        with pytest.raises(error, match=words), transaction():
            membership.leave(member, cooperative_id, notice, Request())
    with pytest.raises(Refused, match="已经结账"), transaction():
        membership.join(coop.id, [household(coop)], DAY, ASSEMBLY, Request())
    with pytest.raises(Conflict, match="别人刚办理过"), transaction():
        membership.leave(member, coop.id, Notice("withdrew", date(2021, 6, 1)), Request(seen=1))


def test_a_leaving_is_taken_back_before_it_is_over(coop: town.Coop) -> None:
    today = clock.today()
    with transaction():
        member = town.member(coop).member_id or 0
        left_on = membership.leave(member, coop.id, Notice("withdrew", today), Request())
        membership.stay(member, coop.id, Resolved(), Request(None, "s", seen=1))
        membership.stay(member, coop.id, Resolved(), Request(None, "s", seen=1))
    assert left_on >= today
    assert [step[1] for step in steps(member)] == ["leaving", "stayed"]
    assert session().scalar(text("select left_on from member where id = :m"), {"m": member}) is None
    with pytest.raises(Refused, match="没有退社"), transaction():
        membership.stay(member, coop.id, Resolved(), Request())
    with transaction():
        membership.leave(member, coop.id, Notice("withdrew", date(2020, 2, 1)), Request())
    with pytest.raises(Refused, match="已经终止"), transaction():
        membership.stay(member, coop.id, Resolved(), Request())


def test_the_database_keeps_memberships_and_steps(coop: town.Coop) -> None:
    with transaction():
        member = town.member(coop)
        membership.leave(member.member_id or 0, coop.id, Notice("withdrew", DAY), Request())
    overlapping = "insert into member (cooperative_id, household_id, number, joined_on) values (:c, :h, 900, '2020-12-31')"
    for statement in (overlapping, "update member_event set fen = 0", "delete from member_event"):
        with pytest.raises(DBAPIError), transaction():
            session().execute(
                text(statement), {"c": coop.id, "h": member.household_id} if ":c" in statement else {}
            )


def test_a_new_head_keeps_the_account_and_the_old_name(coop: town.Coop) -> None:
    with transaction():
        home = household(coop, persons=("赵小山",))
        member = town.admit(coop.id, home, DAY)
        registry.give_consent(home, DAY)
        son = session().scalar(text("select id from person where not is_head")) or 0
        first = succession.succeed(
            member, coop.id, son, "", DAY + timedelta(days=9), ASSEMBLY, Request(None, "k", 1)
        )
        assert succession.succeed(member, coop.id, son, "", DAY, ASSEMBLY, Request(None, "k", 1)) == first
    row = (
        session()
        .execute(text("select head_before, head_after from member_event where kind = 'succession'"))
        .one()
    )
    assert (decrypt(bytes(row.head_before)), decrypt(bytes(row.head_after))) == ("赵大山", "赵小山")
    heads = session().execute(text("select id from person where is_head")).scalars().all()
    assert heads == [son]
    withdrawn = session().execute(text("select withdrawn_on, withdrawn_how from household_consent")).one()
    assert tuple(withdrawn) == (DAY + timedelta(days=9), "更换户主")
    with transaction():
        succession.succeed(
            member, coop.id, None, "孙新来", DAY + timedelta(days=10), Resolved(), Request(seen=2)
        )
    assert session().scalar(text("select count(*) from person where household_id = :h"), {"h": home}) == 3
    now = session().scalar(text("select id from person where is_head"))
    for person, name, error, words in (
        (now, "", Refused, "现在就是户主"),
        (999_999, "", NotFound, "这个人"),
        (None, "  ", Refused, "姓名"),
    ):
        with pytest.raises(error, match=words), transaction():
            succession.succeed(member, coop.id, person, name, DAY + timedelta(days=11), Resolved(), Request())


def test_consents_of_a_household_never_overlap(coop: town.Coop) -> None:
    with transaction():
        home = household(coop)
        registry.give_consent(home, DAY, how="同意书 7 号")
        registry.withdraw_consent(home, DAY + timedelta(days=9), how="来电")
    with pytest.raises(Refused, match="才撤回"), transaction():
        registry.give_consent(home, DAY + timedelta(days=8))
    with transaction():
        registry.give_consent(home, DAY + timedelta(days=9))
        registry.withdraw_consent(home, DAY)
    rows = (
        session().execute(text("select given_on, withdrawn_on, how from household_consent order by id")).all()
    )
    ninth = DAY + timedelta(days=9)
    assert [tuple(row) for row in rows] == [(DAY, ninth, "同意书 7 号"), (ninth, ninth, "")]
    overlapping = (
        "insert into household_consent (household_id, purpose, given_on) values (:h, 'public_name', :d)"
    )
    with pytest.raises(DBAPIError), transaction():
        session().execute(text(overlapping), {"h": home, "d": DAY + timedelta(days=1)})
    for deed in (registry.give_consent, registry.withdraw_consent):
        with pytest.raises(Refused, match="晚于今天"), transaction():
            deed(home, clock.today() + timedelta(days=1))
