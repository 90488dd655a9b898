"""How Chinese is spoken: one syllable without tones for each character."""

from __future__ import annotations

from importlib import import_module


def syllables(text: str) -> list[str]:
    """`"香菇"` → `["xiang", "gu"]`; what is not Chinese stays as it is, a run of it in one piece."""
    # Its dictionary costs half a second of every process's start, and most processes never ask it anything.
    spoken: list[str] = import_module("pypinyin").lazy_pinyin(text)
    return spoken


def sort_key(name: str) -> str:
    """Pinyin with blanks, in small letters: what lists of names are sorted by."""
    return " ".join(syllables(name.casefold()))
