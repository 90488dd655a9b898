"""How much of a table that somebody sent is taken, and what the process that reads it may use. Without Flask."""

from __future__ import annotations

from dataclasses import dataclass

MAX_SENT = 2 * 1024 * 1024
MAX_UNPACKED = 12 * 1024 * 1024
MAX_PARTS = 200
MAX_ROWS = 5_000
MAX_COLUMNS = 40
MAX_CELL = 500
MAX_TEXT = 4_000_000  # characters of all cells: a few shared strings may fill every one of them
MAX_WRITTEN = 64 * 1024 * 1024

# Measured: an empty reader has 46 MB of addresses, 5,000 rows of 40 columns take no more to read and 160 MB to mark.
MEMORY = 320 * 1024 * 1024
READ_SECONDS, MARK_SECONDS = 10, 30  # of the processor
PATIENCE = 3  # times as long on the clock, on a busy machine


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row with content: its number as the spreadsheet program shows it, and its cells as text ('' for empty)."""

    number: int
    cells: tuple[str, ...]

    def cell(self, place: int) -> str:
        return self.cells[place] if place < len(self.cells) else ""
