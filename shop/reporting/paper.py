"""The PDF of a report: its Word document set page by page, with the document's own margins, headers, footers and page numbers.

It is made from the filled document, not beside it, so both always say the same, whatever the staff's template looks like.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from importlib import import_module
from io import BytesIO
from typing import Any

from markupsafe import Markup
from PIL import ImageFile

from shop.core import fonts
from shop.core.text import N_
from shop.reporting.word_look import Looks, number, val, w
from shop.reporting.word_setting import Setting

_STYLE = """
@font-face { font-family: "Report"; src: url("%(font)s"); }
body { font-family: "Report"; margin: 0; }
h1, h2, h3, h4 { font-weight: normal; margin: 0; } div { overflow-wrap: anywhere; }
div, h1, h2, h3, h4 { position: relative; }
img { vertical-align: bottom; max-width: 100%%; }
.box { display: inline-block; box-sizing: border-box; padding: 3pt 6pt; text-indent: 0; max-width: 100%%; }
.bordered { border: 0.5pt solid #000; } .break { display: block; break-after: page; }
.count-page::after { content: counter(page); } .count-pages::after { content: counter(pages); }
table { max-width: 100%%; border-collapse: collapse; table-layout: fixed; margin: 0 0 9pt; }
th, td { padding: 2pt 3pt; font-weight: normal; text-align: left; } tr { break-inside: avoid; }
.ruled th, .ruled td { border: 0.5pt solid #000; }
"""
_EMU_A_POINT = 12700
_EDGES = ("header", "footer")
_CONTINUOUS = 0  # WD_SECTION.CONTINUOUS
FIRST_PAGES, COLUMNS = N_("后面各节首页单独的页眉页脚"), N_("分栏")


def page(document: bytes) -> Markup:
    """The document as the page that is set."""
    return _page(_opened(document), {})


def unshown(document: bytes) -> list[str]:
    """What the document holds that the PDF cannot show, each by its name in the catalogue; [] where it shows everything."""
    missing: dict[str, None] = {}
    _page(_opened(document), missing)
    return list(missing)


def pdf(document: bytes) -> bytes:
    """Pages as the document has them, headings of tables repeated."""
    for name in ("fontTools", "weasyprint.progress"):  # they report every table of the font and every step
        logging.getLogger(name).setLevel(logging.WARNING)
    weasyprint = import_module("weasyprint")
    # it switches this on for the whole process, and pictures sent in halves would be taken
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    # whatever a document says is text here, so the font and the pictures within are the only addresses there are
    fetcher = import_module("weasyprint.urls").URLFetcher(allowed_protocols=("file", "data"))
    return bytes(weasyprint.HTML(string=str(page(document)), url_fetcher=fetcher).write_pdf())


def _opened(document: bytes) -> Any:
    return import_module("docx").Document(BytesIO(document))


def _page(word: Any, missing: dict[str, None]) -> Markup:
    looks = Looks.of(word)
    style = _STYLE % {"font": fonts.file().as_uri()}
    bodies, rules = [], []
    for place, (section, children) in enumerate(_sections(word)):
        name = f"s{place}"
        kinds = _kinds(word, section)
        if place and "first" in kinds:
            missing[FIRST_PAGES] = None  # only the very first page of a document can be told apart
        if (number(val(section._sectPr, "cols", "num")) or 1) > 1:
            missing[COLUMNS] = None
        edges, rule = _edges(section, name, kinds, Setting(looks, word.part, missing))
        rules.append(rule)
        words = Setting(looks, word.part, missing).blocks(children)
        bodies.append(Markup('{}<div style="page:{}">{}</div>').format(edges, name, words))
    return Markup(
        '<html lang="zh-CN"><head><meta charset="utf-8"><style>{}{}</style></head><body>{}</body></html>'
    ).format(
        Markup(style),  # noqa: S704 (ours)
        Markup("").join(rules),
        Markup("").join(bodies),
    )


def _sections(word: Any) -> Iterator[tuple[Any, list[Any]]]:
    """Each section with its paragraphs and tables: the last paragraph of one carries its properties, the body the last one's.

    One that goes on where the one before ends shares its pages.
    """
    sections = list(word.sections)
    children: list[Any] = []
    first = sections[0]
    for child in word.element.body:
        if child.tag == w("sectPr"):
            continue
        children.append(child)
        if child.find(f"{w('pPr')}/{w('sectPr')}") is not None and len(sections) > 1:
            sections.pop(0)
            if sections[0].start_type != _CONTINUOUS:
                yield first, children
                first, children = sections[0], []
    yield first, children


def _kinds(word: Any, section: Any) -> dict[str, tuple[Any, Any]]:
    """Kind of page, as CSS names it → its header and footer."""
    kinds = {"": (section.header, section.footer)}
    if word.settings.odd_and_even_pages_header_footer:
        kinds["left"] = (section.even_page_header, section.even_page_footer)
    if section.different_first_page_header_footer:
        kinds["first"] = (section.first_page_header, section.first_page_footer)
    return kinds


def _edges(
    section: Any, name: str, kinds: Mapping[str, tuple[Any, Any]], setting: Setting
) -> tuple[Markup, Markup]:
    """Header and footer as running elements of the section's pages, and the rules of those pages; all sizes are Word's."""
    top, right, bottom, left, wide, high = (
        (getattr(section, each) or 0) / _EMU_A_POINT
        for each in (
            "top_margin",
            "right_margin",
            "bottom_margin",
            "left_margin",
            "page_width",
            "page_height",
        )
    )
    made, boxes = [], []
    for kind, parts in kinds.items():
        placed = ""
        for edge, part in zip(_EDGES, parts, strict=True):
            running = f"{edge}-{name}-{kind or 'all'}"
            words = Setting(setting.looks, part.part, setting.missing).blocks(part._element)
            made.append(
                Markup('<div style="position:running({});width:100%">{}</div>').format(running, words)
            )
            side = "top" if edge == "header" else "bottom"
            distance = (getattr(section, f"{edge}_distance") or 0) / _EMU_A_POINT
            placed += (
                f"@{side}-center{{content:element({running});width:100%;vertical-align:{side};"
                f"padding-{side}:{distance:g}pt}}"
            )
        boxes.append(f"@page {name}{':' + kind if kind else ''}{{{placed}}}")
    size = f"@page {name}{{size:{wide:g}pt {high:g}pt;margin:{top:g}pt {right:g}pt {bottom:g}pt {left:g}pt}}"
    return Markup("").join(made), Markup(size + "".join(boxes))  # noqa: S704 (ours: numbers and names of our own)
