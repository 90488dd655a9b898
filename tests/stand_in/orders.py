"""What the tests send: a session as the shop opens it, and a browser's form posts."""

from __future__ import annotations

import urllib.error
import urllib.parse
import urllib.request
from typing import Any

import stripe

CARD_OK, CARD_DECLINED, CARD_POOR, CARD_3DS = (
    "4242 4242 4242 4242",
    "4000000000000002",
    "4000000000009995",
    "4000002500003155",
)


def line(name: str = "大川山核桃 500克", fen: int = 3680, quantity: int = 2) -> dict[str, Any]:
    price = {"currency": "cny", "unit_amount": fen, "product_data": {"name": name}}
    return {"price_data": price, "quantity": quantity}


def session_params(**more: Any) -> Any:
    return {
        "mode": "payment",
        "line_items": [line()],
        "success_url": "http://127.0.0.1:9/orders/D1?session={CHECKOUT_SESSION_ID}",
        "cancel_url": "http://127.0.0.1:9/orders/D1",
        "client_reference_id": "D1",
        "metadata": {"order": "D1"},
        "payment_intent_data": {"metadata": {"order": "D1"}, "description": "订单 D1"},
        "locale": "zh",
        **more,
    }


def open_session(client: stripe.StripeClient, **more: Any) -> stripe.checkout.Session:
    return client.v1.checkout.sessions.create(session_params(**more))


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


_BROWSER = urllib.request.build_opener(_Stay, urllib.request.ProxyHandler({}))


def browse(url: str, **form: str) -> tuple[int, str, str]:
    """GET, or POST when a form is given → (status, page, where it redirects to)."""
    body = urllib.parse.urlencode(form).encode() if form else None
    try:
        with _BROWSER.open(url, body, timeout=10) as answer:
            return answer.status, answer.read().decode(), ""
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode(), error.headers.get("Location", "")
