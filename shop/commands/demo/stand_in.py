"""What happens at the payment stand-in without us: a buyer pays with a test card, the money is paid out to the bank."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

GOOD_CARD = "4242424242424242"
REFUSED_CARD = "4000000000000002"
TIMEOUT_SECONDS = 15

_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # it runs on this machine: no proxy


class StandInSilent(Exception):
    """The stand-in did not answer, or did not take what was asked."""


def pay(base: str, session_ref: str, card: str) -> str:
    """Try a card on a checkout session; returns the outcome, e.g. succeeded or failed. Raises StandInSilent."""
    return str(_control(base, f"sessions/{session_ref}/pay", card=card).get("outcome"))


def pay_out(base: str) -> None:
    """All that it holds becomes available now and goes to the bank. Raises StandInSilent."""
    _control(base, "balance/release")
    _control(base, "payouts")


def _control(base: str, action: str, **body: str) -> dict[str, Any]:
    request = urllib.request.Request(  # noqa: S310 - our own setting, never a user's
        f"{base.rstrip('/')}/_stand_in/{action}",
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    try:
        with _DIRECT.open(request, timeout=TIMEOUT_SECONDS) as answer:
            found: dict[str, Any] = json.loads(answer.read())
            return found
    except (OSError, ValueError) as error:
        raise StandInSilent(f"{base}: {error}") from error
