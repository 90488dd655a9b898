"""Whose account money goes to: asked for by one person, approved by another, used a day later; every earlier one is kept."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select, update

from shop.cooperatives.people.models import Household
from shop.cooperatives.produce import deliverers
from shop.cooperatives.produce.models import Supplier
from shop.core import activity, clock
from shop.core.db import insert_rows, session
from shop.core.errors import Conflict, NotFound, Refused
from shop.core.numbers import fold
from shop.core.terms import PAYEE_HOLD
from shop.core.text import N_, clean_line
from shop.payments.payout_models import PayeeAccount

_ACCOUNT = re.compile(r"[0-9]{8,32}")
_SEPARATORS = str.maketrans("", "", " -\u3000")
LAST = 4


@dataclass(frozen=True, slots=True)
class Wanted:
    """An account as it was typed; the party is a household or a supplier."""

    holder: str
    bank: str
    account: str
    household_id: int | None = None
    supplier_id: int | None = None


def request(cooperative_id: int, wanted: Wanted, by: int) -> int:
    """Ask for an account to be used for a party; returns its id. Nothing is paid to it before another person approves.

    Raises Refused, BadText; NotFound for a party that the cooperative does not know; Conflict where another account of the
    party waits for its approval: which of the two is meant is for people to say.
    """
    if (wanted.household_id is None) == (wanted.supplier_id is None):
        raise Refused(N_("请选择是哪一户或哪个供货商的账户"), "party")
    _check_party(cooperative_id, wanted)
    number = fold(wanted.account).translate(_SEPARATORS)
    if not _ACCOUNT.fullmatch(number):
        raise Refused(N_("账号只写数字，8 到 32 位，请对照存折或银行卡再输一遍"), "account")
    _refuse_second(cooperative_id, wanted)
    row = {
        "cooperative_id": cooperative_id, "household_id": wanted.household_id, "supplier_id": wanted.supplier_id,
        "holder": clean_line(wanted.holder, label=N_("户名"), max_length=60),
        "bank": clean_line(wanted.bank, label=N_("开户行"), max_length=60), "account": number, "last_four": number[-LAST:],
        "requested_by": by,
    }  # fmt: skip
    payee_id = int(insert_rows(PayeeAccount, [row], "id")[0])
    activity.record(
        "payee.requested", "payee_account", payee_id, cooperative_id=cooperative_id, actor_id=by,
        after={"household": wanted.household_id, "supplier": wanted.supplier_id, "last_four": number[-LAST:]},
    )  # fmt: skip
    return payee_id


def approve(payee_id: int, cooperative_id: int, by: int, at: datetime | None = None) -> datetime:
    """Let it be used a day from now; returns from when. Raises Refused for the one who asked, Conflict when it is settled."""
    row = _lock(payee_id, cooperative_id)
    if row.approved_at is not None or row.ended_at is not None:
        raise Conflict(N_("这个账户已经批准过或撤回了，请刷新"))
    if row.requested_by == by:
        raise Refused(N_("登记账户的人不能自己批准，请换一个人"))
    moment = at or clock.now()
    usable = moment + PAYEE_HOLD
    _set(payee_id, {"approved_by": by, "approved_at": moment, "effective_at": usable})
    activity.record(
        "payee.approved", "payee_account", payee_id, cooperative_id=cooperative_id, actor_id=by,
        after={"effective_at": usable.isoformat(), "last_four": row.last_four},
    )  # fmt: skip
    return usable


def withdraw(payee_id: int, cooperative_id: int, by: int) -> None:
    """Never use it (again): the account before it is used again, if there is one. One person is enough to stop a payment."""
    row = _lock(payee_id, cooperative_id)
    if row.ended_at is not None:
        raise Conflict(N_("这个账户已经撤回了"))
    _set(payee_id, {"ended_at": clock.now()})
    activity.record(
        "payee.withdrawn", "payee_account", payee_id, cooperative_id=cooperative_id, actor_id=by,
        before={"last_four": row.last_four},
    )  # fmt: skip


def usable(
    cooperative_id: int, at: datetime, household_ids: Collection[int], supplier_ids: Collection[int] = ()
) -> dict[tuple[int | None, int | None], Row[*tuple[Any, ...]]]:
    """(household, supplier) → the account to pay to at a moment: id, last_four. The latest that is in force. One statement."""
    rows = session().execute(
        select(
            PayeeAccount.household_id, PayeeAccount.supplier_id, PayeeAccount.id, PayeeAccount.last_four,
            PayeeAccount.bank,
        )
        .where(
            PayeeAccount.cooperative_id == cooperative_id,
            PayeeAccount.effective_at <= at,
            PayeeAccount.ended_at.is_(None),
            PayeeAccount.household_id.in_(household_ids) | PayeeAccount.supplier_id.in_(supplier_ids),
        )
        .order_by(PayeeAccount.effective_at, PayeeAccount.id)
    )  # fmt: skip
    return {(row.household_id, row.supplier_id): row for row in rows}


def changes_of(household_id: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """What the household must be told of its accounts: cooperative_id, bank, last_four, requested_at, approved_at,
    effective_at, ended_at; newest first. For its own page."""
    return session().execute(
        select(
            PayeeAccount.cooperative_id, PayeeAccount.bank, PayeeAccount.last_four, PayeeAccount.requested_at,
            PayeeAccount.approved_at, PayeeAccount.effective_at, PayeeAccount.ended_at,
        )
        .where(PayeeAccount.household_id == household_id)
        .order_by(PayeeAccount.id.desc())
        .limit(10)
    ).all()  # fmt: skip


def listed(cooperative_id: int, *, limit: int, offset: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """Accounts with their party, those that wait first, then newest; rows carry the count. Only the last four digits."""
    return session().execute(
        select(
            PayeeAccount.id, PayeeAccount.household_id, PayeeAccount.supplier_id, Household.head_name,
            Household.code, Supplier.name.label("supplier"), PayeeAccount.holder, PayeeAccount.bank, PayeeAccount.last_four,
            PayeeAccount.requested_by, PayeeAccount.requested_at, PayeeAccount.approved_at, PayeeAccount.effective_at,
            PayeeAccount.ended_at, func.count().over().label("total"),
        )
        .outerjoin(Household, Household.id == PayeeAccount.household_id)
        .outerjoin(Supplier, Supplier.id == PayeeAccount.supplier_id)
        .where(PayeeAccount.cooperative_id == cooperative_id)
        .order_by(
            PayeeAccount.approved_at.is_(None).desc(), PayeeAccount.ended_at.is_not(None), PayeeAccount.id.desc()
        )
        .limit(limit)
        .offset(offset)
    ).all()  # fmt: skip


def phone_of(payee_id: int) -> tuple[str | None, str]:
    """The household's phone, to tell it, and the last four digits; no phone for a supplier or a household without one."""
    row: Any = session().execute(
        select(Household.phone, PayeeAccount.last_four)
        .select_from(PayeeAccount)
        .outerjoin(Household, Household.id == PayeeAccount.household_id)
        .where(PayeeAccount.id == payee_id)
    ).one()  # fmt: skip
    return row.phone, row.last_four


def _check_party(cooperative_id: int, wanted: Wanted) -> None:
    if wanted.household_id is not None:
        deliverers.one(wanted.household_id, cooperative_id, clock.today())
        return
    own = select(Supplier.id).where(
        Supplier.id == wanted.supplier_id, Supplier.cooperative_id == cooperative_id
    )
    if session().scalar(own) is None:
        raise NotFound(N_("没有找到这个供货商"))


def _refuse_second(cooperative_id: int, wanted: Wanted) -> None:
    """One waiting account a party; two who ask at the same moment come one after the other by the party's lock."""
    party = Household if wanted.household_id is not None else Supplier
    own = wanted.household_id if wanted.household_id is not None else wanted.supplier_id
    session().execute(select(party.id).where(party.id == own).with_for_update(key_share=True))
    waiting = session().scalar(
        select(PayeeAccount.last_four)
        .where(
            PayeeAccount.cooperative_id == cooperative_id,
            PayeeAccount.approved_at.is_(None),
            PayeeAccount.ended_at.is_(None),
            PayeeAccount.household_id == wanted.household_id
            if wanted.household_id is not None
            else PayeeAccount.supplier_id == wanted.supplier_id,
        )
        .limit(1)
    )
    if waiting is not None:
        raise Conflict(
            "已经有人给这一户登记了尾号 %(digits)s 的账户，在等批准。请先批准或撤回它",
            "party",
            digits=waiting,
        )


def _lock(payee_id: int, cooperative_id: int) -> Any:
    row: Any = session().execute(
        select(
            PayeeAccount.id, PayeeAccount.requested_by, PayeeAccount.approved_at, PayeeAccount.ended_at,
            PayeeAccount.last_four,
        )
        .where(PayeeAccount.id == payee_id, PayeeAccount.cooperative_id == cooperative_id)
        .with_for_update()
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotFound(N_("没有找到这个账户"))
    return row


def _set(payee_id: int, values: dict[str, Any]) -> None:
    session().execute(
        update(PayeeAccount)
        .where(PayeeAccount.id == payee_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
