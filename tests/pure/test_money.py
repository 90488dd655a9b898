"""Reading, writing and rounding of money."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.core.money import (
    MAX_FEN,
    chinese_capital,
    format_plain,
    format_wan,
    format_yuan,
    parse_yuan,
    per_500g,
    price_times_quantity,
)
from shop.core.numbers import BadNumber, half_up, read_decimal, trimmed

TAKEN = {
    "68": 6800,
    "68.5": 6850,
    "68.50": 6850,
    "0.01": 1,
    " 1,234.00 ": 123_400,
    "１２．５": 1250,
    "１，２３４": 123_400,
    "￥６８": 6800,
    "¥ 68": 6800,
    "68元": 6800,
    "\u30001\u3000": 100,
    "100000000000": MAX_FEN,
    "100,000,000,000.00": MAX_FEN,
}

REFUSED = [
    "", "  ", "\u3000", "¥", "元", "-1", "+1", "−1", "－1", "-0", "0", "0.00", "1e3", "1e999", "1E3", "NaN", "nan", "sNaN",
    "Infinity", "-Infinity", "inf", "1_0", "0x10", "0b1", "1.234", "1.230", ".5", "5.", "1.2.3", "1,23", "12,34",
    "0,123", "012,345",
    "1,2345", "1234,567", ",123", "1,,234", "1,234,", "007", "00", "1 000", "1\u00a0000", "1\u2009000", "٣", "1²", "⑫",
    "½", "十二", "12。5", "12;5", "12\n5", "12\x00", "1\u200b2", "\u202e12", "12\ud800", "1/2", "1e", "$5", "¥¥5",
    "5元元", "100000000000.01", "1" + "0" * 17, "9" * 5000, "0." + "0" * 5000 + "1", " " * 5000 + "1.234",
]  # fmt: skip


@pytest.mark.parametrize("text,fen", TAKEN.items())
def test_amounts_as_people_type_them(text: str, fen: int) -> None:
    assert parse_yuan(text) == fen


@pytest.mark.parametrize("text", REFUSED, ids=range(len(REFUSED)))
def test_everything_else_is_refused_with_a_short_printable_sentence(text: str) -> None:
    with pytest.raises(BadNumber) as caught:
        parse_yuan(text)
    sentence = str(caught.value)
    assert "金额" in sentence
    assert len(sentence) < 80
    assert sentence.isprintable()


@pytest.mark.parametrize(
    "text,sentence",
    [
        ("1.234", "金额最多两位小数，现在是“1.234”"),
        ("", "请填写金额"),
        ("-5", "金额不能带正负号，现在是“-5”"),
        ("１ｅ３", "金额请只写普通数字，例如 12 或 1,200.5，现在是“1e3”"),
        ("0", "金额要大于 0"),
        ("100000000001", "金额不能超过 10,000,000万元，现在是“100000000001”"),
        ("9" * 31, "金额太长了，最多 30 个字符"),
        ("12\u202e34", "金额请只写普通数字，例如 12 或 1,200.5，现在是“12\ufffd34”"),
    ],
)
def test_sentences(text: str, sentence: str) -> None:
    with pytest.raises(BadNumber) as caught:
        parse_yuan(text)
    assert str(caught.value) == sentence
    assert caught.value.template % (caught.value.values or {}) == sentence


def test_zero_only_where_it_is_allowed_and_other_labels() -> None:
    assert parse_yuan("0", zero_allowed=True) == 0
    assert parse_yuan("0.00", zero_allowed=True) == 0
    with pytest.raises(BadNumber, match="运费最多两位小数"):
        parse_yuan("0.001", label="运费", zero_allowed=True)


@given(st.integers(1, MAX_FEN))
def test_what_is_written_is_read_back(fen: int) -> None:
    assert parse_yuan(format_yuan(fen)) == fen
    assert parse_yuan(format_plain(fen)) == fen
    assert parse_yuan(f"{fen // 100}.{fen % 100:02d}") == fen


@given(st.text(max_size=40))
def test_any_text_gives_fen_or_a_refusal(text: str) -> None:
    try:
        fen = parse_yuan(text)
    except BadNumber:
        return
    assert 0 < fen <= MAX_FEN


@given(st.text(alphabet="0123456789.,", min_size=1, max_size=12))
def test_what_is_taken_means_what_it_says(text: str) -> None:
    """Independent reading: an accepted amount equals the same digits as an exact fraction of a yuan."""
    try:
        fen = parse_yuan(text, zero_allowed=True)
    except BadNumber:
        return
    assert Fraction(text.replace(",", "")) == Fraction(fen, 100)


def test_formats() -> None:
    assert [format_yuan(fen) for fen in (0, 5, 123_400, -123_456)] == [
        "¥0.00",
        "¥0.05",
        "¥1,234.00",
        "-¥1,234.56",
    ]
    assert [format_plain(fen) for fen in (0, 123_400, -5)] == ["0.00", "1,234.00", "-0.05"]


@pytest.mark.parametrize(
    "fen,text",
    [
        (18_600_000, "18.6万元"),
        (878_500_000, "878.5万元"),
        (0, "0万元"),
        (4_999, "0万元"),
        (5_000, "0.01万元"),
        (14_999, "0.01万元"),
        (15_000, "0.02万元"),
        (1_000_000, "1万元"),
        (-15_000, "-0.02万元"),
        (-4_999, "0万元"),
        (1_234_567_890_000, "1,234,567.89万元"),
    ],
)
def test_wan(fen: int, text: str) -> None:
    assert format_wan(fen) == text


@given(st.integers(-(10**18), 10**18), st.integers(1, 10**9))
def test_half_up_is_the_nearest_and_halves_grow(numerator: int, denominator: int) -> None:
    rounded, exact = half_up(numerator, denominator), Fraction(numerator, denominator)
    assert abs(rounded - exact) <= Fraction(1, 2)
    if abs(rounded - exact) == Fraction(1, 2):
        assert abs(rounded) > abs(exact)


@pytest.mark.parametrize(
    "price,grams,fen",
    [(6800, 500, 3400), (1, 499, 0), (1, 500, 1), (3, 500, 2), (1599, 1250, 1999), (0, 1, 0), (5, 0, 0)],
)
def test_price_times_quantity_rounds_once_half_up(price: int, grams: int, fen: int) -> None:
    assert price_times_quantity(price, grams) == fen


def test_per_500g() -> None:
    assert per_500g(6800, 250) == 13_600
    assert per_500g(1000, 300) == 1667
    assert per_500g(1, 1000) == 1
    assert per_500g(1, 1001) == 0


@pytest.mark.parametrize("numbers", [(-1, 5), (5, -1)])
def test_prices_and_quantities_are_never_negative(numbers: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="negative"):
        price_times_quantity(*numbers)
    with pytest.raises(ValueError, match="negative"):
        per_500g(*numbers)


def test_no_price_per_500g_of_nothing() -> None:
    with pytest.raises(ValueError, match="positive"):
        per_500g(100, 0)


@pytest.mark.parametrize(
    "fen,words",
    [
        (18_600_000, "壹拾捌万陆仟元整"),
        (0, "零元整"),
        (1, "壹分"),
        (50, "伍角整"),
        (14, "壹角肆分"),
        (100, "壹元整"),
        (1_000, "壹拾元整"),
        (140_950, "壹仟肆佰零玖元伍角整"),
        (600_714, "陆仟零柒元壹角肆分"),
        (168_032, "壹仟陆佰捌拾元叁角贰分"),
        (10_700_053, "壹拾万柒仟元伍角叁分"),
        (1_640_902, "壹万陆仟肆佰零玖元零贰分"),
        (32_504, "叁佰贰拾伍元零肆分"),
        (10_000_100, "壹拾万零壹元整"),
        (1_001_000_000, "壹仟零壹万元整"),
        (10_000_000_000, "壹亿元整"),
        (10_001_000_000, "壹亿零壹万元整"),
        (100_000_000_100, "壹拾亿零壹元整"),
        (1_050_600_000_000, "壹佰零伍亿零陆佰万元整"),
        (10**15, "壹拾万亿元整"),
        (123_456_789_012_345, "壹万贰仟叁佰肆拾伍亿陆仟柒佰捌拾玖万零壹佰贰拾叁元肆角伍分"),
    ],
)
def test_capital_numerals(fen: int, words: str) -> None:
    assert chinese_capital(fen) == words


@pytest.mark.parametrize("fen", [-1, 10**15 + 1])
def test_capital_numerals_refuse(fen: int) -> None:
    with pytest.raises(ValueError, match="chinese_capital"):
        chinese_capital(fen)


def _value(words: str) -> int:
    """An independent reader of capital numerals: digits and places added up, 零 skipped."""
    total = section = digit = 0
    for char in words.removesuffix("整"):
        if char in "零壹贰叁肆伍陆柒捌玖":
            digit = "零壹贰叁肆伍陆柒捌玖".index(char)
        elif char in "拾佰仟":
            section, digit = section + digit * 10 ** ("拾佰仟".index(char) + 1), 0
        elif char == "亿":
            total, section, digit = (total + section + digit) * 10**8, 0, 0
        elif char == "万":
            high, total = divmod(total, 10**8)
            total, section, digit = high * 10**8 + (total + section + digit) * 10**4, 0, 0
        elif char == "元":
            total, section, digit = (total + section + digit) * 100, 0, 0
        else:
            total, digit = total + digit * {"角": 10, "分": 1}[char], 0
    return total


@given(st.integers(0, 10**15) | st.integers(0, 10**7) | st.lists(st.sampled_from("0001"), max_size=15).map(
    lambda digits: int("0" + "".join(digits))
))  # fmt: skip
def test_capital_numerals_read_back(fen: int) -> None:
    words = chinese_capital(fen)
    assert _value(words) == fen
    assert "零零" not in words
    assert not words.startswith("零") or fen == 0


def test_numbers_never_pass_through_binary_fractions() -> None:
    dice = random.Random(7)  # noqa: S311 (a repeatable sample, not a secret)
    for _ in range(500):
        fen = dice.randrange(10**12, MAX_FEN)
        assert parse_yuan(f"{fen // 100}.{fen % 100:02d}") == fen


def test_trimmed_and_places() -> None:
    assert [trimmed(n, 3) for n in (0, 1, 1500, 1000, 1_234_500, -1)] == [
        "0",
        "0.001",
        "1.5",
        "1",
        "1,234.5",
        "-0.001",
    ]
    assert trimmed(12, 0) == "12"
    assert read_decimal("1,234.50", label="数", max_places=3) == (123_450, 2)
    with pytest.raises(BadNumber, match=r"数要写整数，现在是“0\.5”"):
        read_decimal("0.5", label="数", max_places=0)
