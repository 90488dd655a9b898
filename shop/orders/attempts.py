"""Running deeds from tasks and pages: again after a deadlock, and one by one when a batch has a bad item."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import structlog
from sqlalchemy.exc import DBAPIError

from shop.core.db import session, transaction

T = TypeVar("T")

log = structlog.get_logger()

TIMES = 4
AGAIN = frozenset({"40P01", "40001"})  # deadlock_detected, serialization_failure


def retried(deed: Callable[[], T]) -> T:
    """Run `deed` in a transaction of its own; again when PostgreSQL chose it as the victim of a deadlock.

    Nothing of a failed attempt stays, so the deed must only act on the database.
    """
    for attempt in range(1, TIMES + 1):
        try:
            with transaction():
                return deed()
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) not in AGAIN or attempt == TIMES:
                raise
            log.warning("deed_again", attempt=attempt, reason=getattr(error.orig, "sqlstate", ""))
    raise AssertionError("unreachable")


def each(
    ids: Sequence[int], deed: Callable[[Sequence[int]], object], what: str, portion: int = 50
) -> list[int]:
    """Run `deed` over portions of ids, each in its own transaction; a portion that fails is done one by one.

    One bad row never stops the others: it is logged, left as it was, and returned with its like.
    """
    failed: list[int] = []
    for start in range(0, len(ids), portion):
        some = ids[start : start + portion]
        if _done(some, deed, what, last=len(some) == 1):
            continue
        if len(some) == 1:
            failed.append(some[0])
            continue
        failed += [one for one in some if not _done([one], deed, what, last=True)]
    return failed


def _done(ids: Sequence[int], deed: Callable[[Sequence[int]], object], what: str, *, last: bool) -> bool:
    try:
        retried(lambda: deed(ids))
    except Exception as error:
        session().rollback()
        if last:
            log.exception("deed_failed", what=what, id=ids[0], error=type(error).__name__)
        return False
    return True
