"""Figures that may be some minutes old: read once for a while by each process, by whoever asks first."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from flask import current_app

from shop.core import clock

T = TypeVar("T")

STORE = "kept"  # of the application's extensions: (when, what) by key
_LOCK = threading.Lock()


def kept(key: Hashable, lasts: timedelta, read: Callable[[datetime], T]) -> T:
    """What `read` gave under this key less than `lasts` ago, else what it gives now; it is told the moment.

    Whoever finds it old while another reads gets the old one. What `read` raises is raised, and nothing is kept.
    """
    store: dict[Hashable, tuple[datetime, Any]] = current_app.extensions.setdefault(STORE, {})
    now, known = clock.now(), store.get(key)
    if known is not None and now - known[0] < lasts:
        return known[1]  # type: ignore[no-any-return]
    if not _LOCK.acquire(blocking=known is None):
        return known[1]  # type: ignore[index, no-any-return]
    try:
        store[key] = (now, read(now))
        return store[key][1]  # type: ignore[no-any-return]
    finally:
        _LOCK.release()
