"""What the township's work is called on a day: the words changed with the policies. Pure.

Consumption help was 消费扶贫 until the end of 2020 and is 消费帮扶 since; microloans changed their name in 2021 and,
with a new limit, in March 2026 (domain.md §3, §7).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one stretch of years."""

    consumption: str
    industry: str
    finance: str
    solar: str
    station: str
    loan: str
    registered: str


_UNTIL_2020 = Words(
    "消费扶贫", "产业扶贫", "金融扶贫", "光伏扶贫", "光伏扶贫电站", "扶贫小额信贷", "建档立卡户"
)
_SINCE_2021 = Words(
    "消费帮扶", "产业帮扶", "金融帮扶", "光伏帮扶", "光伏帮扶电站", "脱贫人口小额信贷", "脱贫户"
)
_SINCE_2026 = Words("消费帮扶", "产业帮扶", "金融帮扶", "光伏帮扶", "光伏帮扶电站", "帮扶小额信贷", "脱贫户")
_SINCE = ((date(2026, 3, 1), _SINCE_2026), (date(2021, 1, 1), _SINCE_2021))


def words_of(day: date) -> Words:
    """The words in use on a day."""
    return next((words for since, words in _SINCE if day >= since), _UNTIL_2020)
