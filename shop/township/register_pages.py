"""户和成员: the households behind the registry's figures, by any filter; names masked, status never leaves this door."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import abort, g, render_template, request
from flask_babel import gettext as _

from shop.accounts import guards
from shop.cooperatives.people import lists
from shop.cooperatives.people.facts import LISTS
from shop.cooperatives.people.lists import CATEGORIES, Wanted
from shop.core import clock, pages
from shop.core.privacy import decrypt, mask_name
from shop.core.text import N_
from shop.orders import figures
from shop.township.blueprint import bp
from shop.township.overview import region_name
from shop.township.period import day_asked

SIZE = 50
FILTER = ("which", "village", "category", "cooperative", "member", "search", "day")
NAMES = {
    "all": N_("全部户"),
    "agricultural": N_("农业户"),
    "registered": N_("建档立卡户"),
    "eligible": N_("符合入社条件的户"),
    "not_eligible": N_("不符合入社条件的户"),
    "member": N_("入社户"),
    "eligible_member": N_("已入社的符合条件户"),
    "able": N_("有条件发展产业的户"),
    "led": N_("产业带动户"),
    "loan": N_("小额信贷户"),
}


@dataclass(frozen=True)
class HouseholdRow:
    """A household as the list and its file show it; `head` is masked, or full in a file that was asked for with a reason."""

    id: int
    code: str
    village: str
    head: str
    persons: int
    eligible_persons: int
    category: str
    member: str
    loan_fen: int | None
    agricultural: bool


@dataclass(frozen=True)
class Sums:
    """A household's two figures of a period: what was sold of its produce, what was credited to it."""

    code: str
    village: str
    head: str
    orders: int | None
    sold_fen: int | None
    money_fen: int | None


@bp.get("/<region>/households")
@guards.staff
def household_sums(region: str) -> str:
    today = clock.today()
    first, last = day_asked("first", date(today.year, 1, 1)), day_asked("last", today)
    number = pages.page_number()
    found = figures.household_sums(
        region,
        first,
        last,
        SIZE,
        (number - 1) * SIZE,
        cooperative=request.args.get("coop", "")[:60].replace("\0", "") or None,
        village=request.args.get("village", "")[:60].replace("\0", "") or None,
    )
    rows = [
        Sums(
            row.code,
            row.village,
            mask_name(decrypt(bytes(row.head_name))),
            row.orders,
            row.sold_fen,
            row.money_fen,
        )
        for row in found
    ]
    return render_template(
        "township/household_sums.html",
        place=region_name(region),
        first=first,
        last=last,
        totals=found[0] if found else None,
        page=pages.Page(rows, number, SIZE, found[0].total if found else 0),
    )


@bp.get("/<region>/register")
@guards.staff
def register(region: str) -> str:
    return list_page(pages.page_number())


def list_page(number: int, **more: Any) -> str:
    """A page of the list that this request asks for; `more` goes to the template."""
    wanted, day = asked()
    found = lists.households(g.region_code, day, wanted, SIZE, (number - 1) * SIZE)
    return render_template(
        "township/register.html",
        place=region_name(g.region_code),
        wanted=wanted,
        query={name: request.args[name][:60] for name in FILTER if name in request.args},
        names=NAMES,
        day=day,
        totals=found[0] if found else None,
        page=pages.Page(listed(found), number, SIZE, found[0].total if found else 0),
        villages=[(row.code, row.name) for row in lists.villages(g.region_code)],
        cooperatives=[(row.code, row.name) for row in lists.cooperatives(g.region_code)],
        categories=[(code, _(name)) for code, name in CATEGORIES.items()],
        **more,
    )


def asked() -> tuple[Wanted, date]:
    """The filter of this request; a list that there is not is a page that there is not."""
    which, member = request.args.get("which", "member"), request.args.get("member", "")
    if which not in LISTS or member not in ("", "yes", "no"):
        abort(404)
    typed = {
        name: request.args.get(name, "")[:60].replace("\0", "").strip()
        for name in ("village", "category", "cooperative", "search")
    }
    return Wanted(which, member=member, **typed), day_asked("day", clock.today())


def listed(found: list[Any], *, full: bool = False) -> list[HouseholdRow]:
    """Rows for the reader."""
    return [
        HouseholdRow(
            id=row.id,
            code=row.code,
            village=row.village,
            head=_head(row, full),
            persons=row.persons,
            eligible_persons=row.eligible_persons,
            category="、".join(_(CATEGORIES[code]) for code in row.categories if code in CATEGORIES),
            member=_("%(coop)s %(n)s 号", coop=row.cooperative, n=row.member_number)
            if row.member_number
            else "",
            loan_fen=row.loan_fen,
            agricultural=row.agricultural,
        )
        for row in found
    ]


def _head(row: Any, full: bool) -> str:
    name = decrypt(bytes(row.head_name))
    return name if full else mask_name(name)
