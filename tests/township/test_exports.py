"""Every table that the township exports: who, when and what it counts stand underneath; names stay masked; each is logged."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy import select

from shop.cooperatives.income.models import Distribution
from shop.cooperatives.people.models import Household
from shop.core.db import session
from tests.access.identities import TOWN, make_user, signed_in
from tests.township.test_assisted import rows
from tests.township.test_distributions import work

WHO = "顾小满"


@pytest.fixture
def clerk(town: Flask) -> FlaskClient:
    client = signed_in(town, make_user(town, "+8613900000044", role="staff", duty="clerk", region_code=TOWN))
    with town.app_context():
        session().execute(select(1))
        session().connection().exec_driver_sql(
            f"update user_account set name = '{WHO}' where phone = '+8613900000044'"
        )
        session().commit()
    return client


def exported(town: Flask) -> list[tuple[str, int]]:
    found = rows(town, "select act, actor_id from activity where act like '%.exported' order by id")
    return [(row.act, row.actor_id) for row in found]


def names(town: Flask) -> set[str]:
    with town.app_context():
        return {name for name in session().scalars(select(Household.head_name)) if len(name) > 1}


def cells(client: FlaskClient, address: str) -> list[Any]:
    answer = client.get(address)
    assert answer.status_code == 200, address
    book = load_workbook(BytesIO(answer.data))
    return [cell for sheet in book.worksheets for cell in sheet._cells.values()]


def test_every_export_says_who_when_what_and_is_logged(town: Flask, clerk: FlaskClient) -> None:
    run = clerk.post(f"/town/{TOWN}/distributions", data={"year": "2020"}).headers["Location"]
    work(town, int(run.rsplit("/", 1)[1]))
    with town.app_context():
        drawn = session().scalar(select(Distribution.id).where(Distribution.state == "draft").limit(1))
        home = session().scalar(select(Household.id).order_by(Household.id).limit(1))
    books = f"/town/{TOWN}/books/dachuan/sheets"
    expected = {
        f"/town/{TOWN}/register.xlsx?which=member": ("register.exported", "姓名已脱敏"),
        f"/town/{TOWN}/income.xlsx?year=2020": ("income.exported", "口径"),
        f"/town/{TOWN}/income/households/{home}.xlsx?year=2020": ("income.exported", "口径"),
        f"/town/{TOWN}/assisted.xlsx?first=2020-01-01&last=2020-12-31&proof=unproven": (
            "assisted.exported",
            "未核实",
        ),
        f"/town/{TOWN}/distributions/{drawn}.xlsx": ("distribution.exported", "口径"),
        **{
            f"{books}/{name}.xlsx?year=2020": ("books.exported", "口径")
            for name in ("balance", "income", "surplus", "members", "entries")
        },
    }
    full, before = names(town), len(exported(town))
    for address, (act, words) in expected.items():
        found = cells(clerk, address)
        told = [str(cell.value) for cell in found if cell.value is not None]
        assert any(f"导出人 {WHO}" in one and "北京时间" in one for one in told), address
        assert any(words in one for one in told), address
        assert not full & set(told), address
        assert not [cell.coordinate for cell in found if cell.data_type == "f"], address
        long = [cell for cell in found if str(cell.value).isdigit() and len(str(cell.value)) > 15]
        assert all(cell.data_type == "s" for cell in long), address
        logged = exported(town)
        assert (logged[-1][0], len(logged)) == (act, before + 1), address
        before += 1


def test_the_ledgers_file_has_the_balance_that_the_page_shows(town: Flask, clerk: FlaskClient) -> None:
    address = f"/town/{TOWN}/books/dachuan"
    book = load_workbook(BytesIO(clerk.get(f"{address}/sheets/entries.xlsx?account=102&year=2020").data))
    table = [row for row in book.worksheets[0].iter_rows(min_row=4, values_only=True) if row[0]]
    lines = [row for row in table if str(row[0]).startswith("2020-")]
    opening = rows(
        town,
        "select coalesce(sum(e.fen), 0) as fen from ledger_entry e join ledger_transaction t on t.id = e.transaction_id"
        " join cooperative c on c.id = e.cooperative_id where c.code = 'dachuan' and e.account = '102'"
        " and t.on_date < '2020-01-01'",
    )[0].fen
    page = clerk.get(f"{address}/entries?account=102&year=2020").text
    running = opening
    for row in lines:
        running += round((row[6] or 0) * 100) - round((row[7] or 0) * 100)
        assert round(row[8] * 100) == running
    assert lines
    assert f"{running / 100:,.2f}" in page


def test_a_filtered_list_says_so_and_sums_what_it_holds(town: Flask, clerk: FlaskClient) -> None:
    address = f"/town/{TOWN}/assisted.xlsx?first=2020-01-01&last=2020-12-31&proof=proven&channel=assisted"
    told = [str(cell.value) for cell in cells(clerk, address) if cell.value is not None]
    assert "筛选：镇里帮助销售、已核实" in told
    assert not [one for one in told if one == "未核实"]
