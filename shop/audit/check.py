"""What a check is: a rule and the statement that finds the rows breaking it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Finder = Callable[[], list[dict[str, Any]]]


@dataclass(frozen=True)
class Check:
    """An invariant. `broken` is SQL whose rows break it, or a function that returns such rows."""

    code: str
    name: str
    rule: str
    broken: str | Finder
