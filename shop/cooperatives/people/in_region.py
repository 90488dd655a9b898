"""Statements over a region's rows: the join from a cooperative's row to its village, and the test that it lies in the region."""

from __future__ import annotations

import re

_OWN = re.compile(r"@own\((\w+)\)")
_JOIN = r"join cooperative c on c.id = \1.cooperative_id join village v on v.id = c.village_id"
_HERE = "starts_with(v.region_code, :region)"


def in_region(sql: str) -> str:
    """Write out `@own(alias)`: cooperative `c` and village `v` of that alias's row; and `@here`: `v` lies in :region."""
    return _OWN.sub(_JOIN, sql).replace("@here", _HERE)
