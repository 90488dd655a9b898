"""Reading and writing of weights and pieces."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.core.numbers import BadNumber
from shop.core.quantity import (
    MAX_GRAMS,
    MAX_PIECES,
    UNIT_GRAMS,
    echo_weight,
    format_quantity,
    format_weight,
    parse_pieces,
    parse_weight,
)

HOSTILE = [
    "-1", "+1", "−1", "-0", "1e999", "NaN", "sNaN", "Infinity", "1_0", "0x10", "9" * 5000, "1" + " " * 5000 + "1", "1,23", "01",
    ".5", "5.", "", "  ", "1²", "٣", "1\x00", "\u202e1", "1\ud800", "1 2", "半",
    "5\u212a",
]  # fmt: skip


@pytest.mark.parametrize(
    "text,unit,grams",
    [
        ("10斤", None, 5000),
        ("10", "斤", 5000),
        ("10 斤", "市斤", 5000),
        ("１２", "公斤", 12_000),
        ("１．５ｋｇ", None, 1500),
        ("2.5 KG", None, 2500),
        ("500g", "克", 500),
        ("500G", None, 500),
        ("3千克", "kg", 3000),
        ("3市斤", None, 1500),
        ("0.002斤", None, 1),
        ("0.001kg", None, 1),
        ("1.250", "kg", 1250),
        ("1,000", "斤", 500_000),
        ("1000000000", "公斤", MAX_GRAMS),
    ],
)
def test_weights_as_people_type_them(text: str, unit: str | None, grams: int) -> None:
    assert parse_weight(text, unit) == grams


@pytest.mark.parametrize("unit", ["斤", "kg", "g"])
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_weights_are_refused_alone_and_with_a_unit(text: str, unit: str) -> None:
    for typed, chosen in ((text, unit), (text + unit, None)):
        with pytest.raises(BadNumber) as caught:
            parse_weight(typed, chosen)
        assert "重量" in str(caught.value)
        assert str(caught.value).isprintable()
        assert len(str(caught.value)) < 80


@pytest.mark.parametrize(
    "text,unit,sentence",
    [
        ("0.5", "g", "重量要精确到整克，现在是“0.5”"),
        ("0.001斤", None, "重量要精确到整克，现在是“0.001斤”"),
        ("0.0000001", "kg", "重量最多六位小数，现在是“0.0000001”"),
        ("5", None, "请写明重量的单位：斤、公斤或克"),
        ("5两", None, "请写明重量的单位：斤、公斤或克"),
        ("5斤", "公斤", "重量里写的是“斤”，选的单位却是“公斤”，请改成一样"),
        ("5", "吨", "重量单位只能选斤、公斤或克，现在是“吨”"),
        ("0", "斤", "重量要大于 0"),
        ("斤", None, "请填写重量"),
        ("1000000000.001", "kg", "重量太大了，请检查，现在是“1000000000.001”"),
    ],
)
def test_weight_sentences(text: str, unit: str | None, sentence: str) -> None:
    with pytest.raises(BadNumber) as caught:
        parse_weight(text, unit)
    assert str(caught.value) == sentence


def test_zero_only_where_it_is_allowed() -> None:
    assert parse_weight("0", "斤", zero_allowed=True) == 0
    assert parse_pieces("0", zero_allowed=True) == 0
    with pytest.raises(BadNumber, match="数量要大于 0"):
        parse_pieces("0")


@given(st.integers(1, 10**9), st.sampled_from(sorted(UNIT_GRAMS)))
def test_a_weight_written_in_any_unit_is_read_back(grams: int, unit: str) -> None:
    exact = Fraction(grams, UNIT_GRAMS[unit])
    whole, rest = divmod(exact.numerator * 1000 // exact.denominator, 1000)
    assert parse_weight(f"{whole}.{rest:03d}{unit}") == grams
    assert parse_weight(f"{whole}.{rest:03d}", unit) == grams


@given(st.integers(1, MAX_GRAMS))
def test_what_is_shown_can_be_typed(grams: int) -> None:
    assert parse_weight(format_weight(grams)) == grams
    jin, kilograms = echo_weight(grams).split(" = ")
    assert parse_weight(jin) == parse_weight(kilograms) == grams


@given(st.text(max_size=40), st.sampled_from([None, "斤", "kg"]))
def test_any_text_gives_grams_or_a_refusal(text: str, unit: str | None) -> None:
    try:
        grams = parse_weight(text, unit)
    except BadNumber:
        return
    assert 0 < grams <= MAX_GRAMS


def test_pieces() -> None:
    assert parse_pieces("12") == 12
    assert parse_pieces("１２") == 12
    assert parse_pieces("12 只", "只") == 12
    assert parse_pieces("1,000") == 1000
    assert parse_pieces(str(MAX_PIECES)) == MAX_PIECES


@pytest.mark.parametrize(
    "text", [*HOSTILE, "0.5", "1.0", "12只", "件", str(MAX_PIECES + 1)], ids=range(len(HOSTILE) + 5)
)
def test_hostile_pieces_are_refused(text: str) -> None:
    with pytest.raises(BadNumber, match="数量"):
        parse_pieces(text)


def test_half_a_piece_says_so() -> None:
    with pytest.raises(BadNumber, match=r"数量要写整数，现在是“0\.5”"):
        parse_pieces("0.5")


def test_formats() -> None:
    shown = [format_weight(grams) for grams in (0, 1, 999, 1000, 1500, 1_234_567, 1_000_000, -500, -1500)]
    assert shown == [
        "0克",
        "1克",
        "999克",
        "1千克",
        "1.5千克",
        "1,234.567千克",
        "1,000千克",
        "-500克",
        "-1.5千克",
    ]
    assert format_quantity(1500, "g") == "1.5千克"
    assert format_quantity(1500, "piece") == "1,500件"
    assert format_quantity(2, "piece", "只") == "2只"
    assert echo_weight(5000) == "10斤 = 5千克"
    assert echo_weight(1) == "0.002斤 = 0.001千克"
