"""Strict reading of the distribution document that `flask distribute --inputs` takes. Pure.

The document is the one that to_document prints, with or without `outputs`, `inputs_sha256`, `outputs_sha256`.
Where these are present they are claims to be checked: they must equal the recomputation.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from typing import Any, NoReturn

from shop.cooperatives.income.rules import (
    DistributionInput,
    DistributionRefused,
    DistributionResult,
    MemberInput,
    Parameters,
    compute,
)
from shop.cooperatives.income.rules_document import canonical_json, to_document
from shop.core.text import excerpt

MAX_BYTES = 32 * 1024 * 1024
MAX_DEPTH = 8
MAX_DIGITS = 19

_INPUTS = ("surplus_fen", "past_loss_fen", "state_subsidy_fen", "donations_fen")
_MEMBER = ("member", "trade_fen", "capital_fen", "reserve_share_fen")
_CLAIMS = ("outputs", "inputs_sha256", "outputs_sha256")
_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)


def read_and_compute(
    raw: bytes | dict[str, Any],
) -> tuple[DistributionInput, DistributionResult, dict[str, Any]]:
    """Parse, compute, check the claims of a printed document; returns input, result and the full document.

    Raises DistributionRefused: bad_input, the refusals of rules.compute, or mismatch.
    """
    document = _load(raw)
    inp = _to_input(document)
    result = compute(inp)
    printed = to_document(inp, result)
    for claim in _CLAIMS:
        if claim in document and not _agrees(document[claim], printed[claim]):
            raise DistributionRefused("mismatch", f"文件里的 {claim} 与重新计算的结果不一致")
    return inp, result, printed


def _agrees(claimed: object, computed: object) -> bool:
    try:
        return canonical_json(claimed) == canonical_json(computed)
    except UnicodeEncodeError:  # half of a surrogate pair: text that no UTF-8 can hold
        return False


def parse_document(raw: bytes | dict[str, Any]) -> DistributionInput:
    """The inputs of a document, strictly: every field present, none unknown, whole numbers only.

    Claims are left unchecked here. Raises DistributionRefused('bad_input', …).
    """
    return _to_input(_load(raw))


def _load(raw: bytes | dict[str, Any]) -> dict[str, Any]:
    """JSON text to values; a dict goes through the same text, so that both meet the same rules."""
    text = _written(raw) if isinstance(raw, dict) else _decode(raw)
    _refuse_deep(text)
    try:
        value = json.loads(
            text,
            object_pairs_hook=_unique_keys,
            parse_int=_whole_number,
            parse_float=_no_fraction,
            parse_constant=_no_fraction,
        )
    except json.JSONDecodeError as error:
        _refuse(f"不是有效的 JSON：第 {error.lineno} 行第 {error.colno} 个字符处有错")
    return _object(value, "文件", required=("cooperative", "year", "parameters", "inputs"), optional=_CLAIMS)


def _written(values: dict[str, Any]) -> str:
    try:
        return json.dumps(values)
    except (TypeError, ValueError, RecursionError):
        _refuse("内容不能写成 JSON")


def _decode(raw: bytes) -> str:
    if len(raw) > MAX_BYTES:
        _refuse(f"文件太大，最多 {MAX_BYTES // 1024 // 1024} MB")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        _refuse("文件不是 UTF-8 编码")


def _refuse_deep(text: str) -> None:
    depth = 0
    for match in _STRING_OR_BRACKET.finditer(text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(match[0], 0)
        if depth > MAX_DEPTH:
            _refuse(f"JSON 嵌套太深，最多 {MAX_DEPTH} 层")


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            _refuse(f"字段“{excerpt(key)}”出现了两次")
        found[key] = value
    return found


def _whole_number(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        _refuse(f"数字太长：{excerpt(digits)}")
    if digits == "-0":
        _refuse("数字不能写成 -0")
    return int(digits)


def _no_fraction(text: str) -> NoReturn:
    _refuse(f"金额要写成整数（分），比例要写成字符串，现在有 {excerpt(text)}")


def _object(
    value: object, name: str, required: Collection[str], optional: Collection[str] = ()
) -> dict[str, Any]:
    """An object with exactly these fields."""
    if not isinstance(value, dict):
        _refuse(f"{name}要是一个 JSON 对象")
    for key in value:
        if key not in required and key not in optional:
            _refuse(f"{name}里有不认识的字段“{excerpt(key)}”")
    for key in required:
        if key not in value:
            _refuse(f"{name}里缺少字段“{key}”")
    return value


def _to_input(document: dict[str, Any]) -> DistributionInput:
    if not isinstance(document["cooperative"], str):
        _refuse("cooperative 要是字符串")
    parameters = _object(document["parameters"], "parameters ", required=("reserve_rate", "patronage_ratio"))
    for field, rate in parameters.items():
        if not isinstance(rate, str):
            _refuse(f'{field} 要写成小数字符串，例如 "0.10"')
    inputs = _object(document["inputs"], "inputs ", required=(*_INPUTS, "members"))
    if not isinstance(inputs["members"], list):
        _refuse("members 要是一个列表")
    return DistributionInput(
        cooperative=document["cooperative"],
        year=_integer(document["year"], "year"),
        parameters=Parameters(**parameters),
        members=tuple(_member(row, place) for place, row in enumerate(inputs["members"], start=1)),
        **{field: _integer(inputs[field], field) for field in _INPUTS},
    )


def _member(value: object, place: int) -> MemberInput:
    name = f"第 {place} 个成员"
    row = _object(value, name, required=_MEMBER)
    numbers = {field: _integer(row[field], f"{name}的 {field}") for field in _MEMBER}
    if numbers["trade_fen"] < 0:
        _refuse(f"{name}的 trade_fen 不能是负数，现在是 {numbers['trade_fen']}")
    return MemberInput(**numbers)


def _integer(value: object, name: str) -> int:
    """A JSON integer; true and false are integers to Python, not to us."""
    if type(value) is not int:
        _refuse(f"{name} 要是整数")
    return value


def _refuse(sentence_zh: str) -> NoReturn:
    raise DistributionRefused("bad_input", sentence_zh)
