"""The one exception of the runner: its text is a whole sentence for a person at a terminal."""

from __future__ import annotations


class RunnerError(Exception):
    """Something stops the start; the text says what and what to do about it."""
