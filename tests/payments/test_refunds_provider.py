"""Refunds and whoever moves the money: the provider (a stand-in), a bank transfer, cash; and processes that die in between."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from shop.core import clock
from shop.core.db import transaction
from shop.core.errors import Conflict, NotFound, Refused
from shop.orders import attributing, holds
from shop.payments import charging, fees, queries, refunding, repaying, tasks, transfers
from tests.orders import market
from tests.orders.killing import killed_at
from tests.payments.provider import Provider, events_left, made_event, order_state, refunds, timeline
from tests.payments.refund_scene import (
    account,
    amount_back,
    assert_clean,
    everything,
    give_back,
    line_ids,
    new_key,
    part_ids,
    ship,
)
from tests.support import town_builder as town

REASON = "买家不要了"


def bought(provider: Provider, packs: int = 3, **stall: Any) -> tuple[int, int, int, market.Stall]:
    """An order paid at the provider and attributed: order, suborder, line, stall."""
    goods, who = market.stall(**stall), market.buyer()
    placed = market.place(who, {goods.sku_id: packs})
    provider.pay(provider.open(placed.number, who.id))
    provider.deliver_all()
    with transaction():
        attributing.attribute_orders([placed.order_id])
    return placed.order_id, part_ids(placed.order_id)[0], line_ids(placed.order_id)[0], goods


def sent(provider: Provider, order_id: int) -> list[int]:
    intent = market.rows("select intent_ref from payment where order_id = :id", id=order_id)[0].intent_ref
    listed = (
        provider.process.client().v1.refunds.list({"payment_intent": intent, "limit": 100}).auto_paging_iter()
    )
    return sorted(refund.amount for refund in listed)


def test_the_provider_is_asked_after_the_commit_and_its_event_settles_it(provider: Provider) -> None:
    order_id, part, line, _goods = bought(provider)
    made = give_back(part, (line, 500))
    assert made.by_provider
    assert refunds(order_id) == [("created", 6800, REASON)]
    assert sent(provider, order_id) == []
    tasks.send_refund.run(made.refund_id)
    assert refunds(order_id) == [("succeeded", 6800, REASON)]
    kinds = provider.deliver_all()
    assert {"refund.created", "charge.refunded"} <= set(kinds)
    assert timeline(order_id)[-2:] == ["refund_goods", "refunded"]
    assert sent(provider, order_id) == [6800]
    assert events_left() == []
    assert_clean()


def test_thirty_seven_refunds_bring_the_charge_to_zero(provider: Provider) -> None:
    order_id, part, line, _goods = bought(provider, packs=5, price_fen=7919, freight_fen=0)
    steps = [67] * 36 + [2500 - 36 * 67]
    for grams in steps:
        give_back(part, (line, grams))
    tasks.sweep.run()
    assert sum(sent(provider, order_id)) == 5 * 7919
    assert len(sent(provider, order_id)) == 37
    assert order_state(order_id) == ("closed", "refunded")
    assert {state for state, _, _ in refunds(order_id)} == {"succeeded"}
    provider.deliver_all()
    assert_clean()


def test_a_pending_refund_waits_for_its_event(provider: Provider) -> None:
    order_id, part, _line, _goods = bought(provider)
    made = amount_back(part, 1234)
    intent = market.rows("select intent_ref from payment where order_id = :id", id=order_id)[0].intent_ref
    thing = {
        "object": "refund", "id": f"re_made_{made.refund_id}", "amount": 1234, "payment_intent": intent,
        "metadata": {"refund": str(made.refund_id)}, "status": "pending",
    }  # fmt: skip
    provider.deliver(made_event("refund.created", thing))
    assert refunds(order_id)[0][0] == "pending"
    charge = {"object": "charge", "id": "ch_1", "payment_intent": intent}
    provider.deliver(made_event("charge.refunded", charge))  # newer versions list no refunds in it
    assert refunds(order_id)[0][0] == "pending"
    provider.deliver(
        made_event("charge.refunded", charge | {"refunds": {"data": [thing | {"status": "succeeded"}]}})
    )
    assert refunds(order_id)[0][0] == "succeeded"
    assert events_left() == []


def test_a_failed_refund_is_seen_and_paid_out_of_the_bank_instead(provider: Provider) -> None:
    order_id, part, line, goods = bought(provider)
    made = give_back(part, (line, 1500), freight=True)
    tasks.send_refund.run(made.refund_id)
    ref = market.rows("select provider_ref from refund where id = :id", id=made.refund_id)[0].provider_ref
    intent = market.rows("select intent_ref from payment where order_id = :id", id=order_id)[0].intent_ref
    failed = made_event(
        "refund.failed",
        {
            "object": "refund", "id": ref, "amount": made.amount_fen, "payment_intent": intent,
            "metadata": {"refund": str(made.refund_id)}, "status": "failed", "failure_reason": "lost_or_stolen_card",
        },
    )  # fmt: skip
    provider.deliver(failed)
    assert refunds(order_id)[0][0] == "failed"
    assert timeline(order_id)[-1] == "refund_failed"
    assert [row.id for row in queries.failed_refunds()] == [made.refund_id]
    assert_clean()  # the books say that we owe the buyer, whatever the provider says
    with pytest.raises(Conflict):
        give_back(part, (line, 1))
    region = town.TOWNSHIP
    assert [row.id for row in repaying.waiting(region)] == [made.refund_id]
    assert repaying.waiting("11") == []
    today = clock.today()
    with pytest.raises(NotFound), transaction():
        repaying.mark_repaid(made.refund_id, "B-1", today, by=None, region_code="11")
    for day in (today - timedelta(days=1), today + timedelta(days=1)):
        with pytest.raises(Refused), transaction():
            repaying.mark_repaid(made.refund_id, "B-1", day, by=None)
    with transaction():
        assert repaying.mark_repaid(made.refund_id, "B-1", today, by=None, region_code=region)
    with transaction():
        assert not repaying.mark_repaid(made.refund_id, "B-1", today, by=None)
    with pytest.raises(Conflict), transaction():
        repaying.mark_repaid(made.refund_id, "B-2", today, by=None)
    assert (account("113.provider"), account("113.transfer"), account("102")) == (
        made.amount_fen,
        0,
        -made.amount_fen,
    )
    provider.deliver(made_event("refund.failed", failed["data"]["object"]))  # old news
    assert refunds(order_id)[0][0] == "succeeded"
    assert repaying.waiting(region) == []
    assert goods.coop.id == market.rows("select cooperative_id from bank_statement_line")[0].cooperative_id
    assert_clean()


@pytest.mark.parametrize(
    "point",
    [
        "refunds:written",
        "reversing:rows",
        "reversing:state",
        "reversing:posted",
        "returns:released",
        "refunds:done",
    ],
)
def test_killed_inside_the_deed_nothing_happened_and_the_same_request_does_it(
    app: Flask, provider: Provider, point: str
) -> None:
    _order, part, line, _goods = bought(provider, mode="consign_fixed")
    before, key = everything(), new_key()
    assert killed_at(app, point, lambda: give_back(part, (line, 700), key=key))
    assert everything() == before
    first = give_back(part, (line, 700), key=key)
    done = everything()
    assert first.fresh
    assert not give_back(part, (line, 700), key=key).fresh
    assert everything() == done
    assert_clean()


@pytest.mark.parametrize("point", ["refunding:asking", "refunding:answered"])
def test_killed_around_the_question_the_money_goes_once(app: Flask, provider: Provider, point: str) -> None:
    order_id, part, line, _goods = bought(provider)
    made = give_back(part, (line, 500))
    assert killed_at(app, point, lambda: refunding.send(made.refund_id))
    tasks.sweep.run()
    tasks.sweep.run()
    assert refunds(order_id) == [("succeeded", 6800, REASON)]
    assert sent(provider, order_id) == [6800]
    assert_clean()


def test_the_providers_fee_stays_a_cost_when_everything_went_back(provider: Provider) -> None:
    order_id, part, line, _goods = bought(provider)
    give_back(part, (line, 1500), freight=True)
    assert order_state(order_id) == ("closed", "refunded")
    tasks.sweep.run()
    fees.collect_all()
    fee = market.rows("select fee_fen from payment where order_id = :id", id=order_id)[0].fee_fen
    assert account("521") == fee > 0
    assert account("113.provider") == -fee
    assert_clean()


def test_a_second_payment_of_a_refunded_order_goes_back_and_revives_nothing(provider: Provider) -> None:
    goods, who = market.stall(), market.buyer()
    placed = market.place(who, {goods.sku_id: 1})
    session = provider.open(placed.number, who.id)
    with transaction():
        transfers.record_transfer(placed.order_id, "T-1", clock.today(), 7800)
        attributing.attribute_orders([placed.order_id])
    give_back(part_ids(placed.order_id)[0], (line_ids(placed.order_id)[0], 500), freight=True)
    provider.pay(session)
    provider.deliver_all()
    tasks.sweep.run()
    assert order_state(placed.order_id) == ("closed", "refunded")
    assert sorted(row[0] for row in refunds(placed.order_id)) == ["pending", "succeeded"]
    assert "double_payment" in timeline(placed.order_id)


def test_a_refund_of_a_transfer_waits_for_the_bank(provider: Provider) -> None:
    goods, who = market.stall(price_fen=3001), market.buyer()
    placed = market.place(who, {goods.sku_id: 2})
    with transaction():
        transfers.record_transfer(placed.order_id, "T-7", clock.today(), 7002, cooperative_id=goods.coop.id)
        attributing.attribute_orders([placed.order_id])
    ship(placed.order_id)
    part, line = part_ids(placed.order_id)[0], line_ids(placed.order_id)[0]
    made = give_back(part, (line, 500))
    assert not made.by_provider
    assert account("113.transfer") == 7002 - 3001
    tasks.sweep.run()
    with transaction():
        assert refunding.unsent() == []
    refunding.send(made.refund_id)
    assert refunds(placed.order_id) == [("pending", 3001, REASON)]
    with pytest.raises(Conflict, match="另一笔"), transaction():
        repaying.mark_repaid(made.refund_id, "T-7", clock.today(), by=None)
    with transaction():
        market.row(
            "insert into bank_statement_line (cooperative_id, reference, booked_on, amount_fen)"
            " values (:coop, 'T-9', current_date, -3000) returning id",
            coop=goods.coop.id,
        )
    with pytest.raises(Refused, match="不一致"), transaction():
        repaying.mark_repaid(made.refund_id, "T-9", clock.today(), by=None)
    with transaction():
        market.row(
            "insert into bank_statement_line (cooperative_id, reference, booked_on, amount_fen)"
            " values (:coop, 'T-8', current_date, -3001) returning id",
            coop=goods.coop.id,
        )
    with transaction():
        repaying.mark_repaid(made.refund_id, "T-8", clock.today(), by=None)
    assert (account("113.transfer"), account("102")) == (7002, -3001)
    assert refunds(placed.order_id) == [("succeeded", 3001, REASON)]
    lines = market.rows("select cooperative_id, reference, amount_fen from bank_statement_line order by id")
    assert [tuple(row)[1:] for row in lines] == [("T-7", 7002), ("T-9", -3000), ("T-8", -3001)]
    assert timeline(placed.order_id)[-1] == "refunded"
    assert_clean()


def test_the_checkout_of_a_refunded_order_cannot_be_opened_again(provider: Provider) -> None:
    order_id, part, line, _goods = bought(provider)
    give_back(part, (line, 1500))
    with pytest.raises(Conflict), transaction():
        charging.open_payment(order_id)
    with transaction():
        assert holds.expire([order_id]) == []
