"""A household's page: opened by slip and digits only, whole, its own, and able to object."""

from __future__ import annotations

import re
from datetime import date
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import exists, func, select, text

from shop.cooperatives.income import distribution, household_year, income_entering, lifecycle, movements
from shop.cooperatives.income.income_entering import Draft
from shop.cooperatives.income.lifecycle_models import Objection
from shop.cooperatives.income.models import Attribution, Distribution
from shop.cooperatives.people import slips
from shop.cooperatives.people.models import Cooperative, Household, HouseholdToken, Member
from shop.core.db import session, transaction
from shop.core.money import format_plain
from tests.access.identities import TOWN, make_user, signed_in


class Home:
    """A member household of kazi with a fresh slip."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.manager = make_user(app, "+8613900000041")
        traded = exists().where(Attribution.household_id == Household.id)
        with app.app_context():
            row = (
                session()
                .execute(
                    select(Household.id, Household.phone, Member.cooperative_id)
                    .join(Member, Member.household_id == Household.id)
                    .join(Cooperative, Cooperative.id == Member.cooperative_id)
                    .where(Cooperative.code == "kazi", Household.phone.is_not(None), traded)
                    .order_by(Member.number)
                    .limit(1)
                )
                .one()
            )
            session().rollback()
            self.id, self.digits, self.coop = row.id, (row.phone or "")[-4:], row.cooperative_id
            with transaction():
                self.token = slips.issue(self.coop, self.id, self.manager)

    @property
    def address(self) -> str:
        return f"/m/{self.token}"

    def open(self, client: FlaskClient) -> str:
        assert client.post(self.address, data={"digits": self.digits}).status_code == 303
        answer = client.get(self.address)
        assert answer.status_code == 200
        return unescape(answer.get_data(as_text=True))


@pytest.fixture
def home(town: Flask) -> Home:
    return Home(town)


def test_nothing_is_shown_before_the_digits(town: Flask, home: Home) -> None:
    shown = town.test_client().get(home.address).get_data(as_text=True)
    assert "后四位" in shown
    assert "记给我家的货款" not in shown


def test_the_page_tells_the_whole_year(town: Flask, home: Home) -> None:
    shown = home.open(town.test_client())
    with town.app_context():
        year = household_year.read(home.id, household_year.years(home.id)[0])
    for words in ("我的货卖了", "记给我家的货款", "已付给我家", "还没付的", "我交的货"):
        assert words in shown
    for fen in (year.sold_fen, year.money.credited, year.money.due):
        assert f"{fen // 100:,}.{fen % 100:02d}" in shown


def test_figures_tie_to_the_ledger(town: Flask, home: Home) -> None:
    with town.app_context():
        year = household_year.read(home.id, 2020)
        due = (
            session()
            .execute(
                text(
                    "select -sum(fen) from ledger_entry where household_id = :h and account in ('114.payable','211','221','222')"
                ),
                {"h": home.id},
            )
            .scalar()
        )
        sold = (
            session()
            .execute(
                text(
                    "select sum(fen) from attribution where household_id = :h and extract(year from on_date) = 2020"
                ),
                {"h": home.id},
            )
            .scalar()
        )
    assert year.money.due == due
    assert year.sold_fen == sold


def test_wrong_digits_rest_after_five(town: Flask, home: Home) -> None:
    client = town.test_client()
    wrong = f"{(int(home.digits) + 1) % 10000:04d}"
    for _ in range(5):
        assert client.post(home.address, data={"digits": wrong}).status_code == 422
    answer = client.post(home.address, data={"digits": home.digits})
    assert answer.status_code == 422
    assert "15 分钟" in answer.get_data(as_text=True)


@pytest.mark.parametrize("digits", ["", "12", "１２３４", "' or 1=1", "0" * 5000, "\x00"])
def test_odd_digits_are_wrong_digits(town: Flask, home: Home, digits: str) -> None:
    assert town.test_client().post(home.address, data={"digits": digits}).status_code == 422


def test_a_guessed_address_is_nothing(town: Flask) -> None:
    assert town.test_client().get("/m/not-a-token").status_code == 404
    assert town.test_client().post("/m/not-a-token", data={"digits": "0000"}).status_code == 404


def test_a_new_slip_ends_the_old_one_even_where_it_is_open(town: Flask, home: Home) -> None:
    client = town.test_client()
    home.open(client)
    old = home.address
    with town.app_context(), transaction():
        home.token = slips.issue(home.coop, home.id, home.manager)
    assert client.get(old).status_code == 404
    assert "后四位" in client.get(home.address).get_data(as_text=True)
    with town.app_context(), transaction():
        slips.revoke(home.id)
    assert client.get(home.address).status_code == 404


def test_one_opened_slip_does_not_open_another(town: Flask, home: Home) -> None:
    client = town.test_client()
    home.open(client)
    with town.app_context():
        other = session().scalar(
            select(Member.household_id).where(
                Member.cooperative_id == home.coop, Member.household_id != home.id
            )
        )
        assert other is not None
        session().rollback()
        with transaction():
            token = slips.issue(home.coop, other, home.manager)
    assert "后四位" in client.get(f"/m/{token}").get_data(as_text=True)
    assert client.post(f"/m/{token}/objections", data={"distribution": "1", "words": "x"}).status_code == 404


def test_only_a_hash_is_stored(town: Flask, home: Home) -> None:
    with town.app_context():
        stored = session().scalars(select(HouseholdToken.token_hash)).all()
    assert home.token not in stored
    assert len(home.token) >= 32


def test_an_objection_from_the_page_is_recorded_once(town: Flask, home: Home) -> None:
    with town.app_context():
        with transaction():
            distribution.compute_now(home.coop, 2020)
        head = session().scalar(select(Distribution.id))
        assert head is not None
        session().rollback()
        with transaction():
            lifecycle.preview(head, home.manager)
        with transaction():
            lifecycle.publish(head, home.manager, 15)
    client = town.test_client()
    shown = home.open(client)
    assert "正在公示" in shown
    key = re.search(r'name="idempotency_key" value="([^"]+)"', shown)
    assert key is not None
    form = {"distribution": str(head), "words": "八月少算五斤", "idempotency_key": key[1]}
    assert client.post(f"{home.address}/objections", data=form).status_code == 303
    assert client.post(f"{home.address}/objections", data=form).status_code == 303
    empty = client.post(f"{home.address}/objections", data={"distribution": str(head), "words": "  "})
    assert empty.status_code == 422
    assert (
        client.post(f"{home.address}/objections", data={"distribution": "x", "words": "y"}).status_code == 404
    )
    with town.app_context():
        assert session().scalar(select(func.count(Objection.id))) == 1


def test_the_office_prints_slips_and_statements_of_its_own_only(town: Flask, home: Home) -> None:
    own = signed_in(
        town, make_user(town, "+8613900000042", role="manager", duty="manager", cooperative_id=home.coop)
    )
    printed = own.post(f"/coop/kazi/members/{home.id}/slip")
    assert printed.status_code == 200
    body = printed.get_data(as_text=True)
    assert "<svg" in body
    token = re.search(r"/m/([\w-]+)", body)
    assert token is not None
    assert town.test_client().get(f"/m/{token[1]}").status_code == 200
    assert own.get(f"/coop/kazi/members/{home.id}/statement").status_code == 200
    assert own.post(f"/coop/kazi/members/{home.id}/slip/revoke").status_code == 303
    assert town.test_client().get(f"/m/{token[1]}").status_code == 404
    with town.app_context():
        other = session().scalar(select(Member.household_id).where(Member.cooperative_id != home.coop))
    for address in (f"/coop/kazi/members/{other}/slip", f"/coop/kazi/members/{other}/slip/revoke"):
        assert own.post(address).status_code == 404
    assert own.get(f"/coop/kazi/members/{other}/statement").status_code == 404


def test_its_year_by_class_stands_there_with_what_the_town_entered(town: Flask, home: Home) -> None:
    with town.app_context():
        year = household_year.years(home.id)[0]
        for source, fen, key in (("work_away", 1_234_56, "a"), ("inputs", 78_90, "b")):
            with transaction():
                made = Draft(home.id, source, date(year, 1, 2), fen, "单据", key)
                income_entering.record(made, TOWN, home.manager)
        sums = movements.year_sums(home.id, year)
    shown = home.open(town.test_client())
    for words in ("我家的收入台账", "工资性收入", "1,234.56", "−¥78.90", format_plain(sums.net_fen)):
        assert words in shown
    assert "财产性收入" not in shown, "classes without anything are left out"
