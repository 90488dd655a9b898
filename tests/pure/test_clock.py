"""Shanghai days, months and years as half-open ranges of UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from shop.core import clock
from shop.core.clock import BadPeriod

instants = st.datetimes(datetime(1950, 1, 1), datetime(2998, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 (hypothesis adds the zone)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]


def test_a_shanghai_day_begins_at_16_utc() -> None:
    assert clock.day_range(date(2020, 8, 1)) == (utc(2020, 7, 31, 16), utc(2020, 8, 1, 16))
    assert clock.shanghai_day(utc(2020, 7, 31, 15, 59, 59, 999_999)) == date(2020, 7, 31)
    assert clock.shanghai_day(utc(2020, 7, 31, 16)) == date(2020, 8, 1)


def test_months_and_years() -> None:
    assert clock.month_range("2020-02") == (utc(2020, 1, 31, 16), utc(2020, 2, 29, 16))
    assert clock.month_range("2020-12") == (utc(2020, 11, 30, 16), utc(2020, 12, 31, 16))
    assert clock.year_range(2020) == (utc(2019, 12, 31, 16), utc(2020, 12, 31, 16))
    assert clock.month_of(utc(2020, 12, 31, 16)) == "2021-01"
    assert clock.fiscal_year(utc(2020, 12, 31, 15, 59)) == 2020
    assert clock.fiscal_year(utc(2020, 12, 31, 16)) == 2021


def test_summer_time_of_1986_to_1991() -> None:
    """Clocks went forward on 1986-05-04 and back on 1986-09-14: 23 and 25 hours, no instant lost or doubled."""
    spring, autumn = clock.day_range(date(1986, 5, 4)), clock.day_range(date(1986, 9, 14))
    assert spring.end - spring.start == timedelta(hours=23)
    assert autumn.end - autumn.start == timedelta(hours=25)
    assert clock.day_range(date(1986, 5, 5)).start == spring.end
    assert clock.shanghai_day(utc(1986, 7, 31, 15)) == date(1986, 8, 1)
    day = date(1985, 12, 30)
    while day < date(1992, 1, 2):
        span, following = clock.day_range(day), clock.day_range(day + timedelta(days=1))
        assert span.end == following.start
        assert (
            clock.shanghai_day(span.start) == clock.shanghai_day(span.end - timedelta(microseconds=1)) == day
        )
        day += timedelta(days=1)


@given(instants)
def test_each_instant_lies_in_exactly_one_day_month_and_year(moment: datetime) -> None:
    day = clock.shanghai_day(moment)
    spans = [
        clock.day_range(day),
        clock.month_range(clock.month_of(moment)),
        clock.year_range(clock.fiscal_year(moment)),
    ]
    for span in spans:
        assert span.start <= moment < span.end
        assert span.start.tzinfo is span.end.tzinfo is UTC
    for other in (day - timedelta(days=1), day + timedelta(days=1)):
        span = clock.day_range(other)
        assert not span.start <= moment < span.end


@given(instants)
def test_the_zone_an_instant_is_written_in_does_not_matter(moment: datetime) -> None:
    elsewhere = moment.astimezone(timezone(timedelta(hours=-7)))
    assert clock.shanghai_day(elsewhere) == clock.shanghai_day(moment)


def test_now_is_utc_and_follows_the_clock() -> None:
    with time_machine.travel(utc(2020, 12, 31, 16, 30), tick=False):
        assert clock.now() == utc(2020, 12, 31, 16, 30)
        assert clock.now().utcoffset() == timedelta(0)
        assert clock.today() == date(2021, 1, 1)
        assert clock.in_shanghai(clock.now()).isoformat() == "2021-01-01T00:30:00+08:00"


def test_naive_moments_are_refused() -> None:
    naive = datetime(2020, 1, 1)  # noqa: DTZ001 (the point of the test)
    for ask in (clock.shanghai_day, clock.month_of, clock.fiscal_year, clock.in_shanghai):
        with pytest.raises(ValueError, match="time zone"):
            ask(naive)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2020",
        "2020-13",
        "2020-00",
        "2020-1",
        "20-01",
        "２０２０-０１",
        "2020-01\n",
        "2020-01-01",
        "-2020-01",
        "1e3-01",
    ],
)
def test_months_are_read_strictly(text: str) -> None:
    with pytest.raises(BadPeriod, match="月份要写成 2020-08 这样"):
        clock.month_range(text)


@pytest.mark.parametrize("year", [-1, 0, 1, 1948, 3000, 9999, 10**30])
def test_impossible_years_are_refused(year: int) -> None:
    with pytest.raises(BadPeriod, match="年份要在 1949 到 2999 之间"):
        clock.year_range(year)


@pytest.mark.parametrize("day", [date.min, date.max])
def test_impossible_days_are_refused(day: date) -> None:
    with pytest.raises(BadPeriod):
        clock.day_range(day)
    with pytest.raises(BadPeriod):
        clock.month_range(f"{day.year:04d}-01")
