"""Slips: the unguessable address of a household's own page, and the last four digits that open it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select, update

from shop.cooperatives.people.models import Household, HouseholdToken, Member
from shop.core import activity, clock
from shop.core.db import insert_rows, session
from shop.core.errors import NotFound, Refused
from shop.core.http import settings
from shop.core.privacy import token_hash

TRIES = 5
PAUSE = timedelta(minutes=15)
_AGAIN = re.compile(r"([1-9][0-9]{0,17})\.[A-Za-z0-9_-]{32}")


@dataclass(frozen=True)
class Slip:
    """A live slip: the row and whose it is."""

    id: int
    household_id: int


def issue(cooperative_id: int, household_id: int, by: int) -> str:
    """A new slip for a member household of this cooperative; earlier slips stop working. Returns the token, kept nowhere.

    Raises NotFound for another cooperative's household, Refused when no phone is known to check against.
    """
    row = (
        session()
        .execute(
            select(Household.phone)
            .join(Member, Member.household_id == Household.id)
            .where(Household.id == household_id, Member.cooperative_id == cooperative_id)
            .with_for_update(of=Household)
        )
        .first()
    )
    if row is None:
        raise NotFound
    if not row.phone:
        raise Refused("这一户没有登记手机号，请打印纸质对账单")
    revoke(household_id)
    token = secrets.token_urlsafe(24)
    insert_rows(
        HouseholdToken, [{"household_id": household_id, "token_hash": token_hash(token), "created_by": by}]
    )
    activity.record(
        "household.slip_issued", "household", household_id, cooperative_id=cooperative_id, actor_id=by
    )
    return token


def revoke(household_id: int) -> None:
    """End every slip of a household, at once."""
    session().execute(
        update(HouseholdToken)
        .where(HouseholdToken.household_id == household_id, HouseholdToken.revoked_at.is_(None))
        .values(revoked_at=func.now())
    )


def find(token: str) -> Slip | None:
    """The live slip of a token, as issued or printed again, or none."""
    again = _AGAIN.fullmatch(token)
    if again is None:
        named = HouseholdToken.token_hash == token_hash(token)
    elif hmac.compare_digest(token, _printed_again(int(again[1]))):
        named = HouseholdToken.id == int(again[1])
    else:
        return None
    row = (
        session()
        .execute(
            select(HouseholdToken.id, HouseholdToken.household_id).where(
                named, HouseholdToken.revoked_at.is_(None)
            )
        )
        .one_or_none()
    )
    return Slip(row.id, row.household_id) if row else None


def reprinted(household_id: int) -> str | None:
    """A token that opens the household's live slip too, for papers printed later; none where no slip stands.

    The token issued is kept nowhere. This one is made of the slip's id and our secret, and ends with the slip.
    """
    slip_id = session().scalar(
        select(func.max(HouseholdToken.id)).where(
            HouseholdToken.household_id == household_id, HouseholdToken.revoked_at.is_(None)
        )
    )
    return None if slip_id is None else _printed_again(slip_id)


def _printed_again(slip_id: int) -> str:
    mark = hmac.new(settings().secret_key.encode(), f"slip:{slip_id}".encode(), hashlib.sha256).digest()
    return f"{slip_id}.{base64.urlsafe_b64encode(mark[:24]).decode()}"


def is_live(slip_id: int, household_id: int) -> bool:
    """Whether a slip opened earlier still stands."""
    return bool(
        session().scalar(
            select(HouseholdToken.id).where(
                HouseholdToken.id == slip_id,
                HouseholdToken.household_id == household_id,
                HouseholdToken.revoked_at.is_(None),
            )
        )
    )


def check_digits(slip_id: int, digits: str) -> bool:
    """Compare the phone's last four digits; a wrong try is counted. Call it in a transaction of its own: the try must stay.

    Raises Refused after five wrong tries, for fifteen minutes.
    """
    row: Any = (
        session()
        .execute(
            select(HouseholdToken.tries, HouseholdToken.tried_at, Household.phone)
            .join(Household, Household.id == HouseholdToken.household_id)
            .where(HouseholdToken.id == slip_id)
            .with_for_update(of=HouseholdToken)
        )
        .one()
    )
    now = clock.now()
    resting = row.tried_at is not None and row.tried_at > now - PAUSE
    if row.tries >= TRIES and resting:
        raise Refused("试错太多次了，请 15 分钟后再试，或打合作社电话", field="digits")
    right = hmac.compare_digest((row.phone or "")[-4:].encode(), digits.strip().encode()) and bool(row.phone)
    tries = 0 if right else (row.tries + 1 if resting else 1)
    session().execute(
        update(HouseholdToken).where(HouseholdToken.id == slip_id).values(tries=tries, tried_at=now)
    )
    return right
