"""图片: the pictures of a product, taken with the phone; their order, what they show, down and back by undo."""

from __future__ import annotations

from flask import g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.catalog import gallery, hanging, photos, stocktaking
from shop.catalog.picture_models import MOST_PICTURES
from shop.core import clock, pages, typed
from shop.core.db import transaction
from shop.core.errors import NotFound, Refused, said
from shop.core.numbers import row_id
from shop.core.text import N_, BadInput
from shop.office.blueprint import bp
from shop.office.new_product import PICTURES

DRAWN = {
    "tray": N_("晾晒的竹匾"), "hand": N_("托在手心里看大小"), "pack-bag": N_("牛皮纸袋包装"), "pack-box": N_("纸箱包装"),
    "pack-cold": N_("泡沫箱加冰袋"), "bowl": N_("做成菜的样子"), "village": N_("村里的梯田"),
}  # fmt: skip


@bp.get("/<coop>/products/<int:product_id>/pictures")
@guards.manager
def product_pictures(coop: str, product_id: int) -> str:
    return _page(product_id)


def _page(
    product_id: int, *, problem: str = "", refused: list[tuple[str, str]] | None = None,
    wrong: tuple[int, typed.Form] | None = None,
) -> str:  # fmt: skip
    """`problem` stands beside the file field, `refused` names files; `wrong` is a picture's form that was refused."""
    product = stocktaking.product(product_id, g.cooperative_id, clock.today())
    hung = gallery.of_product(product_id, g.cooperative_id)
    marks = {row.mark for row in hung}
    own = {product.picture: PICTURES[product.picture]} if product.picture in PICTURES else {}
    return render_template(
        "office/product_pictures.html",
        p=product,
        hung=hung,
        most=MOST_PICTURES,
        accepted=photos.ACCEPTED,
        longest=hanging.MOST_ALT,
        drawings=[(name, _(words)) for name, words in (own | DRAWN).items() if name not in marks],
        problem=problem,
        refused=refused or [],
        wrong=wrong,
    )


@bp.post("/<coop>/products/<int:product_id>/pictures")
@guards.manager
def product_pictures_add(coop: str, product_id: int) -> Response | tuple[str, int]:
    """Field photos, several at once: the good ones are kept, the others named with what is wrong with them."""
    stocktaking.product(product_id, g.cooperative_id, clock.today())
    try:
        sent = photos.sent(request.files.getlist(photos.FIELD))
        with transaction():
            new = hanging.hang_photos(product_id, g.cooperative_id, sent.photos, by=guards.me().id)
    except Refused as refusal:
        return _page(product_id, problem=refusal.message), 422
    if new:
        pages.say(_("加了 %(n)d 张图片", n=new))
    elif sent.photos:
        pages.say(_("这些图片已经在了，没有重复加"), "notice")
    if sent.refused:
        return _page(product_id, refused=sent.refused), 422
    return _back(product_id)


@bp.post("/<coop>/products/<int:product_id>/pictures/drawing")
@guards.manager
def product_picture_draw(coop: str, product_id: int) -> Response | tuple[str, int]:
    """Field drawing names one of our illustrations; what it shows is said by its name and can be changed."""
    name = request.form.get("drawing", "")
    words = DRAWN.get(name) or PICTURES.get(name, "")
    try:
        with transaction():
            hanging.hang_drawing(product_id, g.cooperative_id, name, words, by=guards.me().id)
    except Refused as refusal:
        return _page(product_id, problem=refusal.message), 422
    return _back(product_id)


@bp.post("/<coop>/pictures/<int:picture_id>/text")
@guards.manager
def product_picture_text(coop: str, picture_id: int) -> Response | tuple[str, int]:
    """Fields alt and sketch."""
    product_id = _product(picture_id)
    form = typed.posted({"alt": _("图片说明"), "sketch": _("示意图")}, {"alt"})
    try:
        with transaction():
            hanging.describe(
                picture_id, g.cooperative_id, form.text("alt"), bool(form.text("sketch")), by=guards.me().id
            )
    except (Refused, BadInput) as refusal:
        form.refuse("alt", said(refusal))
        return _page(product_id, wrong=(picture_id, form)), 422
    pages.say(_("已保存"))
    return _back(product_id)


@bp.post("/<coop>/pictures/<int:picture_id>/move")
@guards.manager
def product_picture_move(coop: str, picture_id: int) -> Response:
    """Field seq: the place it shall have; nothing happens without a number."""
    product_id = _product(picture_id)
    seq = row_id(request.form.get("seq", ""))
    if seq is not None:
        with transaction():
            hanging.move(picture_id, g.cooperative_id, seq, by=guards.me().id)
    return _back(product_id)


@bp.post("/<coop>/pictures/<int:picture_id>/remove")
@guards.manager
def product_picture_remove(coop: str, picture_id: int) -> Response:
    product_id = _product(picture_id)
    try:
        with transaction():
            seq = hanging.take_down(picture_id, g.cooperative_id, by=guards.me().id)
    except NotFound as gone:  # a second press
        pages.say(gone.message, "notice")
        return _back(product_id)
    pages.say(
        _("图片已删掉，买家看不到了"),
        undo_url=url_for("office.product_picture_restore", picture_id=picture_id),
        undo={"seq": seq},
    )
    return _back(product_id)


@bp.post("/<coop>/pictures/<int:picture_id>/restore")
@guards.manager
def product_picture_restore(coop: str, picture_id: int) -> Response:
    """撤销 of remove; seq is the place it had."""
    product_id = _product(picture_id)
    seq = row_id(request.form.get("seq", "")) or MOST_PICTURES
    try:
        with transaction():
            hanging.put_back(picture_id, g.cooperative_id, seq, by=guards.me().id)
    except Refused as refusal:
        pages.say(refusal.message, "error")
    return _back(product_id)


def _product(picture_id: int) -> int:
    return hanging.product_of(picture_id, g.cooperative_id)


def _back(product_id: int) -> Response:
    return redirect(url_for("office.product_pictures", product_id=product_id), 303)
