"""Databases with the demo towns, kept in var/bench between runs as long as the code that makes them is the same."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from functools import cache

from flask import Flask
from flask_migrate import upgrade

from benchmarks.ground import FOLDER, Ground
from benchmarks.ours.settings import environment
from dev.runner.process import ROOT
from shop.app import create_app
from shop.config import Settings
from shop.core.db import db


@cache
def fingerprint() -> str:
    """Of everything that decides on the rows: our code, the migrations, the day."""
    found = hashlib.sha256(date.today().isoformat().encode())  # noqa: DTZ011 (only to notice another day)
    for folder in ("shop", "migrations"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            found.update(file.read_bytes())
    return found.hexdigest()[:16]


@contextmanager
def application(ground: Ground, database: str) -> Iterator[Flask]:
    """Our application in this process, on one database, inside its context."""
    values = environment(ground.postgres.url(database), ground.valkey.url(), 0)
    app = create_app(Settings(**{name.lower(): value for name, value in values.items()}))  # type: ignore[arg-type]
    with app.app_context():
        try:
            yield app
        finally:
            db.session.remove()
            db.engine.dispose()


def town(ground: Ground, scale: int) -> str:
    """Name of a database with so many towns, loaded by `flask demo load --scale`; never write to it, copy it."""
    name = f"bench_town{scale}"
    note = FOLDER / f"{name}.made"
    if note.exists() and note.read_text() == fingerprint() and _exists(ground, name):
        return name
    note.unlink(missing_ok=True)
    ground.fresh_database(name)
    with application(ground, name) as app:
        upgrade()
        loaded = app.test_cli_runner().invoke(
            args=["demo", "load", "--scale", str(scale)], catch_exceptions=False
        )
        if loaded.exit_code != 0:
            raise RuntimeError(f"flask demo load --scale {scale}: {loaded.output.strip()[-500:]}")
    ground.vacuum(name)
    note.write_text(fingerprint())
    return name


def _exists(ground: Ground, name: str) -> bool:
    with ground.connect("postgres") as connection:
        return (
            connection.execute("select 1 from pg_database where datname = %s", (name,)).fetchone() is not None
        )
