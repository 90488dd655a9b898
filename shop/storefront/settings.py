"""账号设置: the name, the password, and the way to everything else about the account."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length

from shop.accounts import guards, proving, registration
from shop.accounts.limits import account_key, limiter
from shop.core import pages
from shop.core.db import transaction
from shop.core.errors import Refused, said
from shop.storefront import proofs
from shop.storefront.blueprint import bp
from shop.storefront.proofs import PASSWORD, PER_ACCOUNT, ProofForm


class NameForm(FlaskForm):
    name = StringField(
        _l("称呼"), [InputRequired(_l("请填称呼")), Length(max=40, message=_l("最多 40 个字"))]
    )


class NewPasswordForm(ProofForm):
    password = PasswordField(_l("新密码"), [InputRequired(_l("请填新密码"))])
    again = PasswordField(_l("再填一次"), [InputRequired(_l("请再填一次"))])


def _page(name: NameForm | None = None) -> str:
    user = guards.me()
    return render_template(
        "storefront/account/settings.html",
        form=name or NameForm(formdata=None, data={"name": user.name}),
        has_password=proving.has_password(user.id),
    )


@bp.get("/me/settings")
@guards.signed_in
def account_settings() -> str | Response:
    return proofs.away() or _page()


@bp.post("/me/name")
@guards.signed_in
def change_name() -> Response | tuple[str, int]:
    if away := proofs.away():
        return away
    form = NameForm()
    if form.validate_on_submit():
        try:
            with transaction():
                registration.rename(guards.me().id, form.name.data)
        except Refused as refusal:
            form.name.errors = [said(refusal)]
        else:
            pages.say(_("称呼已改"))
            return redirect(url_for("storefront.account_settings"), 303)
    return _page(form), 422


def _password_page(form: NewPasswordForm) -> str:
    return render_template(
        "storefront/account/password.html", form=form, has_password=proving.has_password(guards.me().id)
    )


@bp.get("/me/password")
@guards.signed_in
def password() -> str | Response:
    return proofs.away() or _password_page(NewPasswordForm(formdata=None))


@bp.post("/me/password")
@limiter.limit(PER_ACCOUNT, key_func=account_key)
@guards.signed_in
def change_password() -> Response | str | tuple[str, int]:
    if away := proofs.away():
        return away
    form, user = NewPasswordForm(), guards.me()
    try:
        if request.form.get("act") == "send":
            proofs.send_code(user.phone, PASSWORD)
            return _password_page(form)
        if form.validate_on_submit():
            if form.password.data != form.again.data:
                raise Refused("两次填的不一样", "again")
            proofs.check(form, PASSWORD)
            with transaction():
                registration.set_password(user.id, user.phone, form.password.data, user.session_id)
            pages.say(_("密码已改，其他设备都已退出登录"))
            return redirect(url_for("storefront.account_settings"), 303)
    except Refused as refusal:
        form[refusal.field or "password"].errors = [said(refusal)]
    return _password_page(form), 422
