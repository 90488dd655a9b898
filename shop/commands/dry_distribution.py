"""The distribution of a file, without a database: what `flask distribute --inputs FILE.json` prints."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from shop.cooperatives.income.rules import DistributionRefused
from shop.cooperatives.income.rules_input import MAX_BYTES, read_and_compute
from shop.core.money import format_yuan
from shop.core.text import excerpt

DONE = 0
REFUSED = 2


def run(path: Path, *, as_json: bool = True) -> tuple[int, str]:
    """Exit code and text: 0 with the document (standard output), or 2 with the refusal (standard error).

    As JSON the refusal is one object {"error": code, "sentence": Chinese sentence}, else the sentence alone.
    """
    try:
        _, _, document = read_and_compute(_read(path))
    except DistributionRefused as refusal:
        return REFUSED, refusal_text(refusal, as_json=as_json)
    return DONE, document_text(document, as_json=as_json)


def refusal_text(refusal: DistributionRefused, *, as_json: bool) -> str:
    """One refusal for standard error; the command that reads the ledger prints the same."""
    if as_json:
        return json.dumps({"error": refusal.code, "sentence": refusal.sentence_zh}, ensure_ascii=False)
    return refusal.sentence_zh


def document_text(document: dict[str, Any], *, as_json: bool) -> str:
    """A printed document as JSON, the same bytes for the same inputs, or as lines to read."""
    if as_json:
        return json.dumps(document, ensure_ascii=False, indent=2)
    outputs = document["outputs"]
    lines = [
        f"{document['cooperative']} {document['year']} 年盈余分配",
        f"提取盈余公积 {format_yuan(outputs['reserve_fen'])}",
        f"可分配盈余 {format_yuan(outputs['distributable_fen'])}",
        f"盈余返还 {format_yuan(outputs['patronage_fen'])}",
        f"剩余盈余分配 {format_yuan(outputs['residual_fen'])}",
    ]
    for row in outputs["members"]:
        refund, share = format_yuan(row["patronage_fen"]), format_yuan(row["residual_fen"])
        lines.append(f"成员 {row['member']}：盈余返还 {refund}，剩余盈余 {share}")
    return "\n".join(
        [*lines, f"inputs_sha256 {document['inputs_sha256']}", f"outputs_sha256 {document['outputs_sha256']}"]
    )


def _read(path: Path) -> bytes:
    """At most one byte more than is allowed, so that an endless file ends too."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise DistributionRefused(
            "bad_input", f"读不到文件“{excerpt(str(path), 60)}”，请检查路径和权限"
        ) from error
