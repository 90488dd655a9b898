"""产品: what the cooperative takes in, a new kind, and how long each keeps."""

from __future__ import annotations

from flask import g, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.cooperatives.produce import kinds_of_goods, queries
from shop.core import pages, typed
from shop.core.db import transaction
from shop.core.errors import NotFound, Refused
from shop.core.numbers import read_decimal
from shop.core.text import N_
from shop.office.blueprint import bp

NEED = ("name", "counted", "shelf_life")
COUNTED = {"g": N_("按重量（斤、公斤、克）"), "piece": N_("按只、头、瓶、箱……")}
COUNT_WORDS = ("只", "头", "个", "瓶", "箱", "盒", "包", "件")
FIELDS = {"new_name": "name"}


def _labels() -> dict[str, str]:
    return {
        "name": _("产品名称"), "counted": _("怎么计量"), "count_word": _("一件叫什么"), "shelf_life": _("保质期"),
    }  # fmt: skip


@bp.get("/<coop>/kinds")
@guards.manager
def kinds(coop: str) -> str:
    values = {"counted": "g", "shelf_life": str(kinds_of_goods.SHELF_LIFE_DAYS)}
    return _page(typed.Form(_labels(), values, frozenset(NEED)))


def _page(form: typed.Form, wrong: dict[int, tuple[str, str]] | None = None) -> str:
    """`wrong`: what was typed as the shelf life of a produce that is there, and why it cannot be."""
    return render_template(
        "office/kinds.html",
        rows=queries.produce_of(g.cooperative_id),
        form=form,
        counted=[(code, _(words)) for code, words in COUNTED.items()],
        count_words=COUNT_WORDS,
        wrong=wrong or {},
    )


@bp.post("/<coop>/kinds")
@guards.manager
def kind_add(coop: str) -> Response | tuple[str, int]:
    form = typed.posted(_labels(), NEED)
    days = form.read("shelf_life", _days)
    if form.text("counted") not in COUNTED:
        form.refuse("counted", _("请选择怎么计量"))
    if not form.problems and days is not None:
        try:
            with transaction():
                kinds_of_goods.add(
                    g.cooperative_id, form.text("name"), form.text("counted"), guards.me().id,
                    count_word=form.text("count_word"), shelf_life_days=days,
                )  # fmt: skip
        except Refused as refusal:
            form.blame(refusal, FIELDS)
    if form.problems:
        return _page(form), 422
    pages.say(
        _("已加上“%(name)s”，可以收货了", name=form.text("name").strip()),
        link=(url_for("office.intake_new"), _("登记收货")),
    )
    return redirect(url_for("office.kinds"), 303)


@bp.post("/<coop>/kinds/<int:produce_id>")
@guards.manager
def kind_keep_for(coop: str, produce_id: int) -> Response | tuple[str, int]:
    if all(row.id != produce_id for row in queries.produce_of(g.cooperative_id)):
        raise NotFound
    sent = typed.posted({"shelf_life": _("保质期")}, ("shelf_life",))
    days = sent.read("shelf_life", _days)
    if days is not None:
        try:
            with transaction():
                kinds_of_goods.keep_for(produce_id, g.cooperative_id, days, guards.me().id)
        except Refused as refusal:
            sent.blame(refusal)
    if sent.problems or days is None:
        said = (sent.text("shelf_life"), sent.problems["shelf_life"])
        values = {"counted": "g", "shelf_life": str(kinds_of_goods.SHELF_LIFE_DAYS)}
        return _page(typed.Form(_labels(), values, frozenset(NEED)), {produce_id: said}), 422
    pages.say(_("保质期已改，以后封的批次按新的算"))
    return redirect(url_for("office.kinds"), 303)


def _days(text: str) -> int:
    return read_decimal(text, label=_("保质期"), max_places=0).digits
