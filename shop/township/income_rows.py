"""Rows of the household income ledger as pages, papers and workbooks show them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import select

from shop.accounts.models import User
from shop.cooperatives.income.income_words import CLASSES, EXPENSE
from shop.cooperatives.income.income_year import RegionYear, Sums
from shop.cooperatives.people.models import Village
from shop.core.db import session
from shop.core.privacy import decrypt, mask_name
from shop.core.text import N_

KINDS = {
    "intake": N_("收货记入"), "sale": N_("售出记入"), "shrinkage": N_("报损由合作社承担"), "reversal": N_("冲回或换批次"),
    "refund": N_("买家退货冲回"), "deduction": N_("合作社代扣"), "shipping": N_("代扣运费"), "packaging": N_("代扣包装费"),
    "fee": N_("代扣支付手续费"), "distribution": N_("年度盈余分配"), "entry": N_("手工登记"), "entry_reversal": N_("冲销登记"),
}  # fmt: skip


@dataclass(frozen=True)
class Row:
    """A movement: what happened, what it comes from and where that can be seen. `fen` as it changes what is left: an expense
    is negative."""

    on_date: date
    income_class: str
    source: str
    what: str
    note: str
    proof: str
    fen: int
    href: str | None


def movement(row: Any) -> Row:
    """A row of `movements.movements` in words; its evidence is decrypted."""
    what = _(KINDS.get(row.kind, row.kind))
    if row.counter_run:
        what = _("年度盈余分配冲回")
    if row.undone_id:
        what = _("手工登记（已冲销）")
    note = decrypt(bytes(row.evidence)) if row.evidence else row.product_name or row.memo
    return Row(
        on_date=row.on_date,
        income_class=_(CLASSES[row.income_class]),
        source=_(row.source),
        what=what,
        note=note,
        proof=_proof(row),
        fen=-row.fen if row.income_class == EXPENSE else row.fen,
        href=_href(row),
    )


def _proof(row: Any) -> str:
    if row.entry_id:
        said = _("登记 %(n)s", n=row.entry_id)
    elif row.receipt:
        said = _("收货单 %(n)s", n=row.receipt)
    elif row.order_number:
        said = _("订单 %(n)s", n=row.order_number)
    elif row.distribution_id:
        said = _("%(coop)s %(year)s 年度分配", coop=row.cooperative, year=row.on_date.year)
    else:
        said = _("分录 %(n)s", n=row.transaction_id)
    return str(said)


def _href(row: Any) -> str | None:
    """The page of what it comes from; None where that is another region's cooperative."""
    if row.entry_id:
        return url_for("township.income_entry", entry_id=row.reverses_id or row.entry_id)
    if not row.within:
        return None
    if row.order_number:
        return url_for("township.trace_order", number=row.order_number)
    if row.distribution_id:
        return url_for("township.distribution_page", distribution_id=row.distribution_id)
    return url_for("township.books_transaction", code=row.cooperative_code, transaction_id=row.transaction_id)


def village_names(region: str) -> Sequence[Any]:
    """id, code and name of the region's villages, in the order of lists."""
    return session().execute(
        select(Village.id, Village.code, Village.name)
        .where(Village.region_code.startswith(region, autoescape=True))
        .order_by(Village.pinyin, Village.id)
    ).all()  # fmt: skip


def by_village(found: RegionYear, villages: Iterable[Any]) -> list[dict[str, Any]]:
    """A line a village, also where nothing moved."""
    return [
        {"name": row.name, "href": url_for("township.income_households", year=found.year, village=row.code)}
        | sums_row(found.villages[row.id] if row.id in found.villages else Sums())
        for row in villages
    ]


def by_month(found: RegionYear) -> list[dict[str, Any]]:
    return [
        {"name": _("%(n)s 月", n=month)} | sums_row(found.months[month] if month in found.months else Sums())
        for month in range(1, 13)
    ]


def sums_row(sums: Sums) -> dict[str, Any]:
    return {name: sums.classes.get(name, 0) for name in CLASSES} | {
        "net_fen": sums.net_fen, "households": sums.households, "persons": sums.persons,
        "per_household": sums.per_household_fen, "per_person": sums.per_person_fen,
    }  # fmt: skip


def household_row(row: Any, year: int) -> dict[str, Any]:
    """A line of the list of households; the name is masked. Classes are None where nothing moved."""
    spent = getattr(row, EXPENSE)
    return {name: getattr(row, name) for name in CLASSES} | {
        "code": row.code,
        "head": mask_name(decrypt(bytes(row.head_name))),
        "village": row.village,
        "net_fen": None
        if spent is None
        else sum(getattr(row, name) for name in CLASSES if name != EXPENSE) - spent,
        "href": url_for("township.income_household", household_id=row.id, year=year),
    }


def names(user_ids: Iterable[int | None]) -> Mapping[int, str]:
    """User id → name of who entered something."""
    wanted = {user_id for user_id in user_ids if user_id is not None}
    if not wanted:
        return {}
    rows = session().execute(select(User.id, User.name).where(User.id.in_(wanted)))
    return {row.id: row.name for row in rows}
