"""What the assembly may vote to do with a posted distribution: dues into capital, reserve to members."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT

from shop.cooperatives.income.appropriation import POSTED, converted, member_lines
from shop.cooperatives.income.models import Distribution, DistributionLine
from shop.cooperatives.income.resolutions import refuse_unless_passed
from shop.cooperatives.ledger.accounts import Account
from shop.cooperatives.ledger.posting import Entry, Posting, post
from shop.cooperatives.shares import largest_remainder
from shop.core import activity, clock
from shop.core.db import session
from shop.core.errors import Conflict, Refused

KEYS = ("patronage", "capital", "equal")


def convert_to_capital(distribution_id: int, cooperative_id: int, share: Fraction, by: int | None) -> int:
    """By vote (art. 44): move `share` of every member's unpaid dues to share capital; returns the fen moved.

    Dr 221/222 Cr 301 per member, rounded down per member and account. Raises Refused without a passed resolution, a share
    outside (0, 1], or when it was done before; Conflict when payment has begun.
    """
    if not 0 < share <= 1:
        raise Refused("转为出资的比例要大于 0、不超过 1", field="share")
    refuse_unless_passed(distribution_id, "conversion")
    state = session().scalar(
        select(Distribution.state).where(Distribution.id == distribution_id).with_for_update()
    )
    if state != "posted":
        raise Conflict("只有已入账、还没开始发放的分配才能转为出资")
    if converted(distribution_id):
        raise Refused("这份分配已经转过出资")
    entries: list[Entry] = []
    moved: list[tuple[int, int]] = []
    for line in member_lines(distribution_id):
        patronage = line.patronage_fen * share.numerator // share.denominator
        residual = line.residual_fen * share.numerator // share.denominator
        entries += [
            Entry(Account.PATRONAGE_PAYABLE, patronage, line.member_id, line.household_id),
            Entry(Account.RESIDUAL_PAYABLE, residual, line.member_id, line.household_id),
            Entry(Account.SHARE_CAPITAL, -patronage - residual, line.member_id, line.household_id),
        ]
        moved.append((line.id, patronage + residual))
    _post_today(
        "conversion",
        f"conversion:{distribution_id}",
        cooperative_id,
        distribution_id,
        entries,
        "盈余转为出资",
        by,
    )
    _note_converted(moved)
    activity.record(
        "distribution.converted", "distribution", distribution_id, cooperative_id=cooperative_id, actor_id=by
    )
    return sum(fen for _, fen in moved)


def quantify_reserve(distribution_id: int, cooperative_id: int, by_key: str, by: int | None) -> int:
    """Quantify this year's reserve R to the members (art. 43) by patronage, capital or equally; returns R.

    Dr 322 (not yet quantified) Cr 322 per member, exact by largest remainder. It counts from the next year's run on.
    """
    if by_key not in KEYS:
        raise Refused("请选择量化的依据：交易额、出资额或平均", field="key")
    refuse_unless_passed(distribution_id, "quantify")
    head = (
        session()
        .execute(
            select(Distribution.state, Distribution.reserve_fen)
            .where(Distribution.id == distribution_id)
            .with_for_update()
        )
        .one()
    )
    if head.state not in POSTED or not head.reserve_fen:
        raise Conflict("先入账，并且提取了公积金，才能量化到成员")
    lines = member_lines(distribution_id)
    weights = {
        "patronage": [max(line.trade_fen, 0) for line in lines],
        "capital": [line.capital_fen for line in lines],
        "equal": [1] * len(lines),
    }[by_key]
    if not sum(weights):
        raise Refused("所选依据全部为 0，不能量化，请换一种", field="key")
    parts = largest_remainder(head.reserve_fen, weights)
    entries = [
        Entry(Account.SURPLUS_RESERVE, -fen, line.member_id, line.household_id)
        for line, fen in zip(lines, parts, strict=True)
    ]
    entries.append(Entry(Account.SURPLUS_RESERVE, head.reserve_fen))
    new = _post_today(
        "quantify",
        f"quantify:{distribution_id}",
        cooperative_id,
        distribution_id,
        entries,
        "公积金量化到成员",
        by,
    )
    if not new:
        raise Refused("这一年的公积金已经量化过")
    activity.record(
        "reserve.quantified", "distribution", distribution_id, cooperative_id=cooperative_id, actor_id=by
    )
    return int(head.reserve_fen)


def _note_converted(moved: Sequence[tuple[int, int]]) -> None:
    arrays = [
        bindparam("new_id", [line_id for line_id, _ in moved], type_=ARRAY(BIGINT)),
        bindparam("new_fen", [fen for _, fen in moved], type_=ARRAY(BIGINT)),
    ]
    source = func.unnest(*arrays).table_valued("id", "fen").render_derived("source")
    session().execute(
        update(DistributionLine).where(DistributionLine.id == source.c.id).values(converted_fen=source.c.fen)
    )


def _post_today(
    kind: str,
    posting_key: str,
    cooperative_id: int,
    source_id: int,
    entries: Sequence[Entry],
    memo: str,
    by: int | None,
) -> dict[str, int]:
    return post(
        [
            Posting(
                cooperative_id=cooperative_id,
                kind=kind,
                key=posting_key,
                on_date=clock.today(),
                source_type="distribution",
                source_id=source_id,
                entries=tuple(entries),
                memo=memo,
                posted_by=by,
            )
        ]
    )
