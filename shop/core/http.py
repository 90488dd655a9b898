"""What every answer carries: request id, security headers, cache rules; and how errors become pages."""

from __future__ import annotations

import secrets
from typing import Any, cast
from urllib.parse import urlsplit

import structlog
from flask import Flask, Response, abort, current_app, g, jsonify, render_template, request
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFProtect
from sqlalchemy.exc import DataError, OperationalError
from werkzeug.exceptions import HTTPException, SecurityError

from shop.config import Settings
from shop.core.db import db
from shop.core.errors import ShopError
from shop.core.text import BadInput

log = structlog.get_logger()
MAX_ID = 2**63 - 1
csrf = CSRFProtect()

PERMISSIONS = "camera=(self), geolocation=(), microphone=(), payment=()"
CODED = (400, 403, 404, 405, 409, 413, 422, 429, 500, 503)


def lead_script(response: Any) -> Any:
    """A script that shows the progress of an upload goes to the next page itself, so that its messages are shown there."""
    location = response.headers.get("Location")
    if location and request.headers.get("X-Progress") and request.method == "POST":
        return current_app.make_response(("", 204, {"X-Leads-To": location}))
    return response


def settings() -> Settings:
    """The settings of the running application."""
    return cast(Settings, current_app.extensions["settings"])


def content_security_policy(checkout_origin: str) -> str:
    """Only our own files; forms may lead to the provider's hosted checkout (a POST answered by a redirect)."""
    return (
        "default-src 'self'; img-src 'self' data: blob:; script-src 'self'; style-src 'self'; object-src 'none'; "
        f"base-uri 'none'; frame-ancestors 'none'; form-action 'self' {checkout_origin}"
    )


def register(app: Flask, config: Settings) -> None:
    """Install headers, request ids and error pages."""
    base = urlsplit(config.stripe_api_base)
    checkout = f"{base.scheme}://{base.netloc}" if base.netloc else "https://checkout.stripe.com"
    policy = content_security_policy(checkout)

    @app.before_request
    def start() -> None:
        g.request_id = secrets.token_hex(8)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=g.request_id, path=logged_path())

    @app.url_value_preprocessor
    def refuse_impossible_ids(endpoint: str | None, values: dict[str, Any] | None) -> None:
        if any(isinstance(value, int) and value > MAX_ID for value in (values or {}).values()):
            abort(404)  # no row can have such a number; the database would say so with an error

    @app.after_request
    def headers(response: Response) -> Response:
        response.headers["X-Request-Id"] = g.get("request_id", "")
        response.headers["Content-Security-Policy"] = policy
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["Permissions-Policy"] = PERMISSIONS
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        if config.app_env == "production":
            response.headers["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"
        if "Cache-Control" not in response.headers and request.endpoint != "static":
            response.headers["Cache-Control"] = "no-store" if g.get("private", True) else "no-cache"
        return response

    csrf.init_app(app)
    app.register_error_handler(ShopError, _shop_error)
    app.register_error_handler(BadInput, _bad_input)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(DataError, _unstorable)
    app.register_error_handler(OperationalError, _database_down)
    app.register_error_handler(Exception, _crash)


def logged_path() -> str:
    """The path for the log: a secret that opens a page (a slip's, a guest's link) does not stand in it."""
    secret = (request.view_args or {}).get("token")
    return request.path.replace(secret, "***") if secret else request.path


def wants_json() -> bool:
    """A machine asks (health checks, webhooks): answer without a page."""
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"


def _page(status: int, message: str, retry_after: int | None = None) -> Response:
    if wants_json():
        response = jsonify({"error": message})
    else:
        shown = status if status in CODED else 500 if status >= 500 else 400
        response = current_app.make_response(
            render_template(f"errors/{shown}.html", message=message, request_id=g.get("request_id", ""))
        )
    response.status_code = status
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response


def _shop_error(error: ShopError) -> Response:
    db.session.rollback()
    return _page(error.status, error.message, 5 if error.status == 503 else None)


def _bad_input(error: BadInput) -> Response:
    db.session.rollback()
    return _page(422, str(_(error.template, **error.values)))


def _http_error(error: HTTPException) -> Any:
    if error.code is None or error.code < 400:
        return error.get_response()
    if isinstance(error, SecurityError):  # an untrusted Host: no page with links can be made for it
        return error.get_response()
    retry = getattr(error, "retry_after", None)
    response = _page(error.code, _message(error), retry if isinstance(retry, int) else None)
    for name, value in error.get_headers():
        if name.lower() in {"allow", "retry-after"}:
            response.headers[name] = value
    return response


def _message(error: HTTPException) -> str:
    if error.code == 400 and "CSRF" in (error.description or ""):
        return str(_("页面放得太久，已失效。请返回上一页刷新后再提交，填过的内容还在。"))
    return ""


def _unstorable(error: DataError) -> Response:
    """A character or number that no column can hold, where a page did not look: the request's fault, not ours."""
    db.session.rollback()
    log.warning("unstorable_value", error=type(error.orig).__name__)
    return _page(400, str(_("提交的内容里有不能保存的字符或数字，请改正后再提交。")))


def _database_down(error: OperationalError) -> Response:
    db.session.rollback()
    log.error("database_unavailable", error=str(error.orig)[:200])
    return _page(503, _("系统正忙或数据库暂时连不上，请几秒后再试。没有重复扣款。"), 5)


def _crash(error: Exception) -> Response:
    db.session.rollback()
    log.error("crash", error=type(error).__name__, exc_info=error)
    return _page(500, "")
