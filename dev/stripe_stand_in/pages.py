"""The hosted pay page, in Chinese, without a line of script: card form, 3-D Secure, Alipay, WeChat Pay."""

from __future__ import annotations

from flask import Flask, Response, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from dev.stripe_stand_in import checkout, paying, shapes
from dev.stripe_stand_in.cards import CARDS, DECLINED, INSUFFICIENT, SUCCESS, THREE_D_SECURE
from dev.stripe_stand_in.errors import ApiError
from dev.stripe_stand_in.paying import Attempt, Outcome
from dev.stripe_stand_in.stand_in import StandIn
from dev.stripe_stand_in.store import Json

NAMES = {"alipay": "支付宝", "wechat_pay": "微信支付", "three_d_secure": "银行验证"}
EFFECTS = {
    SUCCESS: "付款成功",
    DECLINED: "银行拒绝",
    INSUFFICIENT: "余额不足",
    THREE_D_SECURE: "需要银行验证",
}
_NOT_PAID = "付款没有完成，没有扣款。您可以再试一次，或换一种付款方式。"
_SECURITY = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def return_url(session: Json) -> str:
    return str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", session["id"])


def card_number(text: str) -> str:
    return "".join(text.split()).replace("-", "")


def _show(template: str, status: int = 200, **values: object) -> Response:
    response = make_response(render_template(template, names=NAMES, effects=EFFECTS, **values), status)
    response.headers.update(_SECURITY)
    return response


class PayPages:
    def __init__(self, stand_in: StandIn) -> None:
        self._stand_in = stand_in

    def choose(self, session_id: str) -> Response:
        session = checkout.get(self._stand_in, session_id)
        return self._pay_page(session) if session["status"] == "open" else self._closed(session)

    def pay_by_card(self, session_id: str) -> AnyResponse:
        number = card_number(request.form.get("card_number", ""))
        card = CARDS.get(number)
        if card is None:
            session = checkout.get(self._stand_in, session_id)
            return self._pay_page(session, 402, "这不是测试卡号。请用下面列出的测试卡。", number)
        given = Attempt("card", card, request.form.get("email") or None, request.form.get("holder") or None)
        with self._stand_in.change():
            outcome = paying.attempt(self._stand_in, session_id, given)
        return self._after(session_id, outcome, card.message_zh, number)

    def ask(self, session_id: str, method: str) -> Response:
        session = checkout.get(self._stand_in, session_id)
        if session["status"] != "open":
            return self._closed(session)
        return _show("confirm.html", session=session, method=method)

    def confirm(self, session_id: str, method: str) -> AnyResponse:
        confirmed = request.form.get("outcome") == "confirm"
        with self._stand_in.change():
            if method == "three_d_secure":
                outcome = paying.authenticate(self._stand_in, session_id, confirmed=confirmed)
            elif confirmed:
                outcome = paying.attempt(self._stand_in, session_id, Attempt(method))
            else:
                outcome = paying.decline_wallet(self._stand_in, session_id, method)
        return self._after(session_id, outcome, _NOT_PAID)

    def _pay_page(self, session: Json, status: int = 200, message: str = "", number: str = "") -> Response:
        items = self._stand_in.store.private(session["id"])["line_items"]
        return _show(
            "pay.html", status, session=session, items=items, message=message, number=number or SUCCESS
        )

    def _closed(self, session: Json) -> Response:
        return _show("closed.html", 410, session=session, back=return_url(session))

    def _after(self, session_id: str, outcome: Outcome, message: str, number: str = "") -> AnyResponse:
        session = checkout.get(self._stand_in, session_id)
        if session["status"] == "complete":
            return redirect(return_url(session), 303)
        if outcome == "requires_action":
            return redirect(f"/c/pay/{session_id}/three_d_secure", 303)
        if outcome == "closed" and session["status"] == "open" and session["expires_at"] > shapes.now():
            return redirect(f"/c/pay/{session_id}", 303)  # the bank's page, though there was nothing to prove
        return self._closed(session) if outcome == "closed" else self._pay_page(session, 402, message, number)


def _error(error: ApiError) -> AnyResponse | tuple[Json, int]:
    """The buyer reads a sentence, a program reads JSON."""
    if request.path.startswith("/c/pay/"):
        return _show("closed.html", error.status, session=None)
    return error.body(), error.status


def install(app: Flask, stand_in: StandIn) -> None:
    app.jinja_env.filters["yuan"] = shapes.yuan
    pages, at = PayPages(stand_in), "/c/pay/<session_id>"
    further = f"{at}/<any(alipay, wechat_pay, three_d_secure):method>"
    app.add_url_rule("/", "about", lambda: _show("about.html"))
    app.add_url_rule(at, "choose", pages.choose)
    app.add_url_rule(f"{at}/card", "card", pages.pay_by_card, methods=["POST"])
    app.add_url_rule(further, "ask", pages.ask)
    app.add_url_rule(further, "confirm", pages.confirm, methods=["POST"])
    app.register_error_handler(ApiError, _error)
