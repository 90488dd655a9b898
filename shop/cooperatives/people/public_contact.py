"""Where a cooperative is and how it is reached, as the public reads it."""

from __future__ import annotations

import re

from shop.core.errors import Refused, beside
from shop.core.numbers import fold
from shop.core.text import clean_line

_PHONE = re.compile(r"[0-9+ -]{7,20}")


def address(text: str) -> str:
    """One line. Raises Refused on `address`."""
    with beside("address"):
        return clean_line(text, label="地址", max_length=100)


def phone(text: str, field: str) -> str:
    """Also a landline: digits, blanks, dashes. Raises Refused on `field`."""
    plain = fold(text)
    if not _PHONE.fullmatch(plain) or sum(char.isdigit() for char in plain) < 7:
        raise Refused("请填电话号码，例如 0719-8012345 或 138 0013 8000", field)
    return plain
