"""Pieces of pages that are the same for everybody, printed once and remembered by what they were printed from."""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable

from markupsafe import Markup

from shop.core import language


def remembered(macro: Callable[..., Markup], *values: Hashable) -> Markup:
    """What the macro prints for these values, from memory where it was printed before.

    For macros whose output depends on nothing but their values and the language: never for what a visitor, an address
    or the time decides. Since every value is part of the key, a changed row is another piece and nothing grows stale.
    """
    return _printed(macro, language.chosen(), values)


@functools.lru_cache(maxsize=4_000)
def _printed(macro: Callable[..., Markup], _language: str, values: tuple[Hashable, ...]) -> Markup:
    return macro(*values)


forget = _printed.cache_clear  # the addresses of assets have changed
