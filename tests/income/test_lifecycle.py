"""A distribution's life on the demo town: draft → previewed → published → approved → posted, and back by a counter-run."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from shop.audit.run import CHECKS, run_check
from shop.cooperatives.income import distribution, lifecycle, notices, resolutions
from shop.cooperatives.income.lifecycle_models import DistributionEvent, Notice
from shop.cooperatives.income.models import Distribution, DistributionLine
from shop.cooperatives.income.resolutions import Vote
from shop.cooperatives.ledger import queries as ledger
from shop.cooperatives.ledger.accounts import Account
from shop.cooperatives.ledger.models import LedgerEntry
from shop.cooperatives.people.models import Cooperative, Member
from shop.core import clock
from shop.core.attachments import Attachment
from shop.core.db import insert_rows, session, transaction
from shop.core.errors import Conflict, NotFound, Refused
from tests.access.identities import make_user

MEETING = date(2021, 2, 20)


class Scene:
    """One cooperative's draft of 2020 and the people around it."""

    def __init__(self, app: Flask) -> None:
        self.maker = make_user(app, "+8613900000021")
        self.checker = make_user(app, "+8613900000022")
        self.chair = make_user(app, "+8613900000023")
        with app.app_context():
            self.coop = session().scalar(select(Cooperative.id).where(Cooperative.code == "kazi")) or 0
            with transaction():
                distribution.compute_now(self.coop, 2020)
            self.id = session().scalar(select(Distribution.id)) or 0
            self.members = resolutions.members_on(self.coop, MEETING)
            with transaction():
                session().execute(text("update distribution set made_by = :by"), {"by": self.maker})

    def state(self) -> str:
        return str(session().scalar(select(Distribution.state).where(Distribution.id == self.id)))

    def minutes(self) -> int:
        row = {
            "subject_type": "resolution",
            "subject_id": 0,
            "media_type": "application/pdf",
            "sha256": "0" * 64,
            "body": b"%PDF-1.4",
        }
        return int(insert_rows(Attachment, [row], "id")[0])

    def vote(
        self, subject: str = "distribution", *, present: int | None = None, votes_for: int | None = None
    ) -> None:
        present = self.members if present is None else present
        votes_for = present if votes_for is None else votes_for
        with transaction():
            resolutions.record(
                self.coop,
                self.id,
                Vote(subject, MEETING, present, votes_for, 0, "一致通过。"),
                self.minutes(),
                self.chair,
            )

    def publish(self, days: int = 15) -> None:
        with transaction():
            lifecycle.preview(self.id, self.maker)
        with transaction():
            lifecycle.publish(self.id, self.maker, days)

    def end_notice(self) -> None:
        with transaction():
            session().execute(text("update notice set starts_on = starts_on - 30, ends_on = ends_on - 30"))

    def to_posted(self) -> None:
        self.publish()
        self.end_notice()
        self.vote()
        with transaction():
            lifecycle.approve(self.id, self.checker)
        with transaction():
            lifecycle.post(self.id, self.checker)

    def balance(self, account: Account) -> int:
        found = session().scalar(
            select(func.coalesce(-func.sum(LedgerEntry.fen), 0)).where(
                LedgerEntry.cooperative_id == self.coop, LedgerEntry.account == str(account)
            )
        )
        return int(found or 0)


@pytest.fixture
def scene(town: Flask) -> Scene:
    return Scene(town)


@pytest.fixture(autouse=True)
def context(town: Flask):  # type: ignore[no-untyped-def]
    with town.app_context():
        yield
        session().rollback()


def refused(words: str):  # type: ignore[no-untyped-def]
    return pytest.raises((Refused, Conflict), match=words)


def test_the_whole_way_and_what_the_books_say(scene: Scene) -> None:
    reserve_before = scene.balance(Account.SURPLUS_RESERVE)
    scene.to_posted()
    head = session().get(Distribution, scene.id)
    assert head is not None
    assert scene.state() == "posted"
    assert scene.balance(Account.PATRONAGE_PAYABLE) == head.patronage_fen
    assert scene.balance(Account.RESIDUAL_PAYABLE) == head.residual_fen
    assert scene.balance(Account.SURPLUS_RESERVE) - reserve_before == head.reserve_fen
    per_member = {
        member: -int(fen)
        for member, fen in session().execute(
            select(LedgerEntry.member_id, func.sum(LedgerEntry.fen))
            .where(LedgerEntry.account == str(Account.PATRONAGE_PAYABLE))
            .group_by(LedgerEntry.member_id)
        )
    }
    lines = session().execute(
        select(DistributionLine.member_id, DistributionLine.patronage_fen).where(
            DistributionLine.distribution_id == scene.id, DistributionLine.patronage_fen > 0
        )
    )
    assert per_member == {row.member_id: row.patronage_fen for row in lines}
    assert ledger.past_loss(scene.coop, 2021) == 0
    steps = session().scalars(select(DistributionEvent.event).order_by(DistributionEvent.id)).all()
    assert steps == ["preview", "publish", "approve", "post"]
    assert [check.code for check in CHECKS if run_check(check)["count"]] == []


def test_posting_twice_is_one_posting(scene: Scene) -> None:
    scene.to_posted()
    with refused("状态已经变了"), transaction():
        lifecycle.post(scene.id, scene.checker)


def test_nothing_is_skipped(scene: Scene) -> None:
    with refused("状态已经变了"), transaction():
        lifecycle.publish(scene.id, scene.maker, 15)
    with refused("公示"), transaction():
        lifecycle.approve(scene.id, scene.checker)
    with refused("状态已经变了"), transaction():
        lifecycle.post(scene.id, scene.checker)
    assert scene.state() == "draft"


@pytest.mark.parametrize("days", [0, 14, 91, -3])
def test_the_notice_is_no_shorter_than_the_law(scene: Scene, days: int) -> None:
    with transaction():
        lifecycle.preview(scene.id, scene.maker)
    with refused("公示期要在"), transaction():
        lifecycle.publish(scene.id, scene.maker, days)
    assert scene.state() == "previewed"


def test_the_maker_and_the_publisher_do_not_approve(scene: Scene) -> None:
    scene.publish()
    scene.end_notice()
    scene.vote()
    with refused("不能自己审核"), transaction():
        lifecycle.approve(scene.id, scene.maker)


def test_a_running_notice_blocks_approval(scene: Scene) -> None:
    scene.publish()
    scene.vote()
    with refused("才结束"), transaction():
        lifecycle.approve(scene.id, scene.checker)


@pytest.mark.parametrize(
    "present, votes_for, words", [(0.6, 0.6, "三分之二"), (1.0, 0.5, "一半"), (0.7, 0.4, "一半")]
)
def test_a_resolution_must_carry(scene: Scene, present: float, votes_for: float, words: str) -> None:
    scene.publish()
    scene.end_notice()
    scene.vote(present=int(scene.members * present), votes_for=int(scene.members * votes_for))
    with refused(words), transaction():
        lifecycle.approve(scene.id, scene.checker)
    assert scene.state() == "published"


def test_no_resolution_no_approval(scene: Scene) -> None:
    scene.publish()
    scene.end_notice()
    with refused("还没有登记"), transaction():
        lifecycle.approve(scene.id, scene.checker)


@pytest.mark.parametrize(
    "vote, words",
    [
        (Vote("distribution", MEETING, 10**6, 1, 0, "x"), "出席人数"),
        (Vote("distribution", MEETING, -1, 0, 0, "x"), "出席人数"),
        (Vote("distribution", MEETING, 10, 11, 0, "x"), "不能超过出席"),
        (Vote("distribution", MEETING, 10, 5, 6, "x"), "不能超过出席"),
        (Vote("distribution", clock.today() + timedelta(days=1), 10, 5, 0, "x"), "今天之后"),
        (Vote("distribution", date(2010, 1, 1), 10, 5, 0, "x"), "没有成员"),
        (Vote("picnic", MEETING, 10, 5, 0, "x"), "决议事项"),
        (Vote("distribution", MEETING, 10, 5, 0, "  "), "决议内容"),
        (Vote("distribution", MEETING, 80, 5, 0, "x", extra_votes=60), "20%"),
    ],
)
def test_impossible_votes_are_refused(scene: Scene, vote: Vote, words: str) -> None:
    with refused(words), transaction():
        resolutions.record(scene.coop, scene.id, vote, scene.minutes(), scene.chair)


def test_an_objection_is_answered_once_and_blocks_until_then(scene: Scene) -> None:
    scene.publish()
    household = session().scalar(select(Member.household_id).where(Member.cooperative_id == scene.coop))
    assert household is not None
    with transaction():
        first = notices.object_to(scene.id, household, "我卖的香菇少算了五斤", "manager", scene.chair, "k1")
    with transaction():
        assert notices.object_to(scene.id, household, "又点了一次", "manager", scene.chair, "k1") == first
    scene.end_notice()
    scene.vote()
    with refused("1 条异议"), transaction():
        lifecycle.approve(scene.id, scene.checker)
    with pytest.raises(NotFound), transaction():
        notices.answer(first, {10**9}, "rejected", "核对过了", scene.chair)
    with transaction():
        notices.answer(first, {scene.coop}, "rejected", "核对交货单，五斤已计入八月", scene.chair)
    with refused("已经答复"), transaction():
        notices.answer(first, {scene.coop}, "upheld", "再改", scene.chair)
    with transaction():
        lifecycle.approve(scene.id, scene.checker)


def test_an_upheld_objection_takes_the_distribution_back(scene: Scene) -> None:
    scene.publish()
    with transaction():
        lifecycle.uphold(scene.id, scene.checker)
    assert scene.state() == "void"
    assert session().scalar(select(Notice.withdrawn_reason)) == "upheld"
    with transaction():
        distribution.compute_now(scene.coop, 2020)
    assert session().scalar(select(func.count(Distribution.id))) == 2


def test_a_stranger_cannot_object(scene: Scene) -> None:
    scene.publish()
    other = session().scalar(select(Member.household_id).where(Member.cooperative_id != scene.coop))
    assert other is not None
    with pytest.raises(NotFound), transaction():
        notices.object_to(scene.id, other, "不对", "manager", scene.chair)


def test_notices_come_down_after_their_last_day(scene: Scene) -> None:
    scene.publish()
    with transaction():
        assert notices.withdraw_ended(clock.today() + timedelta(days=15)) == 0
    with transaction():
        assert notices.withdraw_ended(clock.today() + timedelta(days=16)) == 1
