"""Each access test starts with empty rate limits."""

from __future__ import annotations

import pytest

from shop.accounts.limits import limiter


@pytest.fixture(autouse=True)
def fresh_limits(request: pytest.FixtureRequest) -> None:
    for name in ("app", "town", "lived_town", "shared_town"):
        if name in request.fixturenames:
            with request.getfixturevalue(name).app_context():
                limiter.reset()
