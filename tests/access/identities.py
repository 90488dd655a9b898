"""Signed-in browsers of every role on the demo town, by inserting their session rows."""

from __future__ import annotations

import secrets
from datetime import date, timedelta

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from shop.accounts import registration
from shop.accounts.models import RoleGrant, UserSession
from shop.cooperatives.people.models import Cooperative, Region
from shop.core import clock
from shop.core.db import insert_rows, session, transaction
from shop.core.privacy import token_hash

TOWN = "420302100"
OTHER_TOWN = "420302999"
ROLES = ("anonymous", "buyer", "manager", "other_manager", "staff", "other_staff", "operator")


def signed_in(app: Flask, user_id: int) -> FlaskClient:
    """A browser with a live session of this user."""
    token = secrets.token_urlsafe(32)
    row = {
        "token_hash": token_hash(token),
        "user_id": user_id,
        "expires_at": clock.now() + timedelta(hours=8),
    }
    with app.app_context(), transaction():
        insert_rows(UserSession, [row])
    client = app.test_client()
    client.set_cookie("sid", token)
    return client


def make_user(app: Flask, phone: str, **grant: str | int | None) -> int:
    """An account with at most one role."""
    with app.app_context(), transaction():
        user_id = registration.by_phone_or_new(phone)
        assert user_id is not None
        if grant:
            registration.grant(user_id, valid_from=date(2020, 1, 1), **grant)  # type: ignore[arg-type]
    return user_id


def browsers(app: Flask, own: str = "dachuan", other: str = "tangjia") -> dict[str, FlaskClient]:
    """One browser for each of ROLES; `manager` manages `own`, `other_manager` manages `other`.

    Beside them `chair`, the chair of `own`.
    """
    with app.app_context():
        ids = {row.code: row.id for row in session().execute(select(Cooperative.code, Cooperative.id))}
        if session().get(Region, OTHER_TOWN) is None:
            with transaction():
                insert_rows(
                    Region,
                    [{"code": OTHER_TOWN, "name": "别的镇", "level": "township", "parent_code": "420302"}],
                )
    users = {
        "buyer": make_user(app, "+8613900000001"),
        "manager": make_user(app, "+8613900000002", role="manager", duty="manager", cooperative_id=ids[own]),
        "other_manager": make_user(
            app, "+8613900000003", role="manager", duty="chair", cooperative_id=ids[other]
        ),
        "staff": make_user(app, "+8613900000004", role="staff", duty="clerk", region_code=TOWN),
        "other_staff": make_user(
            app, "+8613900000005", role="staff", duty="approver", region_code=OTHER_TOWN
        ),
        "operator": make_user(app, "+8613900000006", role="operator"),
    }
    users["chair"] = make_user(app, "+8613900000007", role="manager", duty="chair", cooperative_id=ids[own])
    made = {role: signed_in(app, user_id) for role, user_id in users.items()}
    made["anonymous"] = app.test_client()
    return made


def grants_of(app: Flask, user_id: int) -> list[str]:
    """Roles held, for messages."""
    with app.app_context():
        return list(session().execute(select(RoleGrant.role).where(RoleGrant.user_id == user_id)).scalars())
