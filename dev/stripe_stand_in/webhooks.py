"""Signed delivery of events: a few sender threads, retries with growing pauses, and the trouble the switches ask for."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import threading
import time
from urllib.parse import urlsplit

from dev.stripe_stand_in.stand_in import StandIn
from dev.stripe_stand_in.store import Json, now_ms

_SENDERS = 4
_ANSWER_WITHIN = 10  # seconds
_LONGEST_PAUSE_MS = 30_000


def sign(body: str, secret: str, stamp: int) -> str:
    """What `stripe.WebhookSignature.generate_signature_header` makes, without loading the SDK at every start."""
    digest = hmac.new(secret.encode(), f"{stamp}.{body}".encode(), hashlib.sha256).hexdigest()
    return f"t={stamp},v1={digest}"


def post(url: str, secret: str, event: Json, *, offset: int = 0) -> int:
    """The receiver's HTTP status, 0 where nobody answered. `offset`: seconds added to the signature's timestamp."""
    body = json.dumps(event, indent=2, ensure_ascii=False)
    stamp = int(time.time()) + offset
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Stripe/1.0 (stand-in)",
        "Accept": "*/*",
        "Stripe-Signature": sign(body, secret, stamp),
    }
    target = urlsplit(url)
    connection = http.client.HTTPConnection(
        target.hostname or "127.0.0.1", target.port or 80, timeout=_ANSWER_WITHIN
    )
    try:
        connection.request(
            "POST",
            f"{target.path or '/'}{'?' + target.query if target.query else ''}",
            body.encode(),
            headers,
        )
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


class Senders:
    def __init__(self, stand_in: StandIn) -> None:
        self._stand_in = stand_in
        self._store = stand_in.store

    def start(self) -> None:
        """What a killed process left half sent is sent again: at least once, like Stripe."""
        self._store.sql("UPDATE delivery SET state = 'waiting' WHERE state = 'sending'")
        for number in range(_SENDERS):
            threading.Thread(target=self._run, name=f"sender-{number}", daemon=True).start()

    def _run(self) -> None:
        while True:
            with self._stand_in.wake:
                claimed = self._claim()
                if not claimed:
                    self._stand_in.wake.wait(timeout=self._seconds_to_next())
            for seq, event_id, attempts in claimed:
                event = self._store.get(event_id) or {}
                self._finish(
                    seq,
                    attempts + 1,
                    post(self._stand_in.switches.url, self._stand_in.settings.secret, event),
                )

    def _claim(self) -> list[tuple[int, str, int]]:
        """One batch: the events of one change in order, or one reversed group."""
        with self._store.transaction():
            rows = self._store.sql(
                "SELECT seq, event, attempts FROM delivery WHERE state = 'waiting' AND due <= ?1 AND batch = ("
                "SELECT batch FROM delivery WHERE state = 'waiting' AND due <= ?1 ORDER BY due, seq LIMIT 1)"
                " ORDER BY place, seq",
                now_ms(),
            )
            for row in rows:
                self._store.sql("UPDATE delivery SET state = 'sending' WHERE seq = ?", row["seq"])
        return [(row["seq"], row["event"], row["attempts"]) for row in rows]

    def _seconds_to_next(self) -> float:
        due = self._store.sql("SELECT min(due) AS due FROM delivery WHERE state = 'waiting'")[0]["due"]
        return 60 if due is None else max(due - now_ms(), 5) / 1000

    def _finish(self, seq: int, attempts: int, status: int) -> None:
        settings = self._stand_in.settings
        state = (
            "done" if 200 <= status < 300 else "waiting" if attempts < settings.retry_times else "given_up"
        )
        pause = min(settings.retry_ms * 2 ** (attempts - 1), _LONGEST_PAUSE_MS)
        self._store.sql(
            "UPDATE delivery SET state = ?, attempts = ?, status = ?, batch = seq, due = ? WHERE seq = ?",
            state,
            attempts,
            status,
            now_ms() + pause,
            seq,
        )
