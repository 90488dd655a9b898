"""A list of the office as it will be written into a workbook."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shop.core.spreadsheet import Column

MOST = 20_000  # rows of one file; what is left out is said underneath
MOST_PARCELS = 2_000


@dataclass(frozen=True, slots=True)
class Listing:
    """What it is, its filter in words, its rows, what its figures mean; `more`: some were left out."""

    name: str
    asked: str
    columns: Sequence[Column]
    rows: Sequence[dict[str, Any]]
    meaning: str
    more: bool = False
