"""What a household or supplier bears itself: taken from what is due to it, by name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from shop.cooperatives.ledger.accounts import Account, payable
from shop.cooperatives.ledger.closing import open_days
from shop.cooperatives.ledger.posting import Entry, Posting, post
from shop.cooperatives.people.models import Member
from shop.cooperatives.people.queries import live_on
from shop.core import activity, clock
from shop.core.db import session
from shop.core.errors import Refused
from shop.core.money import MAX_FEN
from shop.core.text import N_, clean_line

KIND = "deduction"


@dataclass(frozen=True, slots=True)
class Party:
    """Who bears it: a household (with its member account, if it has one) or an outside supplier."""

    household_id: int | None = None
    member_id: int | None = None
    supplier_id: int | None = None


def household_party(household_id: int, cooperative_id: int, on: date) -> Party:
    """A household with the member account that it has in the cooperative on a day. The caller knows that it may see it."""
    member_id = session().scalar(
        select(Member.id).where(
            Member.household_id == household_id, Member.cooperative_id == cooperative_id, live_on(on)
        )
    )
    return Party(household_id=household_id, member_id=member_id)


def deduct(
    cooperative_id: int,
    party: Party,
    fen: int,
    name: str,
    *,
    reason: str,
    request_key: str,
    by: int | None,
    on: date | None = None,
) -> bool:
    """Dr 114 payable (211 for outsiders), Cr 521: `name` is what the statement prints, `reason` why and by which paper.

    Dated on `on` (default today), or the first open day after it. The same request again changes nothing: False.
    Raises Refused, BadText.
    """
    if not 0 < fen <= MAX_FEN:
        raise Refused(N_("扣款金额要大于 0"), "amount")
    name = clean_line(name, label=N_("扣款名目"), max_length=30)
    reason = clean_line(reason, label=N_("扣款依据"), max_length=200)
    day = on or clock.today()
    if day > clock.today():
        raise Refused(N_("扣款日期不能晚于今天"), "on_date")
    day = open_days([(cooperative_id, day)])[cooperative_id, day]
    source = (
        ("household", party.household_id)
        if party.household_id is not None
        else ("supplier", party.supplier_id)
    )
    sub = (party.member_id, party.household_id, party.supplier_id)
    new = post(
        [
            Posting(
                cooperative_id, KIND, f"deduction:{cooperative_id}:{request_key}", day, source[0], source[1] or 0,
                (Entry(payable(party.member_id), fen, *sub), Entry(Account.OPERATING_EXPENSE, -fen)),
                memo=name, posted_by=by,
            )
        ]
    )  # fmt: skip
    for transaction_id in new.values():
        activity.record(
            "settlement.deducted", "ledger_transaction", transaction_id, cooperative_id=cooperative_id, actor_id=by,
            after={"fen": fen, "name": name, "reason": reason, "day": day.isoformat()},
        )  # fmt: skip
    return bool(new)
