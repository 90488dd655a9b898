"""The English catalogue: nothing missing, nothing left over, nothing fuzzy, every placeholder kept."""

from __future__ import annotations

import re

import pytest
from babel.messages.catalog import Catalog, Message

from dev import messages

PLACE = re.compile(r"%%|%(?:\(\w+\))?[sd]")
HANZI = re.compile(r"[\u4e00-\u9fff]+")
# Said as they are: the unit people weigh in, what to type into a search box, a form and the columns of a bank file.
KEPT = {
    "斤",
    "王小华",
    "湖北省",
    "湖北省十堰市茅箭区大川镇人民路",
    "湖北省十堰市茅箭区人民路",
    "号",
    "姓名",
    "电话",
    "地址",
    "份数",
    "香菇",
    "卡子村",
    "会农社",
    "业务参考号",
    "序号",
}
# A space at the edge joins a sentence that a page puts together; a closing mark of the Chinese one may go.
LEADING = re.compile(r"^ ")


@pytest.fixture(scope="module")
def stored() -> Catalog:
    return messages.read()


def test_it_holds_exactly_the_sentences_of_the_source(stored: Catalog) -> None:
    source = {message.id for message in messages.extracted() if message.id}
    known = {message.id for message in stored if message.id}
    assert source - known == set(), "run `make messages` and translate these"
    assert known - source == set(), "run `make messages`: these are nowhere in the source"
    assert not stored.obsolete


def test_every_sentence_is_translated(stored: Catalog) -> None:
    assert [message.id for message in stored if message.id and not message.string] == []
    assert [message.id for message in stored if message.id and message.fuzzy] == []


def test_placeholders_are_kept(stored: Catalog) -> None:
    assert [
        message.id
        for message in sentences(stored)
        if sorted(PLACE.findall(str(message.id))) != sorted(PLACE.findall(str(message.string)))
    ] == []


def test_translations_are_english(stored: Catalog) -> None:
    assert [
        message.string for message in sentences(stored) if set(HANZI.findall(str(message.string))) - KEPT
    ] == []


def test_spaces_at_the_edges_are_meant(stored: Catalog) -> None:
    for message in sentences(stored):
        assert str(message.string) == str(message.string).rstrip(), message.string
        assert bool(LEADING.match(str(message.string))) == bool(LEADING.match(str(message.id))), message.id


def test_quotes_are_straight(stored: Catalog) -> None:
    """Curly ones are drawn as wide as a hanzi by Chinese fonts."""
    assert [message.string for message in sentences(stored) if set(str(message.string)) & set("‘’“”")] == []


def sentences(catalog: Catalog) -> list[Message]:
    return [message for message in catalog if message.id]
