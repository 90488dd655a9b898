"""Several worker processes on one shop, one of which may be made to die at a named line."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from dev.runner import services as programs
from dev.runner.process import Service
from tests.faults.scene import Scene
from tests.support.services import started
from tests.support.stand_in import wait_for

_names = itertools.count(1)


@contextmanager
def crew(scene: Scene, *faults: str) -> Iterator[list[Service]]:
    """One worker process for each of `faults`, the line at which it kills itself by SIGKILL ('' for never); all take messages
    when this returns, and are cleared away in the end."""
    members = []
    for fault in faults:
        environment = {**scene.shop.environment, **({"FAULT": fault} if fault else {})}
        name = f"crew{next(_names)}"
        worker = programs.worker(environment, scene.shop.folder / f"{name}.log", name=name, concurrency=1)
        if fault:
            worker.command += ["--pool", "solo"]  # the process itself dies, not a child that it would replace
        scene.shop.begin(worker)
        started().remember(worker)
        members.append(worker)
    try:
        wait_for(lambda: len(scene.bell.control.ping(timeout=1.0)) >= len(members), 60)
        yield members
    finally:
        for worker in members:
            worker.clear_group()


def wait_killed(worker: Service) -> None:
    """Until it is dead of SIGKILL."""
    wait_for(lambda: not worker.is_running(), 60)
    assert worker.outcome() == "was killed by SIGKILL", f"{worker.outcome()}\n{worker.last_words()}"


def took_part(workers: Sequence[Service], task: str) -> list[int]:
    """How many messages of a task each worker received, from its log."""
    received = re.compile(rf"Task {re.escape(task)}\[[^]]+\] received")
    return [len(received.findall(worker.log.read_text(errors="replace"))) for worker in workers]
