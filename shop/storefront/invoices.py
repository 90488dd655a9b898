"""The buyer's invoice headings: person or unit."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.core.db import transaction
from shop.core.errors import Refused
from shop.core.pages import say
from shop.orders import invoices as book
from shop.storefront.blueprint import bp

FIELDS = ("kind", "title", "tax_code")


def form_of(values: dict[str, Any], problems: dict[str, str] | None = None) -> dict[str, Any]:
    """Fields as the form macros take them."""
    labels = {"kind": _("开给谁"), "title": _("发票抬头"), "tax_code": _("统一社会信用代码")}
    found = problems or {}
    fields: dict[str, Any] = {
        name: {
            "name": name,
            "label": labels[name],
            "data": values.get(name) or "",
            "errors": [found[name]] if name in found else [],
            "required": name != "tax_code",
        }
        for name in FIELDS
    }
    fields["problems"] = [(name, found[name]) for name in FIELDS if name in found]
    return fields


def _back() -> str:
    return "checkout" if request.values.get("to") == "checkout" else ""


def _form(form: dict[str, Any], heading_id: int | None = None) -> str:
    return render_template("storefront/invoice.html", form=form, heading_id=heading_id, back=_back())


@bp.get("/invoices")
@guards.signed_in
def invoices() -> str:
    return render_template("storefront/invoices.html", rows=book.of_buyer(guards.me().id), back=_back())


@bp.get("/invoices/new")
@guards.signed_in
def invoice_new() -> str:
    user = guards.me()
    kind = "unit" if user.unit_name else "person"
    return _form(form_of({"kind": kind, "title": user.unit_name, "tax_code": user.unit_tax_code}))


@bp.post("/invoices/new")
@guards.signed_in
def invoice_create() -> Response | tuple[str, int]:
    return _save(None)


@bp.get("/invoices/<int:heading_id>")
@guards.signed_in
def invoice(heading_id: int) -> str:
    return _form(form_of(dict(book.one(guards.me().id, heading_id)._mapping)), heading_id)


@bp.post("/invoices/<int:heading_id>")
@guards.signed_in
def invoice_change(heading_id: int) -> Response | tuple[str, int]:
    book.one(guards.me().id, heading_id)
    return _save(heading_id)


def _save(heading_id: int | None) -> Response | tuple[str, int]:
    shown = {name: request.form.get(name, "")[:500] for name in FIELDS}
    values, problems = book.cleaned(shown["kind"], shown["title"], shown["tax_code"])
    if problems:
        return _form(form_of(shown, problems), heading_id), 422
    try:
        with transaction():
            kept = book.save(guards.me().id, values, heading_id)
    except Refused as refusal:
        return _form(form_of(shown, {refusal.field or "title": refusal.message}), heading_id), 422
    if _back():
        return redirect(url_for("storefront.checkout", invoice=kept), 303)
    say(_("发票抬头已保存"))
    return redirect(url_for("storefront.invoices"), 303)


@bp.post("/invoices/<int:heading_id>/remove")
@guards.signed_in
def invoice_remove(heading_id: int) -> Response:
    with transaction():
        book.remove(guards.me().id, heading_id)
    say(_("发票抬头已删除"))
    return redirect(url_for("storefront.invoices", to=_back() or None), 303)
