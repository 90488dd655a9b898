"""What can go wrong in a way the user can mend: one sentence, one status."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask_babel import gettext

from shop.core.text import N_, BadInput


class ShopError(Exception):
    """A sentence for the user; `field` names the form field it belongs to, `values` fill its placeholders.

    Deeds write it in Chinese (`Refused("还差%(weight)s", weight=…)`); it is found in the catalogue (dev/messages.py
    extracts it), so that a page in another language shows it in that language. An f-string would stay Chinese.
    """

    status = 422

    def __init__(self, message: str, field: str | None = None, **values: object) -> None:
        super().__init__(message % values if values else message)
        self.message: str = gettext(message, **values)
        self.field = field


def said(refusal: ShopError | BadInput) -> str:
    """What it says, in the reader's language."""
    if isinstance(refusal, ShopError):
        return refusal.message
    return str(gettext(refusal.template, **refusal.values))


class Refused(ShopError):
    """The request breaks a rule of the trade or is badly formed (422)."""


class NotFound(ShopError):
    """The thing does not exist for this user (404): other cooperatives' rows included."""

    status = 404

    def __init__(
        self, message: str = N_("没有找到这个页面或记录"), field: str | None = None, **values: object
    ) -> None:
        super().__init__(message, field, **values)


class Conflict(ShopError):
    """Somebody else changed it, or the same request is under way (409)."""

    status = 409


class Unavailable(ShopError):
    """A provider or the database does not answer; trying again later is safe (503)."""

    status = 503


@contextmanager
def beside(field: str) -> Iterator[None]:
    """What a reader of typed text does not take becomes a refusal of the deed beside `field`, in the reader's language."""
    try:
        yield
    except BadInput as bad:
        values = {name: gettext(value) if name == "label" else value for name, value in bad.values.items()}
        raise Refused(bad.template, field, **values) from bad
