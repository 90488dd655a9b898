"""What every part shares: the settings, the switches that make trouble, the store, and the one way to emit an event."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from fractions import Fraction

from dev.stripe_stand_in import shapes
from dev.stripe_stand_in.store import Json, Store, now_ms

cause: ContextVar[tuple[str | None, str | None]] = ContextVar("cause", default=(None, None))


@dataclass(frozen=True)
class Settings:
    base_url: str
    key: str
    secret: str
    fee_rate: Fraction = Fraction(29, 1000)
    retry_ms: int = 500  # before the first retry; doubles up to 30 s
    retry_times: int = 12
    refund_ms: int = 1000  # a wallet's refund stays pending this long
    payout_ms: int = 3000  # a payout is on its way this long
    payout_every: int = 24 * 3600  # seconds between automatic payouts; 0 = only when asked under /_stand_in/


@dataclass
class Switches:
    """How webhooks are sent; `/_stand_in/webhooks` changes any of them."""

    url: str = ""  # "" = no endpoint registered: events exist, nothing is sent
    events: list[str] = field(default_factory=list)  # types the endpoint listens to; [] = all
    duplicates: int = 0  # further copies of each event
    reorder: int = 0  # hold this many, then send them newest first; 0 and 1 = off
    delay_ms: int = 0
    drop: bool = False  # never send


@dataclass
class Fault:
    """The next `count` API calls that match go wrong."""

    kind: str  # "500", "429", "409", "timeout" or "slow" (answered, but only after `seconds`)
    count: int = 1
    when: str = "before"  # "after": the work is done and saved, only the answer is lost
    path: str = ""  # start of the path, e.g. /v1/refunds
    method: str = ""
    seconds: int = 0
    sticky: bool = False  # a 500 that is saved under the idempotency key, as Stripe does


class StandIn:
    def __init__(self, settings: Settings, store: Store, switches: Switches) -> None:
        self.settings = settings
        self.store = store
        self.switches = switches
        self.faults: list[Fault] = []
        self.in_flight: set[str] = set()
        self.lock = threading.Lock()
        self.wake = threading.Condition()  # deliveries are waiting
        self.emitted = False  # by the running change

    def take_fault(self, method: str, path: str) -> Fault | None:
        with self.lock:
            for fault in self.faults:
                if path.startswith(fault.path) and fault.method in ("", method):
                    fault.count -= 1
                    self.faults = [each for each in self.faults if each.count > 0]
                    return fault
        return None

    def emit(self, kind: str, thing: Json, previous: Json | None = None) -> Json:
        """Inside a transaction: record the event and queue it for the endpoint; both commit with the change."""
        self.emitted = True
        event = self.store.add(shapes.event(kind, thing, previous, cause.get()))
        switches = self.switches
        if switches.url and kind in (switches.events or [kind]):
            due = now_ms() + switches.delay_ms
            state = "dropped" if switches.drop else "held" if switches.reorder > 1 else "waiting"
            for copy in range(1 + switches.duplicates):
                self.store.sql(
                    "INSERT INTO delivery (event, type, batch, state, due) VALUES (?, ?, ?, ?, ?)",
                    event["id"],
                    kind,
                    self.store.batch + copy,
                    state,
                    due,
                )
        return event

    def fee_of(self, amount: int) -> int:
        """Rounded half up, in whole fen."""
        rate = self.settings.fee_rate
        return (2 * amount * rate.numerator + rate.denominator) // (2 * rate.denominator)

    @contextmanager
    def change(self) -> Iterator[None]:
        """One change of state: commits the objects with their events, then wakes the senders."""
        with self.store.transaction():
            self.emitted = False
            yield
            held = self.store.sql("SELECT count(*) AS number FROM delivery WHERE state = 'held'")[0]["number"]
            if held and held >= self.switches.reorder:
                self.release_held()
            emitted = self.emitted
        if emitted:
            with self.wake:
                self.wake.notify_all()

    def release_held(self) -> None:
        """Inside a change: the held deliveries go out as one batch, newest first."""
        self.emitted = True
        self.store.sql(
            "UPDATE delivery SET state = 'waiting', batch = ?, place = -seq, due = ? WHERE state = 'held'",
            self.store.batch,
            now_ms(),
        )
