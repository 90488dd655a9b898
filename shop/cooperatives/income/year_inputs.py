"""What a year's distribution is computed from: E and L, S and N, and each member's trade, capital and reserve share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select, text

from shop.cooperatives.income.rules import DistributionInput, DistributionRefused, MemberInput, Parameters
from shop.cooperatives.ledger.models import FiscalYearClose
from shop.cooperatives.people.models import Charter, Cooperative
from shop.core.db import session
from shop.core.errors import NotFound

# T_i: credits of the year to a member's payable (figure b) and their reversals, before deductions; by volume: their grams.
_MEMBERS = text(
    """
    select m.id, m.number,
           coalesce(sum(-e.fen) filter (where e.account = '114.payable' and t.kind in ('intake', 'sale', 'reversal', 'refund')
                                          and t.on_date between :first and :last), 0)::bigint as trade_fen,
           coalesce(sum(e.quantity) filter (where e.account = '114.payable' and t.kind in ('intake', 'sale', 'reversal', 'refund')
                                              and t.on_date between :first and :last), 0)::bigint as trade_quantity,
           coalesce(sum(-e.fen) filter (where e.account = '301' and t.on_date <= :last), 0)::bigint as capital_fen,
           coalesce(sum(-e.fen) filter (where e.account = '322' and t.on_date <= :last
                                          and not (t.kind = 'distribution' and t.on_date = :last)), 0)::bigint
             as reserve_share_fen
      from member m
      left join ledger_entry e on e.member_id = m.id and e.cooperative_id = m.cooperative_id
                              and e.account in ('114.payable', '301', '322')
      left join ledger_transaction t on t.id = e.transaction_id
     where m.cooperative_id = :cooperative and m.joined_on <= :last and (m.left_on is null or m.left_on >= :last)
     group by m.id, m.number order by m.number
    """
)
_FUNDS = text(
    """
    select coalesce(sum(-e.fen) filter (where e.account = '311.subsidy'), 0)::bigint as subsidy_fen,
           coalesce(sum(-e.fen) filter (where e.account = '311.donation'), 0)::bigint as donations_fen,
           coalesce(sum(e.fen) filter (where e.account = '332'
                                         and not (t.kind = 'year_close' and t.on_date = :last)
                                         and not (t.kind = 'distribution' and t.on_date = :last)), 0)::bigint as appropriation_fen
      from ledger_entry e join ledger_transaction t on t.id = e.transaction_id
     where e.cooperative_id = :cooperative and e.account in ('311.subsidy', '311.donation', '332') and t.on_date <= :last
    """
)


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
    first, last = date(year, 1, 1), date(year, 12, 31)
    surplus = (
        session()
        .execute(
            select(FiscalYearClose.surplus_fen).where(
                FiscalYearClose.cooperative_id == cooperative_id, FiscalYearClose.year == year
            )
        )
        .scalar()
    )
    if surplus is None:
        raise DistributionRefused("not_closed", f"{cooperative.name} 的 {year} 年度还没有结账，先结账再分配")
    charter = (
        session()
        .execute(
            select(Charter)
            .where(Charter.cooperative_id == cooperative_id, Charter.valid_from <= last)
            .order_by(Charter.valid_from.desc())
            .limit(1)
        )
        .scalar_one_or_none()
    )
    if charter is None:
        raise DistributionRefused("no_charter", f"{cooperative.name} 在 {year} 年末没有生效的章程分配条款")
    scope = {"cooperative": cooperative_id, "first": first, "last": last}
    funds = session().execute(_FUNDS, scope).one()
    rows = session().execute(_MEMBERS, scope).all()
    by_volume = charter.patronage_basis == "volume"
    inputs = DistributionInput(
        cooperative=cooperative.code,
        year=year,
        parameters=Parameters(charter.reserve_rate, charter.patronage_ratio),
        surplus_fen=surplus,
        past_loss_fen=max(funds.appropriation_fen, 0),
        state_subsidy_fen=funds.subsidy_fen,
        donations_fen=funds.donations_fen,
        members=tuple(
            MemberInput(
                row.number,
                row.trade_quantity if by_volume else row.trade_fen,
                row.capital_fen,
                row.reserve_share_fen,
            )
            for row in rows
        ),
    )
    return YearInputs(
        inputs=inputs,
        member_ids={row.number: row.id for row in rows},
        charter={
            "valid_from": charter.valid_from.isoformat(),
            "reserve_rate": charter.reserve_rate,
            "patronage_ratio": charter.patronage_ratio,
            "patronage_basis": charter.patronage_basis,
            "resolution": charter.resolution,
        },
    )
