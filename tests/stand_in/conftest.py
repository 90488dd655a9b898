"""A webhook receiver in the test process, and one stand-in process for all these tests."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import stripe

from tests.support.stand_in import SECRET, StandInProcess, start_stand_in, wait_for


@dataclass
class Receiver:
    """Verifies and keeps what arrives; `answers` are given first, then 200."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    events: list[stripe.Event] = field(default_factory=list)
    refused: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, body: bytes, signature: str) -> int:
        with self.lock:
            status = self.answers.pop(0) if self.answers else 200
            try:
                event = stripe.Webhook.construct_event(body, signature, SECRET)
            except stripe.SignatureVerificationError:
                self.refused += 1
                return 400
            if status == 200:
                self.events.append(event)
            return status

    def of(self, object_id: str, kind: str = "") -> list[str]:
        """Types of the events about this object (or its session, intent, charge), in order of arrival."""
        with self.lock:
            about = [event for event in self.events if object_id in str(event.data.object)]
        return [event.type for event in about if kind in ("", event.type)]

    def wait(self, object_id: str, kind: str, times: int = 1) -> list[stripe.Event]:
        wait_for(lambda: len(self.of(object_id, kind)) >= times)
        with self.lock:
            return [each for each in self.events if each.type == kind and object_id in str(each.data.object)]


@pytest.fixture(scope="session")
def receiver() -> Iterator[Receiver]:
    kept = Receiver()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(kept.take(body, self.headers["Stripe-Signature"]))
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            return

    class Server(http.server.ThreadingHTTPServer):
        request_queue_size = 64

    server = Server(("127.0.0.1", 0), Handler)
    kept.url = f"http://127.0.0.1:{server.server_port}/webhooks/stripe"
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield kept
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def running(receiver: Receiver, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandInProcess]:
    quick = ("--retry-ms", "30", "--retry-times", "4", "--refund-ms", "200")
    quick = (*quick, "--payout-ms", "60000", "--payout-every", "0")
    with start_stand_in(tmp_path_factory.mktemp("stand_in"), receiver.url, *quick) as stand_in:
        yield stand_in


@pytest.fixture
def stand_in(running: StandInProcess, receiver: Receiver) -> Iterator[StandInProcess]:
    """Without trouble at the start of each test."""
    yield running
    receiver.answers.clear()
    running.control("webhooks", url=receiver.url, duplicates=0, reorder=0, delay_ms=0, drop=False, events=[])
    running.control("faults")


@pytest.fixture
def client(stand_in: StandInProcess) -> stripe.StripeClient:
    return stand_in.client()
