"""One live shop a module, with the means to disturb it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from celery import Celery

from tests.faults.forge import Forge
from tests.faults.scene import Scene, provider_of, settings_of
from tests.support.apps import TestApp
from tests.support.live import LiveShop


@pytest.fixture(scope="module")
def scene(live_shop: LiveShop) -> Iterator[Scene]:
    settings = settings_of(live_shop, live_shop.database_url)
    broker = settings.model_copy(update={"redis_url": live_shop.redis_url}).broker_url
    bell = Celery("bell", broker=broker, set_as_current=False)
    forge = Forge(live_shop.environment, live_shop.folder / "forge.log")
    live_shop.begin = forge.start
    with closing(TestApp(settings)) as own, closing(bell):
        yield Scene(live_shop, own.app, provider_of(live_shop), bell)
    live_shop.stop()
    forge.close()
