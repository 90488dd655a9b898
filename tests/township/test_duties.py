"""The town's duties: one map, read-only leaders and county, buttons hidden, people invited, changed and ended by the approver."""

from __future__ import annotations

import re
import threading
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from shop.accounts import duties
from shop.core.db import session, transaction
from shop.core.errors import Conflict
from shop.township.duties import MAP, READERS, WORKERS
from tests.access.identities import TOWN, make_user, signed_in
from tests.access.places import routes
from tests.support import town_builder as town
from tests.township.town_desk import Desk, staff

PHONE = "+8613700000055"
REFUSED = "这件事归别的职务"
# pages that only lead to a deed, or show telephones and papers with names
FORMS = {
    "household_new", "imports", "import_page", "import_form", "import_marked", "income_new",
    "income_evidence", "assisted_new", "trade_new", "contacts_page", "contact",
    "contact_new",
}  # fmt: skip


@pytest.fixture
def desks(app: Flask, db_session: Any) -> dict[str, Desk]:
    with transaction():
        coop = town.cooperative("dachuan")
    assert coop.id
    return {duty: staff(app, duty) for duty in ("clerk", "approver", "leader", "county")}


def test_every_endpoint_of_the_door_stands_in_the_map(shared_town: Flask) -> None:
    there = {r.rule.endpoint for r in routes(shared_town) if r.rule.endpoint.startswith("township.")}
    assert there - set(MAP) == set(), "add them to shop/township/duties.py"
    assert set(MAP) - there == set(), "these are gone"


def test_who_only_looks_can_change_nothing(shared_town: Flask) -> None:
    """Every POST of the door is closed to leader and county, every page that a clerk reads is open to them."""
    for route in routes(shared_town):
        allowed = MAP.get(route.rule.endpoint)
        if allowed is None:
            continue
        if route.method == "POST":
            assert not allowed & READERS, route
            assert "approver" in allowed, route
        elif route.rule.endpoint == "township.register_reveals":
            assert allowed == READERS | {"approver"}, "those who look names up do not watch over it"
        elif route.rule.endpoint == "township.cooperative_new":
            assert allowed == {"approver"}, route
        elif route.rule.endpoint.removeprefix("township.") in FORMS:
            assert allowed == WORKERS, route
        else:
            assert allowed >= READERS | WORKERS, route


@pytest.mark.parametrize("duty", ["leader", "county"])
def test_a_reader_sees_the_pages_without_their_buttons(desks: dict[str, Desk], duty: str) -> None:
    reader, clerk = desks[duty], desks["clerk"]
    for path in (
        "/todo",
        "/odd",
        "/distributions",
        "/refunds",
        "/coupons",
        "/reviews",
        "/returns",
        "/people",
        "/activity",
        "/register",
        "/income",
        "/assisted",
        "/trade",
        "/reports",
        "/reports/templates/yearly",
    ):
        page = reader.get(path)
        own = [
            form for form in re.findall(r"<form[^>]*>", page) if 'method="post"' in form and "/town/" in form
        ]
        assert own == [], path
    assert "开始计算" in clerk.get("/distributions")
    before = reader.rows("select count(*) from distribution_run")[0][0]
    page = reader.post("/distributions", 403, year="2020")
    assert REFUSED in page
    assert "审核岗、经办岗" in page
    assert "什么都没有改动" in page
    assert reader.rows("select count(*) from distribution_run")[0][0] == before


def test_what_only_the_approver_decides(desks: dict[str, Desk]) -> None:
    clerk, approver = desks["clerk"], desks["approver"]
    assert "由审核岗发和停发" in clerk.get("/coupons")
    assert "由审核岗发和停发" not in approver.get("/coupons")
    for path in ("/coupons", "/coupons/stop", "/returns/1", "/people"):
        page = clerk.post(path, 403)
        assert REFUSED in page
        assert "能办这件事的是：审核岗。" in page
    approver.post("/returns/1", 404)
    assert approver.rows("select count(*) from coupon")[0][0] == 0


def test_another_region_stays_unknown(desks: dict[str, Desk]) -> None:
    for desk in desks.values():
        desk.at("420303100").post("/coupons", 404)
        desk.at("420303100").get("/todo", 404)
    desks["county"].at("420302").get("/todo")


def invited(approver: Desk, duty: str = "clerk", phone: str = PHONE) -> int:
    approver.post("/people", 303, phone=phone, duty=duty)
    return int(approver.rows("select max(id) as n from duty_invitation")[0].n)


def test_invited_by_phone_accepted_by_its_owner(app: Flask, desks: dict[str, Desk]) -> None:
    approver = desks["approver"]
    invitation = invited(approver)
    assert "已经请过了" in approver.post("/people", 422, phone="13700000055", duty="leader")
    client = signed_in(app, make_user(app, PHONE))
    assert "大川镇" in client.get("/invitations").text
    answer = client.post(f"/invitations/{invitation}/accept")
    assert answer.status_code == 303
    assert answer.headers["Location"].endswith(f"/town/{TOWN}/")
    assert client.get(f"/town/{TOWN}/todo").status_code == 200
    page = approver.get("/people")
    assert "138****" not in page or "经办岗" in page
    log = approver.get("/activity?kind=roles")
    assert "邀请任职</strong>" in log
    assert re.search(r"职务</dt><dd>\s*经办岗", log)
    assert "在本地已经有职务" in approver.post("/people", 422, phone=PHONE, duty="clerk")
    assert "请选择职务" in approver.post("/people", 422, phone="13700000058", duty="chair")
    assert "手机号" in approver.post("/people", 422, phone="138", duty="clerk")


def test_managers_are_refused(app: Flask, desks: dict[str, Desk]) -> None:
    coop = desks["clerk"].rows("select id from cooperative")[0].id
    make_user(app, PHONE, role="manager", duty="stock", cooperative_id=coop)
    page = desks["approver"].post("/people", 422, phone=PHONE, duty="clerk")
    assert "第三十八条" in page
    assert f'value="{PHONE}"' in page


def test_changed_and_ended_at_once(app: Flask, desks: dict[str, Desk]) -> None:
    approver, clerk = desks["approver"], desks["clerk"]
    grant = clerk.rows("select id from role_grant where duty = 'clerk'")[0].id
    approver.post(f"/people/{grant}/duty", 303, duty="leader")
    clerk.post("/distributions", 403, year="2020")
    approver.post(f"/people/{grant}/remove", 422)
    grant = clerk.rows("select id from role_grant where duty = 'leader' and user_id = :u", u=clerk.user_id)[
        0
    ].id
    approver.post(f"/people/{grant}/remove", 303)
    clerk.get("/todo", 404)
    assert "以前的人员" in approver.get("/people")
    mine = clerk.rows("select id from role_grant where duty = 'approver'")[0].id
    assert "唯一的审核岗" in approver.post(f"/people/{mine}/remove", 422)
    assert "唯一的审核岗" in approver.post(f"/people/{mine}/duty", 422, duty="clerk")
    county = clerk.rows("select id from role_grant where duty = 'county'")[0].id
    approver.post(f"/people/{county}/remove", 404)
    assert "上级地区" in approver.get("/people")
    staff(app, "approver", phone="+8613700000066")
    assert approver.post(f"/people/{mine}/remove", 303).endswith("/me")
    approver.get("/todo", 404)


def test_two_approvers_cannot_remove_one_another(app: Flask, desks: dict[str, Desk]) -> None:
    staff(app, "approver", phone="+8613700000066")
    ids = [row.id for row in desks["clerk"].rows("select id from role_grant where duty = 'approver'")]
    start, outcomes = threading.Barrier(2), []

    def remove(grant_id: int) -> None:
        with app.app_context():
            start.wait()
            try:
                with transaction():
                    duties.remove(TOWN, grant_id, 1)
                outcomes.append("removed")
            except Conflict:
                outcomes.append("stays")

    threads = [threading.Thread(target=remove, args=(grant_id,)) for grant_id in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["removed", "stays"]


def test_the_database_knows_the_duties(app: Flask, desks: dict[str, Desk]) -> None:
    with pytest.raises(IntegrityError, match="staff_duty"):
        make_user(app, PHONE, role="staff", duty="emperor", region_code=TOWN)
    session().rollback()
    with pytest.raises(IntegrityError, match="uq_role_grant_staff_duty"):
        make_user(app, "+8613700000061", role="staff", duty="leader", region_code=TOWN)
    session().rollback()
    for columns in ("'chair', null, '420302100'", "'clerk', (select min(id) from cooperative), null"):
        with pytest.raises(IntegrityError, match="place_duty"), transaction():
            session().execute(
                text(
                    "insert into duty_invitation (duty, cooperative_id, region_code, phone, invited_by, expires_at)"
                    f" select {columns}, '+8613', min(id), now() + interval '1 day' from user_account"
                )
            )
        session().rollback()


def test_the_towns_log_is_of_its_staff(app: Flask, desks: dict[str, Desk]) -> None:
    clerk = desks["clerk"]
    with transaction():
        session().execute(
            text(
                "insert into activity (act, subject_type, subject_id, actor_id, cooperative_id) values"
                " ('member.phone_shown', 'member', '901', :clerk, (select min(id) from cooperative)),"
                " ('account.password_changed', 'user', '902', :clerk, null),"
                " ('distribution.exported', 'distribution', '903', :county, null),"
                " ('distribution.exported', 'distribution', '904', :county, (select min(id) from cooperative)),"
                " ('lot.closed', 'lot', '905', null, (select min(id) from cooperative))"
            ),
            {"clerk": clerk.user_id, "county": desks["county"].user_id},
        )
    page = clerk.get("/activity")
    assert [n for n in ("901", "902", "903", "904", "905") if f"#{n}<" in page] == ["901", "904"]
    assert "#901<" in clerk.get("/activity?kind=reveal")
    assert "#901<" not in clerk.get("/activity?kind=export")
    assert "#904<" in clerk.get("/activity?kind=export")
    assert "要写成" in clerk.get("/activity?day=昨天")
    assert "没有这样的记录" in clerk.get("/activity?who=999999")


@pytest.mark.parametrize("duty", [(), ("--duty", "chair")])
def test_the_operator_is_told_the_duties(app: Flask, db_session: Any, duty: tuple[str, ...]) -> None:
    with transaction():
        town.regions()
    asked = [
        "user",
        "add",
        "13700000077",
        "--name",
        "王芳",
        "--role",
        "staff",
        "--region",
        TOWN,
        "--password",
        "shuang-xi-2026",
    ]
    said = app.test_cli_runner().invoke(args=[*asked, *duty])
    assert said.exit_code == 2
    assert "approver、clerk、leader、county" in said.output
    assert session().scalar(text("select count(*) from user_account")) == 0
    session().rollback()
    assert app.test_cli_runner().invoke(args=[*asked, "--duty", "clerk"]).exit_code == 0
    assert session().scalar(text("select duty from role_grant")) == "clerk"
