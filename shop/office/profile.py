"""合作社资料: what buyers and members read of the cooperative itself."""

from __future__ import annotations

from dataclasses import asdict

from flask import g, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.catalog import told
from shop.core import pages, typed
from shop.core.db import transaction
from shop.core.errors import Refused
from shop.office.blueprint import bp

NEED = ("address", "phone", "supervision_phone")


def _labels() -> dict[str, str]:
    return {"address": _("地址"), "phone": _("电话"), "supervision_phone": _("监督电话"), "story": _("介绍")}


def _page(form: typed.Form) -> str:
    return render_template("office/profile.html", form=form, most=told.LONGEST_STORY)


@bp.get("/<coop>/profile")
@guards.manager
def profile(coop: str) -> str:
    return _page(typed.Form(_labels(), asdict(told.of_cooperative(g.cooperative_id)), frozenset(NEED)))


@bp.post("/<coop>/profile")
@guards.manager
def profile_save(coop: str) -> Response | tuple[str, int]:
    form = typed.posted(_labels(), NEED)
    try:
        with transaction():
            told.tell(
                g.cooperative_id, told.Told(**{name: form.text(name) for name in _labels()}), guards.me().id
            )
    except Refused as refusal:
        form.blame(refusal)
        return _page(form), 422
    pages.say(_("已保存，买家马上看得到"), link=(url_for("storefront.cooperative", code=coop), _("看一看")))
    return redirect(url_for("office.profile"), 303)
