"""表格导入 of the register: the form with its choices, the file sent, what was found, the good rows in, red cells back."""

from __future__ import annotations

from flask import g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.core import activity, importing, pages, typed
from shop.core.db import transaction
from shop.core.numbers import row_id
from shop.core.sheet_limits import MAX_ROWS
from shop.core.table_file import ACCEPTED
from shop.core.table_import import sending
from shop.core.table_import.blank import blank
from shop.township.blueprint import bp
from shop.township.household_rows import KINDS
from shop.township.overview import region_name

SIZE = 20
SHOWN = 50  # problems on the page; the file has all
KIND = KINDS["households"]


@bp.get("/<region>/register/imports")
@guards.staff
def register_imports(region: str) -> str:
    return _page(sending.empty())


def _page(form: typed.Form) -> str:
    rows = importing.history(g.region_code, SIZE + 1, row_id(request.args.get("after", "")))
    shown = rows[:SIZE]
    return render_template(
        "township/register_imports.html",
        place=region_name(g.region_code),
        form=form,
        kind=KIND,
        accepted=ACCEPTED,
        max_rows=MAX_ROWS,
        page=pages.Page(shown, size=SIZE, next_after=str(shown[-1].id) if len(rows) > SIZE else None),
    )


@bp.get("/<region>/register/imports/template.xlsx")
@guards.staff
def register_import_form(region: str) -> Response:
    return sending.download(blank(KIND, region), "register-form")


@bp.post("/<region>/register/imports")
@guards.staff
def register_import_send(region: str) -> Response | tuple[str, int]:
    form, name, data = sending.posted()
    if form.problems:
        return _page(form), 422
    import_id = sending.take(g.region_code, KIND.code, name, data, guards.me().id)
    return redirect(url_for("township.register_import", sheet_id=import_id), 303)


@bp.get("/<region>/register/imports/<int:sheet_id>")
@guards.staff
def register_import(region: str, sheet_id: int) -> str:
    row = importing.one(sheet_id, g.region_code)
    fragment = request.headers.get("HX-Request") and request.headers.get("HX-Target") == "import"
    return render_template(
        "imports/_progress.html" if fragment else "township/register_import.html",
        place=region_name(region),
        row=row,
        kind=KIND,
        at={
            "page": url_for("township.register_import", sheet_id=row.id),
            "start": url_for("township.register_import_start", sheet_id=row.id),
            "marked": url_for("township.register_import_marked", sheet_id=row.id),
            "again": url_for("township.register_imports"),
        },
        problems=row.problems[:SHOWN],
        waiting=row.state in (importing.UPLOADED, importing.RUNNING),
    )


@bp.post("/<region>/register/imports/<int:sheet_id>/start")
@guards.staff
def register_import_start(region: str, sheet_id: int) -> Response:
    sending.start(sheet_id, g.region_code, guards.me().id)
    return redirect(url_for("township.register_import", sheet_id=sheet_id), 303)


@bp.get("/<region>/register/imports/<int:sheet_id>/marked.xlsx")
@guards.staff
def register_import_marked(region: str, sheet_id: int) -> Response:
    """The sheet with its problems marked: full names leave the house, so who fetched it is kept."""
    body = importing.marked_file(sheet_id, g.region_code)
    with transaction():
        activity.record("register.marked_sheet", "sheet_import", sheet_id)
    return sending.download(body, f"register-import-{sheet_id}")
