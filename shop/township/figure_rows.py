"""Where the rows behind a figure of 总览 are shown: addresses, one for each range of days and part."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from flask import url_for

from shop.orders.facts_windows import Windows


class Behind:
    """Called with the name of a range, the address of the rows behind a figure of it; `part` narrows it as that page does.

    A county's page has a thousand of them: what the ranges of a row share is made once, when the first is asked for.
    """

    __slots__ = ("_around", "_assisted", "_endpoint", "_part", "_windows")

    def __init__(
        self, endpoint: str, windows: Windows, part: Mapping[str, Any], *, assisted: bool = False
    ) -> None:
        self._endpoint, self._windows, self._part, self._assisted = endpoint, windows, part, assisted
        self._around: tuple[str, str] | None = None

    def __call__(self, which: str) -> str:
        if self._around is None:
            self._around = self._made()
        first, last = self._windows.days(which)
        return f"{self._around[0]}first={first.isoformat()}&last={last.isoformat()}{self._around[1]}"

    def _made(self) -> tuple[str, str]:
        part = dict(self._part)
        region = {"region": part.pop("region")} if "region" in part else {}
        path = url_for(self._endpoint, **region)
        return f"{path}?{'assisted=1&' if self._assisted else ''}", f"&{urlencode(part)}" if part else ""


def order_lines(windows: Windows, part: Mapping[str, Any], *, assisted: bool = False) -> Behind:
    """The order lines behind the sums of a row."""
    return Behind("township.sales", windows, part, assisted=assisted)


def household_sums(windows: Windows, part: Mapping[str, Any]) -> Behind:
    """The households behind the counts of a row."""
    return Behind("township.household_sums", windows, part)
