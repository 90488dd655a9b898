"""The factory: settings, extensions, doors, errors, commands."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from flask import Flask
from flask_migrate import Migrate
from werkzeug.middleware.proxy_fix import ProxyFix
from whitenoise import WhiteNoise

from shop.accounts import guards, limits, sessions
from shop.aftersale import tasks as aftersale_tasks
from shop.audit import tasks as audit_tasks
from shop.commands import entry as commands
from shop.config import ConfigError, Settings
from shop.cooperatives import tasks as cooperative_tasks
from shop.core import background, fonts, http, language, logs, pages, privacy
from shop.core.db import db
from shop.core.table_import import tasks as import_tasks
from shop.office import door as office
from shop.orders import tasks as order_tasks
from shop.payments import reminder_tasks
from shop.payments import tasks as payment_tasks
from shop.personal import tasks as personal_tasks
from shop.reporting import tasks as reporting_tasks
from shop.storefront import door as storefront
from shop.township import door as township

CONNECTION = (
    "-c timezone=UTC -c statement_timeout=30000 -c lock_timeout=5000"
    " -c idle_in_transaction_session_timeout=60000"
)
MAX_BODY = 12 * 1024 * 1024
SCHEDULE = {
    **payment_tasks.SCHEDULE,
    **order_tasks.SCHEDULE,
    **aftersale_tasks.SCHEDULE,
    **cooperative_tasks.SCHEDULE,
    **audit_tasks.SCHEDULE,
    **personal_tasks.SCHEDULE,
    **reminder_tasks.SCHEDULE,
    **import_tasks.SCHEDULE,
    **reporting_tasks.SCHEDULE,
}
MIGRATIONS = Path(__file__).parent.parent / "migrations"


def create_app(settings: Settings | None = None) -> Flask:
    """Build the application. With no settings given they come from the environment; a bad one ends the process."""
    given = settings is not None
    try:
        settings = settings or Settings.load()
        fonts.configure(settings.card_font)
    except ConfigError as error:
        if given:
            raise
        return _without_settings(error)
    app = Flask("shop", root_path=str(Path(__file__).parent))
    configure(app, settings)
    db.init_app(app)
    Migrate(app, db, directory=str(MIGRATIONS))
    privacy.configure(settings.field_key)
    for extension in (logs, http):
        extension.register(app, settings)
    for part in (language, pages):
        part.register(app)
    limits.register(app, settings)
    sessions.register(app)
    for door in (storefront, office, township):
        door.register(app)
    commands.register(app)
    guards.check_every_view(app)
    background.make_celery(app, settings, dict(SCHEDULE))
    return app


def _without_settings(error: ConfigError) -> Flask:
    """End the process with the sentences; the flask command still gets what needs no settings (distribute --inputs)."""
    if os.environ.get("FLASK_RUN_FROM_CLI") != "true":
        sys.exit(f"The shop cannot start:\n{error}")
    app = Flask("shop")
    app.extensions["config_error"] = str(error)
    commands.register_without_settings(app)
    return app


def configure(app: Flask, settings: Settings) -> None:
    """Flask's own configuration from ours; nothing else is read from the environment later."""
    secure = settings.public_url.startswith("https://")
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SECRET_KEY_FALLBACKS=[key for key in settings.secret_key_fallbacks.split(",") if key],
        TRUSTED_HOSTS=settings.hosts,
        MAX_CONTENT_LENGTH=MAX_BODY,
        MAX_FORM_MEMORY_SIZE=512 * 1024,
        MAX_FORM_PARTS=2000,
        SESSION_COOKIE_NAME="__Host-shop" if secure else "shop",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS={
            "pool_pre_ping": True,
            "pool_size": settings.db_pool_size,
            "max_overflow": settings.db_pool_size,
            "pool_timeout": 3,
            "connect_args": {
                "connect_timeout": 3,
                "options": CONNECTION,
            },
        },
        WTF_CSRF_TIME_LIMIT=None,
        DEMO=settings.demo,
    )
    app.extensions["settings"] = settings
    app.url_map.strict_slashes = False
    app.wsgi_app = WhiteNoise(  # type: ignore[method-assign]
        app.wsgi_app,
        root=str(Path(app.root_path) / "static"),
        prefix="static/",
        immutable_file_test=lambda path, url: "/dist/" in url,
        max_age=3600,
    )
    if settings.proxy_hops:
        hops = settings.proxy_hops
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
