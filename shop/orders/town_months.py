"""A month as a township closed it. Later rows dated in it show as a difference, with a dated note; the stated figures stay.

A month is closed once, after it is over, from the rows themselves in one statement; its facts are kept as canonical JSON with
their digest, so that paper and page can be told from each other years later.
"""

from __future__ import annotations

import hashlib
import json
from calendar import monthrange
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert

from shop.accounts.models import User
from shop.core import activity, clock
from shop.core.db import insert_rows, session
from shop.core.errors import NotFound, Refused
from shop.core.text import clean_line
from shop.orders import facts_sql
from shop.orders.facts_models import TownMonth, TownMonthNote
from shop.orders.facts_reading import Sum

NOTE_LENGTH = 500
_FACTS = text(
    f"""
    with place as (
      select c.id, c.code, c.village_id from cooperative c join village v on v.id = c.village_id and v.region_code like :prefix),
    days as (select p.id as cooperative_id, day::date as day from place p, generate_series(
               cast(:first as timestamp), cast(:last as timestamp), interval '1 day') as day),
    months as (select id as cooperative_id, cast(:first as date) as month from place),
    sold as (
      select p.code, g.name, s.channel, s.buyer_kind, s.certified, sum(s.fen)::bigint as fen, g.unit_kind,
             sum(s.quantity)::bigint as quantity, sum(s.lines)::bigint as lines, sum(s.parts)::bigint as parts
        from ({facts_sql.sales("days")}) as s join place p on p.id = s.cooperative_id join produce g on g.id = s.produce_id
       group by p.code, g.id, s.channel, s.buyer_kind, s.certified),
    credited as (select p.code, sum(m.fen)::bigint as fen from ({facts_sql.money("days")}) as m
                   join place p on p.id = m.cooperative_id group by p.code),
    reached as (
      select case when grouping(p.code) = 0 then 'coop:' || p.code
                  when grouping(v.code) = 0 then 'village:' || v.code else 'all' end as what,
             count(distinct h.household_id) filter (where h.sold_from is not null) as sold,
             count(distinct h.household_id) filter (where h.money_from is not null) as money
        from ({facts_sql.households("months")}) as h join place p on p.id = h.cooperative_id
        join village v on v.id = p.village_id group by grouping sets ((), (p.code), (v.code)))
    select (select coalesce(jsonb_agg(to_jsonb(s) order by s.code, s.name, s.channel, s.buyer_kind, s.certified), '[]')
              from sold s) as sales,
           (select coalesce(jsonb_object_agg(c.code, c.fen), '{{}}') from credited c) as money,
           (select coalesce(jsonb_object_agg(r.what, jsonb_build_array(r.sold, r.money)), '{{}}') from reached r) as households
    """
)


@dataclass(frozen=True)
class Note:
    """What was said about a difference, when, by whom, and how large it was then."""

    note: str
    by: str
    at: datetime
    sales_fen: int
    assisted_fen: int
    money_fen: int


@dataclass(frozen=True)
class Closed:
    """A closed month: the stated facts, who closed it, and what was said since."""

    id: int
    month: date
    facts: dict[str, Any]
    sales_fen: int
    assisted_fen: int
    money_fen: int
    sha256: str
    by: str
    at: datetime
    notes: tuple[Note, ...] = ()

    def sums(self, level: str, *, assisted: bool = False) -> dict[Any, Sum]:
        """Stated sums by 'code' (of the cooperative), 'name' (produce), 'channel', 'buyer_kind', 'certified'; '': the total."""
        found: dict[Any, list[int]] = defaultdict(lambda: [0, 0, 0])
        for cell in self.facts["sales"]:
            if (cell["channel"] == "assisted") == assisted:
                sums = found[cell[level] if level else None]
                for place, what in enumerate(("fen", "lines", "parts")):
                    sums[place] += cell[what]
        return {key: Sum(*sums) for key, sums in found.items()}

    def households(self, what: str = "all") -> tuple[int, int]:
        """(sold, credited) households of 'all', 'coop:CODE' or 'village:CODE', as stated."""
        sold, credited = self.facts["households"].get(what, (0, 0))
        return sold, credited


def facts_of(region_code: str, month: date) -> dict[str, Any]:
    """What a month is closed with, from the rows. One statement."""
    last = month.replace(day=monthrange(month.year, month.month)[1])
    row = session().execute(_FACTS, {"prefix": region_code + "%", "first": month, "last": last}).one()
    return {
        "region": region_code,
        "month": month.isoformat()[:7],
        "sales": row.sales,
        "money": row.money,
        "households": row.households,
    }


def digest(facts: dict[str, Any]) -> str:
    """SHA-256 of the canonical JSON: UTF-8, sorted keys, no spaces."""
    body = json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(body.encode()).hexdigest()


def close(region_code: str, month: date, *, by: int, today: date | None = None) -> bool:
    """Close a township's month; False when it was closed already. Raises Refused while it is not over, NotFound."""
    level = session().scalar(text("select level from region where code = :code"), {"code": region_code})
    if level is None:
        raise NotFound
    if level != "township":
        raise Refused("关账按乡镇办，请到各乡镇的页面里关账", "month")
    if (today or clock.today()) <= month.replace(day=monthrange(month.year, month.month)[1]):
        raise Refused("%(month)s 还没有过完，过完才能关账", "month", month=month.isoformat()[:7])
    facts = facts_of(region_code, month)
    values = {
        "region_code": region_code, "month": month, "facts": facts, "sha256": digest(facts), "closed_by": by, **totals(facts),
    }  # fmt: skip
    made = session().scalar(insert(TownMonth).values(values).on_conflict_do_nothing().returning(TownMonth.id))
    if made is None:
        return False
    activity.record(
        "town.month_closed", "town_month", made, after={"month": facts["month"], **totals(facts)}, actor_id=by
    )
    return True


def totals(facts: dict[str, Any]) -> dict[str, int]:
    """The three sums of the facts, which are never added together."""
    sold = facts["sales"]
    return {
        "sales_fen": sum(cell["fen"] for cell in sold if cell["channel"] != "assisted"),
        "assisted_fen": sum(cell["fen"] for cell in sold if cell["channel"] == "assisted"),
        "money_fen": sum(facts["money"].values()),
    }


def closed(region_code: str, first: date, last: date) -> dict[date, Closed]:
    """The closed months of a township in [first, last], each with its notes. One statement."""
    rows = session().execute(
        select(TownMonth, User.name)
        .join(User, User.id == TownMonth.closed_by)
        .where(TownMonth.region_code == region_code, TownMonth.month.between(first, last))
        .order_by(TownMonth.month)
    )
    months = [(row.TownMonth, row.name) for row in rows]
    notes: dict[int, list[Note]] = defaultdict(list)
    if months:
        said = select(TownMonthNote, User.name).join(User, User.id == TownMonthNote.by)
        ids = [one.id for one, _name in months]
        for row in session().execute(
            said.where(TownMonthNote.town_month_id.in_(ids)).order_by(TownMonthNote.seq)
        ):
            one = row.TownMonthNote
            note = Note(one.note, row.name, one.at, one.sales_fen, one.assisted_fen, one.money_fen)
            notes[one.town_month_id].append(note)
    return {
        one.month: Closed(
            one.id, one.month, one.facts, one.sales_fen, one.assisted_fen, one.money_fen, one.sha256, name, one.closed_at,
            tuple(notes[one.id]),
        )
        for one, name in months
    }  # fmt: skip


def add_note(region_code: str, month: date, note: str, *, by: int) -> None:
    """Say why a closed month differs; what it differs by at this moment is kept with the words.

    Raises NotFound (not closed), Refused (nothing differs, or nothing since the last note), BadInput.
    """
    found = session().scalar(
        select(TownMonth)
        .where(TownMonth.region_code == region_code, TownMonth.month == month)
        .with_for_update()
    )
    if found is None:
        raise NotFound
    words = clean_line(note, label=_("说明"), max_length=NOTE_LENGTH)
    if len(words) < 2:
        raise Refused("说明太短，要写清楚是什么补记进来了", "note")
    present = totals(facts_of(region_code, month))
    differs = {name: fen - getattr(found, name) for name, fen in present.items()}
    last = (
        session()
        .execute(
            select(
                TownMonthNote.seq,
                TownMonthNote.sales_fen,
                TownMonthNote.assisted_fen,
                TownMonthNote.money_fen,
            )
            .where(TownMonthNote.town_month_id == found.id)
            .order_by(TownMonthNote.seq.desc())
            .limit(1)
        )
        .first()
    )
    if differs == {name: getattr(last, name) if last else 0 for name in differs}:
        raise Refused("关账后没有新的变动，不用说明", "note")
    values = {
        "town_month_id": found.id,
        "seq": (last.seq if last else 0) + 1,
        "note": words,
        "by": by,
        **differs,
    }
    insert_rows(TownMonthNote, [values])
    activity.record("town.month_noted", "town_month", found.id, after=differs, actor_id=by)


def broken() -> list[dict[str, Any]]:
    """Closed months whose facts are not those of their digest or sums, and notes out of sequence: for the audit."""
    wrong: list[dict[str, Any]] = []
    for one in session().scalars(select(TownMonth).order_by(TownMonth.id)):
        sums = totals(one.facts)
        stated = {name: getattr(one, name) for name in sums}
        head = (one.facts.get("region"), one.facts.get("month"))
        if (
            digest(one.facts) != one.sha256
            or sums != stated
            or head != (one.region_code, one.month.isoformat()[:7])
        ):
            wrong.append({"region": one.region_code, "month": one.month, **stated, "sha256": one.sha256})
    gaps = text(
        "select town_month_id, count(*) as notes, max(seq) as last from town_month_note"
        " group by town_month_id having max(seq) <> count(*) order by 1"
    )
    return wrong + [dict(row) for row in session().execute(gaps).mappings()]
