"""爱心证明: the card of a paid order, to be kept by a long press and shown to others. Only its buyer gets it."""

from __future__ import annotations

from flask import Response, render_template, url_for
from flask_babel import gettext as _

from shop.accounts import guards
from shop.accounts.limits import limiter
from shop.core.money import format_yuan
from shop.orders.card_facts import Card, card_of
from shop.storefront import card_picture, typed
from shop.storefront.blueprint import bp
from shop.storefront.card_picture import Words
from shop.storefront.indexing import public

VILLAGES_NAMED = 3


@bp.get("/orders/<number>/card")
@guards.signed_in
def card(number: str) -> str:
    found = _card(number)
    return render_template(
        "storefront/card.html",
        c=found,
        rows=rows_of(found),
        link=public(url_for("storefront.product", product_id=found.product_id)),
        size=(card_picture.WIDTH, card_picture.HEIGHT),
    )


@bp.get("/orders/<number>/card.png")
@limiter.limit("60 per 10 minutes")
@guards.signed_in
def card_png(number: str) -> Response:
    """A picture with an address of its own, as WeChat wants it for saving."""
    found = _card(number)
    words = Words(
        title=_("爱心证明"),
        lead=_("我买的山货"),
        amount=format_yuan(found.fen),
        rows=rows_of(found),
        foot=_("每一分钱归到哪个村，订单里都写明"),
        shop=_("大川助农"),
    )
    response = Response(card_picture.png(words), mimetype="image/png")
    response.headers["Cache-Control"] = "private, max-age=300"
    response.headers.set("Content-Disposition", "inline", filename=f"card-{found.number}.png")
    return response


def _card(number: str) -> Card:
    """Raises NotFound."""
    return card_of(typed.code(number), guards.me().id)


def rows_of(found: Card) -> list[tuple[str, str]]:
    """What the card says under the amount; households only where they are many enough to be counted."""
    villages = "、".join(found.villages[:VILLAGES_NAMED])
    if len(found.villages) > VILLAGES_NAMED:
        villages = _("%(villages)s 等 %(n)s 个村", villages=villages, n=len(found.villages))
    if found.paid:
        who = (_("帮到农户"), _("%(n)s 户", n=found.paid))
    elif found.together:
        who = (_("同批供货农户"), _("%(n)s 户", n=found.together))
    else:
        who = (_("帮到农户"), _("户数少，不单列"))
    return [(_("来自"), villages), who, (_("下单日期"), found.day.isoformat())]
