"""A copy of one's own data: asked for on a page, made by a worker, fetched within three days, then forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from flask_babel import force_locale
from sqlalchemy import Row, func, null, select, update
from sqlalchemy.dialects.postgresql import insert

from shop.core import activity, privacy
from shop.core.db import session
from shop.core.language import LOCALES
from shop.personal import gathering, writing
from shop.personal.models import DataExport

LIFE = timedelta(days=3)
TRIES = 3
WAITING, READY, FAILED, GONE = "waiting", "ready", "failed", "gone"


def latest(user_id: int) -> Row[*tuple[Any, ...]] | None:
    """The newest copy (id, state, requested_at, made_at, expires_at); `over` when its days are over. One statement."""
    columns = (
        DataExport.id,
        DataExport.state,
        DataExport.requested_at,
        DataExport.made_at,
        DataExport.expires_at,
    )
    over = (DataExport.expires_at <= func.now()).label("over")
    wanted = select(*columns, over).where(DataExport.user_id == user_id).order_by(DataExport.id.desc())
    return session().execute(wanted.limit(1)).one_or_none()


def request(user_id: int, locale: str) -> int:
    """Ask for a copy; a finished one is given up for it. Asked twice, it is the one that waits. Returns its id."""
    session().execute(
        update(DataExport)
        .where(DataExport.user_id == user_id, DataExport.state == READY)
        .values(state=GONE, body=null())
    )
    made = session().execute(
        insert(DataExport).values(user_id=user_id, locale=locale).on_conflict_do_nothing().returning(DataExport.id)
    ).scalar()  # fmt: skip
    if made is not None:
        activity.record("account.copy_requested", "user", user_id, actor_id=user_id)
        return int(made)
    live = select(DataExport.id).where(DataExport.user_id == user_id, DataExport.state.in_((WAITING, READY)))
    return int(session().execute(live).scalar_one())


def waiting() -> list[int]:
    """Copies that a lost message or a dead worker left undone."""
    return list(
        session().scalars(select(DataExport.id).where(DataExport.state == WAITING).order_by(DataExport.id))
    )


def make(export_ids: Sequence[int]) -> None:
    """Gather and keep these copies; one that is made, gone or under way elsewhere is passed over."""
    rows = session().execute(
        select(DataExport.id, DataExport.user_id, DataExport.locale)
        .where(DataExport.id.in_(export_ids), DataExport.state == WAITING)
        .order_by(DataExport.id)
        .with_for_update(skip_locked=True)
    ).all()  # fmt: skip
    for row in rows:
        with force_locale(LOCALES.get(row.locale, LOCALES["zh"])):
            body = writing.packed(gathering.of_person(row.user_id))
        session().execute(
            update(DataExport)
            .where(DataExport.id == row.id)
            .values(state=READY, body=privacy.seal(body), made_at=func.now(), expires_at=func.now() + LIFE)
        )


def note_failed(export_ids: Sequence[int]) -> None:
    """A try that failed; after the third one the copy is given up and may be asked for again."""
    for export_id in export_ids:
        tries = session().execute(
            update(DataExport)
            .where(DataExport.id == export_id, DataExport.state == WAITING)
            .values(tries=DataExport.tries + 1)
            .returning(DataExport.tries)
        ).scalar()  # fmt: skip
        if tries is not None and tries >= TRIES:
            session().execute(update(DataExport).where(DataExport.id == export_id).values(state=FAILED))


def file_of(user_id: int) -> bytes | None:
    """The ZIP of this account's live copy; None where there is none, or no longer. One statement."""
    body = session().execute(
        select(DataExport.body).where(
            DataExport.user_id == user_id, DataExport.state == READY, DataExport.expires_at > func.now()
        )
    ).scalar()  # fmt: skip
    return None if body is None else privacy.unseal(bytes(body))


def forget_old() -> None:
    """Copies whose three days are over lose their file. One statement."""
    session().execute(
        update(DataExport)
        .where(DataExport.state == READY, DataExport.expires_at <= func.now())
        .values(state=GONE, body=null())
    )
