"""The PDF follows the Word document: pictures, boxes, headers, page numbers, merged cells; what it cannot show has a name."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib import import_module
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from PIL import Image

from shop.reporting import paper, standard
from tests.reporting import pdf_text

BOX = (
    '<w:r xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    ' xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    ' xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"'
    ' xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
    ' xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"'
    ' xmlns:v="urn:schemas-microsoft-com:vml"><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wp:anchor>'
    '<wp:positionH relativeFrom="column"><wp:align>right</wp:align></wp:positionH><wp:extent cx="1270000" cy="635000"/>'
    '<wp:wrapSquare wrapText="bothSides"/><a:graphic><a:graphicData uri="x"><wps:wsp><wps:spPr/><wps:txbx>'
    "<w:txbxContent><w:p><w:r><w:t>框里的字</w:t></w:r></w:p></w:txbxContent></wps:txbx></wps:wsp></a:graphicData></a:graphic>"
    "</wp:anchor></w:drawing></mc:Choice><mc:Fallback><w:pict><v:textbox><w:txbxContent><w:p><w:r><w:t>框里的字</w:t></w:r>"
    "</w:p></w:txbxContent></v:textbox></w:pict></mc:Fallback></mc:AlternateContent></w:r>"
)
CHART = (
    '<w:r xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    ' xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"'
    ' xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><w:drawing><wp:inline><a:graphic>'
    '<a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/chart"/></a:graphic></wp:inline></w:drawing></w:r>'
)


@pytest.fixture(autouse=True)
def _fonts(app: Flask) -> None:
    """The application has the font."""


def picture(kind: str = "PNG", colour: str = "red") -> BytesIO:
    buffer = BytesIO()
    Image.new("RGB", (60, 30), colour).save(buffer, kind)
    buffer.seek(0)
    return buffer


def document(fill: Callable[[Any], object]) -> bytes:
    word = import_module("docx").Document()
    fill(word)
    buffer = BytesIO()
    word.save(buffer)
    return buffer.getvalue()


def piece(xml: str) -> Any:
    return import_module("docx.oxml").parse_xml(xml)


def test_pictures_keep_their_size_in_the_text_and_in_the_header() -> None:
    mm = import_module("docx.shared").Mm

    def fill(word: Any) -> None:
        word.add_paragraph("图在下面")
        word.add_picture(picture(), width=mm(50))
        word.sections[0].header.paragraphs[0].add_run().add_picture(picture("BMP", "blue"), height=mm(10))

    body = document(fill)
    assert paper.unshown(body) == []
    assert re.findall(r"width:([\d.]+)pt;height:([\d.]+)pt", paper.page(body)) == [
        ("56.6929", "28.3465"),
        ("141.732", "70.8661"),
    ]
    made = paper.pdf(body)
    assert pdf_text.pictures(made) == 2
    assert "图在下面" in pdf_text.pages(made)[0]


def test_headers_and_page_numbers_stand_on_every_page() -> None:
    def fill(word: Any) -> None:
        section = word.sections[0]
        section.header.paragraphs[0].text = "内部资料"
        section.different_first_page_header_footer = True
        section.first_page_header.paragraphs[0].text = "首页的头"
        for part in (section.footer, section.first_page_footer):
            run = part.paragraphs[0].add_run("第")
            for kind in ("begin", "PAGE", "separate", "7", "end"):
                tag = {"PAGE": "instrText", "7": "t"}.get(kind, "fldChar")
                child = run._r.makeelement(
                    f"{{{paper_ns()}}}{tag}",
                    {} if tag != "fldChar" else {f"{{{paper_ns()}}}fldCharType": kind},
                )
                child.text = kind if tag != "fldChar" else None
                run._r.append(child)
            part.paragraphs[0].add_run("页")
        word.add_paragraph("甲")
        word.add_page_break()
        word.add_paragraph("乙")
        word.add_page_break()
        word.add_paragraph("丙")

    first, second, third = pdf_text.pages(paper.pdf(document(fill)))
    for words, said, unsaid in (
        (first, ("首页的头", "第1页", "甲"), ("内部资料",)),
        (second, ("内部资料", "第2页", "乙"), ("首页的头",)),
        (third, ("内部资料", "第3页", "丙"), ("第7页",)),
    ):
        assert [one for one in said if one not in words] == []
        assert [one for one in unsaid if one in words] == []


def paper_ns() -> str:
    return "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def test_a_box_says_its_words_once() -> None:
    def fill(word: Any) -> None:
        word.add_paragraph("旁边有框")._p.append(piece(BOX))

    body = document(fill)
    assert paper.unshown(body) == []
    (words,) = pdf_text.pages(paper.pdf(body))
    assert words.count("框里的字") == 1
    assert "float:right" in paper.page(body)


def test_merged_cells_and_widths_are_the_documents() -> None:
    def fill(word: Any) -> None:
        table = word.add_table(rows=3, cols=3, style="Table Grid")
        for column, twips in zip(table._tbl.tblGrid.gridCol_lst, (1000, 3000, 4000), strict=True):
            column.w = twips * 635
        for row in table.rows:
            for cell, twips in zip(row.cells, (1000, 3000, 4000), strict=True):
                cell.width = twips * 635
        table.cell(0, 0).merge(table.cell(0, 2)).text = "三列"
        table.cell(1, 0).merge(table.cell(2, 0)).text = "两行"
        table.cell(1, 1).text = "中"
        table.cell(2, 2).add_table(rows=1, cols=1).cell(0, 0).text = "里面的表"
        for one in table._tbl.tr_lst[1:]:
            assert len(one.tc_lst) == 3

    body = document(fill)
    html = str(paper.page(body))
    assert re.findall(r"<t[dh]( \w+=\"\d\")", html) == [' colspan="3"', ' rowspan="2"']
    assert re.findall(r"<col style=\"width:([\d.]+)%", html)[:3] == ["12.50", "37.50", "50.00"]
    (words,) = pdf_text.pages(paper.pdf(body))
    for said in ("三列", "两行", "中", "里面的表"):
        assert words.count(said) == 1, said


def test_what_has_no_place_is_named_not_dropped() -> None:
    def fill(word: Any) -> None:
        paragraph = word.add_paragraph("公式和图表")
        paragraph._p.append(piece(CHART))
        paragraph._p.append(
            piece('<m:oMath xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"/>')
        )
        word.add_paragraph("一条", style="List Number")
        word.sections[0]._sectPr.append(piece(f'<w:cols xmlns:w="{paper_ns()}" w:num="2"/>'))

    found = paper.unshown(document(fill))
    assert {"图表", "公式", "自动编号"} <= set(found)
    assert all("%" not in name for name in found)


@pytest.mark.parametrize("kind", ["monthly", "yearly"])
def test_the_standard_templates_are_shown_whole(kind: str) -> None:
    assert paper.unshown(standard.build(kind)) == []


def test_a_landscape_section_has_its_own_pages() -> None:
    def fill(word: Any) -> None:
        word.add_paragraph("竖的")
        section = word.add_section()
        section.page_width, section.page_height = section.page_height, section.page_width
        word.add_paragraph("横的")

    made = paper.pdf(document(fill))
    boxes = re.findall(
        rb"/MediaBox ?\[([^\]]*)\]", b"".join([made, *(body for _head, body in pdf_text.streams(made))])
    )
    assert len(boxes) == 2
    wide, high = (float(number) for number in boxes[1].split()[2:])
    assert wide > high
    assert ["竖的" in words for words in pdf_text.pages(made)] == [True, False]


def test_numbers_without_sense_are_no_numbers() -> None:
    def fill(word: Any) -> None:
        table = word.add_table(rows=1, cols=1)
        table.cell(0, 0).text = "一格"
        table._tbl.tr_lst[0].tc_lst[0].get_or_add_tcPr().append(
            piece(f'<w:gridSpan xmlns:w="{paper_ns()}" w:val="99999999"/>')
        )
        word.add_paragraph("字").paragraph_format.element.get_or_add_pPr().append(
            piece(f'<w:ind xmlns:w="{paper_ns()}" w:left="nan" w:firstLine="1e309"/>')
        )

    html = str(paper.page(document(fill)))
    assert "colspan" not in html
    assert "nan" not in html
    assert "inf" not in html


def test_what_a_document_says_is_never_markup() -> None:
    def fill(word: Any) -> None:
        run = word.add_paragraph().add_run("<img src=file:///etc/passwd>")
        run.font.name = "x'};body{display:none"

    html = str(paper.page(document(fill)))
    assert "&lt;img" in html
    assert "display:none" not in html
    assert "};body" not in html
