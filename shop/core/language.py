"""Chinese first, English second: the language of a request comes from a cookie, nothing else."""

from __future__ import annotations

from flask import Flask, has_request_context, request
from flask_babel import Babel

COOKIE = "lang"
_MEMO = "shop.language"  # every sentence of a page asks, so the answer stays with the request
LOCALES = {"zh": "zh_Hans_CN", "en": "en"}


def chosen() -> str:
    """'zh' or 'en'."""
    if not has_request_context():
        return "zh"
    environ = request.environ
    found: str | None = environ.get(_MEMO)
    if found is None:
        value = request.cookies.get(COOKIE, "zh")
        found = environ[_MEMO] = value if value in LOCALES else "zh"
    return found


def register(app: Flask) -> None:
    """Install Flask-Babel; messages are written in Chinese, so only English has a catalogue."""
    app.config.update(
        BABEL_DEFAULT_LOCALE="zh_Hans_CN",
        BABEL_DEFAULT_TIMEZONE="Asia/Shanghai",
        BABEL_TRANSLATION_DIRECTORIES="translations",
    )
    Babel(app, locale_selector=lambda: LOCALES[chosen()])
    app.jinja_env.globals["lang"] = chosen
