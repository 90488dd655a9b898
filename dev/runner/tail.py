"""New lines of a growing file."""

from __future__ import annotations

from pathlib import Path


class Tail:
    """Starts at the end of what is there now."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.position = file.stat().st_size if file.exists() else 0

    def lines(self) -> list[str]:
        try:
            with self.file.open("rb") as text:
                text.seek(self.position)
                whole, newline, _rest = text.read().rpartition(b"\n")
        except FileNotFoundError:
            self.position = 0
            return []
        self.position += len(whole) + len(newline)
        return whole.decode("utf-8", "replace").splitlines()
