"""For whoever runs the shop: is it alive, is it ready, how is it doing."""

from __future__ import annotations

import ipaddress

import redis
import structlog
from flask import Response, abort, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from shop.accounts import guards
from shop.core.db import session
from shop.core.http import settings
from shop.storefront.blueprint import bp

log = structlog.get_logger()

# What an operator watches: work that waits, and whether it waits too long. All from indexes that hold only open rows.
_STATE = text(
    """
    select (select count(*) from customer_order where state = 'pending') as orders_unpaid,
           (select count(*) from customer_order where state = 'pending' and expires_at < now() - interval '2 minutes')
             as orders_overdue,
           (select count(*) from customer_order where state = 'paid' and attributed_at is null) as orders_unattributed,
           (select count(*) from provider_event where processed_at is null) as events_waiting,
           (select count(*) from refund where state in ('created', 'pending', 'failed')) as refunds_open,
           (select count(*) from suborder where state = 'to_ship') as suborders_to_ship,
           coalesce((select clean::int from audit_result order by id desc limit 1), -1) as audit_clean,
           coalesce((select extract(epoch from now() - finished_at)::bigint from audit_result order by id desc limit 1), -1)
             as audit_age_seconds
    """
)
_MEANINGS = {
    "orders_unpaid": "Orders waiting for payment",
    "orders_overdue": "Unpaid orders whose hold ended more than two minutes ago: the sweep does not run",
    "orders_unattributed": "Paid orders not yet attributed to households",
    "events_waiting": "Provider events stored and not processed",
    "refunds_open": "Refunds that have not reached the buyer",
    "suborders_to_ship": "Parcels the cooperatives have to send",
    "audit_clean": "Result of the last audit: 1 clean, 0 broken, -1 never run",
    "audit_age_seconds": "Seconds since the last audit, -1 never run",
}


@bp.get("/healthz")
@guards.public
def healthz() -> Response:
    """The process answers."""
    return Response("ok\n", mimetype="text/plain")


@bp.get("/readyz")
@guards.public
def readyz() -> Response:
    """The database answers and is migrated. The broker is only told of: orders are taken without it, the sweep catches up."""
    try:
        version = session().execute(text("select version_num from alembic_version")).scalar()
    except SQLAlchemyError as error:
        session().rollback()
        log.warning("not_ready", error=type(error).__name__)
        version = None
    response = jsonify(
        ready=version is not None,
        database="ok" if version is not None else "unavailable",
        migration=version,
        broker="ok" if _broker_answers() else "unavailable",
    )
    response.status_code = 200 if version is not None else 503
    return response


def _broker_answers() -> bool:
    try:
        with redis.Redis.from_url(
            settings().redis_url, socket_timeout=0.5, socket_connect_timeout=0.5
        ) as broker:
            return bool(broker.ping())
    except (redis.RedisError, OSError):
        return False


@bp.get("/metrics")
@guards.public
def metrics() -> Response:
    """Figures for Prometheus, from the rows; only for machines of the same network, others find nothing here."""
    try:
        address = ipaddress.ip_address(request.remote_addr or "")
    except ValueError:
        abort(404)
    if not address.is_private:
        abort(404)
    registry = CollectorRegistry()
    row = session().execute(_STATE).one()
    for name, meaning in _MEANINGS.items():
        Gauge(f"shop_{name}", meaning, registry=registry).set(getattr(row, name))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
