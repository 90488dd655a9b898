"""The only code that changes a request's state: order locked first, then the request; the event tells of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Row, select, update

from shop.aftersale import moves
from shop.aftersale.models import ReturnEvent, ReturnLine, ReturnRequest
from shop.core.db import insert_rows, session
from shop.core.errors import Conflict, NotFound
from shop.orders import settling


def lock(request_id: int, where: Sequence[ColumnElement[bool]]) -> Row[*tuple[Any, ...]]:
    """The request that fits `where`, its order held first. Raises NotFound, also for anybody else's."""
    order_id = session().scalar(select(ReturnRequest.order_id).where(ReturnRequest.id == request_id, *where))
    if order_id is None:
        raise NotFound(_("没有找到这个申请"))
    settling.lock_order(order_id)
    table = ReturnRequest.__table__
    return session().execute(
        select(
            table.c.id, table.c.order_id, table.c.suborder_id, table.c.cooperative_id, table.c.kind, table.c.reason,
            table.c.asked_fen, table.c.state, table.c.due_at,
        )
        .where(table.c.id == request_id)
        .with_for_update()
    ).one()  # fmt: skip


def move(
    request: Row[*tuple[Any, ...]],
    step: moves.Move,
    *,
    by: int | None,
    at: datetime,
    note: str = "",
    **values: Any,
) -> None:
    """Make this move of a locked request. Raises Conflict where it is no longer possible."""
    if request.state not in step.sources:
        raise Conflict(_("这个申请刚才已经办过了，现在是：%(state)s", state=_(moves.STATES[request.state])))
    session().execute(
        update(ReturnRequest)
        .where(ReturnRequest.id == request.id)
        .values(state=step.target, due_at=moves.due(step, at), **values)
        .execution_options(synchronize_session=False)
    )
    is_open = step.target in moves.OPEN
    if is_open != (request.state in moves.OPEN):
        session().execute(
            update(ReturnLine)
            .where(ReturnLine.request_id == request.id)
            .values(open=is_open)
            .execution_options(synchronize_session=False)
        )
    tell(request.id, step, by, note, at)


def tell(request_id: int, step: moves.Move, by: int | None, note: str, at: datetime) -> None:
    """Write the event. One statement."""
    row = {
        "request_id": request_id, "event": step.event, "state": step.target, "side": step.side, "actor_id": by,
        "note": note, "at": at,
    }  # fmt: skip
    insert_rows(ReturnEvent, [row])
