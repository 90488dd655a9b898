"""银行文件格式: the columns in which the cooperative's own bank wants its file."""

from __future__ import annotations

from flask import g, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.core import pages, typed
from shop.core.db import transaction
from shop.core.errors import Conflict, Refused
from shop.core.text import BadInput
from shop.core.typed import Form
from shop.office.blueprint import bp
from shop.payments import bank_layouts as deeds
from shop.payments.bank_layouts import Column
from shop.payments.bankfile import FIXED, LAYOUTS

# what a new form offers: most banks want these, in this order
USUAL = ("seq", "holder", "account", "bank", "amount", "note", "reference")


def _form() -> Form:
    labels = {"name": _("名称"), "kind": _("文件类型"), "encoding": _("文字编码"), "columns": _("列")}
    for n in range(deeds.MOST_COLUMNS):
        labels |= {
            f"heading{n}": _("第 %(n)s 列列名", n=n + 1),
            f"field{n}": _("内容"),
            f"fixed{n}": _("固定文字"),
        }
    return typed.posted(labels, required=["name"])


def _offered() -> Form:
    form = _form()
    for n, field in enumerate(USUAL):
        form.values |= {f"heading{n}": _(deeds.FIELDS[field]), f"field{n}": field}
    return form


@bp.get("/<coop>/payouts/layouts")
@guards.manager
def bank_layouts(coop: str) -> str:
    return _page(_offered())


def _page(form: Form) -> str:
    return render_template(
        "office/bank_layouts.html",
        form=form,
        own=deeds.own(g.cooperative_id),
        common=LAYOUTS,
        fields=deeds.FIELDS,
        fixed=FIXED,
        most=deeds.MOST_COLUMNS,
        choices=[("", _("（不要这一列）"))]
        + [(code, _(words)) for code, words in deeds.FIELDS.items()]
        + [(FIXED, _("固定文字"))],
        chair=g.duty == "chair",
    )


@bp.post("/<coop>/payouts/layouts")
@guards.manager
def bank_layout_add(coop: str) -> Response | tuple[str, int]:
    """The chair only: a wrong column sends money wrong."""
    form = _form()
    columns = [
        Column(form.text(f"heading{n}"), form.text(f"field{n}"), form.text(f"fixed{n}"))
        for n in range(deeds.MOST_COLUMNS)
        if form.text(f"field{n}")
    ]
    try:
        if g.duty != "chair":
            raise Refused(_("银行文件格式由理事长设置"))
        with transaction():
            deeds.add(
                g.cooperative_id, form.text("name"), form.text("kind"), form.text("encoding"), columns,
                guards.me().id,
            )  # fmt: skip
    except (Refused, Conflict) as refusal:
        form.blame(refusal)
    except BadInput as refusal:
        form.refuse("columns" if form.text("name").strip() else "name", _(refusal.template, **refusal.values))
    if form.problems:
        return _page(form), 422
    pages.say(_("格式已保存，导出时可以选它"))
    return redirect(url_for("office.bank_layouts"), 303)


@bp.post("/<coop>/payouts/layouts/<int:layout_id>/retire")
@guards.manager
def bank_layout_retire(coop: str, layout_id: int) -> Response:
    with transaction():
        deeds.retire(layout_id, g.cooperative_id, guards.me().id)
    pages.say(_("这个格式不再使用；以前用它导出的文件还能再取"))
    return redirect(url_for("office.bank_layouts"), 303)
