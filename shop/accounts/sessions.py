"""Server-side sessions: the cookie holds a random token, the row decides; dead after sign-out, password change, disabling."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Flask, Request, current_app, g, request
from flask_login import LoginManager
from sqlalchemy import func, select, text, update
from werkzeug.wrappers import Response

from shop.accounts.models import RoleGrant, User, UserSession
from shop.core import clock
from shop.core.db import db, insert_rows, session, transaction
from shop.core.http import settings
from shop.core.privacy import mask_phone, token_hash

TOUCH_EVERY = timedelta(minutes=5)
_LOAD = text(
    """
    select s.id as session_id, s.seen_at, u.id, u.name, u.phone, u.locale, u.unit_name, u.unit_tax_code,
           coalesce((select jsonb_agg(jsonb_build_object('role', g.role, 'duty', g.duty, 'cooperative_id', g.cooperative_id,
                                                         'cooperative_code', c.code, 'cooperative_name', c.name,
                                                         'region_code', g.region_code) order by g.id)
                       from role_grant g left join cooperative c on c.id = g.cooperative_id
                      where g.user_id = u.id and g.valid_from <= :today and (g.valid_to is null or g.valid_to >= :today)
                        and g.ended_at is null),
                    '[]'::jsonb) as grants
      from user_session s join user_account u on u.id = s.user_id and u.active
     where s.token_hash = :hash and s.revoked_at is null and s.expires_at > now()
    """
)


@dataclass(frozen=True)
class Grant:
    """One role in force today, with its scope."""

    role: str
    duty: str | None
    cooperative_id: int | None
    cooperative_code: str | None
    cooperative_name: str | None
    region_code: str | None


@dataclass(frozen=True)
class Identity:
    """Who sends this request, as one statement found it."""

    id: int
    name: str
    phone: str
    locale: str
    unit_name: str | None
    unit_tax_code: str | None
    session_id: int
    seen_at: datetime
    grants: tuple[Grant, ...]

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def get_id(self) -> str:
        return str(self.id)

    @property
    def phone_masked(self) -> str:
        return mask_phone(self.phone)

    @property
    def cooperatives(self) -> tuple[Grant, ...]:
        return tuple(grant for grant in self.grants if grant.role == "manager")

    @property
    def regions(self) -> tuple[Grant, ...]:
        return tuple(grant for grant in self.grants if grant.role == "staff")

    @property
    def is_operator(self) -> bool:
        return any(grant.role == "operator" for grant in self.grants)

    def manages(self, code: str) -> Grant | None:
        """The manager grant for this cooperative, or none."""
        return next((grant for grant in self.cooperatives if grant.cooperative_code == code), None)

    def oversees(self, region_code: str) -> Grant | None:
        """The staff grant whose region subtree holds this region, or none."""
        return next((grant for grant in self.regions if region_code.startswith(str(grant.region_code))), None)


def register(app: Flask) -> None:
    """Tell Flask-Login that the user comes from our cookie and table, never from the Flask session."""
    manager = LoginManager(app)
    manager.session_protection = None
    manager.request_loader(_load)
    app.context_processor(lambda: {"demo": app.config["DEMO"]})


def _cookie_name() -> str:
    return "__Host-sid" if current_app.config["SESSION_COOKIE_SECURE"] else "sid"


def _load(incoming: Request) -> Identity | None:
    token = incoming.cookies.get(_cookie_name())
    if not token or len(token) > 100:
        return None
    row = (
        session()
        .execute(_LOAD, {"hash": token_hash(token), "today": clock.shanghai_day(clock.now())})
        .one_or_none()
    )
    if row is None:
        return None
    identity = Identity(
        id=row.id,
        name=row.name,
        phone=row.phone,
        locale=row.locale,
        unit_name=row.unit_name,
        unit_tax_code=row.unit_tax_code,
        session_id=row.session_id,
        seen_at=row.seen_at,
        grants=tuple(Grant(**grant) for grant in row.grants),
    )
    idle = clock.now() - identity.seen_at
    if _has_duty(identity.grants) and idle > timedelta(hours=settings().staff_idle_hours):
        return None
    g.actor_id = identity.id
    g.session_stale = idle > TOUCH_EVERY
    return identity


def _has_duty(grants: tuple[Grant, ...]) -> bool:
    return any(grant.role in {"manager", "staff", "operator"} for grant in grants)


def touch(identity: Identity) -> None:
    """Note that the session is in use, at most every few minutes; call before the page's own work."""
    if g.get("session_stale"):
        g.session_stale = False
        session().rollback()
        with transaction():
            session().execute(
                update(UserSession).where(UserSession.id == identity.session_id).values(seen_at=func.now())
            )


def open_session(user_id: int) -> tuple[str, datetime]:
    """Make a new session row (inside the deed) and return the cookie's token and its end."""
    config = settings()
    duty = (
        session()
        .execute(select(RoleGrant.id).where(RoleGrant.user_id == user_id, RoleGrant.role != "buyer").limit(1))
        .first()
    )
    ends = clock.now() + timedelta(hours=config.staff_session_hours if duty else config.session_hours)
    token = secrets.token_urlsafe(32)
    insert_rows(
        UserSession,
        [
            {
                "token_hash": token_hash(token),
                "user_id": user_id,
                "expires_at": ends,
                "ip": request.remote_addr,
                "agent": (request.user_agent.string or "")[:200],
            }
        ],
    )
    return token, ends


def set_cookie(response: Response, token: str, ends: datetime) -> Response:
    """Hand the token to the browser."""
    response.set_cookie(
        _cookie_name(),
        token,
        expires=ends,
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Lax",
        path="/",
    )
    return response


def clear_cookie(response: Response) -> Response:
    """Take the token back; the row is revoked separately."""
    response.delete_cookie(
        _cookie_name(), path="/", secure=current_app.config["SESSION_COOKIE_SECURE"], httponly=True
    )
    return response


def revoke(session_id: int, user_id: int) -> None:
    """End one session of this user, at once and for good."""
    session().execute(
        update(UserSession)
        .where(UserSession.id == session_id, UserSession.user_id == user_id, UserSession.revoked_at.is_(None))
        .values(revoked_at=func.now())
    )


def revoke_all(user_id: int, but: int | None = None) -> None:
    """End every session of the user, except `but`."""
    statement = update(UserSession).where(UserSession.user_id == user_id, UserSession.revoked_at.is_(None))
    if but is not None:
        statement = statement.where(UserSession.id != but)
    session().execute(statement.values(revoked_at=func.now()))


def live_sessions(user_id: int) -> list[Any]:
    """Rows (id, created_at, seen_at, ip, agent) of the user's sessions still alive, newest first."""
    return list(
        session().execute(
            select(
                UserSession.id, UserSession.created_at, UserSession.seen_at, UserSession.ip, UserSession.agent
            )
            .where(
                UserSession.user_id == user_id,
                UserSession.revoked_at.is_(None),
                UserSession.expires_at > func.now(),
            )
            .order_by(UserSession.seen_at.desc())
            .limit(50)
        )
    )


def disable(user_id: int) -> None:
    """Close an account to sign-in and end its sessions."""
    session().execute(update(User).where(User.id == user_id).values(active=False))
    revoke_all(user_id)
    db.session.expire_all()
