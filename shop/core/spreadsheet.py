"""Cells that a spreadsheet program must not run."""

from __future__ import annotations

_RISKY = ("=", "+", "-", "@", "\t", "\r", "\n")


def safe_cell(text: str) -> str:
    """Text for a cell: what a program could take for a formula gets an apostrophe in front."""
    return "'" + text if text.startswith(_RISKY) else text
