"""A settlement after its draft: two people, entries taken once, corrections and small balances carried, named deductions."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from shop.cooperatives import tasks
from shop.cooperatives.income import deductions, settlement_approval
from shop.cooperatives.income.settlement import compute_month, statement
from shop.cooperatives.ledger.posting import Entry, Posting, post
from shop.cooperatives.produce import intake
from shop.core.db import db, session, transaction
from shop.core.errors import Conflict, NotFound, Refused
from shop.payments import whereabouts
from tests.support import payout_builder as build
from tests.support.payout_builder import Scene

pytestmark = pytest.mark.usefixtures("db_session")


@pytest.fixture
def made(db_session: object) -> Scene:
    return build.scene([500_000, 120_050])


def computed(made: Scene, period: str = "2020-08", by: int | None = None) -> int:
    with transaction():
        return compute_month(made.coop.id, period, made.manager if by is None else by)


def approve(made: Scene, settlement_id: int, by: int | None = None) -> None:
    with transaction():
        settlement_approval.approve(settlement_id, made.coop.id, made.chair if by is None else by)


def credit(made: Scene, place: int, fen: int, on: date, kind: str = "intake") -> int:
    """An entry owed to (negative: back from) one of the members; returns its transaction."""
    party = made.parties[place]
    sub = (party.member_id, party.household_id)
    count = made.one("select count(*)::int from ledger_transaction")
    with transaction():
        new = post(
            [
                Posting(made.coop.id, kind, f"test:{made.coop.id}:{count}", on, "cooperative", made.coop.id,
                        (Entry("114.payable", -fen, *sub), Entry("121", fen)))
            ]
        )  # fmt: skip
    return next(iter(new.values()))


def lines(made: Scene, period: str) -> list[tuple[int, int, int, str]]:
    """(credit, carried in, due, state) by member number."""
    found = statement(made.coop.id, period)
    session().rollback()
    assert found is not None
    return [(line.credit_fen, line.carried_in_fen, line.due_fen, line.state) for line in found.lines]


def ties(made: Scene) -> None:
    found = whereabouts.of(made.coop.id)
    session().rollback()
    assert [tie for tie in found.ties if not tie.holds] == []


def test_two_people_and_the_right_moment(made: Scene) -> None:
    settlement_id = computed(made)
    with pytest.raises(Refused, match="不能自己审批"):
        approve(made, settlement_id, made.manager)
    with pytest.raises(IntegrityError, match="two_people"), transaction():
        session().execute(text("update settlement set approved_by = made_by"))
    approve(made, settlement_id)
    with pytest.raises(Conflict, match="已经审批过"):
        approve(made, settlement_id)
    with pytest.raises(Refused, match="不能重新计算"):
        computed(made)
    other = build.scene([1_000], tail="2")
    with pytest.raises(NotFound):
        approve(other, settlement_id)
    this_month = f"{date.today():%Y-%m}"  # noqa: DTZ011
    with pytest.raises(Refused, match="没有过完"):
        approve(made, computed(made, this_month))


def test_a_draft_of_the_clock_needs_a_person_and_keeps_one(made: Scene) -> None:
    with transaction():
        settlement_id = compute_month(made.coop.id, "2020-08", None)
    with pytest.raises(Refused, match="经办人先核对"):
        approve(made, settlement_id)
    computed(made)
    with transaction():
        compute_month(made.coop.id, "2020-08", None)
    assert made.one("select made_by from settlement") == made.manager
    credit(made, 0, 1_000, date(2020, 8, 30))
    with transaction():
        compute_month(made.coop.id, "2020-08", None)
    assert made.one("select made_by from settlement") is None
    assert lines(made, "2020-08")[0][0] == 501_000


def test_the_books_moved_after_the_draft(made: Scene) -> None:
    settlement_id = computed(made)
    credit(made, 0, 7_000, date(2020, 8, 31))
    with pytest.raises(Conflict, match="又有变动"):
        approve(made, settlement_id)
    assert made.one("select count(*)::int from settlement_entry") == 0
    approve(made, computed(made))


def test_each_credit_is_in_one_settlement_and_links_are_history(made: Scene) -> None:
    build.settle(made)
    assert made.one("select count(*)::int from settlement_entry") == 2
    entry, line = made.rows("select ledger_entry_id, settlement_line_id from settlement_entry limit 1")[0]
    with pytest.raises(IntegrityError), transaction():
        session().execute(
            text("insert into settlement_entry values (:entry, :line)"), {"entry": entry, "line": line}
        )
    for statement_ in ("update settlement_entry set settlement_line_id = 1", "delete from settlement_entry"):
        with pytest.raises((IntegrityError, ProgrammingError)), transaction():
            session().execute(text(statement_))
    ties(made)


def test_what_comes_late_is_a_correction_in_the_next_one(made: Scene) -> None:
    build.settle(made)
    receipt = made.one("select min(id) from intake_receipt")
    with transaction():
        intake.reverse(int(str(receipt)), made.coop.id, "称错了", on=date(2020, 9, 2))
    credit(made, 1, 4_000, date(2020, 8, 20))  # entered late, dated in the approved month
    credit(made, 1, 60_000, date(2020, 9, 10))
    assert lines(made, "2020-08")[0][2] == 500_000
    build.settle(made, "2020-09")
    found = statement(made.coop.id, "2020-09")
    assert found is not None
    assert [(line.credit_fen, line.due_fen, line.correction_fen, line.state) for line in found.lines] == [
        (-500_000, -500_000, -500_000, "carried"),
        (64_000, 64_000, 4_000, "due"),
    ]
    assert {part["corrects"] for line in found.lines for part in line.details} == {"2020-08", None}
    credit(made, 0, 510_000, date(2020, 10, 5))
    build.settle(made, "2020-10")
    assert lines(made, "2020-10") == [(510_000, -500_000, 10_000, "due")]
    ties(made)


def test_months_go_in_order(made: Scene) -> None:
    credit(made, 0, 9_000, date(2020, 9, 5))
    with pytest.raises(Refused, match="请先审批 2020-08"):
        approve(made, computed(made, "2020-09"))
    build.settle(made)
    build.settle(made, "2020-09")
    with pytest.raises(Refused, match="更正并入"):
        computed(made, "2020-07")


def test_small_balances_are_carried_until_they_are_enough_or_december(made: Scene) -> None:
    build.settle(made)
    for month, fen in ((9, 400), (10, 500), (11, 200), (12, 30)):
        credit(made, 0, fen, date(2020, month, 3))
        build.settle(made, f"2020-{month:02d}")
    assert lines(made, "2020-09") == [(400, 0, 400, "carried")]
    assert lines(made, "2020-10") == [(500, 400, 900, "carried")]
    assert lines(made, "2020-11") == [(200, 900, 1_100, "due")]
    assert lines(made, "2020-12") == [(30, 0, 30, "due")]
    assert made.rows("select period, state from settlement order by period")[1] == ("2020-09", "paid")
    ties(made)


def test_deductions_have_their_name(made: Scene) -> None:
    party = deductions.household_party(made.households[0], made.coop.id, date(2020, 8, 20))
    session().rollback()
    for name, fen, key in (("运到县城的车费", 3_000, "a"), ("包装箱 20 个", 1_250, "b")):
        for _again in range(2):
            with transaction():
                deductions.deduct(
                    made.coop.id, party, fen, name, reason="8月20日约定", request_key=key, by=made.manager,
                    on=date(2020, 8, 20),
                )  # fmt: skip
    build.settle(made)
    found = statement(made.coop.id, "2020-08")
    assert found is not None
    line = found.lines[0]
    assert (line.credit_fen, line.deduction_fen, line.due_fen) == (500_000, 4_250, 495_750)
    assert {(part["name"], part["fen"]) for part in line.details if part["kind"] == "deduction"} == {
        ("运到县城的车费", -3_000),
        ("包装箱 20 个", -1_250),
    }
    assert made.one("select sum(fen)::bigint from ledger_entry where account = '521'") == -4_250
    session().rollback()
    for fen, name, reason in (
        (0, "运费", "约定"),
        (100, "", "约定"),
        (100, "运费", " "),
        (10**14, "运费", "约定"),
    ):
        with pytest.raises((Refused, ValueError)), transaction():
            deductions.deduct(made.coop.id, party, fen, name, reason=reason, request_key="c", by=None)


def test_the_nightly_draft_stops_for_no_approved_month(made: Scene) -> None:
    last_month = tasks.clock.today().replace(day=1)
    with transaction():
        session().execute(
            text("insert into settlement (cooperative_id, period, state) values (:c, :p, 'paid')"),
            {
                "c": made.coop.id,
                "p": f"{last_month.year - (last_month.month == 1)}-{(last_month.month - 2) % 12 + 1:02d}",
            },
        )
    other = build.scene([1_000], tail="2")
    session().rollback()
    period = made.one("select period from settlement where state = 'paid'")
    session().rollback()
    tasks.settle_portion.run([made.coop.id, other.coop.id], period)
    assert made.one("select count(*)::int from settlement where cooperative_id = :c", c=other.coop.id) == 1


MONTHS = st.lists(
    st.lists(st.tuples(st.integers(0, 1), st.integers(-3_000, 5_000), st.booleans()), max_size=3),
    min_size=2,
    max_size=4,
)


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(plan=MONTHS)
def test_nothing_is_lost_or_doubled_whatever_comes(
    db_session: object, plan: list[list[tuple[int, int, bool]]]
) -> None:
    """Credits and refunds in any month, some dated in the month before that was approved: what was due, less what was carried
    away, and what is carried now, is what the books owe; nobody is paid what he does not have."""
    tail = str(int(str(db.session.scalar(text("select count(*) + 100 from user_account")))))
    session().rollback()
    made = build.scene([0, 0], tail=tail)
    for number, facts in enumerate(plan):
        month = 3 + number
        for place, fen, late in facts:
            if fen:
                credit(
                    made,
                    place,
                    fen,
                    date(2020, month - (late and number > 0), 15),
                    "intake" if fen > 0 else "refund",
                )
        build.settle(made, f"2020-{month:02d}")
        ties(made)
    owed = build.ledger_due(made.coop.id)
    payable, carried, taken = made.rows(
        "select coalesce(sum(due_fen) filter (where state = 'due'), 0)::bigint,"
        " coalesce(sum(due_fen) filter (where state = 'carried'), 0)::bigint, coalesce(sum(carried_in_fen), 0)::bigint"
        " from settlement_line where cooperative_id = :c",
        c=made.coop.id,
    )[0]
    assert int(str(payable)) + int(str(carried)) - int(str(taken)) == owed
    assert made.rows("select 1 from settlement_line where state = 'due' and due_fen < 1000 and cooperative_id = :c",
                     c=made.coop.id) == []  # fmt: skip
