"""我的: who I am here, my password, my signed-in devices, the doors I may open."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length

from shop.accounts import guards, registration, sessions
from shop.core import pages
from shop.core.db import transaction
from shop.core.errors import Refused
from shop.core.numbers import row_id
from shop.orders import guest
from shop.storefront.blueprint import bp


class NameForm(FlaskForm):
    name = StringField(
        _l("称呼"), [InputRequired(_l("请填称呼")), Length(max=40, message=_l("最多 40 个字"))]
    )


class NewPasswordForm(FlaskForm):
    password = PasswordField(_l("新密码"), [InputRequired(_l("请填新密码"))])
    again = PasswordField(_l("再填一次"), [InputRequired(_l("请再填一次"))])


def _page(name: NameForm | None = None, password: NewPasswordForm | None = None) -> str:
    user = guards.me()
    return render_template(
        "storefront/me.html",
        name_form=name or NameForm(formdata=None, data={"name": user.name}),
        password_form=password or NewPasswordForm(formdata=None),
        devices=sessions.live_sessions(user.id),
        nameless=guest.is_guest(user.phone),
    )


@bp.get("/me")
@guards.signed_in
def account() -> str:
    return _page()


@bp.post("/me/name")
@guards.signed_in
def change_name() -> Response | tuple[str, int]:
    form = NameForm()
    if form.validate_on_submit():
        try:
            with transaction():
                registration.rename(guards.me().id, form.name.data)
        except Refused as refusal:
            form.name.errors = [refusal.message]
        else:
            pages.say(_("称呼已改"))
            return redirect(url_for("storefront.account"), 303)
    return _page(name=form), 422


@bp.post("/me/password")
@guards.signed_in
def change_password() -> Response | tuple[str, int]:
    form = NewPasswordForm()
    user = guards.me()
    if guest.is_guest(user.phone):  # no phone to sign in with: a password would open nothing
        return redirect(url_for("storefront.account"), 303)
    if form.validate_on_submit():
        if form.password.data != form.again.data:
            form.again.errors = [_("两次填的不一样")]
        else:
            try:
                with transaction():
                    registration.set_password(
                        user.id, user.phone, form.password.data, keep_session=user.session_id
                    )
            except Refused as refusal:
                form.password.errors = [refusal.message]
            else:
                pages.say(_("密码已改，其他设备都已退出登录"))
                return redirect(url_for("storefront.account"), 303)
    return _page(password=form), 422


@bp.post("/me/devices/end")
@guards.signed_in
def end_devices() -> Response:
    user = guards.me()
    wanted = request.form.get("session", "")
    with transaction():
        if wanted == "others":
            sessions.revoke_all(user.id, but=user.session_id)
        elif session_id := row_id(wanted):
            sessions.revoke(session_id, user.id)
    pages.say(_("已让该设备退出登录"))
    return redirect(url_for("storefront.account"), 303)
