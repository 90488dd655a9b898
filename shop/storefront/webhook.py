"""Where the payment provider tells us what happened: checked, stored, answered; the work is done by a task."""

from __future__ import annotations

from flask import jsonify, request
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.core.background import ring
from shop.core.http import csrf
from shop.payments import webhooks
from shop.payments.tasks import process_event
from shop.storefront.blueprint import bp


@bp.post("/webhooks/stripe")
@guards.provider
def stripe_webhook() -> Response:
    """200 for an event that is kept (again); 400 for one that is not ours, 413 for one too large. Nothing is done before that."""
    request.max_content_length = webhooks.MAX_BYTES
    raw = request.get_data(cache=False)
    stored = webhooks.store(raw, request.headers.get("Stripe-Signature"))
    if stored.fresh:
        ring(process_event, stored.event_id)
    return jsonify(received=True)


csrf.exempt(stripe_webhook)
