"""操作记录 in words: whatever a deed of a cooperative records can be read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask

from shop.audit import act_words

SHOP = Path(act_words.__file__).parents[1]
RECORDED = re.compile(r'(?:activity\.record|\bnote)\(\s*"([a-z_]+\.[a-z_]+)"\s*,\s*\(?"([a-z_]+)"')
# in nobody's log that is read: of an account, of the provider's address
ELSEWHERE = {"account", "webhook"}


def recorded() -> dict[str, str]:
    found: dict[str, str] = {}
    for file in SHOP.rglob("*.py"):
        found |= dict(RECORDED.findall(file.read_text()))
    return {act: subject for act, subject in found.items() if act.partition(".")[0] not in ELSEWHERE}


def test_every_recorded_act_and_its_subject_have_words() -> None:
    acts = recorded()
    assert len(acts) > 50, "the search finds what the deeds record"
    assert sorted(set(acts) - set(act_words.ACTS)) == []
    assert sorted(set(acts.values()) - set(act_words.SUBJECTS)) == []


@pytest.mark.parametrize(
    "before,after,shown",
    [
        (
            {"state": "to_ship"},
            {"state": "shipped", "company": "yunda", "number": "4625"},
            ["shipped", "韵达速递", "4625"],
        ),
        (None, {"fen": 787, "refund": 390, "lines": [{"line": 1, "fen": 787}]}, ["¥7.87", "1 项"]),
        ({"price_fen": 100}, {"price_fen": 100}, []),
        (None, {"mode": "buyout", "bearer": "town"}, ["买断", "镇里承担"]),
    ],
)
def test_what_changed_is_in_words_and_codes_stay_out(
    app: Flask, before: dict[str, object] | None, after: dict[str, object], shown: list[str]
) -> None:
    with app.test_request_context():
        assert [change.became for change in act_words.changes(before, after)] == shown
