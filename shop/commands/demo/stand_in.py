"""The buyer's side of the payment stand-in: paying a hosted checkout with a test card."""

from __future__ import annotations

import json
import urllib.request

GOOD_CARD = "4242424242424242"
REFUSED_CARD = "4000000000000002"
TIMEOUT_SECONDS = 15

_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # it runs on this machine: no proxy


class StandInSilent(Exception):
    """The stand-in did not answer, or did not take what was asked."""


def pay(base: str, session_ref: str, card: str) -> str:
    """Try a card on a checkout session; returns the outcome, e.g. succeeded or failed. Raises StandInSilent."""
    request = urllib.request.Request(  # noqa: S310 - our own setting, never a user's
        f"{base.rstrip('/')}/_stand_in/sessions/{session_ref}/pay",
        data=json.dumps({"card": card}).encode(),
        headers={"Content-Type": "application/json"},
    )
    try:
        with _DIRECT.open(request, timeout=TIMEOUT_SECONDS) as answer:
            return str(json.loads(answer.read())["outcome"])
    except (OSError, ValueError, KeyError) as error:
        raise StandInSilent(f"{base}: {error}") from error
