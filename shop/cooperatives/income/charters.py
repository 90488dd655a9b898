"""A new version of the charter's parameters: decided by the assembly, in force from a day on, the old ones kept."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from shop.cooperatives.income import resolutions
from shop.cooperatives.income.lifecycle_models import Resolution
from shop.cooperatives.income.models import Distribution, Settlement
from shop.cooperatives.people.models import Charter
from shop.core import activity
from shop.core.db import insert_rows, session
from shop.core.errors import Conflict, NotFound, Refused

BEARERS = ("cooperative", "producers")
LEAST_NOTICE, MOST_NOTICE = 15, 90
MOST_MINIMUM_FEN = 100_000
_RATE = re.compile(r"0(\.[0-9]{1,4})?")
_PATRONAGE = re.compile(r"1|1\.0{1,4}|0\.[6-9][0-9]{0,3}")


@dataclass(frozen=True, slots=True)
class Terms:
    """Rates are decimal strings; bearers of BEARERS; fen and days whole."""

    valid_from: date
    reserve_rate: str
    patronage_ratio: str
    patronage_basis: str
    commission_rate: str
    freight_bearer: str
    packaging_bearer: str
    fee_bearer: str
    minimum_payout_fen: int
    notice_days: int


def adopt(cooperative_id: int, resolution_id: int, terms: Terms, by: int) -> int:
    """Put a new version in force; returns its id.

    Raises Refused where the assembly did not pass it by two thirds (art. 30), a value is out of bounds (art. 44: at least
    60 % by trade), or it would reach back into what is settled or distributed; Conflict for a resolution used before.
    """
    found = session().scalar(
        select(Resolution).where(
            Resolution.id == resolution_id,
            Resolution.cooperative_id == cooperative_id,
            Resolution.subject == "charter",
        )
    )
    if found is None:
        raise NotFound
    resolutions.refuse_unless_carried(found)
    check(terms)
    _refuse_reaching_back(cooperative_id, terms.valid_from)
    row = asdict(terms) | {
        "cooperative_id": cooperative_id,
        "resolution": f"{found.held_on.isoformat()} 成员大会决议",
        "resolution_id": resolution_id,
    }
    try:
        made = int(insert_rows(Charter, [row], "id")[0])
    except IntegrityError as error:
        if "resolution" in str(error.orig):
            raise Conflict("这份决议已经用过了", field="resolution") from error
        raise Conflict("这一天起生效的章程参数已经有了，请换一个日期", field="valid_from") from error
    activity.record(
        "charter.adopted", "charter", made, cooperative_id=cooperative_id, actor_id=by,
        after=asdict(terms) | {"valid_from": terms.valid_from.isoformat(), "resolution": resolution_id},
    )  # fmt: skip
    return made


def check(terms: Terms) -> None:
    """Raises Refused beside a value that is out of bounds (Cooperative Law arts. 40 and 44)."""
    for name in ("reserve_rate", "commission_rate"):
        if not _RATE.fullmatch(getattr(terms, name)):
            raise Refused("比例要在 0 到 100% 之间（不含 100%），例如 10%", field=name)
    if not _PATRONAGE.fullmatch(terms.patronage_ratio):
        raise Refused("盈余返还不得低于可分配盈余的 60%（第四十四条）", field="patronage_ratio")
    if terms.patronage_basis not in ("amount", "volume"):
        raise Refused("请选择按交易额还是交易量", field="patronage_basis")
    for name in ("freight_bearer", "packaging_bearer", "fee_bearer"):
        if getattr(terms, name) not in BEARERS:
            raise Refused("请选择由谁承担", field=name)
    if not 0 <= terms.minimum_payout_fen <= MOST_MINIMUM_FEN:
        raise Refused("起付额要在 0 到 1000 元之间", field="minimum_payout_fen")
    if not LEAST_NOTICE <= terms.notice_days <= MOST_NOTICE:
        raise Refused("公示天数要在 15 到 90 天之间（第四十条）", field="notice_days")


def _refuse_reaching_back(cooperative_id: int, valid_from: date) -> None:
    """A month that is approved and a year that is distributed keep the terms they were computed with."""
    period = session().scalar(
        select(func.max(Settlement.period)).where(
            Settlement.cooperative_id == cooperative_id, Settlement.state != "draft"
        )
    )
    if period is not None and f"{valid_from:%Y-%m}" <= period:
        raise Refused("%(period)s 已经结算，新章程要从以后的月份生效", field="valid_from", period=period)
    year = session().scalar(
        select(func.max(Distribution.year)).where(
            Distribution.cooperative_id == cooperative_id,
            Distribution.state.in_(("published", "approved", "posted", "paying", "paid")),
        )
    )
    if year is not None and valid_from.year <= year:
        raise Refused("%(year)s 年的分配已经公示，新章程要从以后生效", field="valid_from", year=year)
