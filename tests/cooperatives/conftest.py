"""Temporary: a minimal application on a private database while the factory is being written."""

from __future__ import annotations

import base64
import importlib
import os
from collections.abc import Iterator

import psycopg
import pytest
from flask import Flask
from flask_migrate import Migrate, upgrade

from shop.core import privacy
from shop.core.db import db

ADMIN = "host=/tmp/devpg/s user=shop dbname=postgres"
NAME = "builderc"


@pytest.fixture(scope="session")
def _minimal() -> Flask:
    for subject in (
        "accounts", "cooperatives.people", "cooperatives.produce", "cooperatives.ledger", "cooperatives.income", "catalog",
        "orders", "payments", "audit",
    ):  # fmt: skip
        importlib.import_module(f"shop.{subject}.models")
    with psycopg.connect(ADMIN, autocommit=True) as connection:
        connection.execute(f"drop database if exists {NAME} with (force)".encode())
        connection.execute(f"create database {NAME}".encode())
    app = Flask("minimal")
    app.config["SQLALCHEMY_DATABASE_URI"] = f"postgresql+psycopg://shop@/{NAME}?host=/tmp/devpg/s"
    db.init_app(app)
    Migrate(app, db, directory=os.path.abspath("migrations"))
    privacy.configure(base64.urlsafe_b64encode(bytes(range(32))).decode())
    with app.app_context():
        upgrade()
    return app


@pytest.fixture
def app(_minimal: Flask) -> Iterator[Flask]:
    with psycopg.connect(f"host=/tmp/devpg/s user=shop dbname={NAME}", autocommit=True) as connection:
        connection.execute("set session_replication_role = replica")
        rows = connection.execute("select quote_ident(tablename) from pg_tables where schemaname='public'").fetchall()
        names = ",".join(row[0] for row in rows if row[0] != "alembic_version")
        connection.execute(f"truncate {names} restart identity".encode())
    yield _minimal
    with _minimal.app_context():
        db.session.remove()
