"""账本 of the town's cooperatives, read only: the same statements as the cooperative sees, names masked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Response, abort, g, render_template, request, url_for
from flask_babel import gettext as _

from shop.accounts import guards
from shop.cooperatives.income import book_sheets, member_accounts
from shop.cooperatives.ledger import entries as ledger
from shop.cooperatives.ledger import papers, periods, sealing, statements
from shop.cooperatives.ledger.accounts import Account, title
from shop.cooperatives.ledger.closing import balances
from shop.cooperatives.ledger.vouchers import SUBJECT
from shop.cooperatives.people.queries import cooperatives_under
from shop.core import activity, clock, pages, pictures, spans, spreadsheet
from shop.core.db import transaction
from shop.core.errors import NotFound
from shop.core.numbers import row_id
from shop.core.privacy import mask_name
from shop.core.text import N_
from shop.township import export_notes
from shop.township.blueprint import bp
from shop.township.overview import region_name
from shop.township.period import FIRST_YEAR

SIZE = 50
COUNTED = N_("口径：按入账日期，每个数都是分录之和；成员姓名已脱敏")


def _cooperative(code: str) -> Any:
    """The cooperative of this code in the region of the page. Raises NotFound."""
    found = next((row for row in cooperatives_under(g.region_code) if row.code == code), None)
    if found is None:
        raise NotFound
    return found


def _page(template: str, cooperative: Any, **more: Any) -> str:
    def link(name: str, **values: Any) -> str:
        return url_for(
            "township.books_" + name if name else "township.books", code=cooperative.code, **values
        )

    return render_template(
        f"books/{template}.html", layout="base_township.html", link=link, shown=mask_name, own=False, account_title=title,
        kinds=ledger.KIND_NAMES | papers.KINDS, today=clock.today(), place=region_name(g.region_code),
        cooperative=cooperative, **more,
    )  # fmt: skip


@bp.get("/<region>/books")
@guards.staff
def all_books(region: str) -> str:
    found = cooperatives_under(region)
    states = periods.states([row.id for row in found])
    rows = [
        {"name": row.name, "code": row.code, "open_since": states[row.id][0], "sealed": states[row.id][1]}
        for row in found
    ]
    return render_template("township/books.html", place=region_name(region), rows=rows)


@bp.get("/<region>/books/<code>")
@guards.staff
def books(region: str, code: str) -> str:
    cooperative = _cooperative(code)
    year = spans.of_year(clock.today().year)
    held = balances(cooperative.id, clock.today())
    return _page(
        "home",
        cooperative,
        span=year,
        money_fen=held.get(Account.BANK, 0) + held.get(Account.CASH, 0),
        surplus_fen=statements.earned(cooperative.id, year.first, year.last),
        seal=sealing.newest(cooperative.id),
        next_period=periods.next_period(cooperative.id),
        recent=ledger.vouchers(
            cooperative.id, spans.of_year(FIRST_YEAR).first, clock.today(), "", limit=5, offset=0
        ),
    )


@bp.get("/<region>/books/<code>/balance")
@guards.staff
def books_balance(region: str, code: str) -> str:
    cooperative, span = _cooperative(code), spans.asked()
    found = statements.trial_balance(cooperative.id, span.first, span.last)
    return _page("balance", cooperative, span=span, balance=found)


@bp.get("/<region>/books/<code>/income")
@guards.staff
def books_income(region: str, code: str) -> str:
    cooperative, span = _cooperative(code), spans.asked()
    lines = statements.income_statement(cooperative.id, span.first, span.last)
    return _page("income", cooperative, span=span, lines=lines)


@bp.get("/<region>/books/<code>/surplus")
@guards.staff
def books_surplus(region: str, code: str) -> str:
    cooperative, span = _cooperative(code), spans.of_year(spans.asked_year())
    return _page(
        "surplus",
        cooperative,
        span=span,
        lines=statements.surplus_statement(cooperative.id, span.year),
        left_over=statements.left_over(cooperative.id, span.year),
    )


@bp.get("/<region>/books/<code>/members")
@guards.staff
def books_members(region: str, code: str) -> str:
    cooperative, span = _cooperative(code), spans.of_year(spans.asked_year())
    found = member_accounts.accounts(cooperative.id, span.first, span.last)
    number = pages.page_number()
    shown = pages.Page(found.rows[(number - 1) * SIZE : number * SIZE], number, SIZE, len(found.rows))
    return _page("members", cooperative, span=span, found=found, page=shown)


@bp.get("/<region>/books/<code>/members/<int:member_id>")
@guards.staff
def books_member(region: str, code: str, member_id: int) -> str:
    cooperative, span = _cooperative(code), spans.of_year(spans.asked_year())
    book = member_accounts.book(cooperative.id, member_id, span.first, span.last)
    return _page("member", cooperative, span=span, book=book)


@bp.get("/<region>/books/<code>/entries")
@guards.staff
def books_entries(region: str, code: str) -> str:
    cooperative, span = _cooperative(code), spans.asked()
    part, number = _slice(span), pages.page_number()
    rows = ledger.entries(cooperative.id, part, limit=SIZE, offset=(number - 1) * SIZE)
    return _page(
        "entries",
        cooperative,
        span=span,
        part=part,
        opening=ledger.balance_before(cooperative.id, part),
        accounts=[(str(account), title(account)) for account in Account],
        page=pages.Page(rows, number, SIZE, rows[0].total if rows else 0),
    )


def _slice(span: spans.Span) -> ledger.Slice:
    names = [ledger.known_account(code) for code in request.args.getlist("account")[:10]]
    if None in names:
        abort(404)
    asked = request.args.get("member", "")
    member_id = row_id(asked)
    return ledger.Slice(tuple(name for name in names if name is not None), span.first, span.last, member_id)


@bp.get("/<region>/books/<code>/transactions/<int:transaction_id>")
@guards.staff
def books_transaction(region: str, code: str, transaction_id: int) -> str:
    cooperative = _cooperative(code)
    row = ledger.transaction_of(transaction_id, cooperative.id)
    return _page("transaction", cooperative, row=row, lines=ledger.lines_of(transaction_id))


@bp.get("/<region>/books/<code>/vouchers")
@guards.staff
def books_vouchers(region: str, code: str) -> str:
    cooperative, span = _cooperative(code), spans.asked()
    kind = request.args.get("kind", "")
    kind = kind if kind in papers.KINDS else ""
    number = pages.page_number()
    rows = ledger.vouchers(
        cooperative.id, span.first, span.last, kind, limit=SIZE, offset=(number - 1) * SIZE
    )
    shown = pages.Page(rows, number, SIZE, rows[0].total if rows else 0)
    return _page("vouchers", cooperative, span=span, kind=kind, voucher_kinds=papers.KINDS, page=shown)


@bp.get("/<region>/books/<code>/vouchers/<int:voucher_id>")
@guards.staff
def books_voucher(region: str, code: str, voucher_id: int) -> str:
    cooperative = _cooperative(code)
    row = ledger.voucher(voucher_id, cooperative.id)
    return _page(
        "voucher",
        cooperative,
        row=row,
        lines=ledger.lines_of(row.transaction_id),
        attachments=pictures.papers_of(SUBJECT, voucher_id, cooperative.id),
    )


@bp.get("/<region>/books/<code>/papers/<int:attachment_id>")
@guards.staff
def books_paper(region: str, code: str, attachment_id: int) -> Response:
    """One stored file of a cooperative of the region."""
    return pictures.answer(attachment_id, [_cooperative(code).id])


@bp.get("/<region>/books/<code>/sheets/<statement>.xlsx")
@guards.staff
def books_sheet(region: str, code: str, statement: str) -> Response:
    cooperative = _cooperative(code)
    by_year = statement in book_sheets.BY_YEAR
    part = _slice(spans.of_year(spans.asked_year()) if by_year else spans.asked())
    sheet = book_sheets.sheet_of(statement, cooperative.name, cooperative.id, part, mask_name)
    with transaction():
        activity.record(
            "books.exported", "cooperative", cooperative.id, cooperative_id=cooperative.id,
            actor_id=guards.me().id,
            after={"statement": statement, "first": part.first.isoformat(), "last": part.last.isoformat()},
        )  # fmt: skip
    notes = [*sheet.notes, _(COUNTED), export_notes.made()]
    return spreadsheet.answer([replace(sheet, notes=notes)], f"{code}-{statement}")
