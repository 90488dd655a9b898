"""Doing a piece of work in a forked child that dies by SIGKILL at a named point, as a worker would in real life."""

from __future__ import annotations

import os
import signal
import warnings
from collections.abc import Callable

from flask import Flask

from shop.core import faults
from shop.core.db import db


def killed_at(app: Flask, point: str, work: Callable[[], object]) -> bool:
    """Whether the child died at the point; False when it got to the end without passing it."""
    with app.app_context():
        db.session.rollback()
        db.session.remove()
    child = fork(app, lambda: _armed(point, work))
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def fork(app: Flask, work: Callable[[], object]) -> int:
    """Start `work` in a child process with database connections of its own; returns its process id."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # threads of the test runner only wait
        child = os.fork()
    if child:
        return child
    code = 1
    try:
        with app.app_context():
            db.session.registry.clear()  # type: ignore[no-untyped-call]
            db.engine.dispose(close=False)
            work()
        code = 0
    finally:
        os._exit(code)


def _armed(point: str, work: Callable[[], object]) -> None:
    faults._ARMED = point
    work()
