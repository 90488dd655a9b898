"""账本: the statements, the entries behind every figure, vouchers and member accounts of the own cooperative."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Response, abort, g, render_template, request, url_for

from shop.accounts import guards
from shop.cooperatives.income import book_sheets, member_accounts
from shop.cooperatives.ledger import entries as ledger
from shop.cooperatives.ledger import papers, periods, sealing, statements
from shop.cooperatives.ledger.accounts import Account, title
from shop.cooperatives.ledger.closing import balances
from shop.cooperatives.ledger.vouchers import SUBJECT
from shop.core import activity, clock, pages, pictures, spans, spreadsheet, typed
from shop.core.db import transaction
from shop.core.numbers import row_id
from shop.office.blueprint import bp

SIZE = 50


def link(name: str, **values: Any) -> str:
    """The address of another page of these books; '' is their first page."""
    return url_for("office.books_" + name if name else "office.books", **values)


def _shown(name: str) -> str:
    return name


def page(template: str, **more: Any) -> str:
    """A page of the books in this door's frame: own people read names in full."""
    return render_template(
        f"books/{template}.html", layout="base_office.html", link=link, shown=_shown, own=True, account_title=title,
        kinds=ledger.KIND_NAMES | papers.KINDS, today=clock.today(), **more,
    )  # fmt: skip


@bp.get("/<coop>/books")
@guards.manager
def books(coop: str) -> str:
    year = spans.of_year(clock.today().year)
    held = balances(g.cooperative_id, clock.today())
    return page(
        "home",
        span=year,
        money_fen=held.get(Account.BANK, 0) + held.get(Account.CASH, 0),
        surplus_fen=statements.earned(g.cooperative_id, year.first, year.last),
        seal=sealing.newest(g.cooperative_id),
        next_period=periods.next_period(g.cooperative_id),
        recent=ledger.vouchers(g.cooperative_id, date(2010, 1, 1), clock.today(), "", limit=5, offset=0),
    )


@bp.get("/<coop>/books/balance")
@guards.manager
def books_balance(coop: str) -> str:
    span = spans.asked()
    found = statements.trial_balance(g.cooperative_id, span.first, span.last)
    return page("balance", span=span, balance=found)


@bp.get("/<coop>/books/income")
@guards.manager
def books_income(coop: str) -> str:
    span = spans.asked()
    lines = statements.income_statement(g.cooperative_id, span.first, span.last)
    return page("income", span=span, lines=lines)


@bp.get("/<coop>/books/surplus")
@guards.manager
def books_surplus(coop: str) -> str:
    span = spans.of_year(spans.asked_year())
    lines = statements.surplus_statement(g.cooperative_id, span.year)
    return page(
        "surplus", span=span, lines=lines, left_over=statements.left_over(g.cooperative_id, span.year)
    )


@bp.get("/<coop>/books/members")
@guards.manager
def books_members(coop: str) -> str:
    span = spans.of_year(spans.asked_year())
    found = member_accounts.accounts(g.cooperative_id, span.first, span.last)
    number = pages.page_number()
    shown = pages.Page(found.rows[(number - 1) * SIZE : number * SIZE], number, SIZE, len(found.rows))
    return page("members", span=span, found=found, page=shown)


@bp.get("/<coop>/books/members/<int:member_id>")
@guards.manager
def books_member(coop: str, member_id: int) -> str:
    span = spans.of_year(spans.asked_year())
    return page(
        "member", span=span, book=member_accounts.book(g.cooperative_id, member_id, span.first, span.last)
    )


def asked_slice(span: spans.Span) -> ledger.Slice:
    """Which entries the address asks for; an unknown account leads nowhere."""
    names = [ledger.known_account(code) for code in request.args.getlist("account")[:10]]
    if None in names:
        abort(404)
    return ledger.Slice(
        tuple(name for name in names if name is not None),
        span.first,
        span.last,
        row_id(request.args.get("member", "")),
    )


@bp.get("/<coop>/books/entries")
@guards.manager
def books_entries(coop: str) -> str:
    span = spans.asked()
    part, number = asked_slice(span), pages.page_number()
    rows = ledger.entries(g.cooperative_id, part, limit=SIZE, offset=(number - 1) * SIZE)
    return page(
        "entries",
        span=span,
        part=part,
        opening=ledger.balance_before(g.cooperative_id, part),
        accounts=[(str(account), title(account)) for account in Account],
        page=pages.Page(rows, number, SIZE, rows[0].total if rows else 0),
    )


@bp.get("/<coop>/books/transactions/<int:transaction_id>")
@guards.manager
def books_transaction(coop: str, transaction_id: int) -> str:
    row = ledger.transaction_of(transaction_id, g.cooperative_id)
    return page("transaction", row=row, lines=ledger.lines_of(transaction_id))


@bp.get("/<coop>/books/vouchers")
@guards.manager
def books_vouchers(coop: str) -> str:
    span = spans.asked()
    kind = request.args.get("kind", "")
    kind = kind if kind in papers.KINDS else ""
    number = pages.page_number()
    rows = ledger.vouchers(
        g.cooperative_id, span.first, span.last, kind, limit=SIZE, offset=(number - 1) * SIZE
    )
    return page(
        "vouchers",
        span=span,
        kind=kind,
        voucher_kinds=papers.KINDS,
        page=pages.Page(rows, number, SIZE, rows[0].total if rows else 0),
    )


@bp.get("/<coop>/books/vouchers/<int:voucher_id>")
@guards.manager
def books_voucher(coop: str, voucher_id: int) -> str:
    return voucher_page(voucher_id, typed.Form({}, {}))


def voucher_page(voucher_id: int, form: typed.Form) -> str:
    row = ledger.voucher(voucher_id, g.cooperative_id)
    return page(
        "voucher",
        row=row,
        lines=ledger.lines_of(row.transaction_id),
        attachments=pictures.papers_of(SUBJECT, voucher_id, g.cooperative_id),
        form=form,
        accepted=pictures.ACCEPTED,
    )


@bp.get("/<coop>/papers/<int:attachment_id>")
@guards.manager
def books_paper(coop: str, attachment_id: int) -> Response:
    """One stored file of the own cooperative: pictures in the page, PDFs as a download."""
    return pictures.answer(attachment_id, [g.cooperative_id])


@bp.get("/<coop>/books/sheets/<statement>.xlsx")
@guards.manager
def books_sheet(coop: str, statement: str) -> Response:
    name = next(row.cooperative_name for row in guards.me().cooperatives if row.cooperative_code == coop)
    by_year = statement in book_sheets.BY_YEAR
    part = asked_slice(spans.of_year(spans.asked_year()) if by_year else spans.asked())
    sheet = book_sheets.sheet_of(statement, name or "", g.cooperative_id, part, _shown)
    with transaction():
        activity.record(
            "books.exported", "cooperative", g.cooperative_id, cooperative_id=g.cooperative_id,
            after={"statement": statement},
        )  # fmt: skip
    return spreadsheet.answer([sheet], f"{coop}-{statement}")
