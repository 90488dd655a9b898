"""What people may type, and what is refused with a sentence."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.core.numbers import BadNumber
from shop.core.text import BadText, clean_line, clean_paragraphs, excerpt


def name(text: str) -> str:
    return clean_line(text, label="姓名", max_length=40)


@pytest.mark.parametrize(
    "text",
    [
        "张三",
        "𠮷田",
        "㛃",
        "\U0003134a",
        "\ue000",
        "Müller",
        "e\u0301",
        "葛\U000e0100",
        "卡子村 3 组",
        "好❤\ufe0f",
        "👍🏽",
        "=1+1",
        "100%",
    ],
)
def test_names_survive_as_typed(text: str) -> None:
    assert name(text) == text
    assert name(f" \u3000{text}\r\n") == text


HIDDEN = {
    "NUL": "张\x00三",
    "escape": "张\x1b[31m",
    "C1 control": "张\x85三",
    "lone surrogate": "张\ud800",
    "direction override": "张\u202e三",
    "direction isolate": "张\u2066三",
    "direction mark": "张\u200f三",
    "zero width space": "张\u200b三",
    "zero width joiner": "张\u200d三",
    "byte order mark": "\ufeff张三",
    "soft hyphen": "张\u00ad三",
    "line separator": "张\u2028三",
    "paragraph separator": "张\u2029三",
    "language tag": "张\U000e0041",
    "blank letter": "张\u3164",
    "noncharacter": "张\uffff",
    "noncharacter of another plane": "张\U0001fffe",
    "noncharacter block": "张\ufdd0",
    "line break": "张\n三",
    "tab": "张\t三",
}


@pytest.mark.parametrize("text", HIDDEN.values(), ids=HIDDEN.keys())
def test_hidden_characters_are_refused(text: str) -> None:
    with pytest.raises(
        BadText, match=r"姓名第 [12] 个字是看不见的特殊字符（U\+[0-9A-F]{4,5}），请删掉后重新输入"
    ) as caught:
        name(text)
    assert str(caught.value).isprintable()


def test_towers_of_marks_are_refused() -> None:
    assert name("a" + "\u0301" * 6) == "a" + "\u0301" * 6
    with pytest.raises(BadText, match="姓名第 2 个字上叠加的符号太多"):
        name("张a" + "\u0301" * 7)


@pytest.mark.parametrize("text", ["", "  ", "\u3000", "\u2003", "\u0301", "\n"])
def test_nothing_visible_is_nothing(text: str) -> None:
    with pytest.raises(BadText, match="请填写姓名"):
        name(text)


def test_optional_text_may_be_empty() -> None:
    assert clean_line(" ", label="备注", max_length=5, required=False) == ""


def test_length_counts_characters_and_a_megabyte_is_refused() -> None:
    assert name("𠮷" * 40) == "𠮷" * 40
    with pytest.raises(BadText, match="姓名太长了，最多 40 个字，现在有 41 个"):
        name("𠮷" * 41)
    with pytest.raises(BadText, match="最多 40 个字"):
        name("字" * 1_000_000)


def test_paragraphs_keep_their_lines() -> None:
    assert clean_paragraphs("一\r\n二\r三\n\t四\n", label="备注", max_length=20) == "一\n二\n三\n\t四"
    with pytest.raises(BadText, match="备注第 3 个字"):
        clean_paragraphs("一\n\x0b", label="备注", max_length=20)
    with pytest.raises(BadText, match="请填写备注"):
        clean_paragraphs("\n\t\n", label="备注", max_length=20)


@given(st.text(max_size=60), st.integers(1, 50))
def test_what_is_taken_is_bounded_storable_and_stable(text: str, limit: int) -> None:
    try:
        taken = clean_line(text, label="名称", max_length=limit)
    except BadText:
        return
    assert 0 < len(taken) <= limit
    assert taken in text
    assert "\x00" not in taken
    taken.encode()
    assert clean_line(taken, label="名称", max_length=limit) == taken


@given(st.text(max_size=60))
def test_excerpts_can_always_be_printed(text: str) -> None:
    shown = excerpt(text)
    assert shown.isprintable()
    assert len(shown) <= 21
    assert (len(text) <= 20) == (shown == excerpt(text, 60))


def test_a_refusal_survives_the_way_to_another_process() -> None:
    original = BadNumber("%(label)s最多%(places)s位小数", label="100%", places="两")
    copy = pickle.loads(pickle.dumps(original))  # noqa: S301 (our own bytes)
    assert str(copy) == str(original) == "100%最多两位小数"
    assert (copy.template, copy.values) == (original.template, original.values)
