"""表格导入 of the township: the form with its choices, the file sent, what was found, the good rows in, red cells back."""

from __future__ import annotations

from flask import g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.core import activity, import_reads, pages, typed
from shop.core.db import transaction
from shop.core.numbers import row_id
from shop.core.sheet_limits import MAX_ROWS
from shop.core.table_file import ACCEPTED
from shop.core.table_import import sending
from shop.core.table_import.blank import blank
from shop.core.text import N_
from shop.township.blueprint import bp
from shop.township.import_kinds import KINDS
from shop.township.overview import region_name

SIZE = 20
TABLE = "<any(households, sales, income):table>"
# the page that each kind is a way into, and what it is called
BELONGS = {
    "households": ("township.register", N_("户和成员")),
    "sales": ("township.assisted", N_("帮扶销售")),
    "income": ("township.income", N_("农户收入台账")),
}


@bp.get(f"/<region>/imports/{TABLE}")
@guards.staff
def imports(region: str, table: str) -> str:
    return _page(table, sending.empty())


def _page(table: str, form: typed.Form) -> str:
    g.stands_under = BELONGS[table][0]
    rows = import_reads.history(g.region_code, SIZE + 1, row_id(request.args.get("after", "")), table)
    shown = rows[:SIZE]
    return render_template(
        "township/imports.html",
        place=region_name(g.region_code),
        form=form,
        kind=KINDS[table],
        belongs=BELONGS[table],
        accepted=ACCEPTED,
        max_rows=MAX_ROWS,
        page=pages.Page(shown, size=SIZE, next_after=str(shown[-1].id) if len(rows) > SIZE else None),
    )


@bp.get(f"/<region>/imports/{TABLE}/template.xlsx")
@guards.staff
def import_form(region: str, table: str) -> Response:
    return sending.download(blank(KINDS[table], g.region_code), f"{table}-form")


@bp.post(f"/<region>/imports/{TABLE}")
@guards.staff
def import_send(region: str, table: str) -> Response | tuple[str, int]:
    form, name, data = sending.posted()
    if form.problems:
        return _page(table, form), 422
    import_id = sending.take(g.region_code, table, name, data, guards.me().id)
    return redirect(url_for("township.import_page", sheet_id=import_id), 303)


@bp.get("/<region>/imports/<int:sheet_id>")
@guards.staff
def import_page(region: str, sheet_id: int) -> str:
    row = import_reads.one(sheet_id, g.region_code)
    g.stands_under = BELONGS[row.kind][0]
    at = {
        "page": url_for("township.import_page", sheet_id=row.id),
        "start": url_for("township.import_start", sheet_id=row.id),
        "marked": url_for("township.import_marked", sheet_id=row.id),
        "again": url_for("township.imports", table=row.kind),
    }
    return sending.page_of(
        "township/import.html", row, KINDS[row.kind], at, place=region_name(region), belongs=BELONGS[row.kind]
    )


@bp.post("/<region>/imports/<int:sheet_id>/start")
@guards.staff
def import_start(region: str, sheet_id: int) -> Response:
    sending.start(sheet_id, g.region_code, guards.me().id)
    return redirect(url_for("township.import_page", sheet_id=sheet_id), 303)


@bp.get("/<region>/imports/<int:sheet_id>/marked.xlsx")
@guards.staff
def import_marked(region: str, sheet_id: int) -> Response:
    """Full names and telephones leave the house with it, so who fetched it is kept."""
    body = import_reads.marked_file(sheet_id, g.region_code)
    with transaction():
        activity.record("register.marked_sheet", "sheet_import", sheet_id)
    return sending.download(body, f"import-{sheet_id}")
