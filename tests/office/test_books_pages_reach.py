"""How far the pages of the books reach: tokens, scripts as text, statements, the town read with masked names."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

from flask import Flask
from openpyxl import load_workbook
from sqlalchemy import text

from shop.cooperatives.ledger import sealing
from shop.core.db import session, transaction
from tests.access.identities import make_user, signed_in
from tests.office.conftest import Office
from tests.office.test_books_pages import PAGES, _count, _form, _new


def test_forms_need_their_token(office: Office, csrf_on: None) -> None:
    office.post("/books/vouchers/new", 400, **_form())
    office.post("/books/closing/month", 400, month="2020-08", sure="1")
    assert _count(office) == 0


def test_scripts_in_a_memo_are_only_text_on_page_and_sheet(office: Office) -> None:
    voucher_id = _new(office, memo="=HYPERLINK(1)<script>alert(1)</script>{{7*7}}")
    page = office.get(f"/books/vouchers/{voucher_id}")
    assert "<script>alert" not in page
    assert "{{7*7}}" in page
    answer = office.client.get(f"/coop/{office.coop.code}/books/sheets/entries.xlsx?year=2020")
    cells = [
        cell
        for row in load_workbook(BytesIO(answer.data)).worksheets[0].iter_rows(values_only=True)
        for cell in row
    ]
    assert any(str(cell).startswith("'=HYPERLINK") for cell in cells)


STATEMENTS = ("balance", "income", "surplus", "members", "entries")


def test_no_page_asks_many_statements(app: Flask, office: Office, sql_counter: Any) -> None:
    voucher_id = _new(office)
    for path in (
        *PAGES,
        f"/vouchers/{voucher_id}",
        f"/members/{office.stall.parties[0].member_id}",
    ):
        with sql_counter(app) as count:
            office.get(f"/books{path}")
        assert count.total <= 14, (path, count.total)
    clerk = signed_in(
        app, make_user(app, "+8613700000031", role="staff", duty="clerk", region_code="420302100")
    )
    for path in (
        "",
        *(f"/{office.coop.code}{path}" for path in ("", "/balance", "/surplus", f"/vouchers/{voucher_id}")),
    ):
        with sql_counter(app) as count:
            assert clerk.get(f"/town/420302100/books{path}").status_code == 200
        assert count.total <= 14, (path, count.total)


def test_the_town_reads_the_same_figures_with_masked_names(town: Flask) -> None:
    clerk = signed_in(
        town, make_user(town, "+8613700000021", role="staff", duty="clerk", region_code="420302100")
    )
    with town.app_context():
        coop_id = session().execute(text("select id from cooperative where code = 'dachuan'")).scalar()
        with transaction():
            while sealing.seal(int(coop_id or 0)):
                pass
        newest = sealing.newest(int(coop_id or 0))
    manager = signed_in(
        town, make_user(town, "+8613700000022", role="manager", duty="manager", cooperative_id=coop_id)
    )
    figure = re.compile(r"[0-9,]+\.[0-9]{2}")
    for name in STATEMENTS:
        own = manager.get(f"/coop/dachuan/books/{name}?year=2020")
        theirs = clerk.get(f"/town/420302100/books/dachuan/{name}?year=2020")
        assert (own.status_code, theirs.status_code) == (200, 200), name
        assert figure.findall(own.text) == figure.findall(theirs.text)
        assert len(figure.findall(own.text)) > 10
        sheets = [
            manager.get(f"/coop/dachuan/books/sheets/{name}.xlsx?year=2020"),
            clerk.get(f"/town/420302100/books/dachuan/sheets/{name}.xlsx?year=2020"),
        ]
        assert [answer.status_code for answer in sheets] == [200, 200]
        for answer in sheets:
            notes = [
                row[0]
                for row in load_workbook(BytesIO(answer.data)).worksheets[0].iter_rows(values_only=True)
            ]
            assert newest is not None
            assert any(newest.sha256 in str(note) for note in notes)
    full = manager.get("/coop/dachuan/books/members?year=2020").text
    masked = clerk.get("/town/420302100/books/dachuan/members?year=2020").text
    assert "*" in masked
    assert masked.count("*") > full.count("*")
    for path in ("", "/dachuan", "/dachuan/vouchers?year=2020"):
        assert clerk.get(f"/town/420302100/books{path}").status_code == 200
    assert clerk.get("/town/420302100/books/nowhere").status_code == 404
    assert "voucher_new" not in clerk.get("/town/420302100/books/dachuan").text
