"""What the provider kept, split over the suborders once; money that comes by bank transfer."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import stripe

from shop.core import clock
from shop.core.db import transaction
from shop.core.errors import Conflict, Refused
from shop.orders import attributing
from shop.payments import fees, gateway, tasks, transfers
from tests.orders import market
from tests.payments.provider import (
    Provider,
    order_state,
    payments,
)
from tests.payments.test_late_money import close_without_the_provider
from tests.payments.test_sent_back import late


def test_the_fee_is_split_over_the_suborders_once(provider: Provider) -> None:
    one, two, who = market.stall(price_fen=6801), market.stall(price_fen=997, freight_fen=0), market.buyer()
    placed = market.place(who, {one.sku_id: 1, two.sku_id: 1})
    provider.pay(provider.open(placed.number, who.id))
    provider.deliver_all()
    tasks.sweep.run()
    tasks.sweep.run()
    fee = market.rows("select fee_fen from payment")[0].fee_fen
    assert fee == (8798 * 29 + 500) // 1000
    booked = market.rows(
        "select t.cooperative_id, e.fen from ledger_transaction t join ledger_entry e on e.transaction_id = t.id"
        " where t.kind = 'fee' and e.fen > 0 order by t.source_id"
    )
    assert [row.cooperative_id for row in booked] == [one.coop.id, two.coop.id]
    assert sum(row.fen for row in booked) == fee
    assert [row.fen for row in booked] == [226, 29]


def test_a_fee_in_another_currency_is_the_same_share(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An account that settles in dollars: 300 of 9,000 cents are a thirtieth of the payment."""

    class Intents:
        def retrieve(self, *_: Any) -> Any:
            entry = stripe.BalanceTransaction.construct_from(
                {"amount": 9000, "fee": 300, "currency": "hkd"}, "key"
            )
            return SimpleNamespace(latest_charge=SimpleNamespace(balance_transaction=entry))

    fake = SimpleNamespace(v1=SimpleNamespace(payment_intents=Intents()))
    monkeypatch.setattr(gateway, "client", lambda: fake)
    assert gateway.fee("pi_1", 7800) == 260


def test_the_fee_of_money_that_went_back_is_only_noted(provider: Provider) -> None:
    placed, _ = late(provider)
    tasks.sweep.run()
    assert (
        market.rows("select fee_fen from payment where order_id = :id", id=placed.order_id)[0].fee_fen == 423
    )
    assert market.rows("select * from ledger_transaction where kind = 'fee'") == []
    with transaction():
        assert fees.unknown() == []


@pytest.mark.usefixtures("db_session")
def test_a_bank_transfer() -> None:
    goods, who = market.stall(), market.buyer()
    placed = market.place(who, {goods.sku_id: 2}, pay_method="transfer", hold=timedelta(days=7))
    day = clock.today()
    with pytest.raises(Refused, match=r"¥1.00 与订单应付 ¥146.00 不一致"), transaction():
        transfers.record_transfer(placed.order_id, "A1", day, 100)
    with transaction():
        first = transfers.record_transfer(
            placed.order_id, "A1", day, 14_600, payer="某工会", cooperative_id=goods.coop.id
        )
    with transaction():
        assert (
            transfers.record_transfer(placed.order_id, " A1 ", day, 14_600, cooperative_id=goods.coop.id)
            == first
        )
    assert order_state(placed.order_id) == ("paid", None)
    assert payments(placed.order_id) == [("succeeded", 14_600)]
    other = market.place(who, {goods.sku_id: 2})
    with pytest.raises(Conflict, match="另一张订单"), transaction():
        transfers.record_transfer(other.order_id, "A1", day, 14_600, cooperative_id=goods.coop.id)
    with pytest.raises(Conflict, match="已经付过款"), transaction():
        transfers.record_transfer(placed.order_id, "A2", day, 14_600)
    with transaction():
        attributing.attribute_orders([placed.order_id])
    accounts = {row.account for row in market.rows("select account from ledger_entry where fen > 0")}
    assert any("transfer" in account for account in accounts)
    assert market.rows("select count(*) from bank_statement_line where payment_id is not null")[0][0] == 1


@pytest.mark.usefixtures("db_session")
def test_a_late_transfer_revives_or_says_so() -> None:
    goods, who = market.stall(packs=2), market.buyer()
    placed = market.place(who, {goods.sku_id: 1}, pay_method="transfer")
    close_without_the_provider(placed.order_id)
    with transaction():
        transfers.record_transfer(placed.order_id, "B1", clock.today(), 7800)
    assert order_state(placed.order_id) == ("paid", None)
    gone = market.place(who, {goods.sku_id: 1})
    close_without_the_provider(gone.order_id)
    market.place(market.buyer(), {goods.sku_id: 1})
    with pytest.raises(Conflict, match="货也已售完"), transaction():
        transfers.record_transfer(gone.order_id, "B2", clock.today(), 7800)


@pytest.mark.usefixtures("db_session")
def test_a_historic_transfer_is_a_sale_of_its_day() -> None:
    goods = market.stall()
    then = clock.day_range(market.town_builder.SOLD_ON).start + timedelta(hours=1)
    placed = market.place(
        market.buyer(), {goods.sku_id: 1}, now=then, channel="imported", pay_method="transfer"
    )
    with transaction():
        transfers.record_transfer(placed.order_id, "C1", market.town_builder.SOLD_ON, 7800, at=then)
    row = market.rows("select paid_on, paid_at from customer_order")[0]
    assert (row.paid_on, row.paid_at) == (market.town_builder.SOLD_ON, then)
