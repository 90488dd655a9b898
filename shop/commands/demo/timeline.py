"""The days up to today, squeezed where the year is too young to hold them: nothing falls into the year before."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from shop.commands.demo.plan import moment

WINDOW_DAYS = 60
_ROOM = timedelta(minutes=20)


class Timeline:
    """Everything of the current year happens between 1 January and the last midnight, in unchanged order."""

    def __init__(self, today: date) -> None:
        self.today = today
        self.start = moment(date(today.year, 1, 1), 0)
        self.end = max(moment(today, 0), self.start + _ROOM)
        self.window = timedelta(days=WINDOW_DAYS)

    def at(self, days_before: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
        """The instant so many days before today (at least 1) at that hour, or its place in the squeezed window."""
        before = timedelta(days=days_before) - timedelta(hours=hour, minutes=minute, seconds=second)
        if not timedelta() <= before <= self.window:
            raise ValueError("the timeline holds sixty days up to the last midnight")
        span = self.end - self.start
        if span >= self.window:
            return self.end - before
        return self.end - timedelta(
            seconds=int(before.total_seconds()) * int(span.total_seconds()) // (WINDOW_DAYS * 86_400)
        )

    @property
    def tomorrow_night(self) -> datetime:
        """The end of tomorrow: until then visitors find orders that wait for their payment."""
        return moment(self.today + timedelta(days=2), 0)
