"""户和成员 as .xlsx: exactly the list on the screen, masked; with full names and telephones only for a reason that is kept."""

from __future__ import annotations

from flask import g
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.cooperatives.people import lists, reveals
from shop.cooperatives.people.lists import Wanted
from shop.core import activity, spreadsheet, typed
from shop.core.db import transaction
from shop.core.errors import Refused
from shop.core.privacy import decrypt
from shop.core.spreadsheet import Column, Sheet
from shop.core.text import N_, BadInput
from shop.township import export_notes
from shop.township.blueprint import bp
from shop.township.overview import region_name
from shop.township.register_pages import NAMES, asked, list_page, listed

MOST = 20_000  # rows of one file; what is left out is said underneath
COLUMNS = (
    Column("code", N_("户编号"), width=22),
    Column("head", N_("户主"), width=12),
    Column("village", N_("村"), width=12),
    Column("persons", N_("人数"), "num", 8),
    Column("eligible_persons", N_("符合条件人数"), "num", 14),
    Column("category", N_("类别"), width=20),
    Column("member", N_("成员账户"), width=30),
    Column("loan_fen", N_("贷款（元）"), "yuan"),
)
PHONE = Column("phone", N_("电话"), width=16)


@bp.get("/<region>/register.xlsx")
@guards.staff
def register_sheet(region: str) -> Response:
    """The rows of the screen over all its pages, names masked; that it was taken is noted."""
    return _file()


@bp.post("/<region>/register/full.xlsx")
@guards.staff
def register_sheet_full(region: str) -> Response | tuple[str, int]:
    """The same with full names and telephones: the reason is typed, and stands in every household's history."""
    form = typed.posted({"why": _("为什么要完整的姓名和电话")}, {"why"})
    try:
        return _file(form.text("why"))
    except (Refused, BadInput) as refusal:
        form.blame(refusal, {"": "why"})
    return list_page(1, full_form=form), 422


def _file(why: str | None = None) -> Response:
    wanted, day = asked()
    found = lists.households(g.region_code, day, wanted, MOST, 0)
    user, full = guards.me(), why is not None
    with transaction():
        if why is not None and found:
            reveals.reveal(g.region_code, [row.id for row in found], why, user.id, "list")
        said = {"list": wanted.which, "households": len(found)} | ({"why": why.strip()} if why else {})
        activity.record("register.exported", "region", g.region_code, after=said, actor_id=user.id)
    rows = [{column.key: getattr(row, column.key) for column in COLUMNS} for row in listed(found, full=full)]
    columns: tuple[Column, ...] = COLUMNS
    if full:
        columns = (*COLUMNS[:2], PHONE, *COLUMNS[2:])
        for row, source in zip(rows, found, strict=True):
            row["phone"] = decrypt(bytes(source.phone)) if source.phone is not None else ""
    total: dict[str, int | str] = {"code": _("合计")}
    for column in COLUMNS:
        if column.kind != "text":
            total[column.key] = sum(row[column.key] or 0 for row in rows)
    title = _("%(place)s %(name)s", place=region_name(g.region_code), name=_(NAMES[wanted.which]))
    notes = _notes(wanted, day.isoformat(), len(rows), found[0].total if found else 0, why)
    return spreadsheet.answer(
        [Sheet(_(NAMES[wanted.which]), title, columns, rows, total, notes)], f"register-{wanted.which}-{day.isoformat()}"
    )  # fmt: skip


def _notes(wanted: Wanted, day: str, rows: int, total: int, why: str | None) -> list[str]:
    """Filter, day, definition, who and when: what stands under the table."""
    parts = [wanted.village, wanted.category, wanted.cooperative, wanted.member]
    notes = [
        _("截至 %(day)s，共 %(n)s 户", day=day, n=total),
        export_notes.asked(parts),
        export_notes.made(),
        *export_notes.cut(rows, total, MOST),
    ]
    if why is None:
        return [*notes, _("姓名已脱敏；类别和条件按日期生效")]
    return [*notes, _("含完整姓名和电话，原因：%(why)s；请按规定保管，用完删除", why=why.strip())]
