"""改电话: another telephone for a member's household, with why; the old number is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from shop.core.db import transaction
from shop.core.privacy import decrypt
from tests.office.conftest import Office
from tests.office.member_scene import household, member
from tests.support import town_builder as town


def sms_sent(office: Office) -> list[tuple[str, str]]:
    """Number and words of every text so far."""
    path = Path(office.app.extensions["settings"].sms_console_file)
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    return [(number, words) for number, _tab, words in (line.partition("\t") for line in lines)]


def test_a_phone_is_changed_with_a_reason_and_the_old_number_is_told(office: Office) -> None:
    one = member(office)
    path, before = f"/members/{one}/phone/change", sms_sent(office)
    page = office.get(path)
    assert "138****5678" in page
    assert "13812345678" not in page
    sent = {"phone": "139 0013 9000", "reason": "换了号码，本人来说的", "seen": "138****5678"}
    office.post(path, 303, **sent)
    home = "select h.phone from household h join member m on m.household_id = h.id where m.id = :m"
    assert decrypt(bytes(office.rows(home, m=one)[0].phone)) == "+8613900139000"
    told = sms_sent(office)
    assert [(phone, "尾号 9000" in words) for phone, words in told[len(before) :]] == [
        ("+8613812345678", True)
    ]
    act = office.rows("select before, after from activity where act = 'member.phone_changed'")
    assert [tuple(row) for row in act] == [
        ({"phone": "138****5678"}, {"phone": "139****9000", "reason": "换了号码，本人来说的"})
    ]
    office.post(path, 303, **sent)  # the same again changes nothing and tells nobody
    assert len(office.rows("select id from activity where act = 'member.phone_changed'")) == 1
    assert sms_sent(office) == told
    log = office.get("/activity?who=&act=member.phone_changed")
    assert "改成员电话" in log
    assert "139****9000" in log
    assert "13900139000" not in log


@pytest.mark.parametrize(
    "phone,reason,words",
    [("", "换号", "11 位手机号"), ("1380013", "换号", "手机号"), ("<b>", "换号", "手机号"), ("13900139000", " ", "为什么改"),
     ("13900139000", "x" * 101, "为什么改")],
)  # fmt: skip
def test_a_bad_phone_changes_nothing_and_keeps_what_was_typed(
    office: Office, phone: str, reason: str, words: str
) -> None:
    one = member(office)
    page = office.post(f"/members/{one}/phone/change", 422, phone=phone, reason=reason, seen="138****5678")
    assert words in page
    assert "field-error" in page
    if phone == "13900139000":
        assert 'value="13900139000"' in page
    assert office.rows("select id from activity where act = 'member.phone_changed'") == []


def test_a_household_without_a_phone_gets_one(office: Office) -> None:
    home, before = household(office, "孙无号"), sms_sent(office)
    with transaction():
        one = town.admit(office.coop.id, home, town.DELIVERED_ON)
    assert "登记电话" in office.get(f"/members/{one}")
    office.post(f"/members/{one}/phone/change", 303, phone="13900139000", reason="以前没有", seen="")
    assert "139****9000" in office.get(f"/members/{one}")
    assert sms_sent(office) == before
