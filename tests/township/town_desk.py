"""Browsers of the staff duties on a small town of one cooperative, and what its database holds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from shop.core.db import session
from tests.access.identities import TOWN, make_user, signed_in

PHONES = {
    "clerk": "+8613700000061",
    "approver": "+8613700000062",
    "leader": "+8613700000063",
    "county": "+8613700000071",
}


@dataclass(frozen=True)
class Desk:
    """One staff member's browser; addresses are below the town's."""

    app: Flask
    client: FlaskClient
    user_id: int
    region: str = TOWN

    def get(self, path: str, status: int = 200) -> str:
        answer = self.client.get(f"/town/{self.region}{path}")
        assert answer.status_code == status, path + answer.text[-1500:]
        return str(answer.text)

    def post(self, path: str, status: int, **fields: Any) -> str:
        """The page's text, or the address that a redirect leads to."""
        answer = self.client.post(f"/town/{self.region}{path}", data=fields)
        assert answer.status_code == status, path + answer.text[-1500:]
        return str(answer.headers.get("Location") if status == 303 else answer.text)

    def rows(self, statement: str, **values: Any) -> list[Any]:
        found = list(session().execute(text(statement), values).all())
        session().rollback()
        return found

    def at(self, region: str) -> Desk:
        """The same browser below another region's address."""
        return replace(self, region=region)


def staff(app: Flask, duty: str, region: str = TOWN, phone: str = "") -> Desk:
    """A new account with this duty, signed in. The regions must be there."""
    scope = "420302" if duty == "county" and region == TOWN else region
    user_id = make_user(app, phone or PHONES[duty], role="staff", duty=duty, region_code=scope)
    return Desk(app, signed_in(app, user_id), user_id, region)
