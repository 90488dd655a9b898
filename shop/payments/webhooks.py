"""The provider's events: checked, stored under the provider's id, answered; processed after that, once each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, NamedTuple

import structlog
from flask_babel import gettext as _
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from shop.core import activity, clock, faults, http
from shop.core.db import session, transaction
from shop.core.errors import Refused
from shop.orders import states
from shop.orders.models import Order
from shop.payments import effects, gateway
from shop.payments.effects import Effect
from shop.payments.models import Payment, ProviderEvent
from shop.payments.paying import SetAside

log = structlog.get_logger()

MAX_BYTES = 256 * 1024
MAX_TRIES = 5
BATCH = 200
ASK_AFTER = timedelta(seconds=45)  # an event that has not come by then is fetched
CLOCKS_APART = timedelta(minutes=5)


class BadEvent(Refused):
    """Not an event of ours, or not now (400); nothing of it is kept."""

    status = 400


class Stored(NamedTuple):
    """`fresh` is false for a copy of an event that we have."""

    event_id: int
    fresh: bool


def store(raw: bytes, signature: str | None) -> Stored:
    """Check and keep an event as it came; the caller answers 200 and rings process if it is fresh.

    Call it outside transaction(): it makes its own, as a signed event of another mode or account leaves a trace although
    it is refused. Raises BadEvent (400): too large, not signed within five minutes, other mode or account, no event.
    """
    if len(raw) > MAX_BYTES:
        raise _bad("too large")
    settings = http.settings()
    secrets = [secret.strip() for secret in settings.stripe_webhook_secret.split(",") if secret.strip()]
    try:
        gateway.check_signature(raw, signature, secrets)
    except gateway.BadSignature as error:
        raise _bad(str(error)) from error
    try:
        payload = json.loads(raw.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise _bad("not JSON") from error
    return keep(_without_nul(payload))


def keep(payload: Any) -> Stored:
    """Keep an event whose origin is certain; a copy changes nothing. Raises BadEvent as store does."""
    if not _well_formed(payload):
        raise _bad("no event")
    strange = None
    if payload["livemode"] != gateway.is_live(http.settings()):
        strange = "live and test mode mixed"
    elif payload.get("account"):
        strange = "of another account"
    if strange:
        with transaction():
            activity.record(
                "webhook.refused", "provider_event", payload["id"][:100], after={"reason": strange}
            )
        raise _bad(strange)
    with transaction():
        return _insert(payload)


def _insert(payload: dict[str, Any]) -> Stored:
    known = payload["type"] in effects.EFFECTS
    made = (
        session()
        .execute(
            insert(ProviderEvent)
            .values(
                event_ref=payload["id"],
                kind=payload["type"],
                payload=payload,
                processed_at=None if known else func.now(),
                outcome=None if known else "not needed",
            )
            .on_conflict_do_nothing(index_elements=["provider", "event_ref"])
            .returning(ProviderEvent.id)
        )
        .scalar()
    )
    if made is not None:
        return Stored(made, known)
    found = session().execute(
        select(ProviderEvent.id).where(
            ProviderEvent.provider == "stripe", ProviderEvent.event_ref == payload["id"]
        )
    )
    return Stored(found.scalar_one(), False)


def process(event_id: int) -> Effect | None:
    """Let a stored event have its effect, in the same transaction that marks it processed. Call it outside transaction().

    Each attempt is counted before it starts, so that one which always dies is set aside after MAX_TRIES. None: nothing to do.
    """
    with transaction():
        claimed = _claim(event_id)
    if claimed is None:
        return None
    faults.point("webhooks:claimed")
    try:
        with transaction():
            return _apply(event_id)
    except SetAside as reason:
        _note(event_id, str(reason), aside=True)
    except effects.Unmatched as reason:
        _note(event_id, str(reason), aside=claimed >= MAX_TRIES)
    except Exception as error:
        _note(event_id, f"{type(error).__name__}: {error}"[:500], aside=claimed >= MAX_TRIES)
        log.exception("event_failed", event_id=event_id, tries=claimed, error=type(error).__name__)
    return None


def waiting(limit: int = BATCH) -> list[int]:
    """Events not processed whose next attempt is due: after 0, 15, 60, 135, 240 seconds. One statement."""
    pause = ProviderEvent.tries * ProviderEvent.tries * timedelta(seconds=15)
    return list(
        session()
        .execute(
            select(ProviderEvent.id)
            .where(
                ProviderEvent.processed_at.is_(None),
                ProviderEvent.outcome.is_(None),
                ProviderEvent.received_at + pause <= func.now(),
            )
            .order_by(ProviderEvent.id)
            .limit(limit)
        )
        .scalars()
    )


def fetch_missed() -> list[int]:
    """Ask the provider for events that should have come by now; returns the ids of new ones. Call it outside transaction()."""
    with transaction():
        oldest = (
            session()
            .execute(
                select(func.min(Payment.created_at))
                .join(Order, Order.id == Payment.order_id)
                .where(
                    Payment.method == "stripe",
                    Payment.state == "pending",
                    Order.state == states.PENDING,
                    Payment.created_at < func.now() - ASK_AFTER,
                )
            )
            .scalar()
        )
    if oldest is None:
        return []
    new = []
    for payload in _unknown(gateway.events_since(oldest - CLOCKS_APART, list(effects.EFFECTS))):
        kept = keep(_without_nul(payload))
        if kept.fresh:
            new.append(kept.event_id)
    if new:
        log.warning("events_had_not_come", number=len(new))
    return new


def _unknown(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    with transaction():
        known = set(
            session()
            .execute(
                select(ProviderEvent.event_ref).where(
                    ProviderEvent.provider == "stripe",
                    ProviderEvent.event_ref.in_([event["id"] for event in found]),
                )
            )
            .scalars()
        )
    return [event for event in found if event["id"] not in known]


def _claim(event_id: int) -> int | None:
    """Count an attempt, unless another worker has the event, it is done, or it was tried too often (then it is set aside)."""
    row = (
        session()
        .execute(
            select(ProviderEvent.tries)
            .where(
                ProviderEvent.id == event_id,
                ProviderEvent.processed_at.is_(None),
                ProviderEvent.outcome.is_(None),
            )
            .with_for_update(skip_locked=True)
        )
        .one_or_none()
    )
    if row is None:
        return None
    over = row.tries >= MAX_TRIES
    values = {"outcome": "set_aside"} if over else {"tries": row.tries + 1}
    _update(event_id, values)
    return None if over else row.tries + 1


def _apply(event_id: int) -> Effect | None:
    payload = (
        session()
        .execute(
            select(ProviderEvent.payload)
            .where(ProviderEvent.id == event_id, ProviderEvent.processed_at.is_(None))
            .with_for_update()
        )
        .scalar()
    )
    if payload is None:
        return None
    effect = effects.apply(payload)
    faults.point("webhooks:applied")
    _update(event_id, {"processed_at": func.now(), "outcome": effect.outcome, "failure": None})
    faults.point("webhooks:marked")
    return effect


def _note(event_id: int, failure: str, *, aside: bool) -> None:
    with transaction():
        _update(event_id, {"failure": failure} | ({"outcome": "set_aside"} if aside else {}))
    if aside:
        log.error("event_set_aside", event_id=event_id, failure=failure)


def _update(event_id: int, values: Mapping[str, Any]) -> None:
    session().execute(
        update(ProviderEvent)
        .where(ProviderEvent.id == event_id, ProviderEvent.processed_at.is_(None))
        .values(**values)
        .execution_options(synchronize_session=False)
    )


def _well_formed(payload: Any) -> bool:
    return (
        isinstance(payload, dict)
        and payload.get("object") == "event"
        and isinstance(payload.get("id"), str)
        and 0 < len(payload["id"]) <= 255
        and isinstance(payload.get("type"), str)
        and 0 < len(payload["type"]) <= 255
        and isinstance(payload.get("livemode"), bool)
        and isinstance(payload.get("created"), int)
        and 0 < payload["created"] < clock.year_range(clock.LAST_YEAR).end.timestamp()
        and isinstance(payload.get("data"), dict)
        and isinstance(payload["data"].get("object"), dict)
    )


def _bad(reason: str) -> BadEvent:
    """One log line without the payload."""
    log.warning("webhook_refused", reason=reason)
    return BadEvent(_("这不是发给本店的有效通知"))


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def _without_nul(value: Any) -> Any:
    """PostgreSQL stores no U+0000 in JSON; nothing of ours contains one."""
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, dict):
        return {_without_nul(key): _without_nul(each) for key, each in value.items()}
    return [_without_nul(each) for each in value] if isinstance(value, list) else value
