"""Structured logs on standard error, one JSON object a line outside development; never with persons' data."""

from __future__ import annotations

import logging
import sys

import structlog
from flask import Flask

from shop.config import Settings


def register(app: Flask, settings: Settings) -> None:
    """Configure structlog for the process."""
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(colors=False)
        if settings.app_env == "development"
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    level = logging.getLevelNamesMapping()[settings.log_level]
    logging.basicConfig(level=level, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
