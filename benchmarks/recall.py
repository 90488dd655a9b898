"""Is what was asked for found? Words with the products that they must find, labelled by kind of goods, not by the search."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from benchmarks.client import Steps, Visitor, one_by_one
from benchmarks.measure import Contender

# Word → English names of the kinds that it means.
LABELS: dict[str, tuple[str, ...]] = {
    "香菇": ("Dried shiitake",),
    "蜂蜜": ("Raw honey",),
    "茶叶": ("Mountain green tea",),
    "竹笋": ("Dried bamboo shoots", "Fresh bamboo shoots"),
    "土鸡": ("Free-range chicken",),
    "羊肉": ("Goat meat",),
    "猕猴桃": ("Kiwi fruit",),
    "辣椒": ("Mountain chillies",),
    "西瓜": ("Watermelon",),
    "xianggu": ("Dried shiitake",),
    "gxg": ("Dried shiitake",),
    "fengmi": ("Raw honey",),
}
MOST_PAGES = 15


def wanted(word: str, stock: list[dict[str, Any]]) -> set[int]:
    """Ids (ours) of the products that this word must find."""
    return {int(item["id"]) for item in stock if item["name_en"] in LABELS[word]}


def found_by(
    contender: Contender, address: Callable[[str, int], str], pattern: str, names: dict[int, int]
) -> dict[str, set[int]]:
    """Word → products found, over all pages of the answer; `names` turns the contender's ids into ours."""
    product = re.compile(pattern.encode())
    answers: dict[str, set[int]] = {}

    def ask(visitor: Visitor) -> Steps:
        for word in LABELS:
            seen = answers.setdefault(word, set())
            for number in range(1, MOST_PAGES + 1):
                page = yield visitor.get(address(word, number))
                main = page.body.partition(b"<main")[2] or page.body
                new = {int(each) for each in product.findall(main)} - seen
                seen |= new
                if not new or b"page=%d" % (number + 1) not in page.body:
                    break

    one_by_one(contender.port, ask(contender.visitor(0)))
    return {word: {names[each] for each in ids if each in names} for word, ids in answers.items()}


def table(stock: list[dict[str, Any]], found: dict[str, dict[str, set[int]]]) -> dict[str, dict[str, Any]]:
    """Word → how many must be found, and per contender how many of them were, and how many others."""
    lines: dict[str, dict[str, Any]] = {}
    for word in LABELS:
        right = wanted(word, stock)
        lines[word] = {"must": len(right)}
        for name, answers in found.items():
            lines[word][name] = {"right": len(answers[word] & right), "others": len(answers[word] - right)}
    return lines
