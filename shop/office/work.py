"""加工: goods of a lot are dried, blended, graded or packed; what came of it, and undoing it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.cooperatives.income import transforming, undoing
from shop.cooperatives.produce import kinds_of_goods, queries, transformations
from shop.cooperatives.produce.mode_words import MODES
from shop.cooperatives.produce.transformation_models import TransformationInput, TransformationOutput
from shop.cooperatives.produce.work_terms import KINDS, Work
from shop.core import clock, pages, typed
from shop.core.db import transaction
from shop.core.errors import Conflict, NotFound, Refused
from shop.core.form_keys import new_key
from shop.core.numbers import row_id
from shop.office import work_form
from shop.office.blueprint import bp
from shop.office.work_form import Entry

SIZE = 30


@bp.get("/<coop>/transformations")
@guards.manager
def transformations_list(coop: str) -> str:
    before = row_id(request.args.get("after", ""))
    rows = transformations.recent(g.cooperative_id, before_id=before, limit=SIZE + 1)
    shown = rows[:SIZE]
    page = pages.Page(shown, size=SIZE, next_after=str(shown[-1].id) if len(rows) > SIZE else None)
    return render_template("office/transformations.html", page=page, kinds=KINDS)


@bp.get("/<coop>/lots/<int:lot_id>/transform")
@guards.manager
def lot_transform(coop: str, lot_id: int) -> str:
    return _page(work_form.fresh(queries.lot(lot_id, g.cooperative_id), g.cooperative_id))


def _page(entry: Entry) -> str:
    return render_template(
        "office/lot_transform.html",
        entry=entry,
        form=entry.form,
        row=entry.lot,
        kinds=KINDS,
        new_kinds=[(code, _(words)) for code, words in work_form.NEW_KINDS.items()],
        modes=MODES,
        today=clock.today(),
    )


@bp.post("/<coop>/lots/<int:lot_id>/transform")
@guards.manager
def lot_transform_now(coop: str, lot_id: int) -> Response | str | tuple[str, int]:
    """Store the work; `act=check` only says back what it would yield."""
    entry = work_form.sent(queries.lot(lot_id, g.cooperative_id), g.cooperative_id)
    if (first := _first(entry)) is not None:
        return first
    work = work_form.work_of(entry, g.cooperative_id, guards.me().id)
    if work is not None and not entry.key:
        entry.key = new_key()
        entry.form.refuse("", _("页面信息不完整，请核对后再按一次保存"))
    if work is None or entry.form.problems:
        return _page(entry), 422
    if request.form.get("act") == "check":
        return _page(entry)
    try:
        with transaction():
            work_id = transforming.transform(_with_new(work, entry))
    except (Refused, Conflict, NotFound) as refusal:
        if (first := _first(entry)) is not None:  # the same form, a moment ago
            return first
        entry.form.blame(refusal, entry.places)
        return _page(entry), 422
    pages.say(_("加工已登记"))
    return redirect(url_for("office.transformation", transformation_id=work_id), 303)


def _first(entry: Entry) -> Response | None:
    """The way to the work that this very form has made before."""
    first = transforming.earlier(entry.key or None, g.cooperative_id)
    if first is None:
        return None
    pages.say(_("这次加工已经登记过，没有重复记"), "notice")
    return redirect(url_for("office.transformation", transformation_id=first), 303)


def _with_new(work: Work, entry: Entry) -> Work:
    """The new produce gets its id."""
    if not entry.makes_new:
        return work
    form = entry.form
    produce_id = kinds_of_goods.add(g.cooperative_id, form.text("new_name"), form.text("new_kind"), work.by)
    first, *others = work.outputs
    return replace(work, outputs=[replace(first, produce_id=produce_id), *others])


@bp.get("/<coop>/transformations/<int:transformation_id>")
@guards.manager
def transformation(coop: str, transformation_id: int) -> str:
    return _result(transformation_id, typed.Form(_undo_labels(), {}, frozenset({"reason"})))


def _undo_labels() -> dict[str, str]:
    return {"reason": _("撤回原因")}


def _result(transformation_id: int, form: typed.Form) -> str:
    row = transformations.transformation(transformation_id, g.cooperative_id)
    went = transformations.lots_of(TransformationInput, row.id)
    came = transformations.lots_of(TransformationOutput, row.id)
    weighed = bool(went and came) and {lot.unit_kind for lot in (*went, *came)} == {"g"}
    owners = [] if row.reverses_id else transformations.owners(row.id, [lot.lot_id for lot in came])
    return render_template(
        "office/transformation.html",
        row=row,
        went=went,
        came=came,
        weighed=weighed,
        into=sum(lot.quantity for lot in went),
        out=sum(lot.quantity for lot in came),
        owners=owners,
        kinds=KINDS,
        modes=MODES,
        form=form,
        today=clock.today(),
    )


@bp.post("/<coop>/transformations/<int:transformation_id>/undo")
@guards.manager
def transformation_undo(coop: str, transformation_id: int) -> Response | tuple[str, int]:
    row = transformations.transformation(transformation_id, g.cooperative_id)
    if row.undone_by:
        pages.say(_("这次加工已经撤回过"), "notice")
        return redirect(url_for("office.transformation", transformation_id=row.id), 303)
    form = typed.posted(_undo_labels(), {"reason"})
    try:
        with transaction():
            undoing.undo(row.id, g.cooperative_id, form.text("reason"), guards.me().id)
    except (Refused, Conflict) as refusal:
        form.blame(refusal)
        return _result(row.id, form), 422
    pages.say(_("已撤回，货回到原来的批次"))
    return redirect(url_for("office.transformation", transformation_id=row.id), 303)


def around(row: Any) -> dict[str, Any]:
    """What the page of a lot says of the work it came out of and went into."""
    found = transformations.around(row.id, g.cooperative_id) if row.closed_at else []
    return {"work": found, "work_kinds": KINDS}
