"""Exact splits of money and goods over parties. Pure sums on whole numbers, bottom of the subject.

Every split returns non-negative whole numbers that add up to the whole, in the order of the weights given.
Ties go to the smaller index: callers pass parties sorted by number, so the order of rows never matters.
"""

from __future__ import annotations

from collections.abc import Sequence


class SplitRefused(ValueError):
    """The numbers given cannot be split, or contradict what was split before."""


def largest_remainder(total: int, weights: Sequence[int]) -> list[int]:
    """Split `total` once, in proportion to `weights`: each part is its exact share rounded down or up.

    A weight of 0 gets 0. Raises SplitRefused for a negative number, and for a total > 0 over weights all 0.
    """
    _refuse_negative("金额或数量", [total])
    _refuse_negative("权重", weights)
    whole = sum(weights)
    if whole == 0:
        return _nothing(total, weights)
    parts = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
    for i in by_remainder[: total - sum(parts)]:
        parts[i] += 1
    return parts


def advance(amount: int, weights: Sequence[int], taken: Sequence[int]) -> list[int]:
    """The rows of the next `amount` from something sold bit by bit; Σ rows = amount, each >= 0.

    `taken` is what each part got so far (at first all 0): the sum of the rows returned here for the
    same weights. After any number of calls every part is within less than 1 of its exact share of the
    running total, |taken_i − M·q_i/Q| < 1, however small or large the single amounts were.

    Why that never fails. Write M for the total so far, a_i for `taken`, q_i for the weights, Q = Σ q.
    Unit k of part i may be given once M·q_i/Q > k−1 and is due when M reaches its deadline
    ceil(k·Q/q_i). Invariant: for every later total T, Σ max(a_i, floor(T·q_i/Q)) <= T, that is, what
    falls due by T still fits. It holds at the start, as Σ floor <= T. A step to M' first gives what is
    due, b_i = max(a_i, floor(M'·q_i/Q)); by the invariant d = M' − Σ b_i >= 0 units are left. They go,
    one each, to parts with b_i < M'·q_i/Q, earliest deadline first. There are at least d such parts, as
    one more for each of them would bring every part to its exact share. No part gets more than its
    share rounded up. The invariant survives: take T >= M'. If all d deadlines lie within T, the sum in
    the invariant did not change. Else a unit went to a deadline after T, so every waiting part with a
    deadline within T was served. Then a part that still needs something up to T has a'_i >= M'·q_i/Q,
    so it needs at most (T − M')·q_i/Q, and all needs together are at most T − M'. (Earliest deadline
    first on one machine, in whole numbers.)

    Raises SplitRefused for negative numbers, weights that are all 0, or a `taken` that calls for the
    same weights cannot have produced.
    """
    _refuse_negative("金额或数量", [amount])
    _refuse_negative("权重", weights)
    _refuse_negative("已分配的数", taken)
    before, whole = sum(taken), sum(weights)
    after = before + amount
    if whole == 0:
        return _nothing(after, weights)
    _refuse_unreachable(weights, taken, before, whole)
    reached = [max(had, after * weight // whole) for had, weight in zip(taken, weights, strict=True)]
    spare = after - sum(reached)
    if spare < 0:
        raise SplitRefused("已分配的数与权重不符：到期的份额超过了总数")
    for i in _earliest(reached, weights, after)[:spare]:
        reached[i] += 1
    return [now - had for now, had in zip(reached, taken, strict=True)]


def level(amount: int, weights: Sequence[int], taken: Sequence[int]) -> list[int]:
    """The rows of the next `amount` out of parts that hold `weights`, of which `taken` is out: any state will do.

    For goods of which some came back: a return leaves the parts a little apart from their shares, and this brings them
    together again. As `advance` where `advance` would do; else whoever is ahead of its share waits, and those behind are
    served by the earliest deadline first. No part gives more than it holds, and taking everything takes each part whole.
    Raises SplitRefused for negative numbers, a part of which more is out than it holds, or more than is left.

    Largest T <= M' such that what is due at T fits, Σ max(a_i, floor(T·q_i/Q)) <= M': give that. The units left go to the
    parts with a unit due at T + 1, one each; there are enough of them, or T + 1 would fit as well. For T = M' they go as in
    `advance`: one more for each part below its share makes Σ >= M', so there are enough, too.
    """
    _refuse_negative("金额或数量", [amount])
    _refuse_negative("权重", weights)
    _refuse_negative("已分配的数", taken)
    whole, after = sum(weights), sum(taken) + amount
    if after > whole or any(had > weight for weight, had in zip(weights, taken, strict=True)):
        raise SplitRefused("取出的数量不能超过每份现有的数量")
    if whole == 0:
        return [0] * len(weights)

    def due(total: int) -> list[int]:
        return [max(had, total * weight // whole) for had, weight in zip(taken, weights, strict=True)]

    fits, beyond = 0, after + 1
    while beyond - fits > 1:
        middle = after if beyond > after else (fits + beyond) // 2
        fits, beyond = (middle, beyond) if sum(due(middle)) <= after else (fits, middle)
    reached = due(fits)
    waiting = (
        _earliest(reached, weights, after)
        if fits == after
        else [i for i, now in enumerate(due(fits + 1)) if now > reached[i]]
    )
    for i in waiting[: after - sum(reached)]:
        reached[i] += 1
    return [now - had for now, had in zip(reached, taken, strict=True)]


def split_by_parts(quantity: int, part_quantities: Sequence[int], sold_before: Sequence[int]) -> list[int]:
    """Grams or pieces of one sale over the parts of its lot, in proportion to what each part brought in.

    `sold_before` counts gross sale rows; goods that came back and are sold again count again. Until the
    lot has been sold once over, no part gives more than it holds.
    """
    return advance(quantity, part_quantities, sold_before)


def cumulative_part(total: int, done: int, whole: int) -> int:
    """floor(total·done/whole) for 0 <= done <= whole: all of `total` once everything is done."""
    _refuse_negative("金额或数量", [total, done])
    if whole <= 0 or done > whole:
        raise SplitRefused("已完成的数量不能超过总数量")
    return total * done // whole


def cost_leaving(value: int, quantity_total: int, taken_before: int, taken_after: int) -> int:
    """Fen of cost that leave a lot of `value` fen when the quantity taken from it goes from before to after.

    Successive calls add up to cumulative_part, so exactly 0 is left when it is empty. Negative when
    goods come back.
    """
    gone_after = cumulative_part(value, taken_after, quantity_total)
    return gone_after - cumulative_part(value, taken_before, quantity_total)


def mirror(rows: Sequence[int], reversed_before: Sequence[int], reversed_total: int) -> list[int]:
    """The reversal rows that bring what is reversed of `rows` up to `reversed_total`, a cumulative figure.

    `reversed_before` holds, per row, the sum of earlier results for the same rows. Each result is >= 0
    and at most what is left of its row: reversing is `advance` with the rows as weights, and a share of
    at most the whole, rounded up, is at most the row. Reversing everything returns each row exactly.
    Raises SplitRefused for a total below what is already reversed or above the rows.
    """
    _refuse_negative("原始行", rows)
    step = reversed_total - sum(reversed_before)
    if step < 0 or reversed_total > sum(rows):
        raise SplitRefused("累计冲回数不能少于已冲回数，也不能超过原数")
    return advance(step, rows, reversed_before)


def split_discount(discount: int, line_amounts: Sequence[int]) -> list[int]:
    """An order's discount over its lines, in proportion to their amounts; no line falls below 0.

    discount <= Σ amounts, so a line's exact share is at most its amount, and so is that share rounded up.
    """
    _refuse_negative("行金额", line_amounts)
    if discount > sum(line_amounts):
        raise SplitRefused("优惠金额不能超过商品金额")
    return largest_remainder(discount, line_amounts)


def _earliest(reached: Sequence[int], weights: Sequence[int], total: int) -> list[int]:
    """Parts below their share of `total`, by the deadline of their next unit; ties to the smaller index."""
    whole = sum(weights)
    waiting = [i for i, weight in enumerate(weights) if total * weight > reached[i] * whole]
    return sorted(waiting, key=lambda i: (-(-(reached[i] + 1) * whole // weights[i]), i))


def _nothing(total: int, weights: Sequence[int]) -> list[int]:
    if total:
        raise SplitRefused("权重全部为 0，没有可以分配的对象")
    return [0] * len(weights)


def _refuse_negative(name: str, numbers: Sequence[int]) -> None:
    if any(number < 0 for number in numbers):
        raise SplitRefused(f"{name}不能是负数")


def _refuse_unreachable(weights: Sequence[int], taken: Sequence[int], before: int, whole: int) -> None:
    """Refuse what is not its exact share rounded down or up."""
    if len(weights) != len(taken):
        raise SplitRefused("已分配的行数与权重的行数不同")
    for weight, had in zip(weights, taken, strict=True):
        if not before * weight - whole < had * whole < before * weight + whole:
            raise SplitRefused("已分配的数与权重不符：不是按同样的权重分出来的")
