"""退款售后: the buyer asks for money back, line by line, and follows the request to its end."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Response as Answer
from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.accounts.limits import limiter
from shop.aftersale import asking, deciding, moves, queries
from shop.aftersale.reaching import of_buyer
from shop.core import clock, pictures
from shop.core.db import transaction
from shop.core.errors import Conflict, NotFound, Refused, said
from shop.core.money import parse_yuan
from shop.core.pages import page_number, say
from shop.core.quantity import parse_pieces
from shop.core.text import BadInput, clean_line
from shop.orders import express
from shop.orders.attempts import retried
from shop.storefront import typed
from shop.storefront.blueprint import bp

PICTURES = "image/jpeg,image/png,image/webp"


@bp.get("/returns")
@guards.signed_in
def returns() -> str:
    page = queries.of_a_buyer(guards.me().id, page_number())
    return render_template("storefront/returns.html", page=page, moves=moves)


@bp.get("/orders/<number>/returns/new")
@guards.signed_in
def return_new(number: str) -> str:
    return _form(typed.code(number), {})


def _form(number: str, problems: dict[str, str]) -> str:
    """What can be asked of the line that the address names, with what was typed. Raises NotFound."""
    line_id, now = _line_id(), clock.now()
    chance = asking.chance(line_id, number, guards.me().id)
    kinds = chance.kinds
    kind = request.form.get("kind", "") if request.form.get("kind") in kinds else (kinds[0] if kinds else "")
    return render_template(
        "storefront/return_new.html",
        number=number,
        c=chance,
        line_id=line_id,
        kinds=kinds,
        reasons=list(dict.fromkeys(code for one in kinds for code in chance.reasons(one, now))),
        by_reason=chance.no_reason(now),
        now=now,
        f=_fields(chance, kind, problems),
        problems=list(problems.items()),
        key=typed.key("idempotency_key") or "r-" + secrets.token_urlsafe(24),
        most_pictures=asking.MOST_PICTURES,
        most_words=asking.MOST_WORDS,
        accepted=PICTURES,
        moves=moves,
        whole_fen=_whole_fen(chance) if moves.WHOLE in kinds else 0,
    )


def _whole_fen(chance: asking.Chance) -> int:
    return sum(line.left_to_buyer for line in chance.case.lines) + chance.case.part.freight_fen


def _line_id() -> int:
    """The line that address or form names. Raises NotFound where it cannot be one."""
    text = request.values.get("line", "")
    if not (text.isascii() and text.isdigit() and 0 < len(text) < 19):
        raise NotFound
    return int(text)


def _fields(chance: asking.Chance, kind: str, problems: dict[str, str]) -> dict[str, dict[str, Any]]:
    labels = {
        "kind": _("要怎么办"), "packs": _("退几份"), "amount": _("退多少钱"), "reason": _("原因"), "words": _("补充说明"),
        "pictures": _("照片"),
    }  # fmt: skip
    blank = {"kind": kind, "packs": "1" if chance.line.units_left == 1 else ""}
    return {
        name: {
            "name": name, "id": name, "label": label, "required": name == "reason",
            "data": request.form.get(name, blank.get(name, ""))[:500],
            "errors": [problems[name]] if name in problems else [],
        }
        for name, label in labels.items()
    }  # fmt: skip


@bp.post("/orders/<number>/returns/new")
@limiter.limit("20 per 5 minutes")
@guards.signed_in
def return_ask(number: str) -> Response | tuple[str, int]:
    """Write the request down; a double click, or the form sent again, leads to the same one."""
    number, line_id, buyer = typed.code(number), _line_id(), guards.me().id
    chance = asking.chance(line_id, number, buyer)
    problems: dict[str, str] = {}
    wish = _wish(chance, problems)
    key = typed.key("idempotency_key")
    papers = _pictures(problems) if not problems and key else []
    if not key:
        problems.setdefault("", _("页面信息不完整，请核对后再提交"))
    if problems:
        return _form(number, problems), 422
    try:
        made, new = retried(lambda: asking.ask(line_id, number, buyer, wish, request_key=key, papers=papers))
    except (Refused, Conflict) as refusal:
        return _form(number, {refusal.field or "": said(refusal)}), refusal.status
    if new:
        say(_("已提交，合作社会在 %(days)d 天内答复", days=moves.ANSWER_DAYS))
    return redirect(url_for("storefront.return_page", number=number, request_id=made), 303)


def _wish(chance: asking.Chance, problems: dict[str, str]) -> asking.Wish:
    """What was typed; every field that cannot be read gets its sentence."""
    kinds = chance.kinds
    kind = request.form.get("kind", "") or (kinds[0] if len(kinds) == 1 else "")
    values: dict[str, int] = {}
    reason = request.form.get("reason", "")[:40]
    if kinds and kind not in kinds:
        problems["kind"] = _("请选择退货还是只退钱")
    try:
        words = clean_line(
            request.form.get("words", "")[:2000],
            label=_("补充说明"),
            max_length=asking.MOST_WORDS,
            required=False,
        )
    except BadInput as wrong:
        problems["words"], words = said(wrong), ""
    try:
        if kind == moves.GOODS:
            values["packs"] = parse_pieces(request.form.get("packs", "")[:60], _("份"), label=_("退几份"))
        elif kind == moves.AMOUNT:
            values["fen"] = parse_yuan(request.form.get("amount", "")[:60], label=_("退多少钱"))
    except BadInput as wrong:
        problems["packs" if kind == moves.GOODS else "amount"] = said(wrong)
    if kind in kinds and reason not in chance.reasons(kind, clock.now()):
        problems["reason"] = _why_not(kind, reason)
    return asking.Wish(kind, reason, words, **values)


def _why_not(kind: str, reason: str) -> str:
    if reason == moves.NO_REASON and kind == moves.AMOUNT:
        return str(_("七天无理由是退货退款，不退货请选别的原因"))
    if reason in moves.REASONS:
        return str(
            _(
                "“%(reason)s”不适用于“%(kind)s”，请换一个",
                reason=_(moves.REASONS[reason]),
                kind=_(moves.KINDS[kind]),
            )
        )
    return str(_("请选择退款原因"))


def _pictures(problems: dict[str, str]) -> list[pictures.Paper]:
    """The photographs, drawn anew. A file that is none is refused."""
    sent = [one for one in request.files.getlist("pictures") if one.filename]
    if len(sent) > asking.MOST_PICTURES:
        problems["pictures"] = _("最多 %(most)d 张照片", most=asking.MOST_PICTURES)
        return []
    try:
        papers = [paper for one in sent if (paper := pictures.sent(one, "pictures")) is not None]
    except Refused as refusal:
        problems["pictures"] = said(refusal)
        return []
    if any(paper.media_type != pictures.WEBP for paper in papers):
        problems["pictures"] = _("这里只收照片（JPG、PNG、WebP）")
    return papers


@bp.get("/orders/<number>/returns/<int:request_id>")
@guards.signed_in
def return_page(number: str, request_id: int) -> str:
    return _page(number, request_id, {})


def _page(number: str, request_id: int, problems: dict[str, str]) -> str:
    story = queries.story(request_id, of_buyer(guards.me().id))
    if story.card.order_number != number:
        raise NotFound
    return render_template(
        "storefront/return.html",
        story=story,
        r=story.card,
        problems=problems,
        typed=request.form,
        companies=[
            (one.code, _(one.name) if one.code != "own" else _("自己送到合作社")) for one in express.COMPANIES
        ],
        moves=moves,
    )


@bp.post("/orders/<number>/returns/<int:request_id>")
@guards.signed_in
def return_act(number: str, request_id: int) -> Response | tuple[str, int]:
    """act: send (company, number), call (why) or withdraw."""
    buyer, act = guards.me().id, request.form.get("act", "")
    try:
        with transaction():
            if act == "send":
                words = (request.form.get("company", "")[:20], request.form.get("number", "")[:100])
                deciding.send_back(request_id, buyer, *words)
            elif act == "call":
                deciding.call_in(request_id, buyer, request.form.get("why", "")[:2000])
            elif act == "withdraw":
                deciding.withdraw(request_id, buyer)
            else:
                raise NotFound
    except Conflict as conflict:
        say(conflict.message, "notice")
    except (Refused, BadInput) as refusal:
        field = getattr(refusal, "field", None) or ("why" if act == "call" else "")
        return _page(number, request_id, {field: said(refusal)}), 422
    return redirect(url_for("storefront.return_page", number=number, request_id=request_id), 303)


@bp.get("/orders/<number>/returns/<int:request_id>/pictures/<int:attachment_id>")
@guards.signed_in
def return_picture(number: str, request_id: int, attachment_id: int) -> Answer:
    """A photograph of the buyer's own request; others do not exist here."""
    paper = queries.picture_of(request_id, attachment_id, of_buyer(guards.me().id))
    answer = Answer(paper.body, mimetype=paper.media_type)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer
