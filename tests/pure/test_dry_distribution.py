"""`flask distribute --inputs FILE --json` without a database: strict reading, claims, exit codes."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.commands.dry_distribution import run
from shop.cooperatives.income.rules import DistributionRefused, MemberInput, Parameters
from shop.cooperatives.income.rules_input import parse_document, read_and_compute

Document = dict[str, Any]

GOOD: Document = {
    "cooperative": "唐家茶叶合作社",
    "year": 2020,
    "parameters": {"reserve_rate": "0.10", "patronage_ratio": "0.60"},
    "inputs": {
        "surplus_fen": 2_790_001,
        "past_loss_fen": 1,
        "state_subsidy_fen": 500,
        "donations_fen": 0,
        "members": [
            {"member": 7, "trade_fen": 50, "capital_fen": 100_000, "reserve_share_fen": 3},
            {"member": 2, "trade_fen": 100, "capital_fen": 0, "reserve_share_fen": 0},
        ],
    },
}


def changed(change: Callable[[Document], object]) -> Document:
    document = copy.deepcopy(GOOD)
    change(document)
    return document


def raw(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()


def refused(text: bytes | Document) -> DistributionRefused:
    with pytest.raises(DistributionRefused) as caught:
        read_and_compute(text)
    assert caught.value.sentence_zh.isprintable()
    assert len(caught.value.sentence_zh) < 150
    return caught.value


def test_a_good_file_is_read_as_written() -> None:
    inp = parse_document(raw(GOOD))
    assert (inp.cooperative, inp.year, inp.parameters) == ("唐家茶叶合作社", 2020, Parameters("0.10", "0.60"))
    assert (inp.surplus_fen, inp.past_loss_fen, inp.state_subsidy_fen, inp.donations_fen) == (
        2_790_001,
        1,
        500,
        0,
    )
    assert inp.members == (MemberInput(7, 50, 100_000, 3), MemberInput(2, 100, 0, 0))
    assert parse_document(GOOD) == parse_document(b"\xef\xbb\xbf" + raw(GOOD)) == inp


def test_the_printed_document_can_be_checked_again_in_any_member_order() -> None:
    _, result, printed = read_and_compute(raw(GOOD))
    assert (result.reserve_fen, result.patronage_fen) == (279_000, 1_506_600)
    assert read_and_compute(raw(printed))[2] == printed
    reordered = copy.deepcopy(printed)
    reordered["inputs"]["members"].reverse()
    reordered["outputs"]["members"].reverse()
    assert read_and_compute(raw(reordered))[2] == printed


@pytest.mark.parametrize(
    "claim,change",
    [
        ("outputs", lambda d: d["outputs"].update(reserve_fen=d["outputs"]["reserve_fen"] + 1)),
        ("outputs", lambda d: d["outputs"]["members"][0].update(patronage_fen=0)),
        ("outputs", lambda d: d["outputs"]["members"].pop()),
        ("outputs", lambda d: d["outputs"]["members"][0].update(member="2")),
        ("outputs", lambda d: d["outputs"]["members"].append(None)),
        ("outputs", lambda d: d["outputs"].update(extra=1)),
        ("outputs", lambda d: d.update(outputs=None)),
        ("outputs", lambda d: d.update(outputs={})),
        ("outputs", lambda d: d["inputs"].update(surplus_fen=2_790_002)),
        ("inputs_sha256", lambda d: d.update(inputs_sha256=d["inputs_sha256"].upper())),
        ("inputs_sha256", lambda d: d.update(inputs_sha256="\ud800")),
        ("outputs_sha256", lambda d: d.update(outputs_sha256=d["inputs_sha256"])),
        ("outputs_sha256", lambda d: d.update(outputs_sha256=None)),
    ],
)
def test_a_claim_that_does_not_hold_is_a_mismatch(claim: str, change: Callable[[Document], object]) -> None:
    printed = read_and_compute(raw(GOOD))[2]
    change(printed)
    refusal = refused(json.dumps(printed).encode())
    assert refusal.code == "mismatch"
    assert claim in refusal.sentence_zh


def test_each_claim_may_be_left_out() -> None:
    printed = read_and_compute(raw(GOOD))[2]
    for claim in ("outputs", "inputs_sha256", "outputs_sha256"):
        assert (
            read_and_compute(raw({key: value for key, value in printed.items() if key != claim}))[2]
            == printed
        )


@pytest.mark.parametrize(
    "words,change",
    [
        ("不认识的字段“memo”", lambda d: d.update(memo=1)),
        ("不认识的字段“rate”", lambda d: d["parameters"].update(rate="0")),
        ("不认识的字段“X”", lambda d: d["inputs"].update(X=1)),
        ("第 2 个成员里有不认识的字段“name”", lambda d: d["inputs"]["members"][1].update(name="张")),
        ("缺少字段“inputs”", lambda d: d.pop("inputs")),
        ("缺少字段“year”", lambda d: d.pop("year")),
        ("缺少字段“cooperative”", lambda d: d.pop("cooperative")),
        ("缺少字段“reserve_rate”", lambda d: d["parameters"].pop("reserve_rate")),
        ("缺少字段“donations_fen”", lambda d: d["inputs"].pop("donations_fen")),
        ("缺少字段“capital_fen”", lambda d: d["inputs"]["members"][0].pop("capital_fen")),
        ("reserve_rate 要写成小数字符串", lambda d: d["parameters"].update(reserve_rate=0)),
        ("patronage_ratio 要写成小数字符串", lambda d: d["parameters"].update(patronage_ratio=None)),
        ("patronage_ratio 要写成小数字符串", lambda d: d["parameters"].update(patronage_ratio="60%")),
        ("现在有 0.6", lambda d: d["parameters"].update(patronage_ratio=0.6)),
        ("现在有 1.0", lambda d: d["inputs"].update(donations_fen=1.0)),
        ("现在有 NaN", lambda d: d["inputs"].update(donations_fen=float("nan"))),
        ("现在有 -Infinity", lambda d: d["inputs"].update(donations_fen=float("-inf"))),
        ("surplus_fen 要是整数", lambda d: d["inputs"].update(surplus_fen=True)),
        ("surplus_fen 要是整数", lambda d: d["inputs"].update(surplus_fen="1000")),
        ("past_loss_fen 要是整数", lambda d: d["inputs"].update(past_loss_fen=None)),
        ("year 要是整数", lambda d: d.update(year="2020")),
        ("year 要在", lambda d: d.update(year=-1)),
        ("第 1 个成员的 trade_fen 要是整数", lambda d: d["inputs"]["members"][0].update(trade_fen=False)),
        (
            "第 1 个成员的 trade_fen 不能是负数，现在是 -1",
            lambda d: d["inputs"]["members"][0].update(trade_fen=-1),
        ),
        ("成员 7 的 capital_fen 不能是负数", lambda d: d["inputs"]["members"][0].update(capital_fen=-1)),
        ("donations_fen 不能是负数", lambda d: d["inputs"].update(donations_fen=-1)),
        ("成员 2 出现了两次", lambda d: d["inputs"]["members"][0].update(member=2)),
        ("member 要在 1 到", lambda d: d["inputs"]["members"][0].update(member=0)),
        ("第 1 个成员的 member 要是整数", lambda d: d["inputs"]["members"][0].update(member="7")),
        ("surplus_fen 要在", lambda d: d["inputs"].update(surplus_fen=10**15 + 1)),
        ("数字太长：10000000000000000000…", lambda d: d["inputs"].update(surplus_fen=10**4000)),
        ("members 要是一个列表", lambda d: d["inputs"].update(members={})),
        ("第 1 个成员要是一个 JSON 对象", lambda d: d["inputs"].update(members=[[]])),
        ("inputs 要是一个 JSON 对象", lambda d: d.update(inputs=[])),
        ("parameters 要是一个 JSON 对象", lambda d: d.update(parameters="0.10")),
        ("cooperative 要是字符串", lambda d: d.update(cooperative=3)),
        ("请填写cooperative", lambda d: d.update(cooperative="")),
        ("看不见的特殊字符", lambda d: d.update(cooperative="\u202eX")),
        ("不认识的字段“\ufffd”", lambda d: d.update({"\ud800": 1})),
    ],
)
def test_the_reader_is_strict(words: str, change: Callable[[Document], object]) -> None:
    document = changed(change)
    for text in (json.dumps(document).encode(), document):
        refusal = refused(text)
        assert refusal.code == "bad_input"
        assert words in refusal.sentence_zh


def _with(old: str, new: str) -> bytes:
    text = json.dumps(GOOD)
    assert old in text
    return text.replace(old, new, 1).encode()


@pytest.mark.parametrize(
    "text,words",
    [
        (b"", "不是有效的 JSON：第 1 行第 1 个字符"),
        (b"{", "不是有效的 JSON"),
        (raw(GOOD) + b"x", "不是有效的 JSON"),
        (raw(GOOD) + raw(GOOD), "不是有效的 JSON"),
        (b"[]", "文件要是一个 JSON 对象"),
        (b"null", "文件要是一个 JSON 对象"),
        (b"\xff\xfe{}", "文件不是 UTF-8 编码"),
        ("合作社".encode("gbk"), "文件不是 UTF-8 编码"),
        (json.dumps(GOOD).encode("utf-16"), "文件不是 UTF-8 编码"),
        (_with('"year": 2020', '"year": 2020, "year": 2020'), "字段“year”出现了两次"),
        (_with('"member": 7', '"member": 7, "member": 7'), "字段“member”出现了两次"),
        (_with("2790001", "1e3"), "现在有 1e3"),
        (_with("2790001", "1E999"), "现在有 1E999"),
        (_with("2790001", "0x10"), "不是有效的 JSON"),
        (_with("2790001", "1_0"), "不是有效的 JSON"),
        (_with("2790001", "+1"), "不是有效的 JSON"),
        (_with("2790001", "01"), "不是有效的 JSON"),
        (_with("2790001", "１２"), "不是有效的 JSON"),
        (_with("2790001", "-0"), "数字不能写成 -0"),
        (_with("2790001", "9" * 5000), "数字太长"),
        (_with("2790001", "[" * 2000 + "]" * 2000), "嵌套太深，最多 8 层"),
        (b"[" * 200_000, "嵌套太深"),
        (b'{"a":' * 200_000, "嵌套太深"),
        (_with("2790001", '"' + "[" * 50 + '"'), "surplus_fen 要是整数"),
        (b" " * (32 * 1024 * 1024 + 1), "文件太大，最多 32 MB"),
    ],
    ids=range(25),
)
def test_texts_that_are_no_document(text: bytes, words: str) -> None:
    refusal = refused(text)
    assert refusal.code == "bad_input"
    assert words in refusal.sentence_zh


def test_dicts_that_are_no_json() -> None:
    endless: Document = {}
    endless["a"] = endless
    for document in ({"a": object()}, {("a",): 1}, endless):
        assert refused(document).sentence_zh == "内容不能写成 JSON"  # type: ignore[arg-type]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda x: st.lists(x, max_size=3),
        max_leaves=5,
    ),
    st.data(),
)
def test_any_value_in_any_place_is_computed_or_refused(value: object, data: st.DataObject) -> None:
    document = copy.deepcopy(GOOD)
    place: Any = document
    for _ in range(data.draw(st.integers(0, 3))):
        inner = [
            item
            for item in (place.values() if isinstance(place, dict) else place)
            if isinstance(item, dict | list)
        ]
        if not inner:
            break
        place = data.draw(st.sampled_from(inner))
    key = data.draw(st.sampled_from(list(place) if isinstance(place, dict) else list(range(len(place)))))
    place[key] = value
    try:
        printed = read_and_compute(document)[2]
    except DistributionRefused:
        return
    assert printed["outputs"]["reserve_fen"] >= 0


def test_a_negative_surplus_is_no_surplus_not_a_bad_file() -> None:
    assert refused(changed(lambda d: d["inputs"].update(surplus_fen=-1))).code == "no_surplus"


def test_run_prints_the_same_bytes_for_the_same_file(tmp_path: Path) -> None:
    path = tmp_path / "inputs.json"
    path.write_bytes(raw(GOOD))
    code, text = run(path)
    assert code == 0
    assert json.loads(text) == read_and_compute(raw(GOOD))[2]
    assert run(path) == (code, text)
    path.write_text(text)
    assert run(path) == (0, text)
    code, lines = run(path, as_json=False)
    assert code == 0
    assert "唐家茶叶合作社 2020 年盈余分配" in lines
    assert "提取盈余公积 ¥2,790.00" in lines
    assert "成员 2：盈余返还 ¥10,044.00，剩余盈余 ¥24.98" in lines


def test_run_refuses_with_exit_code_2(tmp_path: Path) -> None:
    path = tmp_path / "inputs.json"
    path.write_bytes(raw(changed(lambda d: d["parameters"].update(patronage_ratio="0.5999"))))
    code, text = run(path)
    assert code == 2
    error = json.loads(text)
    assert error["error"] == "below_statutory"
    assert run(path, as_json=False) == (2, error["sentence"])


@pytest.mark.parametrize("name", ["missing.json", ".", "a\x00b", "x" * 5000])
def test_run_says_that_it_cannot_read_the_file(tmp_path: Path, name: str) -> None:
    code, text = run(tmp_path / name, as_json=False)
    assert code == 2
    assert text.startswith("读不到文件“")
    assert len(text) < 120


def test_run_ends_on_an_endless_file() -> None:
    code, text = run(Path("/dev/zero"), as_json=False)
    assert (code, text) == (2, "文件太大，最多 32 MB")


def test_no_framework_is_loaded_for_a_dry_computation() -> None:
    ask = (
        "import sys, shop.commands.dry_distribution, shop.core.clock, shop.core.quantity\n"
        "print([name for name in ('flask', 'sqlalchemy', 'celery', 'psycopg', 'flask_babel') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True, timeout=30)
    assert done.stdout.strip() == "[]"
