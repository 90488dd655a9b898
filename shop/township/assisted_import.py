"""导入外部销售: a table of one cooperative's orders from elsewhere; wrong rows are named, and nothing comes in before all are
right."""

from __future__ import annotations

from flask import g, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.cooperatives.people.queries import cooperatives_under
from shop.core import activity, pages, typed
from shop.core.db import transaction
from shop.core.errors import NotFound, Refused
from shop.core.table_file import ACCEPTED
from shop.core.table_import import sending
from shop.core.typed import Form
from shop.township import assisted_sheet
from shop.township.assisted_sheet import Done
from shop.township.blueprint import bp
from shop.township.overview import region_name

REQUIRED = frozenset({"cooperative", "file"})


def _labels() -> dict[str, str]:
    return {"cooperative": _("哪家合作社的")} | sending.labels()


@bp.get("/<region>/assisted/import")
@guards.staff
def assisted_import(region: str) -> str:
    code = request.args.get("coop", "")[:60]
    return _page(region, Form(_labels(), {"cooperative": code}, REQUIRED))


@bp.get("/<region>/assisted/import.xlsx")
@guards.staff
def assisted_import_template(region: str) -> Response:
    """The form to fill in, with the products of ?coop=, or of the whole region. Raises NotFound for another region's."""
    code = request.args.get("coop", "")[:60]
    if code and code not in _codes():
        raise NotFound
    return sending.download(assisted_sheet.blank(g.region_code, code), f"imported-{region}")


@bp.post("/<region>/assisted/import")
@guards.staff
def assisted_import_send(region: str) -> str | tuple[str, int]:
    form = typed.posted(_labels(), REQUIRED)
    code = form.text("cooperative")
    if code not in _codes():
        form.refuse("cooperative", _("请选择合作社"))
    data = sending.sent(form)
    if form.problems:
        return _page(region, form), 422
    try:
        done = assisted_sheet.bring_in(data, g.region_code, code, guards.me().id)
    except Refused as refusal:
        form.blame(refusal)
        return _page(region, form), 422
    if done.problems:
        return _page(region, form, done), 422
    with transaction():
        after = {"rows": done.new, "known": done.known}
        activity.record("assisted.imported", "region", region, after=after, actor_id=guards.me().id)
    pages.say(_("导入 %(new)s 笔，以前已有 %(known)s 笔没有重复导入", new=done.new, known=done.known))
    return _page(region, Form(_labels(), {"cooperative": code}, REQUIRED), done)


def _codes() -> dict[str, str]:
    return {row.code: f"{row.village_name} · {row.name}" for row in cooperatives_under(g.region_code)}


def _page(region: str, form: Form, done: Done | None = None) -> str:
    return render_template(
        "township/assisted_import.html",
        place=region_name(region),
        form=form,
        done=done,
        sellers=list(_codes().items()),
        accepted=ACCEPTED,
        most=assisted_sheet.MOST,
    )
