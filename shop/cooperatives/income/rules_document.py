"""The printed document of a distribution, its canonical bytes and hashes. Pure."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from shop.cooperatives.income.rules import DistributionInput, DistributionResult, by_number, counted_trade


def to_document(inp: DistributionInput, result: DistributionResult) -> dict[str, Any]:
    """What went in, what came out and the SHA-256 of both: enough for anybody to recompute it.

    Trade is printed as it counts (never negative), so the document can be fed back through --inputs.
    """
    inputs = inputs_document(inp)
    outputs = {
        "reserve_fen": result.reserve_fen,
        "distributable_fen": result.distributable_fen,
        "patronage_fen": result.patronage_fen,
        "residual_fen": result.residual_fen,
        "members": [
            {"member": row.member, "patronage_fen": row.patronage_fen, "residual_fen": row.residual_fen}
            for row in result.members
        ],
    }
    return {
        "cooperative": inp.cooperative,
        "year": inp.year,
        "parameters": {
            "reserve_rate": inp.parameters.reserve_rate,
            "patronage_ratio": inp.parameters.patronage_ratio,
        },
        "inputs": inputs,
        "outputs": outputs,
        "inputs_sha256": sha256(inputs),
        "outputs_sha256": sha256(outputs),
    }


def inputs_document(inp: DistributionInput) -> dict[str, Any]:
    """The `inputs` object of the document, members by number: what inputs_sha256 is taken of."""
    return {
        "surplus_fen": inp.surplus_fen,
        "past_loss_fen": inp.past_loss_fen,
        "state_subsidy_fen": inp.state_subsidy_fen,
        "donations_fen": inp.donations_fen,
        "members": [
            {
                "member": row.member,
                "trade_fen": counted_trade(row),
                "capital_fen": row.capital_fen,
                "reserve_share_fen": row.reserve_share_fen,
            }
            for row in by_number(inp)
        ],
    }


def canonical_json(value: object) -> bytes:
    """UTF-8 JSON with sorted keys, no spaces, and every list named `members` ordered by member number."""
    ordered = _members_by_number(value)
    return json.dumps(
        ordered, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    ).encode()


def sha256(value: object) -> str:
    """SHA-256, hexadecimal, of the canonical JSON of `value`."""
    return hashlib.sha256(canonical_json(value)).hexdigest()


def _members_by_number(value: object) -> object:
    if isinstance(value, dict):
        return {
            key: _ordered(item) if key == "members" and isinstance(item, list) else _members_by_number(item)
            for key, item in value.items()
        }
    return value


def _ordered(members: list[Any]) -> list[Any]:
    if all(isinstance(row, dict) and type(row.get("member")) is int for row in members):
        return sorted(members, key=lambda row: row["member"])
    return members
