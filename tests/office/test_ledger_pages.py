"""对账 and 结算: the two figures, the lines behind them, the trace of an order, and only of the own cooperative."""

from __future__ import annotations

from typing import Any

import pytest

from shop.core import clock
from shop.core.money import format_plain
from tests.office.conftest import Office
from tests.orders import market


@pytest.fixture
def placed(office: Office) -> Any:
    """One order over both cooperatives."""
    return market.paid(market.buyer(), {office.stall.sku_id: 4, office.other.sku_id: 2})


def _number(office: Office, order_id: int) -> str:
    return str(office.rows("select number from customer_order where id = :id", id=order_id)[0].number)


def test_sums_tie_to_the_rows_and_are_never_added(office: Office, placed: Any) -> None:
    page = office.get("/ledger")
    sold = office.rows(
        "select sum(fen) as fen from attribution where cooperative_id = :coop", coop=office.coop.id
    )[0].fen
    assert sold == 27_200
    assert format_plain(int(sold)) in page
    assert "不能相加" in page
    for party in office.stall.parties:
        row = office.rows(
            "select sum(fen) as fen from attribution where household_id = :id", id=party.household_id
        )[0]
        lines = office.get(f"/ledger/households/{party.household_id}")
        assert format_plain(int(row.fen)) in lines
        assert _number(office, placed.order_id) in lines


def test_what_is_paid_and_not_attributed_is_said_in_words(office: Office) -> None:
    assert "全部归属到户" in office.get("/ledger")
    market.paid(market.buyer(), {office.stall.sku_id: 1}, attribute=False)
    assert "还没有归属到户" in office.get("/ledger")


def test_the_trace_shows_only_the_own_lines(office: Office, placed: Any) -> None:
    number = _number(office, placed.order_id)
    page = office.get(f"/orders/{number}/trace")
    assert "¥272.00" in page
    assert "¥136.00" not in page
    foreign = market.paid(market.buyer(), {office.other.sku_id: 1})
    office.get(f"/orders/{_number(office, foreign.order_id)}/trace", 404)
    for bad in ("0", "%00", "x" * 300, "%F0%A0%AE%B7", "' or 1=1"):
        office.get(f"/orders/{bad}/trace", 404)


def test_foreign_households_do_not_exist(office: Office, placed: Any) -> None:
    for household_id in (office.other.parties[0].household_id, 10**7, 10**40):
        office.get(f"/ledger/households/{household_id}", 404)
        office.get(f"/settlement/households/{household_id}", 404)
    assert "户主" in office.get("/members")


@pytest.mark.parametrize("month", ["2020-13", "soon", "0000-00", "2020-1", "<script>", "1e9", "2020-08-01"])
def test_bad_months_are_refused(office: Office, month: str) -> None:
    for path in (
        "/ledger",
        "/ledger/suppliers",
        "/settlement",
        f"/ledger/households/{office.stall.parties[0].household_id}",
    ):
        page = office.get(f"{path}?month={month}", 422)
        assert "<script>" not in page
    before = office.fingerprint()
    office.post("/settlement", 422, month=month)
    assert office.fingerprint() == before


def test_the_months_draft_and_a_households_statement(office: Office, placed: Any) -> None:
    month = clock.today().isoformat()[:7]
    assert "还没有算过" in office.get(f"/settlement?month={month}")
    office.post("/settlement", 303, month="2020-08")
    page = office.get(
        "/settlement?month=2020-08"
    )  # the builder's deliveries are of 3 August 2020, bought out
    assert "草稿" in page
    due = office.rows("select sum(due_fen) as fen from settlement_line")[0].fen
    assert due == 250_000
    assert format_plain(int(due)) in page
    household_id = office.stall.parties[0].household_id
    statement = office.get(f"/settlement/households/{household_id}?month=2020-08")
    assert "买断交货" in statement
    office.post("/settlement", 303, month="2020-08")
    assert len(office.rows("select id from settlement")) == 1
    assert "还没有开始" in office.post("/settlement", 422, month="2999-01")


def test_members_are_found_and_only_own_ones(office: Office) -> None:
    assert "户主1" in office.get("/members?q=户主1")
    assert "没有找到" in office.get("/members?q=%00%F0%A0%AE%B7<b>")
    foreign = office.other.parties[0].number
    assert "没有找到" in office.get(f"/members?q={foreign}")
