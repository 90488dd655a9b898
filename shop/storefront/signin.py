"""Sign in by password or one-time code, sign out."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import current_app, redirect, render_template, request, url_for
from flask import session as cookie
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response
from wtforms import BooleanField, PasswordField, StringField
from wtforms.validators import InputRequired, Length

from shop.accounts import codes, consents, guards, registration, sessions, sms
from shop.accounts.limits import limiter, phone_key
from shop.core import pages
from shop.core.db import transaction
from shop.core.errors import Refused
from shop.core.http import settings
from shop.orders import basket, guest
from shop.storefront import visitor
from shop.storefront.blueprint import bp

PER_ACCOUNT = "10 per 5 minutes"
PER_ADDRESS = "30 per 5 minutes"


class PasswordForm(FlaskForm):
    phone = StringField(
        _l("手机号"), [InputRequired(_l("请填手机号")), Length(max=40, message=_l("手机号太长了"))]
    )
    password = PasswordField(
        _l("密码"), [InputRequired(_l("请填密码")), Length(max=200, message=_l("密码太长了"))]
    )


class CodeForm(FlaskForm):
    phone = StringField(
        _l("手机号"), [InputRequired(_l("请填手机号")), Length(max=40, message=_l("手机号太长了"))]
    )
    code = StringField(_l("验证码"), [Length(max=20, message=_l("验证码是 6 位数字"))])
    agree = BooleanField(_l("我已阅读并同意用户协议和隐私政策"))


def safe_next(wanted: str | None) -> str:
    """The page to return to: only one of our own GET pages, never a free address."""
    home = url_for("storefront.home")
    if not wanted or not wanted.startswith("/") or wanted.startswith("//"):
        return home
    if "\\" in wanted or any(ord(char) < 33 or ord(char) == 127 for char in wanted):
        return home
    parts = urlsplit(wanted)
    if parts.scheme or parts.netloc:
        return home
    try:
        endpoint, _args = current_app.url_map.bind("localhost").match(parts.path, method="GET")
    except HTTPException:
        return home
    if endpoint in {"storefront.sign_in", "storefront.sign_in_by_code", "static"}:
        return home
    return wanted


def _enter(user_id: int, *, proven: bool = False) -> Response:
    """Open a session under a fresh token; nothing of the visitor's cookie but the basket survives.

    `proven`: the phone answered just now, so guests' orders of that phone come along.
    """
    token, before = cookie.get("basket"), guards.signed_in_user()
    with transaction():
        ticket, ends = sessions.open_session(user_id)
        if token:
            basket.merge(token, user_id)
        opened = before.id if before is not None and guest.is_guest(before.phone) else None
        if opened is not None:
            basket.merge_account(opened, user_id)
        guest.claim(user_id, opened, proven=proven)
        kinds = basket.size(basket.buyer(user_id))
    cookie.clear()
    visitor.note_basket_size(kinds)
    return sessions.set_cookie(redirect(safe_next(request.args.get("next")), 303), ticket, ends)


def _known() -> bool:
    """Whether an account is signed in already; a guest may still sign in to take the orders over."""
    user = guards.signed_in_user()
    return user is not None and not guest.is_guest(user.phone)


@bp.get("/signin")
@guards.public
def sign_in() -> str | Response:
    if _known():
        return redirect(safe_next(request.args.get("next")), 303)
    return render_template("storefront/signin.html", form=PasswordForm(formdata=None))


@bp.post("/signin")
@limiter.limit(PER_ADDRESS)
@limiter.limit(PER_ACCOUNT, key_func=phone_key)
@guards.public
def sign_in_by_password() -> Response | tuple[str, int]:
    form = PasswordForm()
    if form.validate_on_submit():
        try:
            user_id = registration.by_password(registration.parse_phone(form.phone.data), form.password.data)
        except Refused as refusal:
            form.phone.errors = [refusal.message]
        else:
            if user_id is not None:
                return _enter(user_id)
            form.password.errors = [_("手机号或密码不对。也可以改用验证码登录")]
    return render_template("storefront/signin.html", form=form), 422


@bp.get("/signin/code")
@guards.public
def sign_in_by_code() -> str | Response:
    if _known():
        return redirect(safe_next(request.args.get("next")), 303)
    return render_template("storefront/signin_code.html", form=CodeForm(formdata=None), sent=False)


@bp.post("/signin/code")
@limiter.limit(PER_ADDRESS)
@limiter.limit(PER_ACCOUNT, key_func=phone_key)
@guards.public
def use_code() -> Response | tuple[str, int] | str:
    form = CodeForm()
    sending = request.form.get("act") == "send"
    sent = False
    if form.validate_on_submit():
        try:
            phone = registration.parse_phone(form.phone.data)
            if sending:
                _send(phone)
                sent = True
            else:
                user_id = _redeem(phone, form)
                if user_id is not None:
                    return _enter(user_id, proven=True)
        except Refused as refusal:
            form[refusal.field or "phone"].errors = [refusal.message]
    page = render_template("storefront/signin_code.html", form=form, sent=sent)
    return page if sent else (page, 422)


def _send(phone: str) -> None:
    with transaction():
        code = codes.issue(phone)
    sms.gateway(settings()).send(phone, f"验证码 {code}，5 分钟内有效。不要告诉任何人。")
    pages.say(_("如果这个号码能收短信，验证码一分钟内会到。5 分钟内有效。"))


def _redeem(phone: str, form: CodeForm) -> int | None:
    if not form.code.data:
        raise Refused(_("请填短信里的 6 位验证码"), "code")
    if not form.agree.data:
        raise Refused(_("请先阅读并勾选同意"), "agree")
    with transaction():
        right = codes.redeem(phone, form.code.data)
    if not right:
        raise Refused(_("验证码不对或已过期。可以重新获取一个"), "code")
    with transaction():
        user_id = registration.by_phone_or_new(phone)
        if user_id is not None:
            consents.say(user_id, consents.PRIVACY, True)
    if user_id is None:
        raise Refused(_("这个账号已停用，请联系大川镇客服"), "phone")
    return user_id


@bp.post("/signout")
@guards.signed_in
def sign_out() -> Response:
    user = guards.me()
    with transaction():
        sessions.revoke(user.session_id, user.id)
    cookie.clear()
    pages.say(_("已退出登录"))
    return sessions.clear_cookie(redirect(url_for("storefront.home"), 303))
