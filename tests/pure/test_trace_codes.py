"""Trace codes: as they are printed, typed and refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.core import trace_codes


def test_a_new_code_is_one_however_it_is_typed() -> None:
    code = trace_codes.new()
    assert len(code) == trace_codes.LENGTH
    assert not trace_codes.strange(code)
    wide = "".join(chr(ord(char) + 0xFEE0) for char in code)
    for typed in (code.lower(), f" {code} ", trace_codes.grouped(code), "-".join(code), wide):
        assert trace_codes.normal(typed) == code


@pytest.mark.parametrize("typed, strange", [("a0b1", "01"), ("ILOVE", "ILO"), ("香菇AB", "香菇"), ("", "")])
def test_letters_that_no_code_has_are_named(typed: str, strange: str) -> None:
    assert trace_codes.strange(trace_codes.normal(typed)) == strange


@given(st.text())
def test_whatever_is_typed_stays_short(typed: str) -> None:
    assert (
        len(trace_codes.normal(typed)) <= 18 * trace_codes.LONGEST_TYPED
    )  # NFKC makes eighteen of one at most
