"""The shop's own processes: how each one is started. Used by `make run` and by the journeys of the tests."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from dev.runner.errors import RunnerError
from dev.runner.process import Service

QUEUES = "payments,default,distribution,reports"

PORTS = range(20_000, 32_000)


def web(environment: dict[str, str], port: int, log: Path) -> Service:
    memory = Path("/dev/shm")
    command = [
        *(sys.executable, "-m", "gunicorn", "wsgi:app", "--bind", f"127.0.0.1:{port}", "--no-control-socket"),
        *("--worker-class", "gthread", "--workers", "2", "--threads", "4"),
        *("--graceful-timeout", "8", "--timeout", "60"),
        *(("--worker-tmp-dir", str(memory)) if os.access(memory, os.W_OK) else ()),
    ]
    return Service("web", command, environment, log, patience=12.0)


def worker(environment: dict[str, str], log: Path, *, name: str = "worker", concurrency: int = 2) -> Service:
    command = [
        *(sys.executable, "-m", "celery", "-A", "celery_worker:celery", "worker", "--queues", QUEUES),
        *("--concurrency", str(concurrency), "--loglevel", "INFO", "--hostname", f"{name}@%h"),
        *("--without-gossip", "--without-mingle"),
    ]
    return Service("worker", command, environment, log, patience=25.0)


def beat(environment: dict[str, str], schedule: Path, log: Path) -> Service:
    command = [
        *(sys.executable, "-m", "celery", "-A", "celery_worker:celery", "beat", "--schedule", str(schedule)),
        *("--pidfile", "", "--loglevel", "INFO"),
    ]
    return Service("beat", command, environment, log, patience=8.0)


def stand_in(environment: dict[str, str], port: int, data: Path, webhook_url: str, log: Path) -> Service:
    command = [
        *(sys.executable, "-m", "dev.stripe_stand_in", "--port", str(port), "--data", str(data)),
        *("--webhook-url", webhook_url, "--secret", environment["STRIPE_WEBHOOK_SECRET"]),
        *("--key", environment["STRIPE_SECRET_KEY"]),
    ]
    return Service("payment stand-in", command, environment, log, stop_signal=signal.SIGTERM, patience=8.0)


def port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A port nobody listens on; what is started on it may take its time.

    Not one of the system's own choosing: those are handed to every outgoing connection as well, and one of
    these takes the port before a slow service has opened it.
    """
    for _ in range(200):
        port = secrets.choice(PORTS)
        if port_is_free(port):
            return port
    raise OSError(f"No free port between {PORTS[0]} and {PORTS[-1]}")


def wait_listening(service: Service, port: int, seconds: float = 60.0) -> None:
    """Until something takes connections on the port, or the process has died."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1.0):
                return
        except OSError:
            _give_up_if_over(service, deadline)
        time.sleep(0.1)


def wait_answering(service: Service, url: str, seconds: float = 90.0) -> None:
    """Until the page answers 200, or the process has died."""
    deadline = time.monotonic() + seconds
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while True:
        try:
            with opener.open(url, timeout=5.0):
                return
        except (urllib.error.URLError, OSError):
            _give_up_if_over(service, deadline)
        time.sleep(0.15)


def _give_up_if_over(service: Service, deadline: float) -> None:
    if not service.is_running():
        raise RunnerError(
            f"The {service.name} {service.outcome()}:\n{service.last_words()}\n  Log: {service.log}"
        )
    if time.monotonic() > deadline:
        raise RunnerError(
            f"The {service.name} does not answer:\n{service.last_words()}\n  Log: {service.log}"
        )
