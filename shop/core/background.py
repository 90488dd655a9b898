"""Celery on top of the Flask application: facts live in PostgreSQL, the broker is only a bell."""

from __future__ import annotations

import structlog
from celery import Celery, Task
from flask import Flask
from kombu.exceptions import OperationalError

from shop.config import Settings

log = structlog.get_logger()

QUEUES = ("payments", "default", "distribution", "reports")
ROUTES = {
    "payments.*": {"queue": "payments"},
    "cooperatives.distribut*": {"queue": "distribution"},
    "audit.*": {"queue": "reports"},
    "personal.*": {"queue": "reports"},
    "imports.*": {"queue": "reports"},
    "reporting.*": {"queue": "reports"},
}  # every other task: default


def make_celery(app: Flask, settings: Settings, beat_schedule: dict[str, object]) -> Celery:
    """A Celery app whose tasks run inside the Flask application context.

    Messages are acknowledged late and rejected when a worker dies; nothing depends on redelivery: sweeps finish from state.
    """

    class ContextTask(Task):
        abstract = True

        def __call__(self, *args: object, **kwargs: object) -> object:
            with app.app_context():
                return self.run(*args, **kwargs)

    celery = Celery(app.name, task_cls=ContextTask)
    celery.conf.update(
        broker_url=settings.broker_url,
        result_backend=None,
        task_ignore_result=True,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=1,
        task_default_queue="default",
        task_routes=ROUTES,
        task_create_missing_queues=True,
        task_serializer="json",
        accept_content=["json"],
        timezone="UTC",
        enable_utc=True,
        task_publish_retry=False,
        broker_connection_retry_on_startup=True,
        broker_transport_options={
            "visibility_timeout": 3600,
            "socket_timeout": 3,
            "socket_connect_timeout": 2,
        },
        worker_hijack_root_logger=False,
        beat_schedule=beat_schedule,
    )
    celery.set_default()
    app.extensions["celery"] = celery
    return celery


def ring(task: Task, *args: object) -> None:
    """Enqueue after the commit. When the broker is down the sweep does the work later, so this never fails the caller."""
    try:
        task.apply_async(args=args)
    except (OperationalError, OSError) as error:
        log.warning("broker_unreachable", task=task.name, error=type(error).__name__)
