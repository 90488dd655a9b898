"""The office's forms name their keys by this room."""

from __future__ import annotations

from shop.core.form_keys import new_key, sent_key

__all__ = ["new_key", "sent_key"]
