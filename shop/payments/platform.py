"""平台和银行: the provider's balance, payouts on their way and the town's account, tied with the books; differences named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shop.core.text import N_
from shop.payments.provider import queries as provider_queries
from shop.payments.provider.queries import TOWN_NAMES
from shop.payments.tying import Place, Tie, total

# what lies between the books' 113.provider and the provider's own entries
GAPS = (
    ("fresh_fen", "fresh", N_("账上已卖，平台流水还没取来"), N_("一般十分钟内取来")),
    ("refund_way_fen", "refund", N_("账上已退，平台还没退出去"), N_("买家的退款在路上")),
    ("refund_failed_fen", "failed", N_("平台没退成，钱还在平台，等转账退回"), N_("在“待退款”里办")),
    ("opening_fen", "opening", N_("期初余额"), N_("建账以前收的，不在平台流水里")),
)


@dataclass(frozen=True, slots=True)
class Platform:
    """`cooperatives`: rows of provider_queries.by_cooperative; `town`: what is nobody else's; the ties over all."""

    balance: Any
    totals: Any
    cooperatives: Sequence[Any]
    town: Sequence[Place]
    ties: Sequence[Tie]

    @property
    def holds(self) -> bool:
        return all(tie.holds for tie in self.ties)

    @property
    def gaps(self) -> list[Place]:
        """The named differences over all the cooperatives."""
        each = [place for row in self.cooperatives for place in gaps(row)]
        return [
            Place(code, name, note, total([place for place in each if place.code == code]), found)
            for _key, code, name, note in GAPS
            if (found := sum(1 for place in each if place.code == code))
        ]


def gaps(row: Any) -> list[Place]:
    """The named differences of one cooperative, those that are not nothing."""
    return [
        Place(code, name, note, getattr(row, key), 0) for key, code, name, note in GAPS if getattr(row, key)
    ]


def places(row: Any) -> list[Place]:
    """One cooperative's 113.provider by the provider's entries and the named differences; they sum to the books."""
    own = Place(
        "entries",
        N_("平台流水里，平台替合作社拿着的"),
        N_("收款减手续费、退款、已转出的"),
        row.provider_fen,
        0,
    )
    return [own, *gaps(row)]


def ties_of(row: Any) -> list[Tie]:
    """One cooperative's four sums that the books and the provider's rows must agree on."""
    explained = row.provider_fen + sum(getattr(row, key) for key, *_ in GAPS)
    return [
        Tie(N_("账上在支付平台的 = 平台流水 + 有名目的差"), row.books_fen, explained),
        Tie(N_("账上平台转款在途的 = 还没到银行的转款"), row.transit_fen, row.transit_rows_fen),
        Tie(
            N_("账上在镇代收账户的 = 已到银行的转款 − 已转给合作社的"),
            row.collected_fen,
            row.collected_rows_fen,
        ),
        Tie(
            N_("账上在本社平台账户的 = 平台分账 − 收回的 − 已转到银行的"),
            row.connected_fen,
            row.connected_rows_fen,
        ),
    ]


def of(cooperative_ids: Sequence[int], *, whole: bool) -> Platform:
    """These cooperatives; `whole`: they are all there are, so that the account's own sums are told too. Four statements."""
    rows = provider_queries.by_cooperative(cooperative_ids)
    ties = [_sum([ties_of(row)[at] for row in rows], at) for at in range(4)]
    if not whole:
        return Platform(None, None, rows, (), ties)
    balance, totals = provider_queries.newest_balance(), provider_queries.totals()
    town = [
        Place(row.code, TOWN_NAMES[row.code], "", int(row.fen), int(row.found))
        for row in provider_queries.of_town()
    ]
    return Platform(balance, totals, rows, town, [*_over_all(balance, totals, rows, town), *ties])


def _over_all(balance: Any, totals: Any, rows: Sequence[Any], town: Sequence[Place]) -> list[Tie]:
    shared = sum(row.provider_fen for row in rows)
    transit, met = (
        sum(row.transit_rows_fen for row in rows),
        sum(row.collected_rows_fen + row.forwarded_fen for row in rows),
    )
    ties = [
        Tie(
            N_("平台流水合计 = 各社的 + 镇里的"),
            int(totals.entries_fen),
            shared + sum(place.fen for place in town),
        ),
        Tie(N_("在路上的转款 = 各社的 + 镇里的"), int(totals.out_fen), transit + int(totals.out_town_fen)),
        Tie(N_("到了代收账户的转款 = 各社的 + 镇里的"), int(totals.met_fen), met + int(totals.met_town_fen)),
    ]
    if balance is not None:
        held = balance.available_fen + balance.pending_fen
        ties.insert(0, Tie(N_("平台说的余额 = 当时取来的流水合计"), held, balance.entries_fen))
    return ties


def _sum(ties: Sequence[Tie], at: int) -> Tie:
    """The same tie over several cooperatives; where one of them fails, the sum says so too."""
    if not ties:
        return Tie("", 0, 0)
    bad = next((tie for tie in ties if not tie.holds), None)
    if bad is not None:
        return bad
    return Tie(ties[0].name, sum(tie.left_fen for tie in ties), sum(tie.right_fen for tie in ties))
