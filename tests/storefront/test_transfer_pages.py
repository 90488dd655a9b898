"""The buyer's pages of a bank transfer."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import scoped_session

from shop.core.db import transaction
from tests.storefront.conftest import Buyer
from tests.storefront.forms import hidden
from tests.support.shop_builder import Offer


def ordered(buyer: Buyer, goods: list[Offer], db_session: scoped_session) -> str:
    for offer in goods:
        buyer.client.post("/basket/add", data={"sku": offer.sku_id, "count": "2"})
    form = hidden(buyer.client.get("/checkout").text) | {"address": str(buyer.address_id)}
    place = buyer.client.post("/checkout", data=form).location
    return str(place.split("/")[2])


@pytest.fixture
def number(app: Flask, buyer: Buyer, offers: Callable[..., list[Offer]], db_session: scoped_session) -> str:
    found = ordered(buyer, offers(1), db_session)
    result = app.test_cli_runner().invoke(
        args=["receiving", "nobody", "--holder", "社", "--bank", "行", "--account", "8201000012345"]
    )
    assert result.exit_code == 2
    code = db_session.execute(text("select code from cooperative")).scalar_one()
    db_session.rollback()
    result = app.test_cli_runner().invoke(
        args=["receiving", code, "--holder", "香菇社", "--bank", "农商行", "--account", "8201000012345"]
    )
    assert result.exit_code == 0, result.output
    return found


def test_the_page_says_where_to_and_how_much_and_then_what_is_missing(
    buyer: Buyer, number: str, db_session: scoped_session
) -> None:
    assert "改用对公转账" in buyer.client.get(f"/orders/{number}/pay").text
    assert buyer.client.get(f"/orders/{number}/transfer").location.endswith("/pay")
    for _ in range(2):
        assert buyer.client.post(f"/orders/{number}/transfer").status_code == 303
    html = buyer.client.get(f"/orders/{number}/transfer").text
    key = db_session.execute(text("select key from payment where method = 'transfer'")).scalar_one()
    for word in (key, "香菇社", "8201000012345", "农商行", "¥136.00", "已付款但还没到账"):
        assert word in html, word
    assert "看转账账户和识别码" in buyer.client.get(f"/orders/{number}/pay").text
    db_session.rollback()
    with transaction():
        db_session.execute(
            text(
                "insert into bank_statement_line (cooperative_id, reference, booked_on, amount_fen, payment_id)"
                " select c.id, 'B1', current_date, 10000, p.id from cooperative c, payment p"
            )
        )
    html = buyer.client.get(f"/orders/{number}/transfer").text
    assert "已收到 ¥100.00，还差 ¥36.00" in html
    back = buyer.client.post(f"/orders/{number}/pay", follow_redirects=True)
    assert "请把差额转过来" in back.text


def test_a_stranger_sees_nothing(new_buyer: Callable[[], Buyer], number: str) -> None:
    other = new_buyer()
    assert other.client.get(f"/orders/{number}/transfer").status_code == 404
    assert other.client.post(f"/orders/{number}/transfer").status_code == 404


def test_several_cooperatives_are_parted_and_each_gets_its_transfer(
    app: Flask,
    buyer: Buyer,
    new_buyer: Callable[[], Buyer],
    offers: Callable[..., list[Offer]],
    db_session: scoped_session,
) -> None:
    several = ordered(buyer, offers(2, cooperatives=2), db_session)
    assert "分成 2 张订单" in buyer.client.get(f"/orders/{several}/pay").text
    refused = buyer.client.post(f"/orders/{several}/transfer", follow_redirects=True)
    assert "只有一个合作社的订单" in refused.text
    assert new_buyer().client.post(f"/orders/{several}/part").status_code == 404
    assert "没有要转的账" in buyer.client.get("/transfers").text
    for code in db_session.execute(text("select code from cooperative order by id")).scalars().all():
        db_session.rollback()
        app.test_cli_runner().invoke(
            args=["receiving", code, "--holder", f"{code}社", "--bank", "行", "--account", "8201000012345"]
        )
    html = buyer.client.post(
        f"/orders/{several}/part", data={"method": "transfer"}, follow_redirects=True
    ).text
    keys = db_session.execute(text("select key from payment where method = 'transfer'")).scalars().all()
    assert len(keys) == 2
    assert all(key in html for key in keys)
    db_session.rollback()
    again = buyer.client.post(f"/orders/{several}/part", follow_redirects=True)
    assert again.status_code == 200
    assert "已分成 1 张订单" not in again.text
