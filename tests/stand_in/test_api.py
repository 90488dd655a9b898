"""Keys, idempotency, faults, lists and the process itself."""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import stripe

from tests.stand_in.orders import browse, open_session, session_params
from tests.support.stand_in import ROOT, StandInProcess, start_stand_in, wait_for


def test_wrong_key(stand_in: StandInProcess) -> None:
    with pytest.raises(stripe.AuthenticationError, match="Invalid API Key provided") as caught:
        open_session(stand_in.client("sk_test_other"))
    assert caught.value.http_status == 401


def test_no_key(stand_in: StandInProcess) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"{stand_in.url}/v1/refunds")
    with caught.value as error:
        assert error.code == 401


def test_other_version_and_other_account(stand_in: StandInProcess) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="Invalid Stripe API version"):
        stand_in.client(stripe_version="2024-06-20").v1.balance.retrieve()
    with pytest.raises(stripe.PermissionError):
        stand_in.client(stripe_account="acct_1").v1.balance.retrieve()


def test_unknown_objects_and_addresses(client: stripe.StripeClient) -> None:
    for retrieve in (
        client.v1.checkout.sessions.retrieve,
        client.v1.payment_intents.retrieve,
        client.v1.charges.retrieve,
        client.v1.refunds.retrieve,
        client.v1.events.retrieve,
        client.v1.balance_transactions.retrieve,
    ):
        with pytest.raises(stripe.InvalidRequestError) as caught:
            retrieve("nothing")
        assert (caught.value.http_status, caught.value.code) == (404, "resource_missing")
    with pytest.raises(stripe.InvalidRequestError, match="Unrecognized request URL"):
        client.v1.customers.list()


def test_same_key_same_body_is_replayed(client: stripe.StripeClient) -> None:
    options = {"idempotency_key": f"order-{time.time_ns()}"}
    first = client.v1.checkout.sessions.create(session_params(), options)
    again = client.v1.checkout.sessions.create(session_params(), options)
    assert first.id == again.id
    assert first.last_response is not None
    assert again.last_response is not None
    assert "Idempotent-Replayed" not in first.last_response.headers
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    assert again.last_response.headers["Original-Request"] == first.last_response.request_id


def test_same_key_other_body_or_place_is_refused(client: stripe.StripeClient) -> None:
    options = {"idempotency_key": f"order-{time.time_ns()}"}
    session = client.v1.checkout.sessions.create(session_params(), options)
    with pytest.raises(stripe.IdempotencyError, match="same parameters") as caught:
        client.v1.checkout.sessions.create(session_params(locale="en"), options)
    assert caught.value.http_status == 400
    with pytest.raises(stripe.IdempotencyError, match="same endpoint"):
        client.v1.checkout.sessions.expire(session.id, {}, options)


def test_refusals_of_the_state_are_kept_refusals_of_the_form_are_not(
    client: stripe.StripeClient, stand_in: StandInProcess
) -> None:
    intent = stand_in.pay(open_session(client).id)["session"]["payment_intent"]
    options = {"idempotency_key": f"refund-{time.time_ns()}"}
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.refunds.create({"payment_intent": intent, "colour": "red"}, options)  # type: ignore[typeddict-unknown-key]
    for _ in range(2):
        with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded") as caught:
            client.v1.refunds.create({"payment_intent": intent, "amount": 9999}, options)
    assert caught.value.headers is not None
    assert caught.value.headers["Idempotent-Replayed"] == "true"


def test_forgotten_keys_start_anew(client: stripe.StripeClient, stand_in: StandInProcess) -> None:
    options = {"idempotency_key": f"order-{time.time_ns()}"}
    first = client.v1.checkout.sessions.create(session_params(), options)
    stand_in.control("idempotency/forget")
    assert client.v1.checkout.sessions.create(session_params(), options).id != first.id


def test_a_key_in_use_is_a_conflict(client: stripe.StripeClient, stand_in: StandInProcess) -> None:
    options = {"idempotency_key": f"order-{time.time_ns()}"}
    stand_in.control("faults", kind="slow", seconds=1, path="/v1/checkout")
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(client.v1.checkout.sessions.create, session_params(), options)
        wait_for(lambda: stand_in.read("stats")["faults"] == [])
        time.sleep(0.1)  # from the fault's taking to the key's
        with pytest.raises(stripe.APIError) as caught:
            client.v1.checkout.sessions.create(session_params(), options)
        assert caught.value.http_status == 409
        assert caught.value.error is not None
        assert caught.value.error.code == "idempotency_key_in_use"
        assert slow.result().id == client.v1.checkout.sessions.create(session_params(), options).id


def test_the_sdk_retries_through_a_500_and_opens_one_session(stand_in: StandInProcess) -> None:
    client = stand_in.client(max_network_retries=2)
    before = stand_in.read("stats")["objects"].get("checkout.session", 0)
    stand_in.control("faults", kind="500", when="after", method="POST")
    open_session(client)
    assert stand_in.read("stats")["objects"]["checkout.session"] == before + 1


def test_time_out_after_the_money_moved(client: stripe.StripeClient, stand_in: StandInProcess) -> None:
    intent = stand_in.pay(open_session(client).id)["session"]["payment_intent"]
    options = {"idempotency_key": f"refund-{time.time_ns()}"}
    stand_in.control("faults", kind="timeout", when="after", path="/v1/refunds", seconds=0)
    with pytest.raises(stripe.APIConnectionError):
        client.v1.refunds.create({"payment_intent": intent, "amount": 7360}, options)
    (moved,) = client.v1.refunds.list({"payment_intent": intent}).data
    assert client.v1.refunds.create({"payment_intent": intent, "amount": 7360}, options).id == moved.id


@pytest.mark.parametrize(
    "fault, error",
    [
        ("500", stripe.APIError),
        ("429", stripe.RateLimitError),
        ("409", stripe.APIError),
        ("timeout", stripe.APIConnectionError),
    ],
)
def test_faults_before_the_work_do_nothing(
    client: stripe.StripeClient, stand_in: StandInProcess, fault: str, error: type[Exception]
) -> None:
    before = stand_in.read("stats")["objects"].get("checkout.session", 0)
    stand_in.control("faults", kind=fault, count=2)
    for _ in range(2):
        with pytest.raises(error):
            open_session(client)
    assert stand_in.read("stats")["objects"].get("checkout.session", 0) == before
    open_session(client)


def test_a_sticky_500_is_replayed_like_stripes(client: stripe.StripeClient, stand_in: StandInProcess) -> None:
    options = {"idempotency_key": f"order-{time.time_ns()}"}
    stand_in.control("faults", kind="500", sticky=True)
    for _ in range(2):
        with pytest.raises(stripe.APIError) as caught:
            client.v1.checkout.sessions.create(session_params(), options)
        assert caught.value.http_status == 500


def test_pages_of_a_list(client: stripe.StripeClient) -> None:
    made = [open_session(client).id for _ in range(5)][::-1]
    first = client.v1.checkout.sessions.list({"limit": 2})
    assert [each.id for each in first] == made[:2]
    assert first.has_more
    second = client.v1.checkout.sessions.list({"limit": 2, "starting_after": made[1]})
    assert [each.id for each in second] == made[2:4]
    back = client.v1.checkout.sessions.list({"limit": 2, "ending_before": made[3]})
    assert [each.id for each in back] == made[1:3]
    everything = client.v1.checkout.sessions.list({"limit": 3}).auto_paging_iter()
    assert [each.id for each in everything][:5] == made
    assert client.v1.checkout.sessions.list({"created": {"gt": int(time.time()) + 5}}).data == []
    for bad in ({"limit": 0}, {"limit": 101}, {"starting_after": "cs_no"}):
        with pytest.raises(stripe.InvalidRequestError):
            client.v1.checkout.sessions.list(bad)  # type: ignore[arg-type]


def test_what_cannot_be_expanded(client: stripe.StripeClient) -> None:
    session = open_session(client)
    for path in ("customer", "payment_intent.latest_charge.balance_transaction.source.charge", "colour.red"):
        with pytest.raises(stripe.InvalidRequestError, match="expand"):
            client.v1.checkout.sessions.retrieve(session.id, {"expand": [path]})


def test_events_can_be_listed(client: stripe.StripeClient, stand_in: StandInProcess) -> None:
    stand_in.pay(open_session(client).id)
    newest = client.v1.events.list({"type": "checkout.session.completed", "limit": 1}).data[0]
    wait_for(lambda: client.v1.events.retrieve(newest.id).pending_webhooks == 0)
    charges = client.v1.events.list({"type": "charge.*", "limit": 2})
    assert [event.type for event in charges] == ["charge.updated", "charge.succeeded"]
    only = client.v1.events.list({"types": ["charge.succeeded", "charge.failed"], "limit": 1})
    assert [event.type for event in only] == ["charge.succeeded"]


def test_front_page_says_what_it_is(stand_in: StandInProcess) -> None:
    page = browse(stand_in.url)[1]
    assert "没有真钱" in page
    assert "stand-in" in page


def test_control_takes_only_json(stand_in: StandInProcess) -> None:
    assert browse(f"{stand_in.url}/_stand_in/webhooks", drop="true")[0] == 415


def test_fifty_at_once(client: stripe.StripeClient) -> None:
    with ThreadPoolExecutor(50) as pool:
        sessions = list(pool.map(lambda _: open_session(client).id, range(50)))
    assert len(set(sessions)) == 50


def test_restart_keeps_everything(tmp_path: Path) -> None:
    with start_stand_in(tmp_path) as stand_in:
        client = stand_in.client()
        paid, waiting = open_session(client), open_session(client)
        stand_in.pay(paid.id)
        options = {"idempotency_key": "before the restart"}
        replayed = client.v1.checkout.sessions.create(session_params(), options)
        stand_in.stop(kill=True)
        stand_in.start()
        assert client.v1.checkout.sessions.retrieve(paid.id).payment_status == "paid"
        assert client.v1.checkout.sessions.create(session_params(), options).id == replayed.id
        assert browse(f"{waiting.url}/alipay", outcome="confirm")[0] == 303
        begun = time.monotonic()
        assert stand_in.stop() == 0
        assert time.monotonic() - begun < 2  # far less than one, but for a busy machine


def test_fee_rate_and_faults_by_command_line(tmp_path: Path) -> None:
    flags = ("--fee-rate", "0.5%", "--fail-next", "1", "--fail-kind", "429")
    with start_stand_in(tmp_path, "", *flags) as stand_in:
        client = stand_in.client()
        with pytest.raises(stripe.RateLimitError):
            client.v1.balance.retrieve()
        stand_in.pay(open_session(client).id)
        assert client.v1.balance_transactions.list().data[0].fee == 37  # 36.8 rounded half up


def test_it_never_takes_a_live_key(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "dev.stripe_stand_in", "--port", "0", "--data", str(tmp_path / "x")]
    tried = subprocess.run(
        [*command, "--secret", "whsec_x", "--key", "sk_live_x"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert tried.returncode == 2
    assert "sk_test_" in tried.stderr
