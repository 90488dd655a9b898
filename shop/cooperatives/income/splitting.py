"""A household parts in two: persons go with a new head, the member account stays, the new household may join.

Share capital goes from the old member to the new one by one entry on 301, and with it the same portion of the quantified
reserve share on 322; nothing is paid.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import select

from shop.cooperatives.income.membership import refuse_closed
from shop.cooperatives.ledger.accounts import Account
from shop.cooperatives.ledger.posting import Entry, Posting, post
from shop.cooperatives.ledger.queries import capital, reserve_on
from shop.cooperatives.people import joining, member_events, registry
from shop.cooperatives.people.member_events import Held, Request, Resolved
from shop.cooperatives.people.models import Household, Person
from shop.cooperatives.people.persons import move
from shop.core import activity, clock
from shop.core.db import session
from shop.core.errors import Refused
from shop.core.money import format_yuan
from shop.core.text import N_


@dataclass(frozen=True, slots=True)
class Split:
    """Who goes, who of them is the new head, from when; whether the new household joins, with how much capital (fen)."""

    person_ids: tuple[int, ...]
    head_id: int | None
    on: date
    joins: bool = False
    fen: int = 0
    resolved: Resolved = field(default_factory=Resolved)


@dataclass(frozen=True, slots=True)
class Parted:
    """The new household and, where it joined, its member account."""

    household_id: int
    member_id: int | None


def split(member_id: int, cooperative_id: int, parting: Split, request: Request) -> Parted:
    """Part a member's household. A repeated request gets the first answer.

    Raises NotFound; Refused (persons, days, capital beyond what the member has, a household that may not join, a closed
    month or year); Conflict where somebody acted since the page was shown.
    """
    today = clock.today()
    if parting.on > today:
        raise Refused(N_("分户日期不能晚于今天"), "on")
    member_events.check_days(today, parting.resolved)
    member_events.hold_cooperative(cooperative_id)
    made = member_events.made_before(cooperative_id, request.key)
    if made is not None:
        return Parted(made.other_household_id, made.other_member_id)
    held = member_events.hold(member_id, cooperative_id, request.seen)
    _check(held, parting, today)
    refuse_closed(cooperative_id, parting.on, "on")
    new_home = _part(held, parting)
    new_member = None
    if parting.joins:
        joined = joining.admit(
            cooperative_id, [new_home], parting.on, parting.resolved, Request(request.by, request.key)
        )
        for refusal in joined.refused.values():
            raise refusal
        new_member = joined.members[new_home]
    reserve_fen = carried(cooperative_id, member_id, parting)
    step_id = member_events.note(
        held, "split", parting.on, request, parting.resolved,
        other_household_id=new_home, other_member_id=new_member, fen=parting.fen, reserve_fen=reserve_fen,
    )  # fmt: skip
    if parting.fen and new_member is not None:
        _move_capital(held, (new_member, new_home), parting, reserve_fen, step_id, request.by)
    activity.record(
        "member.household_split", "member", member_id, cooperative_id=cooperative_id, actor_id=request.by,
        after={
            "household": new_home, "member": new_member, "persons": len(set(parting.person_ids)), "fen": parting.fen,
            "reserve_fen": reserve_fen,
        },
    )  # fmt: skip
    return Parted(new_home, new_member)


def movable(cooperative_id: int, member_id: int, on: date) -> int:
    """Fen of share capital that a member had on that day and still has."""
    return _still(capital, cooperative_id, member_id, on)


def carried(cooperative_id: int, member_id: int, parting: Split) -> int:
    """Fen of reserve share that go with the capital: the same portion, rounded down; all of it with all the capital."""
    if not parting.fen:
        return 0
    reserve = _still(reserve_on, cooperative_id, member_id, parting.on)
    return reserve * parting.fen // movable(cooperative_id, member_id, parting.on)


def _still(
    balances: Callable[[int, date], dict[int, int]], cooperative_id: int, member_id: int, on: date
) -> int:
    """Fen that stood for a member on that day and still do."""
    then, now = balances(cooperative_id, on), balances(cooperative_id, clock.today())
    return max(0, min(then.get(member_id, 0), now.get(member_id, 0)))


def _check(held: Held, parting: Split, today: date) -> None:
    if held.left_on is not None and held.left_on < today:
        raise Refused(N_("这个成员已经退社"))
    if parting.on < held.joined_on:
        raise Refused(N_("分户日期不能早于入社日期"), "on")
    if parting.fen and not parting.joins:
        raise Refused(N_("新户入社才能划给它股金"), "fen")
    if parting.fen < 0:
        raise Refused(N_("股金不能是负数"), "fen")
    if parting.fen and not parting.resolved.text.strip():
        raise Refused(N_("划股金要写明是哪次会议的决议"), "resolution")
    most = movable(held.cooperative_id, held.member_id, parting.on)
    if parting.fen > most:
        raise Refused("老户的股金只有 %(most)s", "fen", most=format_yuan(most))


def _part(held: Held, parting: Split) -> int:
    """Enter the new household and let the persons go there; returns its id."""
    home = session().execute(
        select(Household.village_id, Household.agricultural)
        .where(Household.id == held.household_id)
        .with_for_update(key_share=True)
    ).one()  # fmt: skip
    rows = session().execute(
        select(Person.id, Person.name, Person.is_head).where(
            Person.household_id == held.household_id, Person.left_on.is_(None)
        )
    )
    persons: dict[int, Any] = {row.id: row for row in rows}
    going = set(parting.person_ids)
    if not going or not going <= persons.keys():
        raise Refused(N_("请选择分出去的人"), "persons")
    if any(persons[one].is_head for one in going):
        raise Refused(N_("户主留在老户；要换户主，请先办理更换户主"), "persons")
    if going == persons.keys():
        raise Refused(N_("老户至少要留一个人"), "persons")
    if parting.head_id is None or parting.head_id not in going:
        raise Refused(N_("新户的户主要从分出去的人里选"), "head")
    new_home = registry.open_household(
        home.village_id, persons[parting.head_id].name, None, home.agricultural, parting.on
    )
    move(sorted(going), new_home, parting.on, parting.head_id)
    return new_home


def _move_capital(
    held: Held, new: tuple[int, int], parting: Split, reserve_fen: int, step_id: int, by: int | None
) -> None:
    """`new` is the new member and its household."""
    shares, reserve = str(Account.SHARE_CAPITAL), str(Account.SURPLUS_RESERVE)
    entries = [Entry(shares, parting.fen, held.member_id), Entry(shares, -parting.fen, new[0])]
    if reserve_fen:
        entries += [
            Entry(reserve, reserve_fen, held.member_id, held.household_id), Entry(reserve, -reserve_fen, *new),
        ]  # fmt: skip
    post(
        [
            Posting(
                held.cooperative_id, "capital_transfer", f"capital_transfer:{step_id}", parting.on, "member_event", step_id,
                tuple(entries), memo=parting.resolved.text.strip(), posted_by=by,
            )
        ]
    )  # fmt: skip
