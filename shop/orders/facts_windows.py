"""The days a page of sums speaks of: a month or a year up to a day, the year so far, and the same days a year before. Pure."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class Windows:
    """Four ranges of days, ends included: [first, last], [so_far, last], and the same of the year before.

    A running month is compared with the same days, a whole one with the whole month.
    """

    first: date
    last: date

    @property
    def monthly(self) -> bool:
        """Whether it is a month and not a year."""
        return (self.first.year, self.first.month) == (
            self.last.year,
            self.last.month,
        ) and self.first.day == 1

    @property
    def so_far(self) -> date:
        return date(self.last.year, 1, 1)

    @property
    def first_before(self) -> date:
        return self.first.replace(year=self.first.year - 1)

    @property
    def last_before(self) -> date:
        year, month = self.last.year - 1, self.last.month
        day = monthrange(year, month)[1]
        return date(year, month, day if self.whole else min(self.last.day, day))

    @property
    def so_far_before(self) -> date:
        return date(self.last.year - 1, 1, 1)

    @property
    def whole(self) -> bool:
        """Whether `last` ends its month."""
        return (self.last + timedelta(days=1)).day == 1

    def days(self, which: str) -> tuple[date, date]:
        """First and last day of 'now', 'before', 'so_far', 'so_far_before'."""
        return {
            "now": (self.first, self.last),
            "before": (self.first_before, self.last_before),
            "so_far": (self.so_far, self.last),
            "so_far_before": (self.so_far_before, self.last_before),
        }[which]

    def asked(self) -> dict[str, str]:
        """The query of the page of these days: ?month= or ?year=."""
        return {"month": self.first.isoformat()[:7]} if self.monthly else {"year": str(self.first.year)}

    def scope(self) -> dict[str, date]:
        """Values of the statements of `facts_reading`; `month` is the one that `last` lies in."""
        return {
            "first": self.first,
            "last": self.last,
            "so_far": self.so_far,
            "month": self.last.replace(day=1),
            "first_before": self.first_before,
            "last_before": self.last_before,
            "so_far_before": self.so_far_before,
            "month_before": self.last_before.replace(day=1),
        }


def month(first: date, today: date) -> Windows:
    """The month that begins on `first`, up to today."""
    last = first.replace(day=monthrange(first.year, first.month)[1])
    return Windows(first, min(last, today))


def year(number: int, today: date) -> Windows:
    """A year, up to today."""
    return Windows(date(number, 1, 1), min(date(number, 12, 31), today))


def months_of(windows: Windows) -> list[date]:
    """First days of the months of the year so far."""
    return [windows.so_far.replace(month=number) for number in range(1, windows.last.month + 1)]
