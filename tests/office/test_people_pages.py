"""人员和职务: invited by phone, accepted by its owner, changed and ended at once; always a chair, never staff; one map."""

from __future__ import annotations

import re
import threading
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from shop.accounts import duties
from shop.core import clock
from shop.core.db import session, transaction
from shop.core.errors import Conflict
from shop.office.duties import HEADS, MAP
from tests.access.identities import make_user, signed_in
from tests.access.places import routes
from tests.office.conftest import Office

PHONE = "+8613700000055"
REFUSED = "这一页归别的职务"


def worker(office: Office, duty: str, phone: str = "+8613700000044") -> Office:
    """Somebody with another duty on the same cooperative."""
    user_id = make_user(office.app, phone, role="manager", duty=duty, cooperative_id=office.coop.id)
    return Office(office.app, signed_in(office.app, user_id), office.stall, office.other)


def invited(office: Office, chair: Office, duty: str = "stock") -> int:
    chair.post("/people", 303, phone="137 0000 0055", duty=duty)
    return int(office.rows("select max(id) as n from duty_invitation")[0].n)


def accepted(office: Office, invitation: int, status: int = 303, phone: str = PHONE) -> Any:
    client = signed_in(office.app, make_user(office.app, phone))
    answer = client.post(f"/invitations/{invitation}/accept")
    assert answer.status_code == status, answer.text[-800:]
    return client, answer


def test_every_endpoint_of_the_door_stands_in_the_map(shared_town: Flask) -> None:
    there = {
        route.rule.endpoint for route in routes(shared_town) if route.rule.endpoint.startswith("office.")
    }
    assert there - set(MAP) == set(), "add them to shop/office/duties.py"
    assert set(MAP) - there == set(), "these are gone"


@pytest.mark.parametrize(
    "duty, opens, closed",
    [
        ("stock", ["/", "/intake", "/lots", "/products", "/more"], ["/shipping", "/payouts", "/books", "/people", "/activity"]),
        ("shipping", ["/", "/shipping", "/lots", "/on-delivery"], ["/intake", "/ledger", "/money", "/charter"]),
        ("accounts", ["/", "/ledger", "/settlement", "/books", "/members"], ["/intake", "/shipping", "/coupons", "/people"]),
    ],
)  # fmt: skip
def test_a_duty_opens_its_own_pages(
    office: Office, chair: Office, duty: str, opens: list[str], closed: list[str]
) -> None:
    own = worker(office, duty)
    for path in opens:
        page = own.get(path)
        for endpoint_path in closed:
            assert f'href="/coop/{office.coop.code}{endpoint_path}"' not in page, (path, endpoint_path)
    for path in closed:
        page = own.get(path, 403)
        assert REFUSED in page
        assert "理事长" in page
    before = office.fingerprint()
    if duty != "stock":
        own.post("/intake/new", 403, weight="1")
    assert office.fingerprint() == before
    assert own.client.get(f"/coop/{office.other.coop.code}/").status_code == 404


def test_invited_by_phone_accepted_by_its_owner(office: Office, chair: Office) -> None:
    invitation = invited(office, chair)
    assert "还没接受的邀请" in chair.get("/people")
    again = chair.post("/people", 422, phone="13700000055", duty="shipping")
    assert "已经请过了" in again
    assert 'value="13700000055"' in again
    stranger, _answer = accepted(office, invitation, 404, "+8613700000056")
    assert "没有等您答复" in stranger.get("/invitations").text
    client = signed_in(office.app, make_user(office.app, PHONE))
    assert "等您答复" in client.get("/me").text
    assert "库管" in client.get("/invitations").text
    client, answer = accepted(office, invitation)
    assert answer.headers["Location"].endswith(f"/coop/{office.coop.code}/")
    assert client.get(f"/coop/{office.coop.code}/intake").status_code == 200
    accepted(office, invitation, 422)
    acts = [row.act for row in office.rows("select act from activity where act like 'duty.%' order by id")]
    assert acts == ["duty.invited", "duty.accepted"]
    assert "在本社已经有职务" in chair.post("/people", 422, phone=PHONE, duty="stock")


def test_a_week_and_no_longer(office: Office, chair: Office) -> None:
    invitation = invited(office, chair)
    with transaction():
        session().execute(
            text("update duty_invitation set invited_at = invited_at - interval '8 days',"
                 " expires_at = expires_at - interval '8 days'")
        )  # fmt: skip
    _client, answer = accepted(office, invitation, 422)
    assert "已经失效" in answer.text
    assert "已失效" in chair.get("/people")
    invited(office, chair)  # the old one makes room
    chair.post(f"/people/invitations/{invitation}/withdraw", 422)


def test_only_the_chair_gives_duties(office: Office, chair: Office) -> None:
    assert "发邀请" not in office.get("/people")
    assert REFUSED in office.post("/people", 403, phone="13700000055", duty="stock")
    invitation = invited(office, chair)
    office.post(f"/people/invitations/{invitation}/withdraw", 403)
    chair.post(f"/people/invitations/{invitation}/withdraw", 303)
    accepted(office, invitation, 422)


@pytest.mark.parametrize(
    "phone, duty, sentence",
    [("138", "stock", "手机号"), ("13700000057", "emperor", "请选择职务"), ("13700000057", "", "请选择职务")],
)
def test_what_is_typed_wrong(office: Office, chair: Office, phone: str, duty: str, sentence: str) -> None:
    page = chair.post("/people", 422, phone=phone, duty=duty)
    assert sentence in page
    assert f'value="{phone}"' in page


def test_staff_are_refused(office: Office, chair: Office) -> None:
    invitation = invited(office, chair)
    make_user(office.app, PHONE, role="staff", duty="clerk", region_code="420302")
    _client, answer = accepted(office, invitation, 422)
    assert "第三十八条" in answer.text
    chair.post(f"/people/invitations/{invitation}/withdraw", 303)
    assert "第三十八条" in chair.post("/people", 422, phone=PHONE, duty="stock")


def test_changed_and_ended_at_once(office: Office, chair: Office) -> None:
    own = worker(office, "stock")
    grant = office.rows("select id from role_grant where duty = 'stock'")[0].id
    chair.post(f"/people/{grant}/duty", 303, duty="shipping")
    own.get("/shipping")
    own.get("/intake", 403)
    chair.post(f"/people/{grant}/remove", 422)  # that grant is over
    grant = office.rows("select id from role_grant where duty = 'shipping'")[0].id
    chair.post(f"/people/{grant}/remove", 303)
    own.get("/", 404)
    assert "以前的人员" in chair.get("/people")
    other = office.rows(
        "select id from role_grant where cooperative_id is distinct from :c", c=office.coop.id
    )
    for row in other:
        chair.post(f"/people/{row.id}/remove", 404)
    invited(office, chair)


def test_there_is_always_a_chair(office: Office, chair: Office) -> None:
    mine = office.rows(
        "select id from role_grant where duty = 'chair' and cooperative_id = :c", c=office.coop.id
    )[0].id
    assert "唯一的理事长" in chair.post(f"/people/{mine}/remove", 422)
    assert "唯一的理事长" in chair.post(f"/people/{mine}/duty", 422, duty="stock")
    worker(office, "chair", "+8613700000046")
    assert chair.post(f"/people/{mine}/remove", 303).endswith("/me")
    chair.get("/", 404)


def test_two_chairs_cannot_remove_one_another(office: Office, chair: Office) -> None:
    worker(office, "chair", "+8613700000046")
    ids = [row.id for row in office.rows("select id from role_grant where duty = 'chair' order by id")]
    start, outcomes = threading.Barrier(2), []

    def remove(grant_id: int) -> None:
        with office.app.app_context():
            start.wait()
            try:
                with transaction():
                    duties.remove(office.coop.id, grant_id, 1)
                outcomes.append("removed")
            except Conflict:
                outcomes.append("stays")

    threads = [threading.Thread(target=remove, args=(grant_id,)) for grant_id in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["removed", "stays"]


def test_two_duties_in_one_cooperative_are_refused_by_the_database(office: Office, chair: Office) -> None:
    with pytest.raises(IntegrityError, match="uq_role_grant_duty"):
        make_user(office.app, "+8613700000002", role="manager", duty="stock", cooperative_id=office.coop.id)


def test_the_log_says_who_did_what(office: Office, chair: Office) -> None:
    invited(office, chair)
    page = office.get("/activity")
    assert "邀请任职" in page
    assert re.search(r"职务</dt><dd>\s*库管", page)
    assert "邀请任职</strong>" not in office.get("/activity?act=lot.closed")
    assert "没有这样的记录" in office.get("/activity?who=999999")
    today = clock.today()
    assert "邀请任职</strong>" in office.get(f"/activity?day={today.isoformat()}&subject=duty_invitation")
    assert "邀请任职</strong>" not in office.get(f"/activity?day={(today - timedelta(days=1)).isoformat()}")
    assert "要写成" in office.get("/activity?day=昨天")
    other = office.rows(
        "select count(*) as n from activity where cooperative_id is distinct from :c", c=office.coop.id
    )[0].n
    shown = len(re.findall(r"<li><strong>", page))
    own = office.rows("select count(*) as n from activity where cooperative_id = :c", c=office.coop.id)[0].n
    assert shown == min(own, 30)
    assert other > 0


def test_the_log_goes_on_by_key(office: Office, chair: Office) -> None:
    with transaction():
        session().execute(
            text(
                "insert into activity (act, subject_type, subject_id, cooperative_id, at)"
                " select 'test.' || n, 'lot', n::text, :c, timestamptz '2020-01-01' from generate_series(1, 70) n"
            ),
            {"c": office.coop.id},
        )
    seen: list[str] = []
    address: str | None = "/activity?day=2020-01-01"
    while address:
        page = office.get(address)
        seen += re.findall(r"<strong>(test\.\d+)</strong>", page)
        found = re.search(r'href="[^"]*(/activity\?[^"]*)" rel="next"', page)
        address = found.group(1).replace("&amp;", "&") if found else None
    assert seen == [f"test.{n}" for n in range(70, 0, -1)]
    assert MAP["office.activity"] == HEADS
