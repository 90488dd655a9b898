"""What a year's distribution is computed from: E and L, S and N, and each member's trade, capital and reserve share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, text

from shop.cooperatives.income.rules import DistributionInput, DistributionRefused, MemberInput, Parameters
from shop.cooperatives.ledger.accounts import Account
from shop.cooperatives.ledger.queries import TRADE_KINDS
from shop.core.db import session
from shop.core.errors import NotFound

# One pass over the entries of the wanted cooperatives, one row a cooperative: the cost grows with the entries, not
# with the number of cooperatives. Sums as in ledger/queries.py, which a test holds against it.
_YEARS = text(
    """
    with years as (
      select e.cooperative_id, e.member_id, extract(year from t.on_date)::int as year,
             coalesce(sum(-e.fen) filter (where e.account = :payable and t.kind = any(:trade)), 0)::bigint as amount,
             coalesce(sum(e.quantity) filter (where e.account = :payable and t.kind = any(:trade)), 0)::bigint as volume,
             coalesce(sum(-e.fen) filter (where e.account = :capital), 0)::bigint as capital,
             coalesce(sum(-e.fen) filter (where e.account = :reserve
                        and not (t.kind = 'distribution' and t.on_date = :last)), 0)::bigint as share,
             coalesce(sum(-e.fen) filter (where e.account = :subsidy), 0)::bigint as subsidy,
             coalesce(sum(-e.fen) filter (where e.account = :donation), 0)::bigint as donation,
             coalesce(sum(e.fen) filter (where e.account = :appropriation
                        and not (t.kind in ('distribution', 'year_close') and t.on_date = :last)), 0)::bigint as loss
        from ledger_entry e join ledger_transaction t on t.id = e.transaction_id
       where e.cooperative_id = any(:cooperatives) and t.cooperative_id = any(:cooperatives)
         and e.account = any(:accounts) and t.on_date <= :last
       group by 1, 2, 3
    ),
    ran as (
      select years.*, sum(amount) over w as amounts, sum(volume) over w as volumes
        from years window w as (partition by cooperative_id, member_id order by year)
    ),
    -- what returns left negative in earlier years counts against the next ones until it is used up: the running sum of the
    -- earlier years less its highest point, never above 0
    sums as (
      select cooperative_id, member_id,
             (coalesce(sum(amount), 0) - greatest(0, max(amounts) filter (where year < :year)))::bigint as amount,
             (coalesce(sum(volume), 0) - greatest(0, max(volumes) filter (where year < :year)))::bigint as volume,
             sum(capital)::bigint as capital, sum(share)::bigint as share, sum(subsidy)::bigint as subsidy,
             sum(donation)::bigint as donation, sum(loss)::bigint as loss
        from ran group by cooperative_id, member_id
    ),
    pot as (
      select cooperative_id, sum(subsidy)::bigint as subsidy, sum(donation)::bigint as donation, sum(loss)::bigint as loss
        from sums group by cooperative_id
    ),
    roll as (
      select m.cooperative_id, array_agg(m.number order by m.number) as numbers, array_agg(m.id order by m.number) as ids,
             array_agg(coalesce(s.amount, 0) order by m.number) as amounts,
             array_agg(coalesce(s.volume, 0) order by m.number) as volumes,
             array_agg(coalesce(s.capital, 0) order by m.number) as capitals,
             array_agg(coalesce(s.share, 0) order by m.number) as shares
        from member m left join sums s on s.cooperative_id = m.cooperative_id and s.member_id = m.id
       where m.cooperative_id = any(:cooperatives) and m.joined_on <= :last and (m.left_on is null or m.left_on >= :last)
       group by m.cooperative_id
    )
    select c.id, c.code, c.name, f.surplus_fen, coalesce(pot.subsidy, 0) as subsidy, coalesce(pot.donation, 0) as donation,
           coalesce(pot.loss, 0) as loss, roll.*, ch.valid_from, ch.reserve_rate, ch.patronage_ratio, ch.patronage_basis,
           ch.resolution
      from cooperative c
      left join fiscal_year_close f on f.cooperative_id = c.id and f.year = :year
      left join pot on pot.cooperative_id = c.id
      left join roll on roll.cooperative_id = c.id
      left join lateral (select * from charter where charter.cooperative_id = c.id and charter.valid_from <= :last
                          order by charter.valid_from desc limit 1) ch on true
     where c.id = any(:cooperatives)
    """
)
# Cheap to read, different as soon as anything that a year is computed from has been added or changed. Books are append-only,
# so their number and last id tell; a count, because a transaction may commit after one with a higher id.
_FINGERPRINTS = text(
    """
    select c.id, concat_ws(' ', b.books, f.id, ch.id, ch.valid_from, ch.reserve_rate, ch.patronage_ratio, ch.patronage_basis,
                           md5(r.roll)) as seen
      from cooperative c
      left join lateral (select count(*) || '/' || max(t.id) as books from ledger_transaction t
                          where t.cooperative_id = c.id and t.on_date <= :last) b on true
      left join fiscal_year_close f on f.cooperative_id = c.id and f.year = :year
      left join lateral (select * from charter where charter.cooperative_id = c.id and charter.valid_from <= :last
                          order by charter.valid_from desc limit 1) ch on true
      left join lateral (select string_agg(m.number || ':' || m.id, ',' order by m.number) as roll from member m
                          where m.cooperative_id = c.id and m.joined_on <= :last
                            and (m.left_on is null or m.left_on >= :last)) r on true
     where c.id = any(:cooperatives)
    """
)
_ACCOUNTS = {
    "payable": Account.MEMBER_PAYABLE, "capital": Account.SHARE_CAPITAL, "reserve": Account.SURPLUS_RESERVE,
    "subsidy": Account.FUND_SUBSIDY, "donation": Account.FUND_DONATION, "appropriation": Account.APPROPRIATION,
}  # fmt: skip


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
    found = read_years([cooperative_id], year).get(cooperative_id)
    if found is None:
        raise NotFound("没有这个合作社")
    if isinstance(found, DistributionRefused):
        raise found
    return found


def read_years(cooperative_ids: Sequence[int], year: int) -> dict[int, YearInputs | DistributionRefused]:
    """Cooperative id → its year, or why it has none; one statement for any number. Unknown ids are left out."""
    rows = session().execute(
        _YEARS,
        {
            **{name: str(account) for name, account in _ACCOUNTS.items()},
            "accounts": [str(account) for account in _ACCOUNTS.values()],
            "trade": list(TRADE_KINDS),
            "cooperatives": list(cooperative_ids),
            "year": year,
            "last": date(year, 12, 31),
        },
    )
    return {row.id: _read(row, year) for row in rows}


def fingerprints(cooperative_ids: Sequence[int], year: int) -> dict[int, str]:
    """Cooperative id → a word that changes with whatever its year is computed from. One statement."""
    rows = session().execute(
        _FINGERPRINTS, {"cooperatives": list(cooperative_ids), "year": year, "last": date(year, 12, 31)}
    )
    return {row.id: row.seen for row in rows}


def _read(row: Row[Any], year: int) -> YearInputs | DistributionRefused:
    if row.surplus_fen is None:
        return DistributionRefused("not_closed", f"{row.name} 的 {year} 年度还没有结账，先结账再分配")
    if row.valid_from is None:
        return DistributionRefused("no_charter", f"{row.name} 在 {year} 年末没有生效的章程分配条款")
    trade = row.volumes if row.patronage_basis == "volume" else row.amounts
    members = zip(row.numbers or (), trade or (), row.capitals or (), row.shares or (), strict=True)
    return YearInputs(
        inputs=DistributionInput(
            cooperative=row.code,
            year=year,
            parameters=Parameters(row.reserve_rate, row.patronage_ratio),
            surplus_fen=row.surplus_fen,
            past_loss_fen=max(0, row.loss),
            state_subsidy_fen=row.subsidy,
            donations_fen=row.donation,
            members=tuple(MemberInput(*member) for member in members),
        ),
        member_ids=dict(zip(row.numbers or (), row.ids or (), strict=True)),
        charter={
            "valid_from": row.valid_from.isoformat(),
            "reserve_rate": row.reserve_rate,
            "patronage_ratio": row.patronage_ratio,
            "patronage_basis": row.patronage_basis,
            "resolution": row.resolution,
        },
    )
