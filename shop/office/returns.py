"""退款申请: what buyers ask of this cooperative, until when to answer, and the answer."""

from __future__ import annotations

from flask import g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.aftersale import deciding, moves, queries
from shop.aftersale.reaching import of_cooperative
from shop.core import pages, typed
from shop.core.background import ring
from shop.core.errors import Conflict, NotFound, Refused
from shop.core.money import format_yuan
from shop.core.text import BadInput, clean_line
from shop.office.blueprint import bp
from shop.orders import returns
from shop.orders.attempts import retried
from shop.payments.refunds import Made
from shop.payments.tasks import send_refund

GOODS = (returns.RETURNED, returns.LOST)


@bp.get("/<coop>/returns")
@guards.manager
def return_list(coop: str) -> str:
    tab = request.args.get("tab", "")
    tab = tab if tab in queries.OFFICE_TABS else "open"
    return render_template(
        "office/returns.html",
        page=queries.of_a_cooperative(g.cooperative_id, tab, pages.page_number()),
        tab=tab,
        moves=moves,
    )


@bp.get("/<coop>/returns/<int:request_id>")
@guards.manager
def return_page(coop: str, request_id: int) -> str:
    story = queries.story(request_id, of_cooperative(g.cooperative_id))
    place = queries.last_place(g.cooperative_id) if story.card.state == moves.ASKED else ""
    return _page(story, typed.Form(_labels(), {"place": place}, frozenset({"place", "why"})))


def _labels() -> dict[str, str]:
    return {"decision": _("怎么办"), "goods": _("货在哪里"), "place": _("退货地址"), "why": _("不同意的原因")}


def _page(story: queries.Story, form: typed.Form) -> str:
    return render_template("office/return.html", story=story, r=story.card, form=form, moves=moves)


@bp.post("/<coop>/returns/<int:request_id>")
@guards.manager
def return_decide(coop: str, request_id: int) -> Response | tuple[str, int]:
    """decision: agree, take (both with goods), ask_back (place) or refuse (why); each is made once."""
    story = queries.story(request_id, of_cooperative(g.cooperative_id))
    form = typed.posted(_labels(), {"place", "why"})
    decision = form.text("decision")
    _read(form, decision)
    if form.problems:
        return _page(story, form), 422
    try:
        made = _decide(request_id, decision, form)
    except Conflict as conflict:
        pages.say(conflict.message, "error")
        return _back(request_id)
    except (Refused, BadInput, NotFound) as refusal:
        form.blame(refusal)
        return _page(story, form), 422
    if made is not None:
        if made.by_provider:
            ring(send_refund, made.refund_id)
        pages.say(_("已同意退款 %(fen)s", fen=format_yuan(made.amount_fen)))
    else:
        pages.say(_("已答复买家"))
    return _back(request_id)


def _read(form: typed.Form, decision: str) -> None:
    """What the decision needs, before anything is done."""
    if decision == "ask_back":
        form.read(
            "place", lambda words: clean_line(words, label=_("退货地址"), max_length=deciding.MOST_PLACE)
        )
    elif decision == "refuse":
        form.read(
            "why", lambda words: clean_line(words, label=_("不同意的原因"), max_length=deciding.MOST_WHY)
        )
    elif decision not in {"agree", "take"}:
        form.refuse("decision", _("请选择怎么办"))
    elif form.text("goods") and form.text("goods") not in GOODS:
        form.refuse("goods", _("请选择货退回来了，还是已经坏了"))


def _decide(request_id: int, decision: str, form: typed.Form) -> Made | None:
    own, by = g.cooperative_id, guards.me().id
    if decision == "agree":
        goods = form.text("goods") or returns.LOST
        return retried(lambda: deciding.agree(request_id, own, by=by, goods=goods))
    if decision == "take":
        goods = form.text("goods") or returns.RETURNED
        return retried(lambda: deciding.take(request_id, own, by=by, goods=goods))
    if decision == "ask_back":
        retried(lambda: deciding.ask_back(request_id, own, form.text("place"), by=by))
    else:
        retried(lambda: deciding.refuse(request_id, own, form.text("why"), by=by))
    return None


def _back(request_id: int) -> Response:
    return redirect(url_for("office.return_page", request_id=request_id), 303)
