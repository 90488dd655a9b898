"""Months and years of reports, the days they are compared with, and the words of their time."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask

from shop.core.errors import Refused
from shop.reporting import periods
from shop.reporting.periods import Window
from shop.reporting.values import percent_change, whole_percent
from shop.reporting.wording import words_of


def test_a_whole_month_is_compared_with_a_whole_month() -> None:
    march = periods.of("monthly", "2020-02", date(2026, 1, 1))
    assert march.windows == {
        "now": Window(date(2020, 2, 1), date(2020, 2, 29)),
        "before": Window(date(2019, 2, 1), date(2019, 2, 28)),
        "year": Window(date(2020, 1, 1), date(2020, 2, 29)),
        "year_before": Window(date(2019, 1, 1), date(2019, 2, 28)),
    }
    leap = periods.of("monthly", "2021-02", date(2026, 1, 1)).windows["before"]
    assert leap == Window(date(2020, 2, 1), date(2020, 2, 29))


def test_a_running_period_is_compared_with_the_same_days() -> None:
    year = periods.of("yearly", "2026", date(2026, 11, 28))
    assert year.as_of == date(2026, 11, 28)
    assert year.windows == {
        "now": Window(date(2026, 1, 1), date(2026, 11, 28)),
        "before": Window(date(2025, 1, 1), date(2025, 11, 28)),
    }
    assert periods.of("monthly", "2024-02", date(2024, 2, 29)).windows["before"].last == date(2023, 2, 28)


@pytest.mark.parametrize(
    "kind, typed",
    [
        ("yearly", ""), ("yearly", "20"), ("yearly", "2020-01"), ("yearly", "2014"), ("yearly", "2999"), ("yearly", "0000"),
        ("monthly", "2020"), ("monthly", "2020-13"), ("monthly", "2020-1"), ("monthly", "2998-01"), ("monthly", "二〇二〇"),
    ],
)  # fmt: skip
def test_what_is_no_period_is_refused(app: Flask, kind: str, typed: str) -> None:
    with app.app_context(), pytest.raises(Refused) as refused:
        periods.asked(kind, typed)
    assert refused.value.field == "period"


def test_full_width_digits_are_taken(app: Flask) -> None:
    with app.app_context():
        assert periods.asked("monthly", "２０２０-１１").text == "2020-11"


def test_words_follow_the_day() -> None:
    assert words_of(date(2020, 12, 31)).consumption == "消费扶贫"
    assert words_of(date(2021, 1, 1)).consumption == "消费帮扶"
    assert words_of(date(2026, 2, 28)).loan == "脱贫人口小额信贷"
    assert words_of(date(2026, 3, 1)).loan == "帮扶小额信贷"


def test_changes_and_percentages_are_rounded_half_up() -> None:
    assert percent_change(150, 100) == "+50.0%"
    assert percent_change(9_995, 10_000) == "-0.1%"
    assert percent_change(100, 0) == "—"
    assert percent_change(100_000_001, 100_000_000) == "+0.0%"
    assert whole_percent(215, 465) == "46%"
    assert whole_percent(1, 200) == "1%"
    assert whole_percent(0, 0) == "—"
