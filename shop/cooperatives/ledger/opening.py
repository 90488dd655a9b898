"""期初余额 brought in by a file: which accounts it may name, one voucher for the whole of it, another only after its counter."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from shop.cooperatives.ledger import periods
from shop.cooperatives.ledger.accounts import Account, base_code, name_of, title
from shop.cooperatives.ledger.models import Voucher
from shop.cooperatives.ledger.papers import allowed
from shop.cooperatives.ledger.posting import Entry
from shop.cooperatives.ledger.vouchers import Draft, hold_books, own_key, record_voucher
from shop.core import clock
from shop.core.db import session
from shop.core.errors import Refused
from shop.core.text import N_

_KEY = "opening:"
# accounts that the form lists once, in the order of a balance sheet
LISTED = (
    Account.CASH, Account.BANK, Account.FIXED_ASSETS, Account.SHORT_LOANS, Account.OUTSIDE_PAYABLE, Account.LONG_LOANS,
    Account.FUND_SUBSIDY, Account.FUND_DONATION, Account.CAPITAL_RESERVE, Account.SURPLUS_RESERVE, Account.APPROPRIATION,
)  # fmt: skip
# accounts that the form lists for every member
OF_EVERY_MEMBER = (Account.SHARE_CAPITAL, Account.SURPLUS_RESERVE)


def accounts() -> list[Account]:
    """What an opening may name, in the order of the chart."""
    return allowed("opening")


def account_named(words: str) -> Account | None:
    """By what the form prints, by our code or name, or by a code of the chart that means just one account."""
    for account in accounts():
        if words in (title(account), str(account), name_of(account)):
            return account
    by_code = [account for account in accounts() if base_code(account) == words]
    return by_code[0] if len(by_code) == 1 else None


def check_day(cooperative_id: int, on: date) -> None:
    """Raises Refused for a day to come and for one in a closed month or year."""
    if on > clock.today():
        raise Refused(N_("余额日期不能晚于今天"), "on_date")
    start = periods.open_since(cooperative_id)
    if start is not None and on < start:
        raise Refused("%(month)s 已经结账，请写没有结账的日期", "on_date", month=f"{on:%Y-%m}")


def imported(cooperative_id: int) -> Any:
    """id, number and request_key of the opening that was imported and not reversed, or None. One statement."""
    counter = aliased(Voucher)
    return session().execute(
        select(Voucher.id, Voucher.number, Voucher.request_key)
        .outerjoin(counter, counter.reverses_id == Voucher.id)
        .where(_imported(cooperative_id), counter.id.is_(None))
        .limit(1)
    ).one_or_none()  # fmt: skip


def same_content(cooperative_id: int, standing: Any, entries: Sequence[Entry], on: date) -> bool:
    """Whether the standing import says just this."""
    return str(standing.request_key).startswith(own_key(cooperative_id, _content(entries, on)) + ":")


def import_opening(cooperative_id: int, entries: Sequence[Entry], on: date, by: int | None) -> int:
    """Book the lines as one voucher; returns its id, also where just these lines stand already.

    Raises Refused: another import stands that was not reversed, and as `record_voucher`.
    """
    hold_books(cooperative_id)  # two files at once: the second sees the first
    standing = imported(cooperative_id)
    if standing is not None:
        if same_content(cooperative_id, standing, entries, on):
            return int(standing.id)
        raise already(standing)
    check_day(cooperative_id, on)
    earlier = session().scalar(select(func.count()).select_from(Voucher).where(_imported(cooperative_id)))
    request_key = f"{_content(entries, on)}:{earlier}"  # what was reversed may be brought in again
    draft = Draft("opening", on, tuple(entries), "期初余额（导入）", "", request_key)
    return record_voucher(cooperative_id, draft, by)


def already(standing: Any) -> Refused:
    """Why another import cannot be."""
    return Refused(
        "已经导入过期初余额（凭证 %(number)s）；要重新导入，请先冲销那一张", "file", number=standing.number
    )


def _imported(cooperative_id: int) -> Any:
    key = own_key(cooperative_id, _KEY)
    return (
        (Voucher.cooperative_id == cooperative_id)
        & (Voucher.kind == "opening")
        & Voucher.request_key.startswith(key, autoescape=True)
    )


def _content(entries: Sequence[Entry], on: date) -> str:
    lines = sorted((str(entry.account), entry.member_id or 0, entry.fen) for entry in entries)
    return _KEY + hashlib.sha256(repr((on.isoformat(), lines)).encode()).hexdigest()
