"""A template of the staff's: what it may say, what is refused by name, versions, and the way back."""

from __future__ import annotations

from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from docx import Document
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from shop.core.db import session, transaction
from shop.core.errors import Refused
from shop.reporting import filling, placeholders, standard, template_file, templates
from shop.reporting.models import KINDS, MONTHLY, YEARLY
from tests.access.identities import TOWN
from tests.reporting.made import asked, made, row, somebody, words_of_docx


def paper(*lines: str, header: str = "", title: str = "") -> bytes:
    made_of = Document()
    for line in lines:
        made_of.add_paragraph(line)
    if header:
        made_of.sections[0].header.paragraphs[0].text = header
    made_of.core_properties.title = title
    buffer = BytesIO()
    made_of.save(buffer)
    return buffer.getvalue()


def with_part(data: bytes, name: str, body: bytes, instead: bool = False) -> bytes:
    buffer = BytesIO()
    with ZipFile(BytesIO(data)) as old, ZipFile(buffer, "w", ZIP_DEFLATED) as new:
        for part in old.infolist():
            if part.filename != name:
                new.writestr(part, old.read(part))
        new.writestr(name, body)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", KINDS)
def test_the_standard_template_knows_all_it_says(app: Flask, kind: str) -> None:
    template = standard.build(kind)
    template_file.check(template)
    filling.check(template, kind)


@pytest.mark.parametrize(
    "line, said",
    [
        ("{{ 销售额千元 }}", "没有占位符“销售额千元”，是不是要写“销售额元”"),
        ("{{ x.__class__ }}", "没有占位符“x”"),
        ("{{ 地区.__class__ }}", "“地区.__class__”不是占位符"),
        ("{{ 地区.upper() }}", "call"),
        ("{{ 地区|upper }}", "filter"),
        ("{{ 9 ** 9 }}", "pow"),
        ("{{ ''.__class__ }}", "不是占位符"),
        ("{{ 地区[0] }}", "getitem"),
        ("{% set a = 1 %}", "assign"),
        ("{% include '/etc/passwd' %}", "include"),
        ("{% for 行 in 各村 %}{{ 行.名子 }}{% endfor %}", "是不是要写“行.名称”"),
        ("{% for 行 in 各村 %}{% for 列 in 各村 %}{% endfor %}{% endfor %}", "不能套在"),
        ("{% for 行 in 全部村 %}{% endfor %}", "没有占位符“全部村”"),
        ("{% for 行 in 各村 %}{{ loop.index }}{% endfor %}", "没有占位符“loop”"),
        ("{{ 累计销售额元 }}", "没有占位符“累计销售额元”"),  # of monthly reports
        ("{% if 有销售 %}", "成对"),
    ],
)
def test_what_is_not_known_is_refused_by_name(app: Flask, line: str, said: str) -> None:
    with pytest.raises(Refused, match=r".") as refused:
        filling.check(paper(line), YEARLY)
    assert said in refused.value.message


@pytest.mark.parametrize("where", ["header", "title"])
def test_headers_and_properties_are_read_too(app: Flask, where: str) -> None:
    with pytest.raises(Refused, match="没有占位符“坏名称”"):
        filling.check(paper("正文", **{where: "{{ 坏名称 }}"}), YEARLY)


def test_the_sandbox_holds_by_itself(app: Flask) -> None:
    with pytest.raises(Refused):
        filling.fill(paper("{{ 地区.__class__.__mro__ }}"), {"地区": "大川镇"})


def test_names_of_goods_cannot_write_into_the_document(app: Flask) -> None:
    body = filling.fill(paper("{{ 产品清单 }}"), {"产品清单": "<w:p/>&{{ 地区 }}{% if %}"})
    assert words_of_docx(body) == "<w:p/>&{{ 地区 }}{% if %}"


def test_files_that_are_no_plain_word_document_are_refused() -> None:
    good = paper("{{ 地区 }}")
    template_file.check(good)
    outside = (
        b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="a"'
        b' Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate"'
        b' Target="http://example.org/x.dotm" TargetMode="External"/></Relationships>'
    )
    for bad, said in (
        (b"", "请选择"),
        (b"x" * (template_file.MAX_SENT + 1), "太大"),
        (b"not a zip", "不是 .docx"),
        (with_part(good, "word/vbaProject.bin", b"x"), "宏"),
        (with_part(good, "word/embeddings/oleObject1.xlsx", b"x"), "宏"),
        (with_part(good, "word/_rels/settings.xml.rels", outside), "链接"),
        (with_part(good, "word/extra.xml", b'<!DOCTYPE a [<!ENTITY b "c">]><a/>'), "不认识"),
        (with_part(good, "word/extra.xml", b" " * (3 * 1024 * 1024)), "太大"),
        (with_part(good, "[Content_Types].xml", b"<Types/>"), "不是 .docx"),
    ):
        with pytest.raises(Refused, match=said):
            template_file.check(bad)


def test_a_template_is_used_from_its_version_on_and_the_standard_one_comes_back(town: Flask) -> None:
    first = made(town, "yearly", "2020")
    with town.app_context():
        by = somebody()
        with transaction():
            assert (
                templates.accept(TOWN, YEARLY, paper("本年卖了{{ 销售额万元 }}。"), "领导要的短版", by) == 1
            )
        second = made(town, "yearly", "2020")
        assert second != first  # the same facts in other words
        assert words_of_docx(bytes(row(second).docx)) == "本年卖了18.6万元。"
        assert row(first).facts_sha256 == row(second).facts_sha256
        with pytest.raises(Refused, match="没有占位符"), transaction():
            templates.accept(TOWN, YEARLY, paper("{{ 没有的 }}"), "", by)
        assert templates.current(TOWN, YEARLY) == 1
        assert templates.current(TOWN, MONTHLY) == templates.STANDARD
        session().rollback()
        with transaction():
            assert templates.back_to_standard(TOWN, YEARLY, by) == 2
        with transaction():
            assert templates.back_to_standard(TOWN, YEARLY, by) == templates.STANDARD  # it counts already
        assert templates.current(TOWN, YEARLY) == templates.STANDARD
        session().rollback()
        assert row(asked("yearly", "2020")).template_version == templates.STANDARD
        with pytest.raises(DatabaseError, match="append-only"), transaction():
            session().execute(text("update report_template set note = 'x'"))
        with pytest.raises(DatabaseError, match="append-only"), transaction():
            session().execute(text("update report set facts = '{}' where state = 'done'"))


def test_every_placeholder_has_a_value(shared_town: Flask) -> None:
    with shared_town.app_context():
        for kind in KINDS:
            values = templates.sample_values(TOWN, kind)
            assert set(values) == set(placeholders.known(kind)) | set(placeholders.tables(kind))
            for name, (_label, columns) in placeholders.tables(kind).items():
                assert all(set(line) == set(columns) for line in values[name]), name
