"""The environment of the shop's processes in development: what the caller set wins, the rest is filled in."""

from __future__ import annotations

import base64
import os
import secrets
import sys
from pathlib import Path

from dev.runner.process import ROOT


def development_secrets(file: Path) -> dict[str, str]:
    """Secrets of this checkout's town: made once, readable by their owner only, never committed."""
    if not file.exists():
        made = {
            "SECRET_KEY": secrets.token_urlsafe(48),
            "FIELD_KEY": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
            "STAND_IN_KEY": f"sk_test_{secrets.token_hex(16)}",
            "STAND_IN_WEBHOOK_SECRET": f"whsec_{secrets.token_hex(16)}",
        }
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_suffix(".new")
        draft.touch(mode=0o600)
        draft.write_text("".join(f"{name}={value}\n" for name, value in made.items()))
        draft.replace(file)
    lines = (line.partition("=") for line in file.read_text().splitlines() if "=" in line)
    return {name: value for name, _, value in lines}


def base_environment(marker: str) -> dict[str, str]:
    """The caller's environment with our Python in front, for every child; an empty variable counts as none."""
    found = {name: value for name, value in os.environ.items() if value}
    found["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{found.get('PATH', os.defpath)}"
    found.update(PYTHONUNBUFFERED="1", PYTHONPATH=str(ROOT), FLASK_APP="wsgi", DACHUAN_RUN=marker)
    found.setdefault("LANG", "C.UTF-8")
    found.setdefault("PGTZ", "UTC")
    return found


def shop_environment(
    base: dict[str, str], *, var: Path, database_url: str, redis_url: str, port: int, stand_in_port: int
) -> dict[str, str]:
    """Every variable that the shop reads. In production nothing is made up."""
    found = {**base, "DATABASE_URL": database_url, "REDIS_URL": redis_url}
    found.setdefault("APP_ENV", "development")
    found.setdefault("PUBLIC_URL", f"http://127.0.0.1:{port}")
    if found["APP_ENV"] == "production":
        return found
    made = development_secrets(var / "secrets.env")
    for name in ("SECRET_KEY", "FIELD_KEY"):
        found.setdefault(name, made[name])
    found.setdefault("DEMO", "true")
    found.setdefault("SMS_GATEWAY", "console")
    found.setdefault("SMS_CONSOLE_FILE", str(var / "sms.log"))
    if "STRIPE_SECRET_KEY" not in base:
        found.update(
            STRIPE_SECRET_KEY=made["STAND_IN_KEY"],
            STRIPE_WEBHOOK_SECRET=made["STAND_IN_WEBHOOK_SECRET"],
            STRIPE_API_BASE=f"http://127.0.0.1:{stand_in_port}",
        )
    return found


def added_variables(environment: dict[str, str]) -> dict[str, str]:
    """What the shop needs beyond any caller's own environment; a second command gets it to use running services."""
    plain = base_environment("")
    return {
        name: value
        for name, value in environment.items()
        if plain.get(name) != value and name != "DACHUAN_RUN"
    }
