"""What happens by itself: sessions expire, pending refunds end, money becomes available and is paid out, held events
are let go."""

from __future__ import annotations

import threading
import time

from dev.stripe_stand_in import checkout, paying_out, refunding
from dev.stripe_stand_in.stand_in import StandIn
from dev.stripe_stand_in.store import now_ms

_TICK = 0.3  # seconds
_HELD_FOR_MS = 2_000  # so that the last few held events do not wait for ever


def start(stand_in: StandIn) -> None:
    threading.Thread(target=_run, args=(stand_in,), name="clockwork", daemon=True).start()


def _run(stand_in: StandIn) -> None:
    while True:
        for object_id, kind in stand_in.store.overdue(now_ms()):
            with stand_in.change():
                _happen(stand_in, object_id, kind)
        _pay_out(stand_in)
        held = stand_in.store.sql("SELECT max(due) AS newest FROM delivery WHERE state = 'held'")[0]["newest"]
        if held and (held + _HELD_FOR_MS < now_ms() or stand_in.switches.reorder < 2):
            with stand_in.change():
                stand_in.release_held()
        time.sleep(_TICK)


def _pay_out(stand_in: StandIn) -> None:
    """The automatic payout, once a period."""
    every = stand_in.settings.payout_every
    if not every:
        return
    newest = stand_in.store.sql("SELECT max(created) AS at FROM object WHERE kind = 'payout'")[0]["at"]
    if (newest is None or newest + every <= time.time()) and stand_in.store.to_pay_out():
        with stand_in.change():
            paying_out.make(stand_in)


def _happen(stand_in: StandIn, object_id: str, kind: str) -> None:
    store = stand_in.store
    thing = store.get(object_id) or {}
    if kind == "checkout.session" and thing["status"] == "open":
        checkout.expire(stand_in, object_id)
    elif kind == "refund" and thing["status"] == "pending":
        refunding.settle(stand_in, object_id)
    elif kind == "payout" and thing["status"] == "in_transit":
        paying_out.settle(stand_in, object_id)
    elif kind == "balance_transaction":
        store.save(thing | {"status": "available"})
    store.set_due(object_id, None)
