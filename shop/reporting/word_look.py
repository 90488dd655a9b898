"""How a Word document wants its words to look, as CSS: direct formatting first, then its style and what that is based on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_SIDES = {
    "left": "left", "start": "left", "center": "center", "right": "right", "end": "right", "both": "justify",
    "distribute": "justify",
}  # fmt: skip
_COLOUR = re.compile(r"[0-9A-Fa-f]{6}")
_NUMBER = re.compile(r"-?[0-9]{1,6}(\.[0-9]{1,6})?")
_FONT = re.compile(r"[^\w .\-]")
_OFF = frozenset({"0", "false", "off", "none"})
_SINGLE = 1.3  # line height of one line of text, in its size
_NORMAL_POINTS = 10.0  # Word's size where nothing says one


def w(tag: str) -> str:
    """The full name of an element or attribute of Word's vocabulary."""
    return f"{{{W}}}{tag}"


def val(element: Any, tag: str, attribute: str = "val") -> str | None:
    """An attribute of a child, None where either is missing."""
    child = element.find(w(tag)) if element is not None else None
    return None if child is None else child.get(w(attribute))


def number(text: str | None) -> float | None:
    """A number as Word writes it; None for what is none, or larger than any page."""
    return float(text) if text is not None and _NUMBER.fullmatch(text) else None


@dataclass(frozen=True)
class Looks:
    """The styles of one document, by id; `defaults` are what counts where no style says otherwise."""

    styles: dict[str, Any]
    defaults: Any
    normal: str

    @classmethod
    def of(cls, document: Any) -> Looks:
        root = document.styles.element
        styles = {style.get(w("styleId")): style for style in root.iter(w("style"))}
        normal = [
            key for key, one in styles.items() if one.get(w("type")) == "paragraph" and one.get(w("default"))
        ]
        return cls(styles, root.find(w("docDefaults")), normal[0] if normal else "")

    def chain(self, style_id: str | None) -> Iterator[Any]:
        """The style, what it is based on, and so on; a circle ends."""
        seen: set[str] = set()
        while style_id and style_id in self.styles and style_id not in seen:
            seen.add(style_id)
            yield self.styles[style_id]
            style_id = val(self.styles[style_id], "basedOn")

    def name(self, paragraph: Any) -> str:
        """The paragraph's style by its name, in small letters."""
        style = self.styles.get(val(paragraph.find(w("pPr")), "pStyle") or self.normal)
        return (val(style, "name") or "").lower()

    def of_paragraph(self, paragraph: Any, kind: str) -> list[Any]:
        """Where `kind` (pPr or rPr) is looked up for it, nearest first."""
        own = paragraph.find(w("pPr"))
        found = [own] if kind == "pPr" else []
        found += [style.find(w(kind)) for style in self.chain(val(own, "pStyle") or self.normal)]
        default = None if self.defaults is None else self.defaults.find(f"{w(kind)}Default/{w(kind)}")
        return [one for one in (*found, default) if one is not None]

    def of_run(self, run: Any, paragraph: Any) -> list[Any]:
        own = run.find(w("rPr"))
        named = [style.find(w("rPr")) for style in self.chain(val(own, "rStyle"))]
        return [one for one in (own, *named) if one is not None] + self.of_paragraph(paragraph, "rPr")


def _first(where: Sequence[Any], tag: str, attribute: str = "val") -> str | None:
    return next((found for one in where if (found := val(one, tag, attribute)) is not None), None)


def _switched(where: Sequence[Any], tag: str) -> bool:
    for one in where:
        child = one.find(w(tag))
        if child is not None:
            return child.get(w("val"), "1") not in _OFF
    return False


def paragraph_css(where: Sequence[Any]) -> str:
    """`where` as `Looks.of_paragraph` gives it for pPr."""
    css = [f"text-align:{_SIDES.get(_first(where, 'jc') or 'left', 'left')}"]
    css += _indent(where)
    before, after = (number(_first(where, "spacing", side)) or 0 for side in ("before", "after"))
    css.append(f"margin-top:{before / 20:g}pt;margin-bottom:{after / 20:g}pt")
    line, rule = number(_first(where, "spacing", "line")), _first(where, "spacing", "lineRule")
    if line and rule in ("exact", "atLeast"):
        css.append(f"line-height:{line / 20:g}pt")
    else:
        css.append(f"line-height:{(line or 240) / 240 * _SINGLE:.3g}")
    if _switched(where, "keepNext"):
        css.append("break-after:avoid")
    if _switched(where, "pageBreakBefore"):
        css.append("break-before:page")
    return ";".join(css)


def _indent(where: Sequence[Any]) -> Iterator[str]:
    """In characters where Word counts them, else in points."""
    for side, names in (("left", ("left", "start")), ("right", ("right", "end"))):
        told = (number(_first(where, "ind", name)) for name in names)
        twips = next((found for found in told if found is not None), 0.0)
        if twips:
            yield f"margin-{side}:{twips / 20:g}pt"
    for one in where:
        characters = number(val(one, "ind", "firstLineChars"))
        if characters:
            yield f"text-indent:{characters / 100:g}em"
            return
        first, hanging = number(val(one, "ind", "firstLine")), number(val(one, "ind", "hanging"))
        if first is not None or hanging is not None:
            yield f"text-indent:{((first or 0) - (hanging or 0)) / 20:g}pt"
            return


def run_css(where: Sequence[Any]) -> str:
    """`where` as `Looks.of_run` gives it, or `of_paragraph` for rPr: the whole look of these words."""
    size = number(_first(where, "sz")) or _NORMAL_POINTS * 2
    css = [f"font-size:{size / 2:g}pt", f"font-family:{_fonts(where)}"]
    css.append(f"font-weight:{'bold' if _switched(where, 'b') else 'normal'}")
    css.append(f"font-style:{'italic' if _switched(where, 'i') else 'normal'}")
    lines = [words for tag, words in (("strike", "line-through"),) if _switched(where, tag)]
    if (_first(where, "u") or "none") not in _OFF:
        lines.append("underline")
    if lines:
        css.append(f"text-decoration:{' '.join(lines)}")
    colour = _first(where, "color") or ""
    css.append(f"color:#{colour if _COLOUR.fullmatch(colour) else '000000'}")
    raised = {"superscript": "super", "subscript": "sub"}.get(_first(where, "vertAlign") or "")
    if raised:
        css.append(f"vertical-align:{raised};line-height:1")
    return ";".join(css)


def _fonts(where: Sequence[Any]) -> str:
    """The document's own font where the machine has it, else ours, which it always has."""
    names = [_first(where, "rFonts", which) for which in ("eastAsia", "ascii")]
    plain = dict.fromkeys(_FONT.sub("", name).strip() for name in names if name)
    return ",".join([*(f"'{name}'" for name in plain if name), "'Report'"])


def colour(text: str | None) -> str:
    """A fill as CSS, '' for none."""
    return f"#{text}" if text and _COLOUR.fullmatch(text) else ""
