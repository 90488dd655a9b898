"""Prices and specs of a product: a new price from today, one more spec, a spec offered or not."""

from __future__ import annotations

from dataclasses import dataclass

from flask import g, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.catalog import shelf, spec_prices, stocktaking
from shop.core import clock, pages, typed
from shop.core.db import transaction
from shop.core.errors import Conflict, Refused
from shop.core.money import format_plain, format_yuan, parse_yuan
from shop.core.numbers import row_id
from shop.core.quantity import format_weight, parse_pieces, parse_weight
from shop.core.text import BadInput
from shop.office.blueprint import bp
from shop.office.shelf import product_page, spec_labels

PACKS = ("袋", "盒", "瓶", "箱", "份")


@bp.post("/<coop>/specs/<int:sku_id>/price")
@guards.manager
def sku_price(coop: str, sku_id: int) -> Response | tuple[str, int]:
    """A new price from today on; 撤销 sets the old one again."""
    row = stocktaking.spec(sku_id, g.cooperative_id)
    form = typed.posted({"price": _("价格")}, {"price"})
    fen = form.read("price", lambda text: parse_yuan(text, label=_("价格")))
    version = row_id(request.form.get("version", ""))
    if version is None:
        form.refuse("price", _("页面信息不完整，请核对后再提交"))
    if fen is None or version is None:
        return product_page(row.product_id, price=form, wrong_sku=sku_id), 422
    try:
        with transaction():
            spec_prices.set_price(
                sku_id, g.cooperative_id, fen, version=version, by=guards.me().id, today=clock.today()
            )
    except (Refused, Conflict) as refusal:
        form.blame(refusal)
        return product_page(row.product_id, price=form, wrong_sku=sku_id), refusal.status
    if fen != row.price_fen:
        pages.say(
            _(
                "“%(spec)s”改为 %(new)s，原来 %(old)s",
                spec=row.spec,
                new=format_yuan(fen),
                old=format_yuan(row.price_fen),
            ),
            undo_url=url_for("office.sku_price", sku_id=sku_id),
            undo={"price": format_plain(row.price_fen), "version": version + 1},
        )
    return redirect(url_for("office.product", product_id=row.product_id), 303)


@bp.post("/<coop>/specs/<int:sku_id>/<any(show, hide):how>")
@guards.manager
def sku_show(coop: str, sku_id: int, how: str) -> Response | tuple[str, int]:
    row = stocktaking.spec(sku_id, g.cooperative_id)
    version = row_id(request.form.get("version", "")) or 0
    try:
        with transaction():
            shelf.show_spec(sku_id, g.cooperative_id, how == "show", version=version, by=guards.me().id)
    except (Refused, Conflict) as refusal:
        return product_page(row.product_id, problem=refusal.message), refusal.status
    back, text = (
        ("hide", _("“%(spec)s”开始卖", spec=row.spec))
        if how == "show"
        else ("show", _("“%(spec)s”停卖", spec=row.spec))
    )
    pages.say(
        text, undo_url=url_for("office.sku_show", sku_id=sku_id, how=back), undo={"version": version + 1}
    )
    return redirect(url_for("office.product", product_id=row.product_id), 303)


@bp.post("/<coop>/products/<int:product_id>/specs")
@guards.manager
def spec_add(coop: str, product_id: int) -> Response | tuple[str, int]:
    row = stocktaking.product(product_id, g.cooperative_id, clock.today())
    form = typed.posted(spec_labels(), {"content", "price"})
    spec = read_spec(form, row.unit_kind, row.count_word)
    if spec is not None and spec.spec in {known["spec"] for known in row.specs}:
        form.refuse("content", _("已经有“%(spec)s”这个规格了", spec=spec.spec))
    if form.problems or spec is None:
        return product_page(product_id, spec=form), 422
    try:
        with transaction():
            shelf.add_spec(product_id, g.cooperative_id, spec.new, by=guards.me().id, today=clock.today())
    except (Refused, BadInput) as refusal:
        form.blame(refusal, {"unit_quantity": "content", "spec": "content"})
        return product_page(product_id, spec=form), 422
    pages.say(_("已加规格“%(spec)s”", spec=spec.spec))
    return redirect(url_for("office.product", product_id=product_id), 303)


@dataclass(frozen=True)
class TypedSpec:
    """A spec as the form means it."""

    spec: str
    new: shelf.NewSpec


def read_spec(form: typed.Form, unit_kind: str, count_word: str) -> TypedSpec | None:
    """The spec of a form: '500克/袋' from content, unit, pack and price; None where something has to be mended."""
    unit, pack = form.text("content_unit"), form.text("pack")
    if unit_kind == "g":
        content = form.read("content", lambda text: parse_weight(text, unit or None, label=_("净含量")))
    else:
        content = form.read("content", lambda text: parse_pieces(text, count_word, label=_("数量")))
    price = form.read("price", lambda text: parse_yuan(text, label=_("价格")))
    if pack and pack not in PACKS:
        form.refuse("pack", _("请选择包装"))
    if content is None or price is None or form.problems:
        return None
    words = format_weight(content) if unit_kind == "g" else f"{content}{count_word}"
    spec = f"{words}/{pack}" if pack else words
    return TypedSpec(spec, shelf.NewSpec(spec, content, price))
