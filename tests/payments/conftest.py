"""The payment stand-in as a process of its own, and the shop's settings pointed at it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy.orm import scoped_session

from shop.config import Settings
from tests.payments.provider import Provider
from tests.support.stand_in import StandInProcess, start_stand_in


@pytest.fixture(scope="session")
def stand_in_process(
    settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[StandInProcess]:
    folder = tmp_path_factory.mktemp("stand-in")
    quiet = ("--payout-ms", "600000", "--payout-every", "0")  # payouts only when a test asks
    with start_stand_in(
        folder, "", *quiet, key=settings.stripe_secret_key, secret=settings.stripe_webhook_secret
    ) as process:
        yield process


@pytest.fixture
def provider(app: Flask, db_session: scoped_session, stand_in_process: StandInProcess) -> Iterator[Provider]:  # type: ignore[type-arg]
    """The application asks this stand-in; its switches and faults are off, and it knows nothing of earlier tests."""
    before: Settings = app.extensions["settings"]
    stand_in_process.control("faults")
    stand_in_process.control("webhooks", url="", duplicates=0, reorder=0, delay_ms=0, drop=False, events=[])
    stand_in_process.empty()
    app.extensions["settings"] = before.model_copy(update={"stripe_api_base": stand_in_process.url})
    try:
        yield Provider(stand_in_process, before.stripe_webhook_secret)
    finally:
        app.extensions["settings"] = before


@pytest.fixture
def account(provider: Provider) -> Provider:
    """The provider whose account is empty at first: tests of its balance count every fen of it."""
    return provider
