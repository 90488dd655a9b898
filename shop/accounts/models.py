"""Who can sign in, with which sessions and which roles."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Computed, ForeignKey, Index, SmallInteger, func, text
from sqlalchemy.orm import Mapped, mapped_column

from shop.core.db import Base
from shop.core.privacy import Encrypted


class User(Base):
    """A person with a phone. `active` false ends every session at the next request."""

    __tablename__ = "user_account"

    id: Mapped[int] = mapped_column(primary_key=True)
    phone: Mapped[str] = mapped_column(unique=True)  # E.164
    name: Mapped[str]
    password_hash: Mapped[str | None]  # argon2id; none = signs in by code only
    totp_secret: Mapped[str | None] = mapped_column(Encrypted)
    locale: Mapped[str] = mapped_column(server_default="zh")
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    unit_name: Mapped[str | None]  # the public body or union this buyer orders for
    unit_tax_code: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class UserSession(Base):
    """A signed-in browser. The cookie holds a random token; only its hash is here."""

    __tablename__ = "user_session"
    __table_args__ = (Index(None, "user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    seen_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    ip: Mapped[str | None]
    agent: Mapped[str | None]


class RoleGrant(Base):
    """A role with its scope and dates. One account never manages and checks (Cooperative Law art. 38): an exclusion
    constraint over `side` (1 = cooperative, 2 = public duty) holds it."""

    __tablename__ = "role_grant"
    __table_args__ = (
        CheckConstraint("role in ('buyer','manager','staff','operator')", name="role"),
        CheckConstraint("(role = 'manager') = (cooperative_id is not null)", name="manager_scope"),
        CheckConstraint("(role = 'staff') = (region_code is not null)", name="staff_scope"),
        CheckConstraint("valid_to is null or valid_to >= valid_from", name="dates"),
        CheckConstraint(
            "role <> 'manager' or coalesce(duty, '') in ('chair','manager','stock','shipping','accounts')",
            name="manager_duty",
        ),
        CheckConstraint(
            "role <> 'staff' or coalesce(duty, '') in ('clerk','approver','county','leader')",
            name="staff_duty",
        ),
        CheckConstraint("ended_at is null or valid_to is not null", name="ended"),
        Index(None, "user_id"),
        # one duty per person and cooperative, and the account that holds two of them is not asked which it means
        Index(
            "uq_role_grant_duty",
            "user_id",
            "cooperative_id",
            unique=True,
            postgresql_where=text("role = 'manager' and valid_to is null"),
        ),
        Index(
            "uq_role_grant_staff_duty",
            "user_id",
            "region_code",
            unique=True,
            postgresql_where=text("role = 'staff' and valid_to is null"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    role: Mapped[str]
    # a manager's is one of the CHECK above; staff's: clerk, approver, county or leader
    duty: Mapped[str | None]
    cooperative_id: Mapped[int | None] = mapped_column(ForeignKey("cooperative.id"))
    region_code: Mapped[str | None] = mapped_column(ForeignKey("region.code"))
    side: Mapped[int | None] = mapped_column(
        SmallInteger, Computed("case role when 'manager' then 1 when 'staff' then 2 end", persisted=True)
    )
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    ended_at: Mapped[datetime | None]  # ended by somebody at this moment: nothing opens any more, also today
    granted_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    granted_at: Mapped[datetime] = mapped_column(server_default=func.now())


class LoginCode(Base):
    """A one-time code sent to a phone; hashed, short-lived, few tries."""

    __tablename__ = "login_code"
    __table_args__ = (Index(None, "phone", "sent_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    phone: Mapped[str]
    code_hash: Mapped[str]
    sent_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(server_default=text("0"))
