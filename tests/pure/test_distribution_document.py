"""The printed document of a distribution and its canonical bytes, against text and hashes made outside this program."""

from __future__ import annotations

from shop.cooperatives.income.rules import DistributionInput, MemberInput, Parameters, compute
from shop.cooperatives.income.rules_document import canonical_json, sha256, to_document


def test_the_document_and_its_bytes() -> None:
    inp = DistributionInput(
        cooperative="卡子村合作社",
        year=2020,
        parameters=Parameters("0.10", "0.60"),
        surplus_fen=1000,
        past_loss_fen=0,
        state_subsidy_fen=0,
        donations_fen=0,
        members=(MemberInput(12, 3, 4, 5), MemberInput(2, 1, 0, 0)),
    )
    document = to_document(inp, compute(inp))
    assert document == {
        "cooperative": "卡子村合作社",
        "year": 2020,
        "parameters": {"reserve_rate": "0.10", "patronage_ratio": "0.60"},
        "inputs": {
            "surplus_fen": 1000,
            "past_loss_fen": 0,
            "state_subsidy_fen": 0,
            "donations_fen": 0,
            "members": [
                {"member": 2, "trade_fen": 1, "capital_fen": 0, "reserve_share_fen": 0},
                {"member": 12, "trade_fen": 3, "capital_fen": 4, "reserve_share_fen": 5},
            ],
        },
        "outputs": {
            "reserve_fen": 100,
            "distributable_fen": 900,
            "patronage_fen": 540,
            "residual_fen": 360,
            "members": [
                {"member": 2, "patronage_fen": 135, "residual_fen": 0},
                {"member": 12, "patronage_fen": 405, "residual_fen": 360},
            ],
        },
        # printf '%s' '{"donations_fen":0,…}' | sha256sum, outside this program
        "inputs_sha256": "4742c6006322df94f0ac3d62a0ed642c422f5fd170271334c5b3f9d6472f4e0c",
        "outputs_sha256": "6b98e503531548205f4720713a132a461687aeebbc9b64e026c0db35ce0eb81b",
    }
    assert list(document) == [
        "cooperative",
        "year",
        "parameters",
        "inputs",
        "outputs",
        "inputs_sha256",
        "outputs_sha256",
    ]
    assert canonical_json(document["outputs"]) == (
        b'{"distributable_fen":900,"members":[{"member":2,"patronage_fen":135,"residual_fen":0},'
        b'{"member":12,"patronage_fen":405,"residual_fen":360}],"patronage_fen":540,"reserve_fen":100,"residual_fen":360}'
    )


def test_canonical_json_is_utf8_with_sorted_keys_and_members_by_number() -> None:
    permuted = {"b": {"members": [{"member": 10}, {"member": 9}]}, "a": "香菇 “1”"}
    assert (
        canonical_json(permuted) == '{"a":"香菇 “1”","b":{"members":[{"member":9},{"member":10}]}}'.encode()
    )
    assert sha256({}) == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
