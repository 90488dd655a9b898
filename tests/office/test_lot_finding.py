"""A lot found by what stands on its label: the address in the QR code, the code under it, the lot's own number."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from shop.core import trace_codes
from shop.core.db import session, transaction
from tests.office.conftest import Office


def _codes(office: Office, lot_id: int) -> tuple[str, str]:
    row = office.rows("select code, trace_code from lot where id = :i", i=lot_id)[0]
    return row.code, row.trace_code


def _found(office: Office, typed: str) -> str:
    answer = office.client.get(f"/coop/{office.coop.code}/lots", query_string={"find": typed})
    assert answer.status_code == 303, answer.text[-800:]
    return answer.headers["Location"]


def _refused(office: Office, typed: str) -> str:
    answer = office.client.get(f"/coop/{office.coop.code}/lots", query_string={"find": typed})
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    return answer.text


def test_every_way_to_write_it(office: Office) -> None:
    code, trace = _codes(office, office.stall.lot_id)
    address = f"/coop/{office.coop.code}/lots/{office.stall.lot_id}"
    for typed in (
        trace, trace_codes.grouped(trace), trace.lower(), code, code.lower(), f" {code} ",
        f"https://shop.example/t/{trace}", f"https://shop.example/t/{trace}?from=label",
    ):  # fmt: skip
        assert _found(office, typed).endswith(address), typed


def test_anothers_label_is_said_to_be_anothers(office: Office) -> None:
    code, trace = _codes(office, office.other.lot_id)
    assert "这张标签是别的合作社的批次" in _refused(office, f"https://shop.example/t/{trace}")
    own = _codes(office, office.stall.lot_id)[0]
    if code != own:
        assert "没有找到这个批次" in _refused(office, code)


def test_anothers_open_lot_does_not_exist(office: Office) -> None:
    with transaction():
        session().execute(
            text(
                "insert into lot (cooperative_id, produce_id, mode, code, trace_code) "
                "select cooperative_id, produce_id, mode, 'L9999-00001', '23456789ABCD' "
                "from lot where id = :i"
            ),
            {"i": office.other.lot_id},
        )
    assert "没有找到这个批次" in _refused(office, "23456789ABCD")


@pytest.mark.parametrize(
    "typed, sentence",
    [
        ("https://shop.example/m/abcdefghijklmnopqrstuvwxyz", "这是农户查询单，不是批次标签"),
        ("SF1234567890123", "没有找到这个批次"),
        ("' or 1=1 --", "没有找到这个批次"),
        ("https://shop.example/t/" + "A" * 500, "没有找到这个批次"),
        ("１２３\x00", "没有找到这个批次"),
    ],
)
def test_what_is_no_lots(office: Office, typed: str, sentence: str) -> None:
    assert sentence in _refused(office, typed)


def test_nothing_typed_is_the_list(office: Office) -> None:
    assert "找批次" in office.get("/lots?find=%20")
    assert "aria-invalid" not in office.get("/lots?find=")
