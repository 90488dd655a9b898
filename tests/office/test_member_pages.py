"""成员: roster, one member's page, joining from the register, leaving, a new head, parting; what is typed stays."""

from __future__ import annotations

import re
from io import BytesIO

import pytest
from PIL import Image

from shop.cooperatives.income import membership
from shop.cooperatives.income.membership import Notice
from shop.cooperatives.people.member_events import Request
from shop.core import clock
from shop.core.db import transaction
from tests.office.conftest import Office
from tests.office.member_scene import household, member
from tests.support import town_builder as town

KEY, OTHER_KEY = "a" * 32, "b" * 32
DECIDED = {"resolution": "2020 年成员大会", "resolved_on": "2020-05-30"}


def picture() -> tuple[BytesIO, str]:
    body = BytesIO()
    Image.new("RGB", (8, 8)).save(body, "PNG")
    return BytesIO(body.getvalue()), "paper.png"


def persons(office: Office, member_id: int) -> list[int]:
    rows = office.rows(
        "select p.id from person p join member m on m.household_id = p.household_id where m.id = :m order by p.id",
        m=member_id,
    )
    return [row.id for row in rows]


def test_the_roster_shows_who_is_and_was_a_member(office: Office) -> None:
    one = member(office)
    with transaction():
        gone = town.member(office.coop, "孙走了").member_id or 0
        membership.leave(gone, office.coop.id, Notice("moved", town.SOLD_ON), Request())
    current, left, everybody = (office.get(f"/members{query}") for query in ("", "?which=left", "?which=all"))
    assert "赵大山" in current
    assert "孙走了" not in current
    assert "3 人" in current
    assert "孙走了" in left
    assert "赵大山" not in left
    assert "孙走了" in everybody
    assert "赵大山" in everybody
    assert "赵大山" in office.get("/members?q=zds")
    assert "没有找到" in office.get("/members?q=nobody")
    paper = office.get("/members/print?which=all")
    assert "赵二山、赵小山" in paper
    assert "孙走了" in paper
    assert "出资额" in paper
    assert office.rows("select count(*) as n from activity where act = 'roster.printed'")[0].n == 1
    assert f"/members/{one}" in current


def test_a_member_page_masks_the_phone_until_somebody_looks(office: Office) -> None:
    one = member(office)
    page = office.get(f"/members/{one}")
    for words in ("赵二山", "138****5678", "入社", "登记退社"):
        assert words in page
    assert "13812345678" not in page
    assert "+8613812345678" in office.post(f"/members/{one}/phone", 200)
    assert office.rows("select count(*) as n from activity where act = 'member.phone_shown'")[0].n == 1


def test_every_movement_stands_in_the_account(office: Office) -> None:
    number = office.stall.parties[0].member_id
    page = office.get(f"/members/{number}/account")
    assert "每年的交易" in page
    assert "收货" in page
    assert "成员账户" in office.get(f"/members/{number}/account/print?year=2020")
    empty = member(office)
    assert "账上还没有这个成员的记录" in office.get(f"/members/{empty}/account")


def test_households_of_the_register_join_together(office: Office) -> None:
    good, other = household(office), household(office, "钱二")
    taken = office.stall.parties[0].household_id
    page = office.get("/members/new")
    assert "赵大山" in page
    assert "钱二" in page
    assert "钱二" not in office.get("/members/new?q=zds")
    preview = office.get(f"/members/join?h={good}&h={other}&h={taken}&h=x")
    assert "2 户可以入社，1 户不能" in preview
    assert "已经是" in preview
    form = {
        "h": [good, other, taken],
        "joined_on": clock.today().isoformat(),
        "request_key": KEY,
        "seen": "0",
    }
    assert f"h={taken}" in office.post("/members/join", 303, **form, **DECIDED)
    assert f"h={taken}" in office.post("/members/join", 303, **form, **DECIDED)
    steps = office.rows("select kind, resolution from member_event")
    assert [tuple(row) for row in steps] == [("joined", DECIDED["resolution"])] * 2
    for change, words in (
        ({"h": [taken]}, "选的户都不能入社"),
        ({"h": []}, "请先选择"),
        ({"h": [household(office, "孙三")], "joined_on": "2020-13-01"}, "2020-13-01"),
        ({"h": [household(office, "孙三")], "request_key": "x"}, "页面信息不完整"),
        ({"h": [household(office, "孙三")], "resolved_on": ""}, "决议日期"),
    ):
        assert words in office.post(
            "/members/join",
            422,
            **(form | DECIDED | change | ({} if "request_key" in change else {"request_key": OTHER_KEY})),
        )


def test_another_cooperatives_household_is_not_named(office: Office) -> None:
    name = "别社的人"
    with transaction():
        theirs = town.member(town.cooperative(), name).household_id
    page = office.get(f"/members/join?h={theirs}&h=999999")
    assert name not in page
    assert "已经是" in page
    assert "没有找到这一户" in page


def test_leaving_is_noted_once_and_taken_back(office: Office) -> None:
    one = member(office)
    assert "要结清的" in office.get(f"/members/{one}/leave")
    form = {"reason": "withdrew", "noticed_on": clock.today().isoformat(), "request_key": KEY, "seen": "1"}
    for change, words in (
        ({"reason": ""}, "请选择退社原因"),
        ({"reason": "expelled"}, "成员大会决定"),
        ({"noticed_on": "昨天"}, "昨天"),
        ({"resolution": "字" * 201, "resolved_on": "2020-01-01"}, "太长"),
    ):
        page = office.post(f"/members/{one}/leave", 422, **form | change)
        assert words in page
    office.post(f"/members/{one}/leave", 303, **form)
    office.post(f"/members/{one}/leave", 303, **form)
    second = office.post(f"/members/{one}/leave", 409, **form | {"request_key": OTHER_KEY})
    assert "已经办理过" in second
    page = office.get(f"/members/{one}")
    assert "撤回退社" in page
    key, seen = (re.search(rf'name="{name}" value="(\w+)"', page) for name in ("request_key", "seen"))
    assert key
    assert seen
    office.post(f"/members/{one}/stay", 409, request_key=OTHER_KEY, seen="1")
    office.post(f"/members/{one}/stay", 303, request_key=key[1], seen=seen[1])
    kinds = office.rows("select kind from member_event where member_id = :m order by seq", m=one)
    assert [row.kind for row in kinds] == ["joined", "leaving", "stayed"]


def test_a_new_head(office: Office) -> None:
    one = member(office)
    second = persons(office, one)[1]
    assert "赵二山" in office.get(f"/members/{one}/head")
    form = {"person": str(second), "on": "2020-09-01", "request_key": KEY, "seen": "1"}
    for change, words in (
        ({"person": ""}, "请选择新户主"),
        ({"person": "new"}, "请填写新户主的姓名"),
        ({"person": "999999"}, "没有找到这个人"),
        ({"person": "new", "name": "字" * 41}, "太长"),
        ({"on": "2019-01-01"}, "早于入社"),
    ):
        status = 404 if "这个人" in words else 422
        assert words in office.post(f"/members/{one}/head", status, **form | change)
    office.post(f"/members/{one}/head", 303, **form)
    office.post(f"/members/{one}/head", 409, **form | {"request_key": OTHER_KEY})
    assert "赵大山 → 赵二山" in office.get(f"/members/{one}")


def test_a_household_parts_and_capital_goes_with_it(office: Office) -> None:
    one = member(office)
    head, second, third = persons(office, one)
    paid = {
        "kind": "receipt",
        "on_date": "2020-09-01",
        "amount": "500",
        "category": "capital",
        "paid_by": "bank",
    }
    number = office.rows("select number from member where id = :m", m=one)[0].number
    office.post("/books/vouchers/new", 303, **paid, member=str(number), memo="出资", request_key="c" * 32)
    assert "¥500.00" in office.get(f"/members/{one}/split")
    form = {
        "persons": [second, third], "head": str(second), "on": "2020-09-02", "joins": "1", "fen": "200",
        "request_key": KEY, "seen": "1",
    } | DECIDED  # fmt: skip
    for change, words in (
        ({"persons": []}, "请选择分出去的人"),
        ({"persons": [head], "head": str(head)}, "户主留在老户"),
        ({"head": ""}, "请选择新户的户主"),
        ({"fen": "500.01"}, "只有 ¥500.00"),
        ({"fen": "1.234"}, "划给新户的股金"),
        ({"joins": ""}, "新户入社才能"),
        ({"resolution": "", "resolved_on": ""}, "哪次会议"),
    ):
        page = office.post(f"/members/{one}/split", 422, **form | change)
        assert words in page
    office.post(f"/members/{one}/split", 303, **form)
    office.post(f"/members/{one}/split", 303, **form)
    office.post(f"/members/{one}/split", 409, **form | {"request_key": OTHER_KEY})
    capital = office.rows(
        "select -sum(fen) as fen from ledger_entry where account = '301' group by member_id order by 1"
    )
    assert [row.fen for row in capital] == [20_000, 30_000]
    assert "划出股金 ¥200.00" in office.get(f"/members/{one}")


def test_consents_are_given_and_withdrawn_with_their_paper(office: Office) -> None:
    one = member(office)
    day = clock.today().isoformat()
    for change, words in (
        ({"on": ""}, "请填写日期"),
        ({"step": ""}, "同意或撤回"),
        ({"on": "2099-01-01"}, "晚于今天"),
    ):
        assert words in office.post(f"/members/{one}/consent", 422, **{"on": day, "step": "give"} | change)
    text_file = (BytesIO(b"words"), "paper.txt")
    assert "这个文件不是" in office.post(
        f"/members/{one}/consent", 422, on=day, step="give", picture=text_file
    )
    office.post(
        f"/members/{one}/consent", 303, on="2020-09-01", step="give", how="同意书 7 号", picture=picture()
    )
    page = office.get(f"/members/{one}")
    assert "同意书 7 号" in page
    assert "看同意书" in page
    assert "登记撤回" in page
    office.post(f"/members/{one}/consent", 303, on=day, step="withdraw", how="来电")
    assert "来电" in office.get(f"/members/{one}")


@pytest.mark.parametrize("path", ["", "/account", "/account/print", "/leave", "/head", "/split"])
def test_another_cooperatives_member_is_not_there(office: Office, path: str) -> None:
    theirs = office.other.parties[0].member_id
    office.get(f"/members/{theirs}{path}", 404)
    if path not in {"", "/account", "/account/print"}:
        office.post(f"/members/{theirs}{path}", 404, request_key=KEY, seen="0")
    before = office.fingerprint()
    for deed in ("/phone", "/consent", "/stay"):
        office.post(f"/members/{theirs}{deed}", 404, request_key=KEY, seen="0", on="2020-01-01", step="give")
    assert office.fingerprint() == before
