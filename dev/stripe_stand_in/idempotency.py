"""Idempotency keys: the first answer to a key is saved with its effects and given again to the same request."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from dev.stripe_stand_in.errors import ApiError
from dev.stripe_stand_in.stand_in import StandIn

Answer = tuple[int, str, dict[str, str]]  # status, JSON text, headers


@dataclass(frozen=True)
class Key:
    """One POST that brought a key; `request_id` names it in later replays."""

    name: str
    path: str
    fingerprint: str
    request_id: str

    def keep(self, stand_in: StandIn, status: int, body: str) -> None:
        """Inside the transaction that has the effects, so that neither is ever without the other."""
        values = (self.name, self.path, self.fingerprint, status, body, self.request_id)
        stand_in.store.keep_answer(*values)


def fingerprint(parameters: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(parameters, sort_keys=True).encode()).hexdigest()


@contextmanager
def reserved(stand_in: StandIn, key: Key) -> Iterator[Answer | None]:
    """Yields the saved answer of an earlier request, or None: then the key is ours until the block ends.
    Raises ApiError 400 (key used for another request) and 409 (the first request is still running)."""
    with stand_in.lock:
        saved = _saved(stand_in, key)
        if saved is None and key.name in stand_in.in_flight:
            message = f"There is currently another in-progress request using this Idempotent Key: {key.name}."
            raise ApiError(409, message, kind="idempotency_error", code="idempotency_key_in_use")
        if saved is None:
            stand_in.in_flight.add(key.name)
    try:
        yield saved
    finally:
        if saved is None:
            with stand_in.lock:
                stand_in.in_flight.discard(key.name)


def _saved(stand_in: StandIn, key: Key) -> Answer | None:
    row = stand_in.store.answer(key.name)
    if row is None:
        return None
    problem = ""
    if row["path"] != key.path:
        problem = f"for the same endpoint they were first used for ('{key.path}' vs '{row['path']}')"
    elif row["fingerprint"] != key.fingerprint:
        problem = "with the same parameters they were first used with"
    if problem:
        advice = f"Try using a key other than '{key.name}' if you meant to execute a different request."
        message = f"Keys for idempotent requests can only be used {problem}. {advice}"
        raise ApiError(400, message, kind="idempotency_error")
    return row["status"], row["body"], {"Idempotent-Replayed": "true", "Original-Request": row["request"]}
