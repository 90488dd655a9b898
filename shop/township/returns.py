"""售后仲裁: buyers call the township in; staff grant an amount or uphold the cooperative, and say why."""

from __future__ import annotations

from flask import g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.aftersale import deciding, moves, queries
from shop.aftersale.reaching import of_region
from shop.core import pages
from shop.core.background import ring
from shop.core.errors import Conflict, Refused, said
from shop.core.money import format_yuan, parse_yuan
from shop.core.text import BadInput, clean_line
from shop.orders.attempts import retried
from shop.payments.refunds import Made
from shop.payments.tasks import send_refund
from shop.township.blueprint import bp
from shop.township.overview import region_name


@bp.get("/<region>/returns")
@guards.staff
def returns(region: str) -> str:
    tab = "all" if request.args.get("tab") == "all" else "open"
    return render_template(
        "township/returns.html",
        place=region_name(region),
        page=queries.of_a_region(g.region_code, tab, pages.page_number()),
        tab=tab,
        moves=moves,
    )


@bp.get("/<region>/returns/<int:request_id>")
@guards.staff
def return_page(region: str, request_id: int) -> str:
    return _page(region, request_id, {})


def _page(region: str, request_id: int, problems: dict[str, str]) -> str:
    story = queries.story(request_id, of_region(g.region_code))
    return render_template(
        "township/return.html",
        place=region_name(region),
        story=story,
        r=story.card,
        problems=problems,
        typed=request.form,
        moves=moves,
    )


@bp.post("/<region>/returns/<int:request_id>")
@guards.staff
def return_decide(region: str, request_id: int) -> Response | tuple[str, int]:
    """decision: grant (amount, bearer, why) or uphold (why)."""
    story = queries.story(request_id, of_region(g.region_code))
    problems: dict[str, str] = {}
    why, fen = _read(story.card, problems)
    if problems:
        return _page(region, request_id, problems), 422
    try:
        made = _decide(request_id, why, fen)
    except Conflict as conflict:
        pages.say(conflict.message, "error")
        return redirect(url_for("township.return_page", request_id=request_id), 303)
    except (Refused, BadInput) as refusal:
        return _page(region, request_id, {getattr(refusal, "field", None) or "": said(refusal)}), 422
    if made is not None and made.by_provider:
        ring(send_refund, made.refund_id)
    pages.say(_("已决定退款 %(fen)s", fen=format_yuan(made.amount_fen)) if made else _("已维持不退"))
    return redirect(url_for("township.returns"), 303)


def _read(card: queries.Card, problems: dict[str, str]) -> tuple[str, int | None]:
    """(words, fen); the sum is not asked where nothing was sent: everything goes back then."""
    grants, why, fen = request.form.get("decision") == "grant", "", None
    try:
        why = clean_line(
            request.form.get("why", "")[:2000], label=_("处理意见"), max_length=deciding.MOST_WHY
        )
    except BadInput as wrong:
        problems["why" if grants else "why-uphold"] = said(wrong)
    if grants and not (card.kind == moves.WHOLE and card.undispatched):
        try:
            fen = int(parse_yuan(request.form.get("amount", "")[:60], label=_("退多少钱")))
        except BadInput as wrong:
            problems["amount"] = said(wrong)
    if request.form.get("decision") not in {"grant", "uphold"}:
        problems[""] = _("请选择怎么办")
    return why, fen


def _decide(request_id: int, why: str, fen: int | None) -> Made | None:
    region, by = g.region_code, guards.me().id
    if request.form.get("decision") == "grant":
        bearer = request.form.get("bearer", "cooperative")[:20]
        return retried(lambda: deciding.grant(request_id, region, why, by=by, fen=fen, bearer=bearer))
    retried(lambda: deciding.uphold(request_id, region, why, by=by))
    return None
