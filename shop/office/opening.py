"""导入期初余额: as every other table, for those who keep the books; the whole of it goes in as one voucher, or nothing does."""

from __future__ import annotations

from typing import Any

from flask import g, render_template, url_for
from flask import redirect as to
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.core import import_reads, importing, typed
from shop.core.errors import NotFound
from shop.core.sheet_limits import MAX_ROWS
from shop.core.table_file import ACCEPTED
from shop.core.table_import import sending
from shop.core.table_import.blank import blank
from shop.office import imports
from shop.office.blueprint import bp
from shop.office.importing.kinds import KINDS

KIND = KINDS["opening"]
EARLIER = 5  # files that the page lists


@bp.get("/<coop>/books/opening")
@guards.manager
def books_opening(coop: str) -> str:
    return _page(sending.empty())


def _page(form: typed.Form) -> str:
    return render_template(
        "office/import_opening.html",
        kind=KIND,
        form=form,
        accepted=ACCEPTED,
        max_rows=MAX_ROWS,
        earlier=import_reads.history(g.cooperative_id, EARLIER, kind=KIND.code),
    )


@bp.get("/<coop>/books/opening/template.xlsx")
@guards.manager
def books_opening_template(coop: str) -> Response:
    return sending.download(blank(KIND, g.cooperative_id), f"{coop}-opening")


@bp.post("/<coop>/books/opening")
@guards.manager
def books_opening_import(coop: str) -> Response | tuple[str, int]:
    form, name, data = sending.posted()
    if form.problems:
        return _page(form), 422
    import_id = sending.take(g.cooperative_id, KIND.code, name, data, guards.me().id)
    return to(url_for("office.books_opening_file", opening_id=import_id), 303)


@bp.get("/<coop>/books/opening/<int:opening_id>")
@guards.manager
def books_opening_file(coop: str, opening_id: int) -> str:
    row = _one(opening_id)
    voucher_id = import_reads.first_made(opening_id) if row.state == importing.DONE else None
    return imports.shown(
        row,
        {
            "page": url_for("office.books_opening_file", opening_id=row.id),
            "start": url_for("office.books_opening_start", opening_id=row.id),
            "marked": url_for("office.books_opening_marked", opening_id=row.id),
            "again": url_for("office.books_opening"),
        },
        url_for("office.books_opening"),
        url_for("office.books_voucher", voucher_id=voucher_id) if voucher_id is not None else None,
    )


@bp.post("/<coop>/books/opening/<int:opening_id>/start")
@guards.manager
def books_opening_start(coop: str, opening_id: int) -> Response:
    sending.start(_one(opening_id).id, g.cooperative_id, guards.me().id)
    return to(url_for("office.books_opening_file", opening_id=opening_id), 303)


@bp.get("/<coop>/books/opening/<int:opening_id>/marked.xlsx")
@guards.manager
def books_opening_marked(coop: str, opening_id: int) -> Response:
    row = _one(opening_id)
    return sending.download(
        import_reads.marked_file(row.id, g.cooperative_id), f"{coop}-opening-{opening_id}"
    )


def _one(import_id: int) -> Any:
    """A file of this kind: the books' keepers do not see members' and deliveries' here. Raises NotFound."""
    row = import_reads.one(import_id, g.cooperative_id)
    if row.kind != KIND.code:
        raise NotFound("没有找到这次导入")
    return row
