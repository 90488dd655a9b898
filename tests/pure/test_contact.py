"""What strangers write for everybody holds no way to reach anybody elsewhere; ordinary words pass."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.core.contact import refuse_contacts
from shop.core.text import BadInput

REFUSED = {
    "电话": [
        "打我电话13800138000", "１３８００１３８０００", "138-0013-8000", "1 3 8 0 0 1 3 8 0 0 0", "一三八零零一三八零零零",
        "座机 0719-8881234", "幺三八 零零幺三 八千找我 13800138000",
    ],
    "网址": ["看 https://a.example", "www.shop.cn", "去 gou-wu.com 买", "ａｂｃ．ｃｏｍ", "taobao 。 com"],
    "微信": ["加微信abc12345", "VX: mushroom_88", "薇信号 xiaoli66", "qq123456"],
    "邮箱": ["写信 li@example.org"],
}  # fmt: skip
FINE = [
    "很好，500克一袋，肉厚", "2026-11-28下单，12月1日到，2袋共1.5千克", "5星！", "比超市便宜10.50元", "第3次买了，回购5次",
    "泡发6小时，煮30分钟。", "微信上看到推荐来的", "净含量250g*4袋", "。。。还行",
]  # fmt: skip


@pytest.mark.parametrize("kind, text", [(kind, text) for kind, texts in REFUSED.items() for text in texts])
def test_ways_to_be_reached_are_refused_with_their_kind(kind: str, text: str) -> None:
    with pytest.raises(BadInput, match=kind):
        refuse_contacts(text, label="评价")


@pytest.mark.parametrize("text", FINE)
def test_ordinary_words_pass_as_they_are(text: str) -> None:
    assert refuse_contacts(text, label="评价") == text


@given(
    st.text("0123456789", min_size=11, max_size=11),
    st.lists(st.sampled_from(["", " ", "-", ".", "  "]), min_size=11, max_size=11),
    st.text("好吃的香菇，。", max_size=20),
)
def test_any_eleven_digits_are_a_number_however_they_are_spaced(
    digits: str, gaps: list[str], before: str
) -> None:
    spaced = "".join(digit + gap for digit, gap in zip("1" + digits[1:], gaps, strict=True))
    with pytest.raises(BadInput):
        refuse_contacts(f"{before}号{spaced}", label="评价")
