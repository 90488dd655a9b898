"""A cooperative's own account at the provider: asked for by one person, approved by the chair, used a day later."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from shop.core import activity, clock
from shop.core.db import session
from shop.core.errors import Conflict, NotFound, Refused
from shop.core.numbers import fold
from shop.core.terms import PAYEE_HOLD
from shop.core.text import N_
from shop.orders.models import Order, Suborder
from shop.payments.connect.models import ConnectedAccount, ConnectReversal, ConnectTransfer

_REF = re.compile(r"acct_[A-Za-z0-9]{4,60}")
_LIVE = text("ended_at is null")


def request(cooperative_id: int, account_ref: str, by: int) -> int:
    """Ask for an account to be used; returns its id. Nothing is sent to it before the chair approves.

    Raises Refused for what is no account, or one that is known already.
    """
    ref = fold(account_ref).strip()
    if not _REF.fullmatch(ref):
        raise Refused(N_("账户编号以 acct_ 开头，后面是字母和数字，请从平台后台整段复制"), "account")
    values = {"cooperative_id": cooperative_id, "account_ref": ref, "requested_by": by}
    made = session().scalar(
        insert(ConnectedAccount)
        .values(values)
        .on_conflict_do_nothing(index_elements=["account_ref"], index_where=_LIVE)
        .returning(ConnectedAccount.id)
    )
    if made is None:
        raise Refused(N_("这个账户已经登记过，请核对编号；换人重新登记要先撤回"), "account")
    activity.record(
        "connected.requested", "connected_account", made, cooperative_id=cooperative_id, actor_id=by,
        after={"account": ref},
    )  # fmt: skip
    return int(made)


def approve(
    account_id: int, cooperative_id: int, by: int, *, chair: bool, at: datetime | None = None
) -> datetime:
    """Let it be used for orders paid a day from now and later; returns from when. `chair`: whether `by` is.

    Raises Refused for anybody but the chair and for the one who asked, Conflict when it is settled, NotFound.
    """
    row = _lock(account_id, cooperative_id)
    if row.approved_at is not None or row.ended_at is not None:
        raise Conflict(N_("这个账户已经批准过或撤回了，请刷新"))
    if not chair:
        raise Refused(N_("这一步由理事长办理"))
    if row.requested_by == by:
        raise Refused(N_("登记账户的人不能自己批准，请换一个人"))
    moment = at or clock.now()
    usable = moment + PAYEE_HOLD
    _set(account_id, {"approved_by": by, "approved_at": moment, "effective_at": usable})
    activity.record(
        "connected.approved", "connected_account", account_id, cooperative_id=cooperative_id, actor_id=by,
        after={"account": row.account_ref, "effective_at": usable.isoformat()},
    )  # fmt: skip
    return usable


def withdraw(account_id: int, cooperative_id: int, by: int) -> None:
    """Send nothing (more) to it; what was sent stays there. One person is enough to stop it. Raises Conflict, NotFound."""
    row = _lock(account_id, cooperative_id)
    if row.ended_at is not None:
        raise Conflict(N_("这个账户已经撤回了"))
    _set(account_id, {"ended_at": clock.now()})
    activity.record(
        "connected.withdrawn", "connected_account", account_id, cooperative_id=cooperative_id, actor_id=by,
        before={"account": row.account_ref},
    )  # fmt: skip


def listed(cooperative_id: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """A cooperative's accounts, newest first, the latest twenty: id, account_ref, requested_by and _at, approved_at,
    effective_at, ended_at. One statement."""
    return session().execute(
        select(
            ConnectedAccount.id, ConnectedAccount.account_ref, ConnectedAccount.requested_by,
            ConnectedAccount.requested_at, ConnectedAccount.approved_at, ConnectedAccount.effective_at,
            ConnectedAccount.ended_at,
        )
        .where(ConnectedAccount.cooperative_id == cooperative_id)
        .order_by(ConnectedAccount.id.desc())
        .limit(20)
    ).all()  # fmt: skip


def sent_lately(cooperative_id: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """The latest thirty transfers: number, amount_fen, state, failure, back_fen (came back), owed_fen (refused)."""
    back = (
        select(func.coalesce(func.sum(ConnectReversal.amount_fen), 0))
        .where(ConnectReversal.transfer_id == ConnectTransfer.id)
        .correlate(ConnectTransfer)
    )
    return session().execute(
        select(
            Order.number, ConnectTransfer.amount_fen, ConnectTransfer.state, ConnectTransfer.failure,
            back.where(ConnectReversal.state == "sent").scalar_subquery().label("back_fen"),
            back.where(ConnectReversal.state == "failed").scalar_subquery().label("owed_fen"),
        )
        .join(Suborder, Suborder.id == ConnectTransfer.suborder_id)
        .join(Order, Order.id == Suborder.order_id)
        .where(ConnectTransfer.cooperative_id == cooperative_id)
        .order_by(ConnectTransfer.id.desc())
        .limit(30)
    ).all()  # fmt: skip


def _lock(account_id: int, cooperative_id: int) -> Any:
    row: Any = session().execute(
        select(
            ConnectedAccount.id, ConnectedAccount.account_ref, ConnectedAccount.requested_by,
            ConnectedAccount.approved_at, ConnectedAccount.ended_at,
        )
        .where(ConnectedAccount.id == account_id, ConnectedAccount.cooperative_id == cooperative_id)
        .with_for_update()
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotFound(N_("没有找到这个账户"))
    return row


def _set(account_id: int, values: dict[str, Any]) -> None:
    session().execute(
        update(ConnectedAccount)
        .where(ConnectedAccount.id == account_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
