"""Rate limits in the broker's store, per address and per account; each process keeps its own when the store is down."""

from __future__ import annotations

from flask import Flask, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import current_user

from shop.config import Settings

limiter = Limiter(
    get_remote_address,
    in_memory_fallback_enabled=True,
    in_memory_fallback=["600 per minute"],
    strategy="moving-window",
    headers_enabled=False,
)


def phone_key() -> str:
    """The account a sign-in aims at, as typed without spaces: limits guessing from many addresses."""
    typed = request.form.get("phone", "")[:40]
    digits = "".join(ch for ch in typed if ch.isdigit())
    return "phone:" + digits[-11:]


def account_key() -> str:
    """The signed-in account: limits guessing the password of an account whose device was left open."""
    return f"account:{current_user.get_id() if current_user.is_authenticated else get_remote_address()}"


def register(app: Flask, settings: Settings) -> None:
    """Attach the limiter to the store named by REDIS_URL."""
    app.config.update(
        RATELIMIT_STORAGE_URI=settings.limits_url,
        RATELIMIT_STORAGE_OPTIONS={"socket_connect_timeout": 1, "socket_timeout": 1},
        RATELIMIT_KEY_PREFIX="limit",
    )
    limiter.init_app(app)
