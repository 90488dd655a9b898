"""Payouts: what is available goes out whole with the entries it pays, arrives, or comes back; the balance adds up."""

from __future__ import annotations

import time

import pytest
import stripe

from tests.stand_in.conftest import Receiver
from tests.stand_in.orders import open_session
from tests.support.stand_in import StandInProcess, start_stand_in, wait_for


def _pay(client: stripe.StripeClient, stand_in: StandInProcess) -> str:
    return str(stand_in.pay(open_session(client).id)["session"]["payment_intent"])


def _empty(stand_in: StandInProcess) -> None:
    """Nothing of earlier tests is left to pay out."""
    stand_in.control("balance/release")
    stand_in.control("payouts")


def _balance(client: stripe.StripeClient) -> tuple[int, int]:
    found = client.v1.balance.retrieve()
    return found.available[0].amount, found.pending[0].amount


def test_only_what_is_available_goes_out_with_its_entries(
    client: stripe.StripeClient, stand_in: StandInProcess, receiver: Receiver
) -> None:
    _empty(stand_in)
    intent = _pay(client, stand_in)
    assert stand_in.control("payouts") == {}
    assert _balance(client) == (0, 7147)
    refund = client.v1.refunds.create({"payment_intent": intent, "amount": 1000})
    stand_in.control("balance/release")
    assert _balance(client) == (6147, 0)
    made = stand_in.control("payouts")
    payout = client.v1.payouts.retrieve(made["id"])
    assert (payout.amount, payout.status, payout.automatic) == (6147, "in_transit", True)
    assert payout.reconciliation_status == "completed"
    assert payout.trace_id is not None
    assert payout.trace_id.value
    entries = list(client.v1.balance_transactions.list({"payout": payout.id}))
    assert {each.type: each.net for each in entries} == {"payout": -6147, "charge": 7147, "refund": -1000}
    assert refund.id in {each.source for each in entries}
    assert _balance(client) == (0, 0)
    receiver.wait(payout.id, "payout.created")
    assert stand_in.control("payouts") == {}
    stand_in.control(f"payouts/{payout.id}/settle")
    receiver.wait(payout.id, "payout.paid")
    assert [each.id for each in client.v1.payouts.list({"status": "paid", "limit": 1})] == [payout.id]


def test_a_failed_payout_comes_back_and_goes_out_with_the_next(
    client: stripe.StripeClient, stand_in: StandInProcess, receiver: Receiver
) -> None:
    _empty(stand_in)
    _pay(client, stand_in)
    stand_in.control("balance/release")
    made = stand_in.control("payouts")
    stand_in.control(f"payouts/{made['id']}/settle")
    stand_in.control(f"payouts/{made['id']}/settle", outcome="failed")
    receiver.wait(made["id"], "payout.failed")
    failed = client.v1.payouts.retrieve(made["id"], {"expand": ["failure_balance_transaction"]})
    assert (failed.status, failed.failure_code) == ("failed", "account_closed")
    assert isinstance(failed.failure_balance_transaction, stripe.BalanceTransaction)
    assert failed.failure_balance_transaction.net == made["amount"]
    assert _balance(client)[0] == made["amount"]
    again = stand_in.control("payouts")
    entries = list(client.v1.balance_transactions.list({"payout": again["id"]}))
    assert {(each.type, each.source) for each in entries} == {
        ("payout", again["id"]),
        ("payout_failure", made["id"]),
    }


def test_by_hand_no_entries_belong_to_it_and_it_can_be_stopped(
    client: stripe.StripeClient, stand_in: StandInProcess
) -> None:
    _empty(stand_in)
    _pay(client, stand_in)
    stand_in.control("balance/release")
    made = stand_in.control("payouts", amount=100)
    assert (made["automatic"], made["reconciliation_status"]) == (False, "not_applicable")
    assert _balance(client)[0] == 7047
    assert list(client.v1.balance_transactions.list({"payout": made["id"]})) == []
    stopped = stand_in.control(f"payouts/{made['id']}/settle", outcome="canceled")
    assert stopped["status"] == "canceled"
    assert _balance(client)[0] == 7147
    assert stand_in.control("payouts")["amount"] == 7147
    assert _balance(client) == (0, 0)


def test_pages_of_entries_and_payouts(client: stripe.StripeClient, stand_in: StandInProcess) -> None:
    since = int(time.time()) - 3600
    listed = client.v1.balance_transactions.list({"limit": 2, "created": {"gte": since}})
    found = [each.id for each in listed.auto_paging_iter()]
    assert len(found) == len(set(found)) > 2
    payouts = [each.id for each in client.v1.payouts.list({"limit": 1}).auto_paging_iter()]
    assert len(payouts) == len(set(payouts)) > 1
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.payouts.list({"status": "lost"})  # type: ignore[typeddict-item]


def test_the_schedule_pays_out_by_itself(
    tmp_path_factory: pytest.TempPathFactory, receiver: Receiver
) -> None:
    folder = tmp_path_factory.mktemp("scheduled")
    with start_stand_in(folder, receiver.url, "--payout-ms", "10", "--payout-every", "3600") as own:
        client = own.client()
        _pay(client, own)
        own.control("balance/release")
        wait_for(lambda: [each.status for each in client.v1.payouts.list()] == ["paid"])
