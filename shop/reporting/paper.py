"""The PDF of a report: the words and tables of its Word document, set on A4 with our own font.

It is made from the filled document, not beside it, so both always say the same, whatever the staff's template looks like.
Pictures and text boxes of a template are not in it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from importlib import import_module
from io import BytesIO
from typing import Any

from markupsafe import Markup, escape
from PIL import ImageFile

from shop.core import fonts

_STYLE = """
@font-face { font-family: "Report"; src: url("%(font)s"); }
@page { size: A4; margin: 37mm 26mm 35mm 28mm; @bottom-center { content: "— " counter(page) " —"; font: 12pt "Report"; } }
body { font-family: "Report"; font-size: 16pt; line-height: 28pt; margin: 0; }
h1 { font-size: 22pt; line-height: 34pt; font-weight: normal; text-align: center; margin: 12pt 0 18pt; }
h2 { font-size: 16pt; line-height: 28pt; font-weight: normal; margin: 6pt 0 0; break-after: avoid; padding-left: 2em; }
p { margin: 0; text-align: justify; text-indent: 2em; }
p.caption { font-size: 12pt; line-height: 24pt; text-align: center; text-indent: 0; margin-top: 12pt; break-after: avoid; }
p.note { font-size: 12pt; line-height: 20pt; text-indent: 0; text-align: left; overflow-wrap: anywhere; }
p.left { text-align: left; } p.center { text-align: center; text-indent: 0; } p.right, p.signed { text-align: right;
  text-indent: 0; }
table { width: 100%%; border-collapse: collapse; margin: 0 0 9pt; font-size: 10pt; line-height: 15pt; }
th, td { border: 0.5pt solid #000; padding: 2pt 3pt; font-weight: normal; text-align: left; vertical-align: middle; }
th { text-align: center; } tr { break-inside: avoid; } .right { text-align: right; } .center { text-align: center; }
"""
_CLASSES = {"Caption": "caption", "Subtitle": "note", "Signature": "signed"}
_SIDES = {0: "left", 1: "center", 2: "right"}


def page(document: bytes) -> Markup:
    """The document as the page that is set."""
    style = _STYLE % {"font": fonts.file().as_uri()}
    return Markup(
        '<html lang="zh-CN"><head><meta charset="utf-8"><style>{}</style></head><body>{}</body></html>'
    ).format(
        Markup(style),  # noqa: S704 (ours)
        Markup("").join(_blocks(document)),
    )


def pdf(document: bytes) -> bytes:
    """A4 pages, numbered, headings of tables repeated."""
    for name in ("fontTools", "weasyprint.progress"):  # they report every table of the font and every step
        logging.getLogger(name).setLevel(logging.WARNING)
    weasyprint = import_module("weasyprint")
    # it switches this on for the whole process, and pictures sent in halves would be taken
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    # whatever a document says is text here, so the font is the only address there is
    fetcher = import_module("weasyprint.urls").URLFetcher(allowed_protocols=("file",))
    return bytes(weasyprint.HTML(string=str(page(document)), url_fetcher=fetcher).write_pdf())


def _blocks(document: bytes) -> Iterator[Markup]:
    word = import_module("docx").Document(BytesIO(document))
    for block in word.iter_inner_content():
        yield _table(block) if hasattr(block, "rows") else _paragraph(block)


def _paragraph(block: Any) -> Markup:
    words = Markup("<br>").join(escape(line) for line in block.text.split("\n"))
    name = block.style.name
    if name == "Title":
        return Markup("<h1>{}</h1>").format(words)
    if name.startswith("Heading"):
        return Markup("<h2>{}</h2>").format(words)
    kind = _CLASSES.get(name, "") or _SIDES.get(block.alignment, "")
    return Markup('<p class="{}">{}</p>').format(kind, words)


def _table(block: Any) -> Markup:
    rows = [_cells(row, "th" if _is_heading(row) else "td") for row in block.rows]
    heads = sum(_is_heading(row) for row in block.rows)
    return Markup("<table><thead>{}</thead><tbody>{}</tbody></table>").format(
        Markup("").join(rows[:heads]), Markup("").join(rows[heads:])
    )


def _is_heading(row: Any) -> bool:
    return bool(row._tr.xpath("./w:trPr/w:tblHeader"))


def _cells(row: Any, tag: str) -> Markup:
    cell = Markup('<th class="{}">{}</th>') if tag == "th" else Markup('<td class="{}">{}</td>')
    return Markup("<tr>{}</tr>").format(
        Markup("").join(
            cell.format(_SIDES.get(one.paragraphs[0].alignment, ""), one.text) for one in row.cells
        )
    )
