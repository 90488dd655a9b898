"""Transfers: within their charge, once a key, available with it, reversed within what was sent and is still there."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.stand_in.conftest import Receiver
from tests.stand_in.orders import open_session
from tests.support.stand_in import StandInProcess


def _charge(client: stripe.StripeClient, stand_in: StandInProcess) -> str:
    intent = str(stand_in.pay(open_session(client).id)["session"]["payment_intent"])
    return str(client.v1.payment_intents.retrieve(intent).latest_charge)


def _wanted(charge: str, amount: int, destination: str = "acct_wild") -> Any:
    return {
        "amount": amount, "currency": "cny", "destination": destination, "source_transaction": charge,
        "transfer_group": "N1", "metadata": {"transfer": "7"},
    }  # fmt: skip


def test_a_transfer_moves_the_balance_with_its_charge(
    client: stripe.StripeClient, stand_in: StandInProcess, receiver: Receiver
) -> None:
    charge = _charge(client, stand_in)
    before = client.v1.balance.retrieve().pending[0].amount
    made = client.v1.transfers.create(_wanted(charge, 5000), {"idempotency_key": "tr-1"})
    again = client.v1.transfers.create(_wanted(charge, 5000), {"idempotency_key": "tr-1"})
    assert again.id == made.id
    assert (made.destination, made.transfer_group, made.source_transaction) == ("acct_wild", "N1", charge)
    assert client.v1.balance.retrieve().pending[0].amount == before - 5000
    entry = client.v1.balance_transactions.retrieve(str(made.balance_transaction), {"expand": ["source"]})
    assert (entry.type, entry.net, entry.status) == ("transfer", -5000, "pending")
    assert entry.source.to_dict()["metadata"] == {"transfer": "7"}  # type: ignore[union-attr]
    receiver.wait(made.id, "transfer.created")


def test_never_more_than_the_charge_nor_to_an_unknown_account(
    client: stripe.StripeClient, stand_in: StandInProcess
) -> None:
    charge = _charge(client, stand_in)
    client.v1.transfers.create(_wanted(charge, 7000))
    with pytest.raises(stripe.InvalidRequestError, match="must not exceed"):
        client.v1.transfers.create(_wanted(charge, 7000))
    with pytest.raises(stripe.InvalidRequestError, match="No such destination"):
        client.v1.transfers.create(_wanted(charge, 1, "acct_closed1"))
    with pytest.raises(stripe.InvalidRequestError, match="No such charge"):
        client.v1.transfers.create(_wanted("ch_none", 1))


def test_reversals_take_back_what_was_sent_and_is_still_there(
    client: stripe.StripeClient, stand_in: StandInProcess, receiver: Receiver
) -> None:
    made = client.v1.transfers.create(_wanted(_charge(client, stand_in), 5000, "acct_back"))
    first = client.v1.transfers.reversals.create(made.id, {"amount": 2000})
    assert [each.id for each in client.v1.transfers.reversals.list(made.id)] == [first.id]
    entry = client.v1.balance_transactions.retrieve(str(first.balance_transaction))
    assert (entry.type, entry.net) == ("transfer_refund", 2000)
    with pytest.raises(stripe.InvalidRequestError, match="greater than"):
        client.v1.transfers.reversals.create(made.id, {"amount": 3001})
    assert stand_in.control("accounts/acct_back/payout")["amount"] == 3000
    with pytest.raises(stripe.InvalidRequestError, match="sufficient funds"):
        client.v1.transfers.reversals.create(made.id, {"amount": 1})
    now = client.v1.transfers.retrieve(made.id)
    assert (now.amount_reversed, now.reversed) == (2000, False)
    receiver.wait(made.id, "transfer.reversed")
