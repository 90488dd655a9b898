"""The yearly distribution of surplus: Farmers' Cooperative Law (2017) arts. 42-44, in whole fen. Pure.

The order is statutory: past losses, reserve, at least 60 % of the rest by trade with the cooperative
(盈余返还), what is left by capital, reserve share and an equal share of subsidies and donations (剩余盈余分配).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from shop.cooperatives.shares import largest_remainder
from shop.core.clock import FIRST_YEAR, LAST_YEAR
from shop.core.money import format_yuan
from shop.core.text import BadText, clean_line, excerpt

STATUTORY_PATRONAGE_RATIO = Fraction(60, 100)
MAX_AMOUNT_FEN = 10**15
MAX_MEMBER_NUMBER = 10**12

_RATE = re.compile(r"[01](?:\.[0-9]{1,9})?")


class DistributionRefused(ValueError):
    """No distribution from these numbers; `code` is for programs, `sentence_zh` says what must be resolved.

    Codes: bad_input, below_statutory, no_surplus, no_members, no_trade, no_weights, mismatch.
    """

    def __init__(self, code: str, sentence_zh: str) -> None:
        super().__init__(code, sentence_zh)
        self.code = code
        self.sentence_zh = sentence_zh

    def __str__(self) -> str:
        return self.sentence_zh


@dataclass(frozen=True)
class Parameters:
    """Charter parameters as decimal strings, kept as given; every document prints them unchanged."""

    reserve_rate: str
    patronage_ratio: str

    def reserve(self) -> Fraction:
        """r, 0 <= r < 1 (the law fixes none). Raises DistributionRefused."""
        rate = _exact_rate("reserve_rate", self.reserve_rate)
        if rate >= 1:
            raise DistributionRefused(
                "bad_input", f"reserve_rate（公积金提取比例）要小于 1，现在是 {self.reserve_rate}"
            )
        return rate

    def patronage(self) -> Fraction:
        """p, 0.60 <= p <= 1 (art. 44). Raises DistributionRefused."""
        ratio = _exact_rate("patronage_ratio", self.patronage_ratio)
        if ratio > 1:
            raise DistributionRefused(
                "bad_input", f"patronage_ratio（盈余返还比例）不能大于 1，现在是 {self.patronage_ratio}"
            )
        if ratio < STATUTORY_PATRONAGE_RATIO:
            raise DistributionRefused(
                "below_statutory",
                f"盈余返还比例 {self.patronage_ratio} 低于法定的 60%（合作社法第四十四条），"
                "请按章程和法律改正后再算",
            )
        return ratio


@dataclass(frozen=True)
class MemberInput:
    """One member account, by its number; trade may be negative after late refunds and then counts 0."""

    member: int
    trade_fen: int
    capital_fen: int
    reserve_share_fen: int


@dataclass(frozen=True)
class DistributionInput:
    """E, L, S, N and the member accounts at year end of one cooperative and fiscal year; all in fen."""

    cooperative: str
    year: int
    parameters: Parameters
    surplus_fen: int
    past_loss_fen: int
    state_subsidy_fen: int
    donations_fen: int
    members: tuple[MemberInput, ...]


@dataclass(frozen=True)
class MemberResult:
    """What one member is due: A_i by trade and B_i by capital."""

    member: int
    patronage_fen: int
    residual_fen: int


@dataclass(frozen=True)
class CarriedTrade:
    """A negative trade that counted 0 and must be carried into the member's next year."""

    member: int
    trade_fen: int


@dataclass(frozen=True)
class DistributionResult:
    """R, D, P, Q and each member's parts, members by number; R + D = E − L, P + Q = D, Σ parts = P and Q."""

    reserve_fen: int
    distributable_fen: int
    patronage_fen: int
    residual_fen: int
    members: tuple[MemberResult, ...]
    carried_trade: tuple[CarriedTrade, ...]


def compute(inp: DistributionInput) -> DistributionResult:
    """Distribute one year's surplus. Raises DistributionRefused; the order of the members does not matter."""
    _check(inp)
    reserve_rate, patronage_ratio = inp.parameters.reserve(), inp.parameters.patronage()
    members = by_number(inp)
    available = inp.surplus_fen - inp.past_loss_fen
    trades = [counted_trade(member) for member in members]
    _refuse_nothing_to_do(inp, available, trades)
    reserve = available * reserve_rate.numerator // reserve_rate.denominator
    distributable = available - reserve
    patronage = -(-distributable * patronage_ratio.numerator // patronage_ratio.denominator)
    residual = distributable - patronage
    weights = _residual_weights(inp, members)
    if residual and not sum(weights):
        raise DistributionRefused(
            "no_weights",
            f"剩余盈余 {format_yuan(residual)} 没有分配依据：全部成员的出资额、公积金份额、"
            "财政补助和捐赠都是 0，请先由成员大会决议",
        )
    by_trade = largest_remainder(patronage, trades)
    by_capital = largest_remainder(residual, weights) if residual else [0] * len(members)
    rows = zip(members, by_trade, by_capital, strict=True)
    return DistributionResult(
        reserve_fen=reserve,
        distributable_fen=distributable,
        patronage_fen=patronage,
        residual_fen=residual,
        members=tuple(MemberResult(row.member, refund, share) for row, refund, share in rows),
        carried_trade=tuple(CarriedTrade(row.member, row.trade_fen) for row in members if row.trade_fen < 0),
    )


def by_number(inp: DistributionInput) -> list[MemberInput]:
    """The members in the order that decides ties and that every document uses."""
    return sorted(inp.members, key=lambda row: row.member)


def counted_trade(member: MemberInput) -> int:
    """T_i as it counts: a year that late refunds turned negative counts 0."""
    return max(0, member.trade_fen)


def _residual_weights(inp: DistributionInput, members: list[MemberInput]) -> list[int]:
    """W_i times n: n·(capital + reserve share) + subsidies + donations, so that it stays a whole number."""
    equal = inp.state_subsidy_fen + inp.donations_fen
    return [len(members) * (row.capital_fen + row.reserve_share_fen) + equal for row in members]


def _refuse_nothing_to_do(inp: DistributionInput, available: int, trades: list[int]) -> None:
    if available <= 0:
        raise DistributionRefused(
            "no_surplus",
            f"没有可分配的盈余：本年盈余 {format_yuan(inp.surplus_fen)}，"
            f"未弥补亏损 {format_yuan(inp.past_loss_fen)}，"
            "请先编制亏损处理方案（合作社法第四十二条）",
        )
    if not trades:
        raise DistributionRefused("no_members", "没有成员账户，无法分配盈余，请先登记成员")
    if not sum(trades):
        raise DistributionRefused(
            "no_trade", "本年没有成员交易量（额），盈余返还没有依据，请先由成员大会决议"
        )


def _exact_rate(field: str, text: str) -> Fraction:
    if not _RATE.fullmatch(text):
        raise DistributionRefused(
            "bad_input", f'{field} 要写成小数字符串，例如 "0.10"，最多九位小数，现在是“{excerpt(text)}”'
        )
    return Fraction(text)


def _check(inp: DistributionInput) -> None:
    """Bounds of every number and no member twice; the same for numbers from a file and from the ledger."""
    try:
        clean_line(inp.cooperative, label="cooperative", max_length=64)
    except BadText as refusal:
        raise DistributionRefused("bad_input", str(refusal)) from refusal
    _check_range("year", inp.year, FIRST_YEAR, LAST_YEAR, str)
    _check_range("surplus_fen", inp.surplus_fen, -MAX_AMOUNT_FEN)
    for field in ("past_loss_fen", "state_subsidy_fen", "donations_fen"):
        _check_range(field, getattr(inp, field), 0)
    seen: set[int] = set()
    for row in inp.members:
        _check_range("member", row.member, 1, MAX_MEMBER_NUMBER, str)
        if row.member in seen:
            raise DistributionRefused("bad_input", f"成员 {row.member} 出现了两次")
        seen.add(row.member)
        _check_range(f"成员 {row.member} 的 trade_fen", row.trade_fen, -MAX_AMOUNT_FEN)
        _check_range(f"成员 {row.member} 的 capital_fen", row.capital_fen, 0)
        _check_range(f"成员 {row.member} 的 reserve_share_fen", row.reserve_share_fen, 0)


def _check_range(
    field: str,
    number: int,
    lowest: int,
    highest: int = MAX_AMOUNT_FEN,
    shown: Callable[[int], str] = format_yuan,
) -> None:
    if number < lowest and lowest == 0:
        raise DistributionRefused("bad_input", f"{field} 不能是负数，现在是 {number}")
    if not lowest <= number <= highest:
        raise DistributionRefused("bad_input", f"{field} 要在 {shown(lowest)} 到 {shown(highest)} 之间")
