"""The standard templates, written by this code as Word documents: what a region's staff download, edit and send back.

Proportions and type of official papers: A4, margins 37/35/28/26 mm, title 方正小标宋 22 pt, text 仿宋 16 pt on 28 pt lines,
headings 黑体, tables 10.5 pt with headings repeated on every page, page numbers below, unit and date at the end.
"""

from __future__ import annotations

from importlib import import_module
from io import BytesIO
from typing import Any

from shop.reporting import standard_words
from shop.reporting.models import MONTHLY
from shop.reporting.standard_words import BODY, CAPTION, CELL, HEAD, NOTE, SIGNED, TITLE

TITLE_FONT = "方正小标宋简体"
TEXT_FONT = "仿宋_GB2312"
HEAD_FONT = "黑体"
# for machines without these: the free or common one that looks most alike
_FALLBACKS = {TITLE_FONT: "SimSun", TEXT_FONT: "FangSong", HEAD_FONT: "SimHei"}
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def build(kind: str) -> bytes:
    """The standard template of a kind of report, as a .docx."""
    docx = import_module("docx")
    paper = docx.Document()
    _page(paper)
    _styles(paper)
    name = "{{ 地区 }}{{ 报告期 }}{{ 产业帮扶 }}和{{ 消费帮扶 }}情况" + (
        "月报" if kind == MONTHLY else "报告"
    )
    paper.add_paragraph(name, style=TITLE)
    for words in ("{%p if 演示 %}", "（演示数据，均为虚构）", "{%p endif %}"):
        paper.add_paragraph(words, style=CAPTION)
    sales = standard_words.MONTHLY_SALES if kind == MONTHLY else standard_words.YEARLY_SALES
    for style, words in (*standard_words.INDUSTRY, *sales, *standard_words.REGISTRY):
        paper.add_paragraph(words, style=style)
    paper.add_paragraph("五、数据表", style=HEAD)
    for caption, table, columns in standard_words.tables(kind):
        paper.add_paragraph("{%p if " + table + " %}", style=BODY)
        paper.add_paragraph(caption, style=CAPTION)
        _table(paper, table, columns)
        paper.add_paragraph("{%p endif %}", style=BODY)
    for style, words in standard_words.NOTES:
        paper.add_paragraph(words, style=style)
    _properties(paper)
    buffer = BytesIO()
    paper.save(buffer)
    return buffer.getvalue()


def _page(paper: Any) -> None:
    shared = import_module("docx.shared")
    section = paper.sections[0]
    section.page_width, section.page_height = shared.Mm(210), shared.Mm(297)
    section.top_margin, section.bottom_margin = shared.Mm(37), shared.Mm(35)
    section.left_margin, section.right_margin = shared.Mm(28), shared.Mm(26)
    section.footer_distance = shared.Mm(25)
    foot = section.footer.paragraphs[0]
    foot.alignment = 1
    run = foot.add_run("— ")
    for kind in ("begin", None, "end"):
        if kind is None:
            _element(run._r, "instrText").text = "PAGE"
        else:
            _element(run._r, "fldChar", fldCharType=kind)
        run = foot.add_run()
    run.text = " —"


def _styles(paper: Any) -> None:
    shared = import_module("docx.shared")
    styles = paper.styles
    given = {style.name for style in styles}
    if SIGNED not in given:
        styles.add_style(SIGNED, 1)
    black = shared.RGBColor(0, 0, 0)
    # style → (font, points, line in points, first line indent in points, alignment: left 0, centre 1, right 2, both 3)
    for name, (font, points, line, indent, side) in {
        BODY: (TEXT_FONT, 16, 28, 32, 3),
        TITLE: (TITLE_FONT, 22, 34, 0, 1),
        HEAD: (HEAD_FONT, 16, 28, 32, 0),
        CAPTION: (HEAD_FONT, 12, 24, 0, 1),
        NOTE: (TEXT_FONT, 12, 20, 0, 0),
        SIGNED: (TEXT_FONT, 16, 28, 0, 2),
        CELL: (TEXT_FONT, 10, 15, 0, 0),
    }.items():
        style = styles[name]
        style.font.name, style.font.size = font, shared.Pt(points)
        style.font.bold = style.font.italic = False
        style.font.color.rgb = black
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for which in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(f"{{{_W}}}{which}", None)
        fonts.set(f"{{{_W}}}eastAsia", font)
        form = style.paragraph_format
        form.line_spacing, form.first_line_indent = shared.Pt(line), shared.Pt(indent)
        form.space_before, form.space_after = (
            shared.Pt(12 if name in (TITLE, CAPTION) else 0),
            shared.Pt(18 if name == TITLE else 0),
        )
        form.alignment = side
        form.keep_with_next = name in (HEAD, CAPTION)
    for border in styles[TITLE].element.iter(f"{{{_W}}}pBdr"):
        border.getparent().remove(border)
        break
    for part in paper.part.package.iter_parts():
        if str(part.partname) == "/word/fontTable.xml":
            part._blob = _with_fallbacks(part.blob)


def _with_fallbacks(blob: bytes) -> bytes:
    etree = import_module("lxml.etree")
    table = etree.fromstring(blob)
    for font, other in _FALLBACKS.items():
        _element(_element(table, "font", name=font), "altName", val=other)
    return bytes(etree.tostring(table, xml_declaration=True, encoding="UTF-8", standalone=True))


def _table(paper: Any, name: str, columns: list[standard_words.Column]) -> None:
    """Headings repeated on every page, one row for each row of the named table, the totals; no row parted by a page."""
    shared = import_module("docx.shared")
    totals = any(last for *_cell, last in columns)
    table = paper.add_table(rows=5 if totals else 4, cols=len(columns), style="Table Grid")
    table.alignment, table.autofit = 1, False
    head, begin, line, end = list(table.rows)[:4]
    _element(head._tr.get_or_add_trPr(), "tblHeader")
    begin.cells[0].paragraphs[0].text = "{%tr for 行 in " + name + " %}"
    end.cells[0].paragraphs[0].text = "{%tr endfor %}"
    for row in table.rows:
        _element(row._tr.get_or_add_trPr(), "cantSplit")
        for place, (heading, field, width, last) in enumerate(columns):
            cell = row.cells[place]
            cell.width = shared.Mm(width)
            if row._tr in (begin._tr, end._tr):
                continue
            words = (
                heading if row._tr is head._tr else "{{ 行." + field + " }}" if row._tr is line._tr else last
            )
            paragraph = cell.paragraphs[0]
            paragraph.style, paragraph.text = paper.styles[CELL], words
            if row._tr is head._tr:
                paragraph.alignment = 1
            elif field not in ("名称", "村", "口径"):
                paragraph.alignment = 2


def _properties(paper: Any) -> None:
    properties = paper.core_properties
    properties.author = properties.comments = properties.title = properties.last_modified_by = ""
    properties.language = "zh-CN"


def _element(parent: Any, tag: str, **attributes: str) -> Any:
    """A new child of Word's own vocabulary."""
    child = parent.makeelement(
        f"{{{_W}}}{tag}", {f"{{{_W}}}{name}": value for name, value in attributes.items()}
    )
    parent.append(child)
    return child
