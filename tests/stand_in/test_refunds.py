"""Refunds and the balance: never more than was paid, at once or a moment later, given back when they fail."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import stripe

from tests.stand_in.conftest import Receiver
from tests.stand_in.orders import open_session
from tests.support.stand_in import StandInProcess, wait_for

Paid = Callable[..., str]


@pytest.fixture
def paid(client: stripe.StripeClient, stand_in: StandInProcess) -> Paid:
    """Pays 73.60 yuan → id of the PaymentIntent."""

    def pay(**how: Any) -> str:
        return str(stand_in.pay(open_session(client).id, **how)["session"]["payment_intent"])

    return pay


def charge_of(client: stripe.StripeClient, intent: str) -> stripe.Charge:
    return client.v1.charges.list({"payment_intent": intent, "expand": ["data.refunds"]}).data[0]


def test_two_parts_then_too_much_then_all(
    client: stripe.StripeClient, paid: Paid, receiver: Receiver
) -> None:
    intent = paid()
    first = client.v1.refunds.create(
        {
            "payment_intent": intent,
            "amount": 2000,
            "reason": "requested_by_customer",
            "metadata": {"line": "7"},
        }
    )
    second = client.v1.refunds.create({"payment_intent": intent, "amount": 1000})
    assert (first.status, first.reason) == ("succeeded", "requested_by_customer")
    assert first.metadata is not None
    assert first.metadata["line"] == "7"
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.refunds.create({"payment_intent": intent, "amount": 4361})
    assert (caught.value.http_status, caught.value.param, caught.value.code) == (400, "amount", None)
    assert "Refund amount (¥43.61) is greater than unrefunded amount on charge (¥43.60)" in str(caught.value)
    rest = client.v1.refunds.create({"payment_intent": intent})
    assert rest.amount == 4360
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.refunds.create({"payment_intent": intent, "amount": 1})
    assert (caught.value.http_status, caught.value.code) == (400, "charge_already_refunded")

    charge = charge_of(client, intent)
    assert (charge.amount_refunded, charge.refunded) == (7360, True)
    assert charge.refunds is not None
    assert [refund.id for refund in charge.refunds] == [rest.id, second.id, first.id]
    assert len(receiver.wait(charge.id, "charge.refunded", times=3)) == 3
    assert len(receiver.wait(charge.id, "refund.created", times=3)) == 3
    before = [event.data.previous_attributes for event in receiver.wait(charge.id, "charge.refunded")]
    assert sorted(each["amount_refunded"] for each in before if each) == [0, 2000, 3000]
    entry = client.v1.balance_transactions.retrieve(str(first.balance_transaction))
    assert (entry.type, entry.amount, entry.fee, entry.net, entry.source) == (
        "refund",
        -2000,
        0,
        -2000,
        first.id,
    )


def test_racing_refunds_never_exceed_the_payment(client: stripe.StripeClient, paid: Paid) -> None:
    intent = paid()

    def refund(_: int) -> int:
        try:
            return client.v1.refunds.create({"payment_intent": intent, "amount": 1000}).amount
        except stripe.InvalidRequestError:
            return 0

    with ThreadPoolExecutor(12) as pool:
        assert sum(pool.map(refund, range(12))) == 7000
    assert charge_of(client, intent).amount_refunded == 7000


def test_a_wallets_refund_is_pending_first(
    client: stripe.StripeClient, paid: Paid, receiver: Receiver
) -> None:
    refund = client.v1.refunds.create({"payment_intent": paid(method="wechat_pay"), "amount": 500})
    assert (refund.status, refund.pending_reason) == ("pending", "processing")
    wait_for(lambda: client.v1.refunds.retrieve(refund.id).status == "succeeded")
    (event,) = receiver.wait(refund.id, "refund.updated")
    assert event.data.previous_attributes is not None
    assert event.data.previous_attributes["status"] == "pending"


def test_a_failed_refund_gives_the_balance_back(
    client: stripe.StripeClient, paid: Paid, receiver: Receiver
) -> None:
    intent = paid(card="4000000000005126")
    before = client.v1.balance.retrieve().pending[0].amount
    refund = client.v1.refunds.create({"payment_intent": intent})
    receiver.wait(refund.id, "refund.failed")
    failed = client.v1.refunds.retrieve(refund.id, {"expand": ["failure_balance_transaction"]})
    assert (failed.status, failed.failure_reason) == ("failed", "declined")
    assert isinstance(failed.failure_balance_transaction, stripe.BalanceTransaction)
    assert failed.failure_balance_transaction.net == 7360
    assert charge_of(client, intent).amount_refunded == 0
    assert client.v1.balance.retrieve().pending[0].amount == before


@pytest.mark.parametrize(
    "given, status, code, param",
    [
        ({"amount": 100}, 400, "parameter_missing", None),
        ({"payment_intent": "pi_no"}, 404, "resource_missing", "payment_intent"),
        ({"charge": "ch_no"}, 404, "resource_missing", "charge"),
        ({"payment_intent": "pi_no", "amount": 0}, 400, "parameter_invalid_integer", "amount"),
        ({"payment_intent": "pi_no", "reason": "because"}, 400, None, "reason"),
        ({"payment_intent": "pi_no", "amont": 1}, 400, "parameter_unknown", "amont"),
    ],
)
def test_refused(
    client: stripe.StripeClient, given: Any, status: int, code: str | None, param: str | None
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.refunds.create(given)
    assert (caught.value.http_status, caught.value.code, caught.value.param) == (status, code, param)


def test_an_unpaid_intent_has_nothing_to_refund(
    client: stripe.StripeClient, stand_in: StandInProcess
) -> None:
    declined = stand_in.pay(open_session(client).id, card="4000000000000002")
    with pytest.raises(stripe.InvalidRequestError, match="does not have a successful charge"):
        client.v1.refunds.create({"payment_intent": declined["session"]["payment_intent"]})


def test_found_by_intent_charge_and_balance(client: stripe.StripeClient, paid: Paid) -> None:
    intent = paid()
    refund = client.v1.refunds.create({"payment_intent": intent, "amount": 1})
    charge = charge_of(client, intent)
    assert [each.id for each in client.v1.refunds.list({"payment_intent": intent})] == [refund.id]
    assert [each.id for each in client.v1.refunds.list({"charge": charge.id})] == [refund.id]
    entries = client.v1.balance_transactions.list({"source": charge.id, "type": "charge", "currency": "cny"})
    assert [each.net for each in entries] == [7147]
