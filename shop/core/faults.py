"""Named points at which a test may kill the process, to prove that a restart ends in the same rows."""

from __future__ import annotations

import os
import signal

_ARMED = os.environ.get("FAULT", "") if os.environ.get("APP_ENV") == "test" else ""


def point(name: str) -> None:
    """Die by SIGKILL here when FAULT names this point (test environment only)."""
    if _ARMED and name == _ARMED:
        os.kill(os.getpid(), signal.SIGKILL)
