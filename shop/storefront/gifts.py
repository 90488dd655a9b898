"""团购送礼: one product to many addresses; the list is looked over before anything is ordered."""

from __future__ import annotations

import secrets

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.catalog import product_page
from shop.core import clock
from shop.core.errors import Conflict, NotFound, Refused, said
from shop.core.table_file import ACCEPTED, read_table
from shop.orders import gifts, guest
from shop.orders.attempts import retried
from shop.orders.recording import Placed
from shop.storefront import typed
from shop.storefront.blueprint import bp

FIELDS = ("list", "file", "greeting", "giver", "total")
COLUMNS = {
    "name": ("姓名", "收货人", "收件人", "收礼人"),
    "phone": ("电话", "手机", "手机号", "联系电话"),
    "address": ("地址", "收货地址", "详细地址"),
    "count": ("份数", "数量", "件数"),
}


@bp.get("/p/<int:product_id>/gift")
@guards.signed_in
def gift(product_id: int) -> str:
    return _page(product_id, "")


def _page(
    product_id: int, words: str, plan: gifts.Plan | None = None, problems: dict[str, str] | None = None
) -> str:
    page = product_page.page(product_id, clock.today())
    chosen = request.values.get("sku", "")
    known = {str(spec.id) for spec in page.specs}
    field = {"name": "list", "label": _("收礼人名单"), "data": words, "required": True}
    sheet = {"name": "file", "label": _("或者上传名单")}
    greeting = {"name": "greeting", "label": _("祝福语"), "data": request.form.get("greeting", "")[:200]}
    giver = {"name": "giver", "label": _("送礼人"), "data": _giver(), "required": True}
    for one in (field, sheet, greeting, giver):
        sentence = (problems or {}).get(str(one["name"]))
        one["errors"] = [sentence] if sentence else []
    return render_template(
        "storefront/gift.html",
        p=page.row,
        specs=page.specs,
        chosen=chosen if chosen in known else str(page.specs[0].id),
        plan=plan,
        field=field,
        sheet=sheet,
        accepted=ACCEPTED,
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
    """The list as it stands in the box; a table that was sent takes its place. Raises Refused on field `file`."""
    sent = request.files.get("file")
    raw = sent.read() if sent and sent.filename else b""
    if not raw:
        return request.form.get("list", "")[: gifts.MAX_TEXT + 1]
    rows = read_table(raw, COLUMNS, ("name", "phone", "address"))
    return "\n".join("\t".join(row[name] for name in COLUMNS).rstrip("\t") for row in rows)


@bp.post("/p/<int:product_id>/gift")
@guards.signed_in
def gift_place(product_id: int) -> Response | str | tuple[str, int]:
    """`act=place` orders what was looked over; everything else shows the list with its sums and what is wrong in it."""
    page = product_page.page(product_id, clock.today())
    sku_id = typed.row_id("sku")
    left = {spec.id: spec.left for spec in page.specs}
    if sku_id not in left:
        raise NotFound
    words, plan, placing = (
        request.form.get("list", "")[: gifts.MAX_TEXT],
        None,
        request.form.get("act") == "place",
    )
    try:
        words = _list()
        plan = gifts.plan(sku_id, words)
        if plan.wrong:
            return _page(product_id, words, plan), 422
        if not placing:
            return _looked_over(product_id, words, plan, left[sku_id])
        placed = _place(sku_id, words, plan.rows[0].phone)
    except (Refused, Conflict) as refusal:
        field = refusal.field if refusal.field in FIELDS else "list"
        return _page(product_id, words, plan, {field: said(refusal)}), refusal.status
    return redirect(url_for("storefront.pay", number=placed.number), 303)


def _looked_over(product_id: int, words: str, plan: gifts.Plan, left: int) -> str | tuple[str, int]:
    """The list with its sums; a sentence where the goods are not enough for it."""
    if plan.packs <= left:
        return _page(product_id, words, plan)
    short = _("名单上一共 %(packs)d 份，现在只剩 %(left)d 份", packs=plan.packs, left=left)
    return _page(product_id, words, plan, {"list": short}), 422


def _place(sku_id: int, words: str, first_phone: str) -> Placed:
    """Order what was looked over. A guest has no phone of an account: the first recipient's stands on the order."""
    user = guards.me()
    key, greeting = typed.key("idempotency_key"), request.form.get("greeting", "")[:500]
    giver = (
        request.form.get("giver", "")[:500],
        first_phone if guest.is_guest(user.phone) else user.phone,
    )
    expected = _expected()
    return retried(
        lambda: gifts.place(
            user.id, sku_id, words, key, giver=giver, greeting=greeting, expected_fen=expected
        )
    )


def _expected() -> int:
    words = request.form.get("total", "")
    if not (words.isascii() and words.isdigit() and len(words) < 16):
        raise Refused(_("页面信息不完整，请核对后再提交"), "list")
    return int(words)
