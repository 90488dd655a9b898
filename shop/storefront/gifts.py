"""团购送礼: one product to many addresses; the list is looked over before anything is ordered."""

from __future__ import annotations

import secrets

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.catalog import product_page
from shop.core import clock
from shop.core.errors import Conflict, NotFound, Refused
from shop.orders import gifts, guest
from shop.orders.attempts import retried
from shop.storefront import typed
from shop.storefront.blueprint import bp

MAX_FILE = 200_000
FIELDS = ("list", "greeting", "giver", "total")


@bp.get("/p/<int:product_id>/gift")
@guards.signed_in
def gift(product_id: int) -> str:
    return _page(product_id)


def _page(product_id: int, plan: gifts.Plan | None = None, problems: dict[str, str] | None = None) -> str:
    page = product_page.page(product_id, clock.today())
    chosen = request.values.get("sku", "")
    known = {str(spec.id) for spec in page.specs}
    field = {"name": "list", "label": _("收礼人名单"), "data": _list(), "required": True}
    greeting = {"name": "greeting", "label": _("祝福语"), "data": request.form.get("greeting", "")[:200]}
    giver = {"name": "giver", "label": _("送礼人"), "data": _giver(), "required": True}
    for one in (field, greeting, giver):
        sentence = (problems or {}).get(str(one["name"]))
        one["errors"] = [sentence] if sentence else []
    return render_template(
        "storefront/gift.html",
        p=page.row,
        specs=page.specs,
        chosen=chosen if chosen in known else str(page.specs[0].id),
        plan=plan,
        field=field,
        greeting=greeting,
        giver=giver,
        most_giver=gifts.MAX_GIVER,
        problems=list((problems or {}).items()),
        key=typed.key("idempotency_key") or "g-" + secrets.token_urlsafe(24),
        most=gifts.MOST,
        most_greeting=gifts.MAX_GREETING,
    )


def _giver() -> str:
    """As typed; at first the account's name, unless that is only its masked phone."""
    name = guards.me().name
    return request.form.get("giver", "" if "*" in name or name == guest.NAME else name)[:200]


def _list() -> str:
    """The list: a file's lines where one was sent, else what stands in the box."""
    sent = request.files.get("file")
    raw = sent.read(MAX_FILE) if sent and sent.filename else b""
    if raw:
        for encoding in ("utf-8-sig", "gb18030"):
            try:
                words = raw.decode(encoding)
            except UnicodeDecodeError:
                continue
            return words.replace("\x00", "")[: gifts.MAX_TEXT]
    return request.form.get("list", "")[: gifts.MAX_TEXT]


@bp.post("/p/<int:product_id>/gift")
@guards.signed_in
def gift_place(product_id: int) -> Response | str | tuple[str, int]:
    """`act=place` orders what was looked over; everything else shows the list with its sums and what is wrong in it."""
    page = product_page.page(product_id, clock.today())
    sku_id = typed.row_id("sku")
    left = {spec.id: spec.left for spec in page.specs}
    if sku_id not in left:
        raise NotFound
    plan = None
    try:
        plan = gifts.plan(sku_id, _list())
        if plan.packs > left[sku_id] and not plan.wrong:
            raise Refused(
                _("名单上一共 %(packs)d 份，现在只剩 %(left)d 份", packs=plan.packs, left=left[sku_id]),
                "list",
            )
        if request.form.get("act") != "place" or plan.wrong:
            return _page(product_id, plan) if not plan.wrong else (_page(product_id, plan), 422)
        user = guards.me()
        key, words, greeting = typed.key("idempotency_key"), _list(), request.form.get("greeting", "")[:500]
        phone = plan.rows[0].phone if guest.is_guest(user.phone) else user.phone
        giver = request.form.get("giver", "")[:500]
        expected = _expected()
        placed = retried(
            lambda: gifts.place(
                user.id,
                sku_id,
                words,
                key,
                giver=(giver, phone),
                greeting=greeting,
                expected_fen=expected,
            )
        )
    except (Refused, Conflict) as refusal:
        wrong = getattr(refusal, "field", None) or "list"
        return _page(
            product_id, plan, {wrong if wrong in FIELDS else "list": typed.sentence(refusal)}
        ), getattr(refusal, "status", 422)
    return redirect(url_for("storefront.pay", number=placed.number), 303)


def _expected() -> int:
    words = request.form.get("total", "")
    if not (words.isascii() and words.isdigit() and len(words) < 16):
        raise Refused(_("页面信息不完整，请核对后再提交"), "list")
    return int(words)
