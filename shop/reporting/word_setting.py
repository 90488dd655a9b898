"""The contents of a Word document as HTML: paragraphs, runs, fields, pictures, text boxes and tables, one after another.

What has no place in it is kept by name in `Setting.missing`, so that nothing is left out without a word.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup, escape

from shop.core.text import N_
from shop.reporting import word_look, word_pictures, word_tables
from shop.reporting.word_look import Looks, w
from shop.reporting.word_pictures import WPS, A

MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_V = "{urn:schemas-microsoft-com:vml}"
_MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_THROUGH = frozenset(
    map(w, ("hyperlink", "ins", "smartTag", "sdt", "sdtContent", "customXml", "fldSimple", "moveTo"))
)
_COUNTERS = {"PAGE": "page", "NUMPAGES": "pages", "SECTIONPAGES": "pages"}
_BREAKS = {"page": "page", "column": "page"}
_LEVELS = {"title": "h1", "heading 1": "h2", "heading 2": "h3", "heading 3": "h4"}
CHART, OBJECT, FORMULA, DRAWING, ODD_PICTURE, NOTE, NUMBERS = (
    N_("图表"), N_("嵌入的对象"), N_("公式"), N_("图形"), N_("这种格式的图片（只认 PNG、JPG、GIF、BMP、TIFF）"), N_("脚注和尾注"),
    N_("自动编号"),
)  # fmt: skip
_GONE = {
    w("footnoteReference"): NOTE, w("endnoteReference"): NOTE, w("object"): OBJECT, w("altChunk"): OBJECT,
    f"{_MATH}oMath": FORMULA, f"{_MATH}oMathPara": FORMULA,
}  # fmt: skip


@dataclass
class Setting:
    """`part` is what the words stand in (the body, a header): pictures are looked up there. `missing` in order of finding."""

    looks: Looks
    part: Any
    missing: dict[str, None] = field(default_factory=dict)

    def blocks(self, children: Iterable[Any]) -> Markup:
        """Paragraphs and tables."""
        return Markup("").join(self._block(child) for child in children)

    def _block(self, child: Any) -> Markup:
        if child.tag == w("p"):
            return self.paragraph(child)
        if child.tag == w("tbl"):
            return word_tables.table(child, self)
        if child.tag in _THROUGH:
            return self.blocks(child)
        self._miss(child)
        return Markup("")

    def paragraph(self, element: Any) -> Markup:
        """One paragraph; words that look like the paragraph carry no look of their own."""
        form = self.looks.of_paragraph(element, "pPr")
        numbers = (one.find(w("numPr")) for one in form)
        if next((found for one in numbers if (found := word_look.val(one, "numId")) is not None), "0") != "0":
            self.missing[NUMBERS] = None
        look = word_look.run_css(self.looks.of_paragraph(element, "rPr"))
        words = Markup("").join(self._inline(element, element, look, _Field()))
        tag = _LEVELS.get(self.looks.name(element), "div")  # a box within has paragraphs of its own: no <p>
        css = f"{word_look.paragraph_css(form)};{look}"
        return Markup('<{} style="{}">{}</{}>').format(Markup(tag), css, words or Markup("<br>"), Markup(tag))  # noqa: S704 (ours)

    def _inline(self, parent: Any, paragraph: Any, look: str, state: _Field) -> Iterator[Markup]:
        for child in parent:
            if child.tag == w("r"):
                yield self._run(child, paragraph, look, state)
            elif child.tag == w("fldSimple") and (counter := _counter(child.get(w("instr")) or "")):
                yield counter
            elif child.tag in _THROUGH:
                yield from self._inline(child, paragraph, look, state)
            else:
                self._miss(child)

    def _run(self, run: Any, paragraph: Any, look: str, state: _Field) -> Markup:
        words = Markup("").join(self._piece(child, state) for child in run)
        own = word_look.run_css(self.looks.of_run(run, paragraph))
        return words if own == look or not words else Markup('<span style="{}">{}</span>').format(own, words)

    def _piece(self, child: Any, state: _Field) -> Markup:
        if child.tag == w("fldChar"):
            return state.step(child.get(w("fldCharType")) or "")
        if child.tag == w("instrText"):
            state.asks += child.text or ""
        elif state.hides:
            pass  # the number Word counted last stands here; ours is counted anew
        elif child.tag == w("t"):
            return escape(child.text or "")
        elif child.tag == w("tab"):
            return Markup("&emsp;&emsp;")
        elif child.tag == w("noBreakHyphen"):
            return Markup("&#8209;")
        elif child.tag in (w("br"), w("cr")):
            kind = _BREAKS.get(child.get(w("type")) or "")
            return Markup('<span class="break"></span>') if kind else Markup("<br>")
        elif child.tag in (w("drawing"), w("pict"), f"{MC}AlternateContent"):
            return self._drawn(child)
        else:
            self._miss(child)
        return Markup("")

    def _drawn(self, element: Any) -> Markup:
        if element.tag == f"{MC}AlternateContent":
            choice = element.find(f"{MC}Choice")
            return Markup("").join(self._drawn(one) for one in (choice if choice is not None else ()))
        if element.tag == w("pict"):
            return self._old_drawing(element)
        made = [self._drawing(one) for one in element]
        return Markup("").join(made)

    def _drawing(self, drawing: Any) -> Markup:
        """What stands in an inline or floating frame: one picture, one text box, or something that has no place here."""
        css = ";".join(
            part for part in (word_pictures.size_css(drawing), word_pictures.place_css(drawing)) if part
        )
        boxes, blips = list(drawing.iter(w("txbxContent"))), list(drawing.iter(f"{A}blip"))
        if boxes:
            return self._box(boxes[0], css, bordered=_bordered(drawing))
        if len(blips) == 1:
            return self._picture(blips[0].get(f"{word_pictures.R}embed"), css)
        data = drawing.find(f".//{A}graphicData")
        self.missing[CHART if data is not None and "chart" in (data.get("uri") or "") else DRAWING] = None
        return Markup("")

    def _old_drawing(self, pict: Any) -> Markup:
        boxes, data = list(pict.iter(w("txbxContent"))), pict.find(f".//{_V}imagedata")
        shape = next((one for one in pict.iter() if str(one.tag).startswith(_V) and one.get("style")), None)
        asked = dict(
            part.split(":", 1)
            for part in (shape.get("style") if shape is not None else "").split(";")
            if ":" in part
        )
        sides = [
            f"{side}:{asked[side]}" for side in ("width", "height") if asked.get(side, "").endswith("pt")
        ]
        css = ";".join(one for one in sides if one.replace("pt", "").split(":")[1].replace(".", "").isdigit())
        if boxes:
            return self._box(boxes[0], css, bordered=True)
        if data is not None:
            return self._picture(data.get(f"{word_pictures.R}id"), css)
        self.missing[DRAWING] = None
        return Markup("")

    def _picture(self, relation: str | None, css: str) -> Markup:
        found = word_pictures.address(self.part, relation)
        if found is None:
            self.missing[ODD_PICTURE] = None
            return Markup("")
        return Markup('<img alt="" src="{}" style="{}">').format(found, css)

    def _box(self, content: Any, css: str, *, bordered: bool) -> Markup:
        kind = "box bordered" if bordered else "box"
        return Markup('<span class="{}" style="{}">{}</span>').format(kind, css, self.blocks(content))

    def _miss(self, element: Any) -> None:
        """Note what cannot be shown; marks of Word's own (bookmarks, spelling) are nothing to show."""
        if element.tag in _GONE:
            self.missing[_GONE[element.tag]] = None


class _Field:
    """A field in the course of a paragraph: asks for something, and Word's last answer follows."""

    def __init__(self) -> None:
        self.asks, self.hides = "", False

    def step(self, kind: str) -> Markup:
        if kind == "begin":
            self.asks, self.hides = "", False
        elif kind == "separate":
            self.hides = _counter(self.asks) is not None
        elif kind == "end":
            counter, self.hides = _counter(self.asks), False
            self.asks = ""
            return counter or Markup("")
        return Markup("")


def _counter(asked: str) -> Markup | None:
    words = asked.split()
    name = _COUNTERS.get(words[0].upper()) if words else None
    return Markup('<span class="count-{}"></span>').format(name) if name else None


def _bordered(drawing: Any) -> bool:
    """A box has a line around it unless it says that it has none."""
    shape = drawing.find(f".//{WPS}spPr")
    return shape is None or shape.find(f"{A}ln/{A}noFill") is None
