"""Strict cleaning of what people type, and the refusal that every strict parser raises. Pure.

Nothing is corrected behind the user's back: outer blanks go, everything else is either kept as typed (rare
surnames, emoji) or refused with a sentence.
"""

from __future__ import annotations

import unicodedata

OUTER_BLANKS = " \t\r\n\u00a0\u3000"
MAX_STACKED_MARKS = 6

# Letters by category, but nothing is drawn: a name made of them looks empty.
_BLANK_LETTERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")


class BadInput(ValueError):
    """A value that a person typed and that we do not take; str() is the Chinese sentence.

    `template` is the translatable sentence with %(name)s places, `values` fills them.
    """

    def __init__(self, template: str, **values: str | int) -> None:
        super().__init__(template % values if values else template)
        self.template = template
        self.values = values


class BadText(BadInput):
    """Text refused: empty, too long, or with characters that cannot be seen."""


def N_(sentence: str) -> str:  # noqa: N802 (the name that message extraction looks for)
    """Mark a sentence for the translation catalogue where no request, hence no language, exists yet."""
    return sentence


def excerpt(text: str, limit: int = 20) -> str:
    """The beginning of what was typed, safe to print in a sentence, a log or a terminal."""
    shown = "".join(
        char if char.isprintable() else " " if char == "\u3000" else "\ufffd" for char in text[:limit]
    )
    return shown + "…" if len(text) > limit else shown


def clean_line(text: str, *, label: str, max_length: int, required: bool = True) -> str:
    """One line without outer blanks; `max_length` counts characters, not bytes. Raises BadText."""
    return _clean(text, label, max_length, required, allowed_controls="")


def clean_paragraphs(text: str, *, label: str, max_length: int, required: bool = True) -> str:
    """Several lines: as clean_line, but line breaks (stored as LF) and tabs stay. Raises BadText."""
    return _clean(
        text.replace("\r\n", "\n").replace("\r", "\n"), label, max_length, required, allowed_controls="\n\t"
    )


def _clean(text: str, label: str, max_length: int, required: bool, allowed_controls: str) -> str:
    text = text.strip(OUTER_BLANKS)
    if len(text) > max_length:
        raise BadText(
            N_("%(label)s太长了，最多 %(limit)d 个字，现在有 %(length)d 个"),
            label=label,
            limit=max_length,
            length=len(text),
        )
    _refuse_hidden(text, label, allowed_controls)
    if required and not any(
        unicodedata.category(char)[0] not in "ZM" for char in text if char not in allowed_controls
    ):
        raise BadText(N_("请填写%(label)s"), label=label)
    return text


def _refuse_hidden(text: str, label: str, allowed_controls: str) -> None:
    """Refuse controls, lone surrogates, direction overrides, zero-width characters and towers of marks.

    Unassigned and private-use characters stay: the newest rare surnames are newer than this Python's tables.
    """
    marks = 0
    for place, char in enumerate(text, start=1):
        category = unicodedata.category(char)
        marks = marks + 1 if category[0] == "M" else 0
        if marks > MAX_STACKED_MARKS:
            raise BadText(
                N_("%(label)s第 %(place)d 个字上叠加的符号太多，请删掉后重新输入"),
                label=label,
                place=place - marks,
            )
        if char in allowed_controls:
            continue
        if category in ("Cc", "Cf", "Cs", "Zl", "Zp") or char in _BLANK_LETTERS or _is_noncharacter(char):
            raise BadText(
                N_("%(label)s第 %(place)d 个字是看不见的特殊字符（%(code)s），请删掉后重新输入"),
                label=label, place=place, code=f"U+{ord(char):04X}",
            )  # fmt: skip


def _is_noncharacter(char: str) -> bool:
    code = ord(char)
    return code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF
