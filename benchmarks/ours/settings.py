"""Our shop as it runs in production: strict settings, no demo mode, no development tools."""

from __future__ import annotations

import base64
import secrets

SECRETS = {
    "SECRET_KEY": secrets.token_urlsafe(48),
    "FIELD_KEY": base64.urlsafe_b64encode(bytes(range(32))).decode(),
    "STRIPE_SECRET_KEY": f"sk_test_{secrets.token_hex(12)}",
    "STRIPE_WEBHOOK_SECRET": f"whsec_{secrets.token_hex(12)}",
}


def environment(database_url: str, redis_url: str, port: int) -> dict[str, str]:
    """For a process of its own. The field key is fixed, so that a loaded town can be used again by a later run."""
    return {
        **SECRETS,
        "APP_ENV": "production",
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "PUBLIC_URL": f"https://127.0.0.1:{port}",
        "STRIPE_API_BASE": "",
        "DEMO": "false",
        "SMS_GATEWAY": "console",
        "LOG_LEVEL": "WARNING",
    }
