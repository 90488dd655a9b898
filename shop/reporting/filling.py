"""A template filled with the values of a report: Word, by the placeholders that are known and nothing else.

A template is somebody's file, so its language is cut down to what reports need: names that are listed, the columns of the
table a loop runs over, and `if`. No calls, filters or arithmetic; and it runs in a sandbox all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from importlib import import_module
from io import BytesIO
from typing import Any

from jinja2 import StrictUndefined, TemplateError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from shop.core.errors import Refused
from shop.core.text import N_, excerpt
from shop.reporting import placeholders

_TEXTS = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Const,
    nodes.If,
    nodes.And,
    nodes.Or,
    nodes.Not,
)
_COMPARED = (nodes.Compare, nodes.Operand)
_PROPERTIES = (
    "author",
    "comments",
    "identifier",
    "language",
    "subject",
    "title",
)  # docxtpl fills these as well


def environment() -> ImmutableSandboxedEnvironment:
    """Jinja without what a report does not need; an unknown name is an error, and values are escaped."""
    made = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=True)
    made.globals.clear()
    made.filters.clear()
    made.tests.clear()
    return made


def fill(template: bytes, values: Mapping[str, Any]) -> bytes:
    """The document. Raises Refused where the template does something that is not known."""
    word = _opened(template)
    try:
        word.render(dict(values), environment(), autoescape=True)
    except TemplateError as error:
        raise _unreadable(error) from error
    buffer = BytesIO()
    word.save(buffer)
    return buffer.getvalue()


def check(template: bytes, kind: str) -> None:
    """Refuse the first thing in a template that is not known, by name and with the nearest known one. Raises Refused."""
    jinja = environment()
    for source in _sources(template):
        try:
            tree = jinja.parse(source)
        except TemplateError as error:
            raise _unreadable(error) from error
        _Reading(kind).visit(tree, {})


def _unreadable(error: TemplateError) -> Refused:
    return Refused(
        "模板里的标签写错了，检查大括号、for 和 endfor、if 和 endif 是不是成对：%(error)s",
        "file",
        error=excerpt(error.message or "", 120),
    )


def _opened(template: bytes) -> Any:
    word = import_module("docxtpl").DocxTemplate(BytesIO(template))
    word.init_docx()
    return word


def _sources(template: bytes) -> Iterator[str]:
    """Every text that filling will run, as it will run it."""
    word = _opened(template)
    yield word.patch_xml(word.get_xml())
    for uri in (word.HEADER_URI, word.FOOTER_URI):
        for _key, part in word.get_headers_footers(uri):
            yield word.patch_xml(word.get_part_xml(part))
    for part in word.docx.part.package.iter_parts():
        if part.content_type.endswith(".footnotes+xml"):
            yield word.patch_xml(bytes(part.blob).decode("utf-8"))
    for name in _PROPERTIES:
        yield getattr(word.docx.core_properties, name) or ""


class _Reading:
    """Walks through what a template asks for. `rows` is loop name → table, as deep as the walk has come."""

    def __init__(self, kind: str) -> None:
        self.known = placeholders.known(kind)
        self.tables = placeholders.tables(kind)

    def visit(self, node: nodes.Node, rows: Mapping[str, str]) -> None:
        if isinstance(node, nodes.For):
            self._loop(node, rows)
        elif isinstance(node, nodes.Name):
            self._name(node.name, rows)
        elif isinstance(node, nodes.Getattr):
            self._column(node, rows)
        elif isinstance(node, _TEXTS + _COMPARED):
            for child in node.iter_child_nodes():
                self.visit(child, rows)
        else:
            raise Refused(
                "模板里只能写占位符、if 和 for，不能写“%(what)s”这类写法",
                "file",
                what=type(node).__name__.lower(),
            )

    def _loop(self, node: nodes.For, rows: Mapping[str, str]) -> None:
        plain = isinstance(node.iter, nodes.Name) and isinstance(node.target, nodes.Name)
        if not plain or rows or node.recursive or node.test is not None:
            raise Refused(N_("for 只能写成“for 行 in 各村”这样，不能套在另一个 for 里"), "file")
        table, name = str(getattr(node.iter, "name", "")), str(getattr(node.target, "name", ""))
        if table not in self.tables:
            self._unknown(table, list(self.tables))
        if name in self.known or name in self.tables:
            raise Refused("for 里的行不能叫“%(name)s”，这是占位符的名称", "file", name=name)
        for child in (*node.body, *node.else_):
            self.visit(child, {name: table})

    def _name(self, name: str, rows: Mapping[str, str]) -> None:
        if name in rows:
            raise Refused("“%(name)s”后面要写列名，例如“%(name)s.名称”", "file", name=name)
        if name not in self.known and name not in self.tables:
            self._unknown(name, [*self.known, *self.tables, *rows])

    def _column(self, node: nodes.Getattr, rows: Mapping[str, str]) -> None:
        name = node.node.name if isinstance(node.node, nodes.Name) else ""
        if name not in rows:
            if name:
                self._name(name, rows)
            raise Refused(
                "“%(what)s”不是占位符：只有 for 里的行后面可以写列名", "file", what=f"{name}.{node.attr}"
            )
        columns = self.tables[rows[name]][1]
        if node.attr not in columns:
            self._unknown(f"{name}.{node.attr}", [f"{name}.{column}" for column in columns])

    def _unknown(self, name: str, known: list[str]) -> None:
        near = get_close_matches(name, known, n=1, cutoff=0.3)
        if near:
            raise Refused(
                "没有占位符“%(name)s”，是不是要写“%(near)s”", "file", name=excerpt(name, 40), near=near[0]
            )
        raise Refused("没有占位符“%(name)s”，能用的都列在这一页下面", "file", name=excerpt(name, 40))
