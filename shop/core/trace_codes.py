"""Trace codes of lots: printed on labels, typed by hand. Pure."""

from __future__ import annotations

import secrets
import unicodedata

LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # none that looks like another: no 0 O 1 I L
LENGTH = 12  # 31^12, some 59 bits: not to be guessed
LONGEST_TYPED = 60


def new() -> str:
    """A code that nobody can guess."""
    return "".join(secrets.choice(LETTERS) for _ in range(LENGTH))


def normal(typed: str) -> str:
    """What was typed or scanned as codes are stored: capitals, no blanks or signs between; may still be none."""
    plain = unicodedata.normalize("NFKC", typed[:LONGEST_TYPED]).upper()
    return "".join(char for char in plain if char not in " -_.·—\t\u3000")


def strange(code: str) -> str:
    """The letters of a normal code that no code has, each once; empty where it could be one."""
    return "".join(dict.fromkeys(char for char in code if char not in LETTERS))


def grouped(code: str) -> str:
    """AB23 CD45 EF67: as it is printed."""
    return " ".join(code[place : place + 4] for place in range(0, len(code), 4))
