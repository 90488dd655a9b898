"""The key of a rendered form: a repeat of it is the same act. The deed keeps it under a unique constraint."""

from __future__ import annotations

import re
import secrets

from flask import request

_KEY = re.compile(r"[0-9a-f]{32}")


def new_key() -> str:
    return secrets.token_hex(16)


def sent_key(name: str = "request_key") -> str:
    """The key that this request sends, or '' where it is none of ours."""
    key = request.form.get(name, "")
    return key if _KEY.fullmatch(key) else ""
