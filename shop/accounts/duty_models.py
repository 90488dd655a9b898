"""Invitations to a duty in a cooperative or in the public service of a region."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from shop.core.db import Base


class DutyInvitation(Base):
    """The chair, or a region's approver, asks the owner of a phone to take on a duty.

    Open until it is accepted, withdrawn, or its week is over.

    It carries no secret: whoever signs in with that phone has proven it, and nobody else can accept.
    """

    __tablename__ = "duty_invitation"
    __table_args__ = (
        CheckConstraint(
            "case when region_code is null then duty in ('chair','manager','stock','shipping','accounts')"
            " else duty in ('clerk','approver','county','leader') end",
            name="place_duty",
        ),
        CheckConstraint("(cooperative_id is null) <> (region_code is null)", name="one_place"),
        CheckConstraint("(accepted_by is null) = (accepted_at is null)", name="accepted"),
        CheckConstraint("accepted_at is null or withdrawn_at is null", name="one_end"),
        CheckConstraint("expires_at > invited_at", name="dates"),
        Index(
            "uq_duty_invitation_open",
            "cooperative_id",
            "phone",
            unique=True,
            postgresql_where=text("accepted_at is null and withdrawn_at is null"),
        ),
        Index(
            "uq_duty_invitation_region_open",
            "region_code",
            "phone",
            unique=True,
            postgresql_where=text("region_code is not null and accepted_at is null and withdrawn_at is null"),
        ),
        Index(
            "ix_duty_invitation_phone",
            "phone",
            postgresql_where=text("accepted_at is null and withdrawn_at is null"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    cooperative_id: Mapped[int | None] = mapped_column(ForeignKey("cooperative.id"))
    region_code: Mapped[str | None] = mapped_column(ForeignKey("region.code"))
    phone: Mapped[str]  # E.164
    duty: Mapped[str]
    invited_by: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    invited_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]
    accepted_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    accepted_at: Mapped[datetime | None]
    withdrawn_at: Mapped[
        datetime | None
    ]  # by the inviting side, declined by the invited, or replaced after its week
