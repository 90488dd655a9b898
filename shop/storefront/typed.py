"""Small numbers that arrive in forms and addresses, read strictly."""

from __future__ import annotations

import re

from flask import request

from shop.core.errors import NotFound
from shop.core.numbers import row_id as row_id_of
from shop.core.quantity import parse_pieces

_KEY = re.compile("[A-Za-z0-9_-]{1,80}")
_CODE = re.compile("[A-Za-z0-9_-]{1,40}")


def count(name: str = "count") -> int:
    """A number of packs from the form, 0 allowed; full-width digits are fine. Raises BadNumber with a sentence."""
    return parse_pieces(request.form.get(name, "")[:60], "份", label="数量", zero_allowed=True)


def row_id(name: str) -> int:
    """The id of a row from the form. Raises NotFound where it cannot be one."""
    number = row_id_of(request.form.get(name, ""))
    if number is None:
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


def plain(name: str) -> str:
    """A code from the address's query; empty where it cannot be one."""
    text = request.args.get(name, "")
    return text if _CODE.fullmatch(text) else ""
