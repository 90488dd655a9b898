"""Small numbers that arrive in forms and addresses, read strictly."""

from __future__ import annotations

import re

from flask import request
from flask_babel import gettext as _

from shop.core.errors import NotFound, ShopError
from shop.core.quantity import parse_pieces
from shop.core.text import BadInput

MAX_ID = 2**63 - 1
_KEY = re.compile("[A-Za-z0-9_-]{1,80}")
_CODE = re.compile("[A-Za-z0-9_-]{1,40}")


def sentence(refusal: ShopError | BadInput) -> str:
    """What to tell the reader, in the reader's language."""
    if isinstance(refusal, BadInput):
        return str(_(refusal.template, **refusal.values))
    return str(_(refusal.message))


def count(name: str = "count") -> int:
    """A number of packs from the form, 0 allowed; full-width digits are fine. Raises BadNumber with a sentence."""
    return parse_pieces(request.form.get(name, "")[:60], "份", label="数量", zero_allowed=True)


def row_id(name: str) -> int:
    """The id of a row from the form. Raises NotFound where it cannot be one."""
    text = request.form.get(name, "")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0
    if not 0 < number <= MAX_ID:
        raise NotFound
    return number


def key(name: str) -> str:
    """The key of a form that must act once; empty where it is none of ours."""
    text = request.form.get(name, "")
    return text if _KEY.fullmatch(text) else ""


def code(text: str) -> str:
    """A code or number from an address. Raises NotFound where it cannot be one, so that no odd character reaches the database."""
    if _CODE.fullmatch(text) is None:
        raise NotFound
    return text
