"""Where the rows behind a figure of 总览 are shown: addresses, one for each range of days and part."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from flask import url_for

from shop.orders.facts_windows import Windows

_ANY = "any-region"


class Addresses:
    """Addresses of this door's pages in one region and another: asked of the application once a page, not once a row."""

    def __init__(self, region: str) -> None:
        self._region = region
        self._frames: dict[str, str] = {}

    def of(self, endpoint: str, region: str = "") -> str:
        """The path of the endpoint in a region, in the page's own by default."""
        frame = self._frames.get(endpoint)
        if frame is None:
            frame = self._frames[endpoint] = url_for(endpoint, region=_ANY)
        return frame.replace(_ANY, region or self._region)


class Behind:
    """Called with the name of a range, the address of the rows behind a figure of it; `part` narrows it as that page does.

    A county's page has a thousand of them: what the ranges of a row share is made once, when the first is asked for.
    """

    __slots__ = ("_addresses", "_around", "_assisted", "_endpoint", "_part", "_windows")

    def __init__(
        self,
        endpoint: str,
        addresses: Addresses,
        windows: Windows,
        part: Mapping[str, Any],
        *,
        assisted: bool = False,
    ) -> None:
        self._endpoint, self._addresses, self._windows = endpoint, addresses, windows
        self._part, self._assisted = part, assisted
        self._around: tuple[str, str] | None = None

    def __call__(self, which: str) -> str:
        if self._around is None:
            self._around = self._made()
        return f"{self._around[0]}{_days(self._windows, which)}{self._around[1]}"

    def _made(self) -> tuple[str, str]:
        part = dict(self._part)
        path = self._addresses.of(self._endpoint, part.pop("region", ""))
        return f"{path}?{'assisted=1&' if self._assisted else ''}", f"&{urlencode(part)}" if part else ""


@lru_cache(maxsize=256)
def _days(windows: Windows, which: str) -> str:
    first, last = windows.days(which)
    return f"first={first.isoformat()}&last={last.isoformat()}"


def order_lines(
    addresses: Addresses, windows: Windows, part: Mapping[str, Any], *, assisted: bool = False
) -> Behind:
    """The order lines behind the sums of a row."""
    return Behind("township.sales", addresses, windows, part, assisted=assisted)


def household_sums(addresses: Addresses, windows: Windows, part: Mapping[str, Any]) -> Behind:
    """The households behind the counts of a row."""
    return Behind("township.household_sums", addresses, windows, part)
