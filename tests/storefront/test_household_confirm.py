"""The household confirms what it brought, on its own page: its own deliveries only, once, and only behind the four digits."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from shop.cooperatives.people import slips
from shop.cooperatives.people.models import Household
from shop.cooperatives.produce import intake
from shop.core import clock
from shop.core.db import session, transaction
from tests.access.identities import make_user
from tests.support import town_builder as town


class Home:
    """A member household with a slip and a delivery of today, and a neighbour's delivery."""

    def __init__(self, app: Flask) -> None:
        self.by = make_user(app, "+8613900000051")
        with transaction():
            self.coop = town.cooperative()
            self.produce_id = town.produce(self.coop, "木耳")
            self.party, neighbour = town.member(self.coop, "王小华"), town.member(self.coop, "李明")
            session().get(Household, self.party.household_id).phone = "+8613900004444"  # type: ignore[union-attr]
            goods = (town.Goods(self.party, 2_500, 5_800), town.Goods(neighbour, 700, 900))
            self.mine, self.theirs = (
                town.deliver(self.coop, self.produce_id, "buyout", each, clock.today()) for each in goods
            )
        with transaction():
            self.token = slips.issue(self.coop.id, self.party.household_id or 0, self.by)

    def confirm(self, client: FlaskClient, receipt_id: int, token: str = "") -> Any:
        return client.post(f"/m/{token or self.token}/deliveries/{receipt_id}/confirm")

    def confirmed(self) -> list[int]:
        rows = session().execute(text("select receipt_id from receipt_confirmation order by 1")).scalars()
        found = list(rows)
        session().rollback()
        return found


@pytest.fixture
def home(app: Flask, db_session: Any) -> Home:
    return Home(app)


@pytest.fixture
def opened(app: Flask, home: Home) -> FlaskClient:
    client = app.test_client()
    assert client.post(f"/m/{home.token}", data={"digits": "4444"}).status_code == 303
    return client


def test_nothing_is_confirmed_before_the_digits(app: Flask, home: Home) -> None:
    assert home.confirm(app.test_client(), home.mine).status_code == 404
    assert home.confirm(app.test_client(), home.mine, "x" * 32).status_code == 404
    assert not home.confirmed()


def test_the_page_lists_what_waits_and_the_button_confirms_it_once(home: Home, opened: FlaskClient) -> None:
    page = opened.get(f"/m/{home.token}").text
    assert "请确认收货" in page
    assert "2.5千克" in page
    assert "¥145.00" in page
    assert home.confirm(opened, home.mine).status_code == 303
    assert "已确认，谢谢" in opened.get(f"/m/{home.token}").text
    assert home.confirm(opened, home.mine).status_code == 303
    after = opened.get(f"/m/{home.token}").text
    assert "已经确认过了" in after
    assert "请确认收货" not in after
    assert home.confirmed() == [home.mine]


def test_another_households_delivery_is_not_found(home: Home, opened: FlaskClient) -> None:
    for wrong in (home.theirs, 10**17):
        assert home.confirm(opened, wrong).status_code == 404
    assert not home.confirmed()


def test_what_was_taken_back_is_not_confirmed(home: Home, opened: FlaskClient) -> None:
    with transaction():
        intake.reverse(home.mine, home.coop.id, "称错了")
    assert home.confirm(opened, home.mine).status_code == 303
    assert "已经冲销" in opened.get(f"/m/{home.token}").text
    assert not home.confirmed()


def test_a_slip_that_was_revoked_confirms_nothing(home: Home, opened: FlaskClient) -> None:
    again = slips.reprinted(home.party.household_id or 0) or ""
    assert opened.get(f"/m/{again}").status_code == 200
    with transaction():
        slips.revoke(home.party.household_id or 0)
    for token in (home.token, again):
        assert home.confirm(opened, home.mine, token).status_code == 404
    assert not home.confirmed()
