"""Background work of payments. Messages are only bells: every sweep finds its work in the rows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import structlog
from celery import shared_task

from shop.core.background import ring
from shop.core.db import session, transaction
from shop.orders.tasks import attribute
from shop.payments import closing, fees, gateway, refunding, webhooks
from shop.payments.connect import transfers as connect_transfers
from shop.payments.provider import sync as provider_sync

log = structlog.get_logger()

# a message that waited longer than its period is dropped: the next one does its work
SCHEDULE: dict[str, dict[str, Any]] = {
    "payments-sweep": {
        "task": "payments.sweep",
        "schedule": timedelta(seconds=10),
        "options": {"queue": "payments", "expires": 20},
    },
    "payments-poll": {
        "task": "payments.poll",
        "schedule": timedelta(seconds=60),
        "options": {"queue": "payments", "expires": 60},
    },
    "payments-provider": {
        "task": "payments.sync_provider",
        "schedule": timedelta(minutes=10),
        "options": {"queue": "payments", "expires": 600},
    },
}


@shared_task(name="payments.process_event")
def process_event(event_id: int) -> None:
    """One stored event; rings whatever its effect asks for."""
    _process(event_id)


@shared_task(name="payments.send_refund")
def send_refund(refund_id: int) -> None:
    """One refund; the sweep sends it later when the provider does not answer."""
    try:
        refunding.send(refund_id)
    except gateway.ProviderDown:
        log.warning("refund_waits", refund=refund_id)


@shared_task(name="payments.sweep")
def sweep() -> None:
    """Everything that is due, from state: events, ended holds, refunds, sessions left open, fees, transfers."""
    with transaction():
        waiting = webhooks.waiting()
    for event_id in waiting:
        _process(event_id)
    for step in (
        closing.expire_holds,
        refunding.send_all,
        closing.close_leftovers,
        fees.collect_all,
        connect_transfers.send_all,
    ):
        try:
            step()
        except Exception as error:
            session().rollback()
            log.exception("sweep_step_failed", step=step.__name__, error=type(error).__name__)


@shared_task(name="payments.poll")
def poll() -> None:
    """Events that should have come and did not."""
    try:
        for event_id in webhooks.fetch_missed():
            _process(event_id)
    except (gateway.ProviderDown, gateway.ProviderRefused) as error:
        log.warning("poll_failed", error=type(error).__name__)


@shared_task(name="payments.sync_provider")
def sync_provider() -> None:
    """The provider's balance, entries and payouts, into rows and books; a payout's event rings it before its time."""
    try:
        provider_sync.sync()
    except (gateway.ProviderDown, gateway.ProviderRefused) as error:
        log.warning("provider_not_synced", error=type(error).__name__)


def _process(event_id: int) -> None:
    effect = webhooks.process(event_id)
    if effect is None:
        return
    if effect.paid_order_id is not None:
        ring(attribute, [effect.paid_order_id])
    if effect.refund_id is not None:
        ring(send_refund, effect.refund_id)
    if effect.payout_heard:
        ring(sync_provider)
