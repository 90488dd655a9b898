"""The page of a lot: what everybody may see of it, codes that are none, the lots behind an order's lines."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select, text
from sqlalchemy.orm import scoped_session

from shop.accounts.limits import limiter
from shop.cooperatives.produce import tracing
from shop.cooperatives.produce.models import Lot, LotPart
from shop.core import pictures
from shop.core.db import session, transaction
from shop.core.errors import Refused
from tests.orders import market
from tests.storefront.conftest import Buyer
from tests.support import shop_builder


@pytest.fixture(autouse=True)
def _limits(app: Flask) -> Iterator[None]:
    yield
    with app.app_context():
        limiter.reset()


def _offered(households: int) -> tuple[shop_builder.Offer, str]:
    with transaction():
        offer = shop_builder.offer(shop_builder.coop(), households=households)
    code = session().execute(select(Lot.trace_code).where(Lot.produce_id == offer.produce_id)).scalar_one()
    session().rollback()
    return offer, str(code)


def test_a_lot_tells_where_it_comes_from(client: FlaskClient, db_session: scoped_session) -> None:
    offer, code = _offered(12)
    html = client.get(f"/t/{code}").text
    for word in ("卡子村", "12 户", "农户交货", "验收合批", "还没有发货", offer.name, 'content="noindex"'):
        assert word in html, word
    assert "户主" not in html.replace("同意公开的户主", "")
    assert f"/p/{offer.product_id}" in html
    assert "卡子村" in client.get(f"/t/{code.lower()[:6]}-{code.lower()[6:]}").text
    assert client.get("/t", query_string={"code": f" {code.lower()} "}).location == f"/t/{code}"


def test_few_households_are_no_number_and_have_no_names(
    client: FlaskClient, db_session: scoped_session
) -> None:
    _offer, code = _offered(9)
    with transaction():
        for household in session().execute(select(LotPart.household_id)).scalars().all():
            shop_builder.consent(household or 0)
    html = client.get(f"/t/{code}").text
    assert "不足10户" in html
    assert "9 户" not in html
    assert "同意公开的户主" not in html


def test_names_stand_there_with_consent_only_and_masked(
    client: FlaskClient, db_session: scoped_session
) -> None:
    _offer, code = _offered(10)
    household = session().execute(select(LotPart.household_id).order_by(LotPart.id)).scalars().first()
    session().rollback()
    assert "同意公开的户主" not in client.get(f"/t/{code}").text
    with transaction():
        shop_builder.consent(household or 0)
    assert "同意公开的户主" in client.get(f"/t/{code}").text
    with transaction():
        session().execute(text("update household_consent set withdrawn_on = given_on"))
    assert "同意公开的户主" not in client.get(f"/t/{code}").text


@pytest.mark.parametrize(
    "typed, word",
    [
        ("ABCD0FGHJK2L", "不会有 0L"),
        ("ABC", "现在是 3 位"),
        ("ABCDEFGHJKMN", "再看一遍"),
        ("x" * 3000, "位"),
        ("香菇", "不会有 香菇"),
    ],
)
def test_a_wrong_code_is_told_what_is_wrong(client: FlaskClient, typed: str, word: str) -> None:
    answer = client.get(f"/t/{typed}")
    assert answer.status_code == 404
    assert word in answer.text
    assert 'name="code"' in answer.text
    assert client.get(f"/t/{typed}/certificate").status_code == 404


def test_an_open_lot_is_no_ones_business_yet(client: FlaskClient, db_session: scoped_session) -> None:
    _offer, code = _offered(10)
    with transaction():
        session().execute(text("update lot set closed_at = null"))
    assert client.get(f"/t/{code}").status_code == 404


def test_codes_are_not_to_be_tried_but_scanned_as_often_as_one_likes(
    client: FlaskClient, db_session: scoped_session
) -> None:
    _offer, code = _offered(10)
    for _ in range(40):
        assert client.get(f"/t/{code}").status_code == 200
    answers = [client.get("/t/ABCDEFGHJKMN").status_code for _ in range(35)]
    assert answers == [404] * 30 + [429] * 5


def test_the_newest_certificate_is_shown_and_no_other_paper(
    app: Flask, client: FlaskClient, db_session: scoped_session
) -> None:
    _offer, code = _offered(10)
    lot_id, coop_id = session().execute(select(Lot.id, Lot.cooperative_id)).one()
    session().rollback()
    assert client.get(f"/t/{code}/certificate").status_code == 404
    shown = []
    for colour in ("red", "blue"):
        buffer = BytesIO()
        Image.new("RGB", (40, 30), colour).save(buffer, "PNG")
        with transaction():
            tracing.show_certificate(
                lot_id, coop_id, pictures.prepare(buffer.getvalue()), by=shop_builder.buyer()
            )
            other = pictures.prepare(buffer.getvalue())
            pictures.store(other, subject_type="voucher", subject_id=lot_id, cooperative_id=coop_id, by=None)
        shown.append(client.get(f"/t/{code}/certificate").data)
    assert shown[0] != shown[1]
    assert client.get(f"/t/{code}/certificate?v=1").status_code == 404  # the first one is replaced
    assert f"/t/{code}/certificate" in client.get(f"/t/{code}").text
    with pytest.raises(Refused), transaction():
        tracing.show_certificate(lot_id, coop_id, pictures.Paper(pictures.PDF, b"%PDF-%%EOF"), by=1)


def test_a_paid_order_leads_to_its_lots(buyer: Buyer, db_session: scoped_session) -> None:
    offer, code = _offered(3)
    placed = market.paid(market.Buyer(buyer.id, buyer.address_id), {offer.sku_id: 1})
    html = buyer.client.get(f"/orders/{placed.number}").text
    assert f'href="/t/{code}"' in html


def test_an_unpaid_order_does_not(buyer: Buyer, db_session: scoped_session) -> None:
    offer, code = _offered(3)
    with transaction():
        _, number = shop_builder.order(buyer.id, offer.sku_id)
    assert f"/t/{code}" not in buyer.client.get(f"/orders/{number}").text
