"""The intake price list: what is in force on which day, and what a receipt keeps of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from shop.cooperatives.produce import intake, prices
from shop.core import clock
from shop.core.db import db, transaction
from shop.core.errors import Conflict, NotFound, Refused
from tests.support import town_builder as town

SOWN, NOW = date(2026, 3, 1), date(2026, 4, 1)


@pytest.fixture
def coop(db_session: Any) -> town.Coop:
    with transaction():
        return town.cooperative()


@pytest.fixture
def other(coop: town.Coop) -> town.Coop:
    with transaction():
        return town.cooperative()


@pytest.fixture
def offer(coop: town.Coop) -> prices.Offer:
    with transaction():
        produce_id = town.produce(coop)
    return prices.Offer(coop.id, produce_id, "统货", "buyout", SOWN, "理事会 3 月 1 日公告", 5_800)


def put(wanted: prices.Offer) -> int:
    with transaction():
        return prices.offer(wanted)


def terms(produce_id: int, on: date) -> dict[tuple[str, str], tuple[int, str | None]]:
    cooperative_id = db.session.execute(
        text("select cooperative_id from produce where id = :p"), {"p": produce_id}
    ).scalar_one()
    found = prices.in_force(cooperative_id, produce_id, on)
    return {key: (row.price_fen, row.commission_rate) for key, row in found.items()}


def test_the_newest_price_up_to_a_day_is_in_force(offer: prices.Offer) -> None:
    put(offer)
    put(replace(offer, valid_from=NOW, price_fen=6_000))
    put(replace(offer, valid_from=NOW, price_fen=6_100))  # a slip of the same day put right
    put(replace(offer, grade="特级", price_fen=8_000, grade_factor=140))
    put(replace(offer, mode="consign_commission", price_fen=0, commission_rate="0.06"))
    key = ("统货", "buyout")
    assert terms(offer.produce_id, SOWN - timedelta(days=1)) == {}
    assert terms(offer.produce_id, NOW - timedelta(days=1))[key] == (5_800, None)
    assert terms(offer.produce_id, NOW) == {
        key: (6_100, None),
        ("特级", "buyout"): (8_000, None),
        ("统货", "consign_commission"): (0, "0.06"),
    }


@pytest.mark.parametrize(
    "change, field",
    [
        ({"mode": "gift"}, "mode"),
        ({"price_fen": 0}, "price"),
        ({"price_fen": -1}, "price"),
        ({"commission_rate": "0.08"}, "commission_rate"),
        ({"mode": "consign_commission"}, "price"),
        ({"mode": "consign_commission", "price_fen": 0}, "commission_rate"),
        ({"mode": "consign_commission", "price_fen": 0, "commission_rate": "1"}, "commission_rate"),
        ({"grade_factor": 0}, "grade_factor"),
        ({"grade_factor": 1_001}, "grade_factor"),
        ({"notice": " "}, "notice"),
        ({"notice": "a\u202eb"}, "notice"),
        ({"notice": "x" * 201}, "notice"),
        ({"valid_from": SOWN - timedelta(days=1)}, "valid_from"),  # would slip in under the one that stands
        ({}, "price"),  # nothing new
    ],
)
def test_bad_terms_are_refused_and_store_nothing(
    offer: prices.Offer, change: dict[str, Any], field: str
) -> None:
    put(offer)
    with pytest.raises(Refused) as refusal:
        put(replace(offer, **change))
    assert refusal.value.field == field
    assert db.session.execute(text("select count(*) from intake_price")).scalar() == 1


def test_a_repeated_form_sets_one_price_and_no_other_cooperative_sets_any(
    offer: prices.Offer, other: town.Coop
) -> None:
    keyed = replace(offer, request_key="k" * 32)
    assert put(keyed) == put(keyed)
    with pytest.raises(NotFound):
        put(replace(offer, cooperative_id=other.id))
    with pytest.raises(Conflict):
        put(replace(keyed, cooperative_id=other.id))


def test_the_list_is_history(offer: prices.Offer) -> None:
    price_id = put(offer)
    for statement in ("update intake_price set price_fen = 1", "delete from intake_price"):
        with pytest.raises(IntegrityError), transaction():
            db.session.execute(text(statement))
    assert put(replace(offer, price_fen=5_900)) != price_id


def test_a_receipt_freezes_the_list_of_its_day_and_says_when_it_differs(
    coop: town.Coop, offer: prices.Offer
) -> None:
    with transaction():
        party = town.member(coop)
    first = put(replace(offer, grade_factor=90))
    second = put(replace(offer, valid_from=NOW, price_fen=6_000))
    rated = put(replace(offer, mode="consign_commission", price_fen=0, commission_rate="0.06"))
    brought = intake.Delivery(
        cooperative_id=coop.id, produce_id=offer.produce_id, quantity=10_000, mode="buyout", price_fen=5_800,
        received_on=SOWN, household_id=party.household_id,
    )  # fmt: skip
    with transaction():
        made = [
            intake.record(brought),
            intake.record(replace(brought, received_on=NOW)),
            intake.record(replace(brought, received_on=SOWN - timedelta(days=1))),
            intake.record(replace(brought, mode="consign_commission", price_fen=0)),
            intake.record(replace(brought, mode="consign_commission", price_fen=0, commission_rate="0.05")),
        ]
        back = intake.reverse(made[1], coop.id, "称错了")
    rows = db.session.execute(
        text(
            "select intake_price_id, off_list, grade_factor, commission_rate from intake_receipt"
            " where id = any(:ids) order by id"
        ),
        {"ids": [*made, back]},
    ).all()
    assert [tuple(row) for row in rows] == [
        (first, False, 90, None),
        (second, True, 100, None),
        (None, False, 100, None),
        (rated, False, 100, "0.06"),
        (rated, True, 100, "0.05"),
        (second, True, 100, None),
    ]
    assert clock.today() >= NOW
    with pytest.raises(IntegrityError), transaction():
        db.session.execute(text("update intake_receipt set off_list = false"))
