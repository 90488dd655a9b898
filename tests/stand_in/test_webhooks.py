"""Delivery: signed, retried, and as troublesome as asked."""

from __future__ import annotations

from pathlib import Path

import stripe

from tests.stand_in.conftest import Receiver
from tests.stand_in.orders import open_session
from tests.support.stand_in import StandInProcess, start_stand_in, wait_for

COMPLETED = "checkout.session.completed"
OF_A_PAYMENT = [
    "payment_intent.created",
    "charge.succeeded",
    "payment_intent.succeeded",
    "charge.updated",
    COMPLETED,
]


def pay(stand_in: StandInProcess, client: stripe.StripeClient) -> tuple[str, str]:
    """(session, intent)"""
    session = open_session(client).id
    return session, stand_in.pay(session)["session"]["payment_intent"]


def test_in_order_by_default(
    stand_in: StandInProcess, client: stripe.StripeClient, receiver: Receiver
) -> None:
    session, intent = pay(stand_in, client)
    receiver.wait(session, COMPLETED)
    assert receiver.of(intent) == OF_A_PAYMENT


def test_duplicates(stand_in: StandInProcess, client: stripe.StripeClient, receiver: Receiver) -> None:
    stand_in.control("webhooks", duplicates=2)
    session, _ = pay(stand_in, client)
    events = receiver.wait(session, COMPLETED, times=3)
    assert len({event.id for event in events}) == 1


def test_reversed(stand_in: StandInProcess, client: stripe.StripeClient, receiver: Receiver) -> None:
    stand_in.control("webhooks", reorder=5)
    _, intent = pay(stand_in, client)
    receiver.wait(intent, "payment_intent.created")
    assert receiver.of(intent) == OF_A_PAYMENT[::-1]


def test_held_until_released(
    stand_in: StandInProcess, client: stripe.StripeClient, receiver: Receiver
) -> None:
    stand_in.control("webhooks", reorder=50)
    session, intent = pay(stand_in, client)
    assert receiver.of(session) == []
    stand_in.control("webhooks/release")
    receiver.wait(intent, "payment_intent.created")
    assert receiver.of(intent) == OF_A_PAYMENT[::-1]


def test_dropped_then_resent_ten_at_once(
    stand_in: StandInProcess, client: stripe.StripeClient, receiver: Receiver
) -> None:
    stand_in.control("webhooks", drop=True)
    session, _ = pay(stand_in, client)
    event = client.v1.events.list({"type": COMPLETED, "limit": 1}).data[0]
    assert event.pending_webhooks == 0
    assert receiver.of(session, COMPLETED) == []
    assert stand_in.control(f"events/{event.id}/resend", copies=10) == {"statuses": [200] * 10}
    assert len(receiver.of(session, COMPLETED)) == 10


def test_forged_and_stale_ones_on_demand(
    stand_in: StandInProcess, client: stripe.StripeClient, receiver: Receiver
) -> None:
    session, _ = pay(stand_in, client)
    event = receiver.wait(session, COMPLETED)[0].id
    assert stand_in.control(f"events/{event}/resend", secret="whsec_forged")["statuses"] == [400]
    assert stand_in.control(f"events/{event}/resend", offset_seconds=-400)["statuses"] == [400]
    assert len(receiver.of(session, COMPLETED)) == 1


def test_retried_after_the_receivers_500(
    stand_in: StandInProcess, client: stripe.StripeClient, receiver: Receiver
) -> None:
    stand_in.control("webhooks", events=[COMPLETED])
    receiver.answers[:] = [500, 500]
    session, _ = pay(stand_in, client)
    receiver.wait(session, COMPLETED)
    wait_for(lambda: stand_in.read("deliveries")["deliveries"][0]["state"] == "done")
    assert stand_in.read("deliveries")["deliveries"][0]["attempts"] == 3


def test_given_up_after_the_last_retry(
    stand_in: StandInProcess, client: stripe.StripeClient, receiver: Receiver
) -> None:
    stand_in.control("webhooks", events=[COMPLETED])
    receiver.answers[:] = [500] * 4
    session, _ = pay(stand_in, client)
    wait_for(lambda: stand_in.read("deliveries")["deliveries"][0]["state"] == "given_up")
    assert receiver.of(session, COMPLETED) == []


def test_delayed(stand_in: StandInProcess, client: stripe.StripeClient, receiver: Receiver) -> None:
    stand_in.control("webhooks", delay_ms=400)
    session, _ = pay(stand_in, client)
    assert receiver.of(session, COMPLETED) == []
    receiver.wait(session, COMPLETED)


def test_a_kill_loses_no_event(tmp_path: Path, receiver: Receiver) -> None:
    """The receiver is away, the stand-in is killed, both come back: the event arrives."""
    with start_stand_in(tmp_path, "http://127.0.0.1:9/nobody", "--retry-ms", "100") as stand_in:
        session, _ = pay(stand_in, stand_in.client())
        stand_in.stop(kill=True)
        stand_in.webhook_url = receiver.url
        stand_in.start()
        receiver.wait(session, COMPLETED)


def test_answers_come_while_the_receiver_is_slow(tmp_path: Path) -> None:
    """Nobody listens at the webhook's address; paying and asking go on."""
    with start_stand_in(tmp_path, "http://127.0.0.1:9/nobody") as stand_in:
        client = stand_in.client()
        for _ in range(5):
            session, _ = pay(stand_in, client)
        assert client.v1.checkout.sessions.retrieve(session).payment_status == "paid"
