"""Two managers at the same moment on one member, price, payee or lot: one clear outcome, and a hint for the other."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from shop.core import clock
from shop.core.db import db, transaction
from tests.access.identities import make_user, signed_in
from tests.office.conftest import Office
from tests.support import town_builder as town

LEAVE = {"reason": "withdrew", "noticed_on": "2020-05-01", "seen": "1"}


@pytest.fixture
def pair(office: Office) -> tuple[FlaskClient, FlaskClient]:
    """The browsers of two managers of one cooperative."""
    second = make_user(
        office.app, "+8613700000009", role="manager", duty="chair", cooperative_id=office.coop.id
    )
    return office.client, signed_in(office.app, second)


def at_once(
    office: Office, pair: tuple[FlaskClient, FlaskClient], *posts: tuple[str, Mapping[str, str]]
) -> list[TestResponse]:
    """Both send at the same moment; the answers in the order of `posts`."""
    start, answers = threading.Barrier(2), dict[int, TestResponse]()

    def send(place: int) -> None:
        path, fields = posts[place]
        start.wait()
        answers[place] = pair[place].post(f"/coop/{office.coop.code}{path}", data=dict(fields))

    threads = [threading.Thread(target=send, args=(place,)) for place in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    return [answers[0], answers[1]]


def loser(answers: list[TestResponse]) -> TestResponse:
    """The one of two answers that was second."""
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    return max(answers, key=lambda answer: answer.status_code)


def hidden(page: str, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None
    return found[1]


def a_member(office: Office) -> tuple[int, int]:
    """member id and household id of the first deliverer, with the newest step of his."""
    party = office.stall.parties[0]
    return party.member_id or 0, party.household_id or 0


def steps(office: Office, member_id: int) -> list[str]:
    rows = office.rows("select kind from member_event where member_id = :m order by seq", m=member_id)
    return [row.kind for row in rows]


def payee(household: str, account: str) -> dict[str, str]:
    return {"party": household, "holder": "王小华", "bank": "信用社", "account": account, "again": account}


def test_two_let_one_member_leave(office: Office, pair: tuple[FlaskClient, FlaskClient]) -> None:
    member_id, _home = a_member(office)
    path = f"/members/{member_id}/leave"
    seen = hidden(office.get(path), "seen")
    before = steps(office, member_id)
    fields = [
        LEAVE | {"seen": seen, "request_key": key * 32, "reason": why}
        for key, why in (("a", "withdrew"), ("b", "moved"))
    ]
    answers = at_once(office, pair, (path, fields[0]), (path, fields[1]))
    assert "已经办理过" in loser(answers).text
    assert steps(office, member_id) == [*before, "leaving"]


def test_one_leaves_while_his_account_changes(office: Office, pair: tuple[FlaskClient, FlaskClient]) -> None:
    """They have nothing to do with each other: both are done, and money owed to him still has somewhere to go."""
    member_id, home = a_member(office)
    code = office.rows("select code from household where id = :h", h=home)[0].code
    path = f"/members/{member_id}/leave"
    leaving = LEAVE | {"seen": hidden(office.get(path), "seen"), "request_key": "a" * 32}
    answers = at_once(office, pair, (path, leaving), ("/payees", payee(code, "6217000012345678")))
    assert [answer.status_code for answer in answers] == [303, 303]
    assert steps(office, member_id)[-1:] == ["leaving"]
    assert len(office.rows("select id from payee_account where household_id = :h", h=home)) == 1


def test_two_ask_for_another_account_of_one_household(
    office: Office, pair: tuple[FlaskClient, FlaskClient]
) -> None:
    _member, home = a_member(office)
    code = office.rows("select code from household where id = :h", h=home)[0].code
    wanted = [payee(code, "6217000012345678"), payee(code, "6217000087654321")]
    second = loser(at_once(office, pair, *[("/payees", fields) for fields in wanted]))
    kept = office.rows("select last_four from payee_account where household_id = :h", h=home)
    assert [f"尾号 {row.last_four}" in second.text for row in kept] == [True]


def test_one_account_is_approved_once(office: Office, pair: tuple[FlaskClient, FlaskClient]) -> None:
    _member, home = a_member(office)
    code = office.rows("select code from household where id = :h", h=home)[0].code
    third = make_user(office.app, "+8613700000008", role="manager", duty="chair", cooperative_id=office.coop.id)  # fmt: skip
    office.post("/payees", 303, **payee(code, "6217000012345678"))
    payee_id = office.rows("select id from payee_account where household_id = :h", h=home)[0].id
    both = (signed_in(office.app, third), pair[1])
    answers = at_once(office, both, *[(f"/payees/{payee_id}/approve", {})] * 2)
    assert sorted(answer.status_code for answer in answers) == [303, 422]
    assert "已经批准过" in max(answers, key=lambda answer: answer.status_code).text
    acts = office.rows("select count(*) as n from activity where act = 'payee.approved'")
    assert acts[0].n == 1


def test_two_change_one_phone(office: Office, pair: tuple[FlaskClient, FlaskClient]) -> None:
    member_id, _home = a_member(office)
    path = f"/members/{member_id}/phone/change"
    wanted = [
        {"phone": phone, "reason": "换号", "seen": hidden(office.get(path), "seen")} for phone in ("13900139001", "13900139002")
    ]  # fmt: skip
    answers = at_once(office, pair, (path, wanted[0]), (path, wanted[1]))
    second = loser(answers)
    assert "别人刚改过" in second.text
    first = wanted[0 if answers[0].status_code == 303 else 1]["phone"]
    assert hidden(second.text, "seen") == f"139****{first[-4:]}"
    acts = office.rows("select after ->> 'phone' as phone from activity where act = 'member.phone_changed'")
    assert [row.phone for row in acts] == [f"139****{first[-4:]}"]


def test_one_leaves_while_his_phone_changes(office: Office, pair: tuple[FlaskClient, FlaskClient]) -> None:
    """Both are done: he is a member until the year ends, and is still to be reached after it."""
    member_id, _home = a_member(office)
    path, phone = f"/members/{member_id}/leave", f"/members/{member_id}/phone/change"
    leaving = LEAVE | {
        "seen": hidden(office.get(path), "seen"),
        "request_key": "a" * 32,
        "noticed_on": clock.today().isoformat(),
    }
    change = {"phone": "13900139001", "reason": "换号", "seen": hidden(office.get(phone), "seen")}
    answers = at_once(office, pair, (path, leaving), (phone, change))
    assert [answer.status_code for answer in answers] == [303, 303]
    assert steps(office, member_id)[-1:] == ["leaving"]
    assert "139****9001" in office.get(f"/members/{member_id}")


def test_two_change_one_price_on_one_day(office: Office, pair: tuple[FlaskClient, FlaskClient]) -> None:
    sku = office.stall.sku_id
    path = f"/specs/{sku}/price"
    version = str(office.rows("select version from sku where id = :s", s=sku)[0].version)
    sent = [{"price": price, "version": version} for price in ("71.00", "72.00")]
    answers = at_once(office, pair, (path, sent[0]), (path, sent[1]))
    second = loser(answers)
    assert "刚刚被别人改过" in second.text
    fen = 7_100 if answers[0].status_code == 303 else 7_200
    assert f'value="{"72.00" if fen == 7_100 else "71.00"}"' in second.text
    row = office.rows("select price_fen, version from sku where id = :s", s=sku)[0]
    dated = office.rows("select price_fen from sku_price where sku_id = :s order by id desc limit 1", s=sku)[
        0
    ]
    assert (row.price_fen, row.version, dated.price_fen) == (fen, int(version) + 1, fen)


def test_one_price_in_the_table_and_on_the_product(
    office: Office, pair: tuple[FlaskClient, FlaskClient]
) -> None:
    sku = office.stall.sku_id
    page = office.get("/products/prices")
    version = hidden(page, f"version-{sku}")
    table = {f"price-{sku}": "75.00", f"version-{sku}": version, f"shown-{sku}": "1", f"offered-{sku}": "1"}
    other = {"price": "76.00", "version": version}
    answers = at_once(office, pair, ("/products/prices", table), (f"/specs/{sku}/price", other))
    assert "别人" in loser(answers).text
    row = office.rows("select price_fen, version from sku where id = :s", s=sku)[0]
    assert (row.price_fen, row.version) == (
        7_500 if answers[0].status_code == 303 else 7_600,
        int(version) + 1,
    )


def test_two_close_one_lot(office: Office, pair: tuple[FlaskClient, FlaskClient], open_produce: int) -> None:
    lot = office.rows("select id from lot where produce_id = :p", p=open_produce)[0].id
    path = f"/lots/{lot}/close"
    seen = hidden(office.get(path), "seen")
    days = [(clock.today() + timedelta(days=more)).isoformat() for more in (30, 60)]
    answers = at_once(office, pair, *[(path, {"best_before": day, "seen": seen}) for day in days])
    assert [answer.status_code for answer in answers] == [303, 303]
    told = ["已经封批了" in client.get(f"/coop/{office.coop.code}/lots/{lot}").text for client in pair]
    assert sorted(told) == [False, True]
    row = office.rows("select best_before::text as day from lot where id = :l", l=lot)[0]
    assert row.day == days[told.index(False)]
    assert len(office.rows("select id from lot_part where lot_id = :l", l=lot)) == 1
    assert (
        len(office.rows("select id from activity where act = 'lot.closed' and subject_id = :l", l=str(lot)))
        == 1
    )


def test_a_lot_is_closed_while_a_receipt_is_added(
    office: Office, pair: tuple[FlaskClient, FlaskClient], open_produce: int
) -> None:
    """Either the receipt is in the lot and who closes is asked to look again, or it opened the next lot."""
    lot = office.rows("select id from lot where produce_id = :p", p=open_produce)[0].id
    close = f"/lots/{lot}/close"
    sent = {
        "best_before": (clock.today() + timedelta(days=30)).isoformat(),
        "seen": hidden(office.get(close), "seen"),
    }
    receipt = {
        "produce": str(open_produce), "quantity": "3", "unit": "公斤", "mode": "buyout", "price": "50", "price_unit": "公斤",
        "grade": "统货", "received_on": clock.today().isoformat(), "household_id": str(office.stall.parties[1].household_id),
        "request_key": hidden(office.get(f"/intake/new?produce={open_produce}"), "request_key"),
    }  # fmt: skip
    closed, received = at_once(office, pair, (close, sent), ("/intake/new", receipt))
    assert received.status_code == 303, received.text[-2000:]
    lots = office.rows(
        "select id, received, closed_at is not null as closed from lot where produce_id = :p order by id",
        p=open_produce,
    )
    if closed.status_code == 409:
        assert "又有收货" in closed.text
        assert hidden(closed.text, "seen") == "5000"
        assert [tuple(row) for row in lots] == [(lot, 5_000, False)]
        office.post(close, 303, best_before=sent["best_before"], seen="5000")
    else:
        assert [tuple(row)[1:] for row in lots] == [(2_000, True), (3_000, False)]
    parts = office.rows("select sum(quantity)::bigint as all from lot_part where lot_id = :l", l=lot)[0]
    assert parts.all == office.rows("select received from lot where id = :l", l=lot)[0].received


def test_who_closes_sees_what_came_in_meanwhile(office: Office, open_produce: int) -> None:
    lot = office.rows("select id from lot where produce_id = :p", p=open_produce)[0].id
    with_more = town.Goods(office.stall.parties[1], 1_000, 5_000)
    with transaction():
        town.deliver(office.coop, open_produce, "buyout", with_more)
    page = office.post(f"/lots/{lot}/close", 409, best_before="2099-01-01", seen="2000")
    assert "2千克，现在是 3千克" in page
    assert 'value="2099-01-01"' in page
    office.post(f"/lots/{lot}/close", 303, best_before="2099-01-01", seen="3000")
    assert (
        office.rows("select received from lot where id = :l and closed_at is not null", l=lot)[0].received
        == 3_000
    )
