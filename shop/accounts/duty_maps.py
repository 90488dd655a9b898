"""A door's map: which duty opens which endpoint, and what of its lists is shown to whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flask import current_app, g, request
from flask_login import current_user
from werkzeug.exceptions import HTTPException

from shop.accounts import guards, sessions
from shop.accounts.sessions import Grant, Identity
from shop.core import pages


class NoDuty(HTTPException):
    """The page is there, but for another duty of this place."""

    code = 403


@dataclass(frozen=True)
class DutyMap:
    """`rows` are (duties, names of endpoints without the door); what is not listed is for `otherwise`."""

    door: str
    rows: tuple[tuple[frozenset[str], str], ...]
    otherwise: frozenset[str]

    @cached_property
    def opens(self) -> Mapping[str, frozenset[str]]:
        """Endpoint → duties."""
        return {f"{self.door}.{name}": allowed for allowed, names in self.rows for name in names.split()}

    def duties_of(self, endpoint: str) -> frozenset[str]:
        """Those that open it."""
        return self.opens.get(endpoint, self.otherwise)

    def may(self, endpoint: str) -> bool:
        """Whether the duty of this request opens the endpoint; a page of another door is not this map's concern."""
        if "duty" not in g or not endpoint.startswith(self.door + "."):
            return True
        return g.duty in self.duties_of(endpoint)

    def openable(self, items: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """Of a list of links those that the duty may open."""
        urls = current_app.url_map.bind("localhost")
        return [item for item in items if self.may(urls.match(item["url"].partition("?")[0])[0])]

    def nav(self) -> tuple[pages.NavLink, ...]:
        """The tabs that the duty may open."""
        return tuple(link for link in pages.tabs_of(self.door) if self.may(link.endpoint))

    def check(self, grant: Grant) -> None:
        """The holder of this grant asks for this page. Raises NoDuty."""
        sessions.touch(guards.me())
        g.duty = grant.duty
        if not self.may(request.endpoint or ""):
            raise NoDuty


def asker(argument: str) -> tuple[str, Identity] | None:
    """The place that the address names by `argument`, and who asks; none where the guard has the answer."""
    code = (request.view_args or {}).get(argument)
    if code is None or not current_user.is_authenticated:
        return None
    return code, guards.me()
