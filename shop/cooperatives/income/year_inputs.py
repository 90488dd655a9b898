"""What a year's distribution is computed from: E and L, S and N, and each member's trade, capital and reserve share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import or_, select

from shop.cooperatives.income.rules import DistributionInput, DistributionRefused, MemberInput, Parameters
from shop.cooperatives.ledger import queries as ledger
from shop.cooperatives.people.models import Charter, Cooperative, Member
from shop.core.db import session
from shop.core.errors import NotFound


@dataclass(frozen=True)
class YearInputs:
    """The pure input, the ids behind its member numbers, and the charter parameters used."""

    inputs: DistributionInput
    member_ids: dict[int, int]
    charter: dict[str, Any]


def read_year(cooperative_id: int, year: int) -> YearInputs:
    """Read everything from the ledger.

    Raises NotFound, and DistributionRefused when the year is not closed or no charter is in force.
    """
    cooperative = session().get(Cooperative, cooperative_id)
    if cooperative is None:
        raise NotFound("没有这个合作社")
    last = date(year, 12, 31)
    surplus = ledger.surplus_of_year(cooperative_id, year)
    if surplus is None:
        raise DistributionRefused("not_closed", f"{cooperative.name} 的 {year} 年度还没有结账，先结账再分配")
    charter = _charter(cooperative_id, last)
    if charter is None:
        raise DistributionRefused("no_charter", f"{cooperative.name} 在 {year} 年末没有生效的章程分配条款")
    accounts = _member_accounts(cooperative_id, last)
    funds = ledger.special_fund(cooperative_id, last)
    inputs = DistributionInput(
        cooperative=cooperative.code,
        year=year,
        parameters=Parameters(charter.reserve_rate, charter.patronage_ratio),
        surplus_fen=surplus,
        past_loss_fen=ledger.past_loss(cooperative_id, year),
        state_subsidy_fen=funds.subsidy_fen,
        donations_fen=funds.donation_fen,
        members=_members(cooperative_id, year, accounts, by_volume=charter.patronage_basis == "volume"),
    )
    return YearInputs(
        inputs=inputs,
        member_ids=accounts,
        charter={
            "valid_from": charter.valid_from.isoformat(),
            "reserve_rate": charter.reserve_rate,
            "patronage_ratio": charter.patronage_ratio,
            "patronage_basis": charter.patronage_basis,
            "resolution": charter.resolution,
        },
    )


def _charter(cooperative_id: int, on: date) -> Charter | None:
    return session().scalar(
        select(Charter)
        .where(Charter.cooperative_id == cooperative_id, Charter.valid_from <= on)
        .order_by(Charter.valid_from.desc())
        .limit(1)
    )


def _member_accounts(cooperative_id: int, on: date) -> dict[int, int]:
    """Member number → id of the accounts open at the end of that day: n of the rules."""
    rows = session().execute(
        select(Member.number, Member.id)
        .where(
            Member.cooperative_id == cooperative_id,
            Member.joined_on <= on,
            or_(Member.left_on.is_(None), Member.left_on >= on),
        )
        .order_by(Member.number)
    )
    return {row.number: row.id for row in rows}


def _members(
    cooperative_id: int, year: int, accounts: dict[int, int], *, by_volume: bool
) -> tuple[MemberInput, ...]:
    trade = ledger.trade(cooperative_id, year)
    capital = ledger.capital(cooperative_id, date(year, 12, 31))
    shares = ledger.reserve_shares(cooperative_id, year)
    nothing = ledger.Trade(0, 0)
    return tuple(
        MemberInput(
            member=number,
            trade_fen=trade.get(member_id, nothing).quantity
            if by_volume
            else trade.get(member_id, nothing).fen,
            capital_fen=capital.get(member_id, 0),
            reserve_share_fen=shares.get(member_id, 0),
        )
        for number, member_id in accounts.items()
    )
