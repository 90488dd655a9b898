"""批次: closing a lot from its page."""

from __future__ import annotations

import pytest

from tests.office.conftest import Office


def _lot(office: Office) -> int:
    return int(office.rows("select id from lot where closed_at is null")[0].id)


def test_a_lot_is_closed_after_the_warning_with_the_suggested_day(office: Office, open_produce: int) -> None:
    lot_id = _lot(office)
    page = office.get(f"/lots/{lot_id}/close")
    assert "定死了" in page
    assert 'value="2021-08-03"' in page  # delivered 2020-08-03, keeps 365 days
    office.post(f"/lots/{lot_id}/close", 303, best_before="2099-01-01")
    shown = office.get(f"/lots/{lot_id}")
    assert "已封批" in shown
    assert "户主0" in shown
    before = office.fingerprint()
    office.post(f"/lots/{lot_id}/close", 303, best_before="2098-01-01")
    office.get(f"/lots/{lot_id}/close", 303)
    assert office.fingerprint() == before


@pytest.mark.parametrize("day", ["", "soon", "2020-02-30", "2020-08-02", "1e9", "9999-12-31"])
def test_an_impossible_day_closes_nothing(office: Office, open_produce: int, day: str) -> None:
    before = office.fingerprint()
    page = office.post(f"/lots/{_lot(office)}/close", 422, best_before=day)
    assert "error-summary" in page
    assert office.fingerprint() == before


def test_an_emptied_lot_is_not_closed(office: Office, open_produce: int) -> None:
    receipt_id = office.rows("select max(id) as id from intake_receipt")[0].id
    office.post(f"/intake/{receipt_id}/reverse", 303, reason="退回")
    assert "还没有货" in office.post(f"/lots/{_lot(office)}/close", 422, best_before="2099-01-01")
    office.get(f"/lots/{_lot(office)}")


def test_another_cooperatives_lots_do_not_exist(office: Office) -> None:
    before = office.fingerprint()
    for lot_id in (office.other.lot_id, 10**6, 10**30):
        office.get(f"/lots/{lot_id}", 404)
        office.get(f"/lots/{lot_id}/moves", 404)
        office.get(f"/lots/{lot_id}/close", 404)
        office.post(f"/lots/{lot_id}/close", 404, best_before="2099-01-01")
    assert office.fingerprint() == before


def test_shares_and_moves_of_a_closed_lot(office: Office) -> None:
    page = office.get(f"/lots/{office.stall.lot_id}")
    for place in range(3):
        assert f"户主{place}" in page
    assert "收货" in office.get(f"/lots/{office.stall.lot_id}/moves")
    assert office.get("/lots?which=open").count("row-line") == 0
