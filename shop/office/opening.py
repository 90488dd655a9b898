"""导入期初余额: the form to download, the filled-in file, its wrong rows in a table; all or nothing."""

from __future__ import annotations

from collections.abc import Sequence

from flask import g, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.cooperatives.ledger import opening, vouchers
from shop.cooperatives.people import queries as people
from shop.core import clock, pages, spreadsheet, typed
from shop.core.db import transaction
from shop.core.errors import Refused
from shop.core.sheet_limits import MAX_SENT
from shop.core.typed import Form
from shop.office import books
from shop.office.blueprint import bp

SHOWN = 100


def _labels() -> dict[str, str]:
    return {"on_date": _("余额日期"), "file": _("填好的表（.xlsx）")}


@bp.get("/<coop>/books/opening")
@guards.manager
def books_opening(coop: str) -> str:
    values = {"on_date": clock.today().replace(month=1, day=1).isoformat()}
    return _page(Form(_labels(), values, frozenset(_labels())))


def _page(form: Form, problems: Sequence[opening.Problem] = ()) -> str:
    return books.page("opening", form=form, problems=problems[:SHOWN], problem_count=len(problems))


@bp.get("/<coop>/books/opening/template.xlsx")
@guards.manager
def books_opening_template(coop: str) -> Response:
    name = next(row.cooperative_name for row in guards.me().cooperatives if row.cooperative_code == coop)
    members = people.members(g.cooperative_id, clock.today())
    return spreadsheet.answer(opening.form(name or "", members), f"{coop}-opening")


@bp.post("/<coop>/books/opening")
@guards.manager
def books_opening_import(coop: str) -> Response | tuple[str, int]:
    form = typed.posted(_labels(), _labels())
    on = form.read("on_date", lambda text: typed.day(text, label=_("余额日期")))
    upload = request.files.get("file")
    data = upload.stream.read(MAX_SENT + 1) if upload is not None and upload.filename else b""
    if on is None:
        return _page(form), 422
    try:
        found = opening.read_opening(g.cooperative_id, data, on)
        if found.problems:
            return _page(form, found.problems), 422
        earlier = vouchers.made_before(g.cooperative_id, opening.request_key_of(found))
        if earlier is not None:
            pages.say(_("这个文件已经导入过（凭证 %(number)s），没有重复记", number=earlier.number), "notice")
            return redirect(url_for("office.books_voucher", voucher_id=earlier.id), 303)
        with transaction():
            voucher_id = opening.import_opening(g.cooperative_id, found, on, guards.me().id)
    except Refused as refusal:
        form.blame(refusal)
        return _page(form), 422
    pages.say(_("期初余额已导入，共 %(n)s 行", n=len(found.entries)))
    return redirect(url_for("office.books_voucher", voucher_id=voucher_id), 303)
