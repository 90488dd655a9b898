"""表格导入: the form of each kind, the file sent, what was found in it, the good rows in, the same file back with red cells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.core import import_reads, pages, typed
from shop.core.numbers import row_id
from shop.core.sheet_limits import MAX_ROWS
from shop.core.table_file import ACCEPTED
from shop.core.table_import import sending
from shop.core.table_import.blank import blank
from shop.office.blueprint import bp
from shop.office.importing.kinds import KINDS

SIZE = 20
SHEET = "<any(intake, prices, products, parcels, members):sheet>"
_ICONS = {
    "intake": "basket", "prices": "cash-coin", "products": "shop", "parcels": "truck", "members": "people",
    "opening": "book",
}  # fmt: skip


@bp.get("/<coop>/imports")
@guards.manager
def imports(coop: str) -> str:
    before = row_id(request.args.get("after", ""))
    rows = import_reads.history(g.cooperative_id, SIZE + 1, before)
    shown = rows[:SIZE]
    return render_template(
        "office/imports.html",
        page=pages.Page(shown, size=SIZE, next_after=str(shown[-1].id) if len(rows) > SIZE else None),
        kinds=KINDS,
        icons=_ICONS,
    )


@bp.get(f"/<coop>/imports/{SHEET}")
@guards.manager
def import_kind(coop: str, sheet: str) -> str:
    return _kind_page(sheet, sending.empty())


def _kind_page(sheet: str, form: typed.Form) -> str:
    return render_template(
        "office/import_kind.html", kind=KINDS[sheet], form=form, accepted=ACCEPTED, max_rows=MAX_ROWS
    )


@bp.get(f"/<coop>/imports/{SHEET}/template.xlsx")
@guards.manager
def import_template(coop: str, sheet: str) -> Response:
    return sending.download(blank(KINDS[sheet], g.cooperative_id), f"{coop}-{sheet}")


@bp.post(f"/<coop>/imports/{SHEET}")
@guards.manager
def import_send(coop: str, sheet: str) -> Response | tuple[str, int]:
    form, name, data = sending.posted()
    if form.problems:
        return _kind_page(sheet, form), 422
    import_id = sending.take(g.cooperative_id, sheet, name, data, guards.me().id)
    return redirect(url_for("office.import_page", import_id=import_id), 303)


@bp.get("/<coop>/imports/<int:import_id>")
@guards.manager
def import_page(coop: str, import_id: int) -> str | Response:
    row = import_reads.one(import_id, g.cooperative_id)
    if row.kind == "opening":  # its page is the books'
        return redirect(url_for("office.books_opening_file", opening_id=row.id), 303)
    return shown(row, _addresses(row), url_for("office.imports"))


def shown(row: Any, at: Mapping[str, str], back: str, result: str | None = None) -> str:
    """The page of a file. `back`: where it belongs; `result`: what it became."""
    return sending.page_of("office/import.html", row, KINDS[row.kind], at, back=back, result=result)


@bp.post("/<coop>/imports/<int:import_id>/start")
@guards.manager
def import_start(coop: str, import_id: int) -> Response:
    sending.start(import_id, g.cooperative_id, guards.me().id)
    return redirect(url_for("office.import_page", import_id=import_id), 303)


@bp.get("/<coop>/imports/<int:import_id>/marked.xlsx")
@guards.manager
def import_marked(coop: str, import_id: int) -> Response:
    return sending.download(
        import_reads.marked_file(import_id, g.cooperative_id), f"{coop}-import-{import_id}"
    )


def _addresses(row: Any) -> dict[str, str]:
    """What the box of an import links to."""
    return {
        "page": url_for("office.import_page", import_id=row.id),
        "start": url_for("office.import_start", import_id=row.id),
        "marked": url_for("office.import_marked", import_id=row.id),
        "again": url_for("office.import_kind", sheet=row.kind),
    }
