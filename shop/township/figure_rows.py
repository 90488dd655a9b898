"""Where the rows behind a figure of 总览 are shown: addresses, one for each range of days and part."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import url_for

from shop.orders.facts_windows import Windows


def _days(windows: Windows, which: str) -> dict[str, str]:
    first, last = windows.days(which)
    return {"first": first.isoformat(), "last": last.isoformat()}


def order_lines(windows: Windows, which: str, part: Mapping[str, Any], *, assisted: bool = False) -> str:
    """Address of the order lines behind a sum of a range; `part` narrows it as the page of lines does."""
    values: dict[str, Any] = {"assisted": "1" if assisted else None, **_days(windows, which), **part}
    return url_for("township.sales", **values)


def household_sums(windows: Windows, which: str, part: Mapping[str, Any]) -> str:
    """Address of the households behind a count of a range."""
    values: dict[str, Any] = {**_days(windows, which), **part}
    return url_for("township.household_sums", **values)
