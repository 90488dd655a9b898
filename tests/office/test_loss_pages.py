"""亏损处理: the assembly's plan is written down, the chair covers the loss once and never more than there is."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from threading import Barrier, Thread
from typing import Any

import pytest

from shop.cooperatives.income import losses
from shop.cooperatives.income.losses import Position
from shop.cooperatives.ledger.posting import Entry, Posting, post
from shop.core import clock
from shop.core.db import session, transaction
from shop.core.errors import Conflict, NotFound, Refused
from tests.office.conftest import Office

PLAN = {
    "held_on": "2020-08-20", "present": "1", "votes_for": "1", "votes_against": "0", "extra_votes": "", "summary": "用公积金弥补",
}  # fmt: skip


def _minutes() -> tuple[BytesIO, str]:
    return BytesIO(b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF"), "minutes.pdf"


def _booked(office: Office, key: str, fen: int, debit: str, credit: str) -> None:
    entries = (Entry(debit, fen), Entry(credit, -fen))
    with transaction():
        post([Posting(office.coop.id, "voucher", key, date(2020, 1, 1), "test", 1, entries)])


def _in_loss(office: Office, loss: int = 5_000, reserve: int = 3_000) -> None:
    _booked(office, "loss", loss, "332", "102")
    _booked(office, "reserve", reserve, "102", "322")


def _plan_id(office: Office) -> int:
    return int(office.rows("select max(id) as n from resolution")[0].n)


def _carried(office: Office) -> int:
    members = office.rows("select count(*) as n from member where cooperative_id = :c", c=office.coop.id)[0].n
    voted = {"present": str(members), "votes_for": str(members)}
    office.post("/losses/plans", 303, **PLAN | voted, minutes=_minutes())
    return _plan_id(office)


def _position(office: Office) -> Position:
    found = losses.position(office.coop.id)
    session().rollback()
    return found


def test_without_a_loss_the_page_says_so(office: Office) -> None:
    page = office.get("/losses")
    assert "未弥补亏损" in page
    assert "¥0.00" in page
    assert "还没有方案" in page
    assert "弥补并入账" not in page


def test_a_loss_is_covered_by_the_chair_after_the_assembly_decided(office: Office, chair: Office) -> None:
    _in_loss(office)
    plan = _carried(office)
    assert "由理事长在这里入账" in office.get("/losses")
    office.post("/losses/cover", 422, amount="10", plan=plan)
    assert chair.post("/losses/cover", 303, amount="30.00", plan=plan).endswith("/losses")
    assert _position(office) == Position(2_000, 0)
    page = office.get("/losses")
    assert "已弥补 ¥30.00" in page
    assert "用公积金弥补</h2>" not in page
    assert "已经办过" in chair.post("/losses/cover", 409, amount="0.01", plan=plan)


@pytest.mark.parametrize(
    "amount, sentence",
    [
        ("30.01", "最多能弥补 ¥30.00"),
        ("0", "弥补金额要大于 0"),
        ("-1", "弥补金额"),
        ("", "弥补金额"),
        ("十元", "弥补金额"),
    ],
)
def test_never_more_than_the_reserve_or_the_loss(
    office: Office, chair: Office, amount: str, sentence: str
) -> None:
    _in_loss(office)
    plan = _carried(office)
    page = chair.post("/losses/cover", 422, amount=amount, plan=plan)
    assert sentence in page
    assert 'id="amount-error"' in page
    assert f'value="{amount}"' in page
    assert _position(office) == Position(5_000, 3_000)


def test_a_plan_the_assembly_did_not_carry_covers_nothing(office: Office, chair: Office) -> None:
    _in_loss(office)
    office.post("/losses/plans", 303, **PLAN | {"votes_for": "0"}, minutes=_minutes())
    page = office.get("/losses")
    assert "未通过" in page
    assert "第三十条" in page
    assert "第三十条" in chair.post("/losses/cover", 422, amount="10", plan=_plan_id(office))
    assert _position(office).loss_fen == 5_000


def test_another_cooperatives_plan_does_not_exist_here(office: Office) -> None:
    _in_loss(office)
    plan = _carried(office)
    with pytest.raises(NotFound), transaction():
        losses.cover(office.other.coop.id, plan, 100, None)


def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(office: Office) -> None:
    wrong = PLAN | {"held_on": "昨天", "present": "很多", "votes_for": "", "summary": "原样保留"}
    page = office.post("/losses/plans", 422, **wrong)
    for name in ("held_on", "present", "votes_for", "minutes"):
        assert f'id="{name}-error"' in page, name
    assert 'value="昨天"' in page
    assert 'value="很多"' in page
    assert "原样保留" in page
    assert office.rows("select count(*) as n from resolution")[0].n == 0
    page = office.post("/losses/plans", 422, **PLAN | {"summary": ""}, minutes=_minutes())
    assert 'id="summary-error"' in page
    tomorrow = clock.today().replace(year=clock.today().year + 1)
    page = office.post("/losses/plans", 422, **PLAN | {"held_on": tomorrow.isoformat()}, minutes=_minutes())
    assert 'id="held_on-error"' in page
    assert "不能在今天之后" in page


def test_two_plans_covered_at_once_never_take_the_same_reserve_twice(office: Office) -> None:
    _in_loss(office, loss=5_000, reserve=3_000)
    first = _carried(office)
    second = _carried(office)
    begin, outcomes = Barrier(2), list[Any]()

    def cover(plan: int) -> None:
        with office.app.app_context():
            begin.wait()
            try:
                with transaction():
                    losses.cover(office.coop.id, plan, 2_000, None)
                outcomes.append("covered")
            except (Refused, Conflict) as refusal:
                outcomes.append(type(refusal).__name__)

    threads = [Thread(target=cover, args=(plan,)) for plan in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["Refused", "covered"]
    assert _position(office) == Position(3_000, 1_000)
