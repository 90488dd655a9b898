"""商家和单位: found by name or pinyin, added, changed; their telephone numbers stay in this door."""

from __future__ import annotations

import phonenumbers
from flask import g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.assisted import contacts
from shop.assisted.contacts import KINDS, Contact
from shop.assisted.models import TradeContact
from shop.core import pages, typed
from shop.core.db import transaction
from shop.core.errors import Conflict, NotFound, Refused
from shop.core.numbers import row_id
from shop.core.text import N_, BadInput, clean_line, excerpt
from shop.core.typed import Form
from shop.township.blueprint import bp
from shop.township.overview import region_name

SIZE = 50
REQUIRED = frozenset({"name", "kind"})


@bp.get("/<region>/contacts")
@guards.staff
def contacts_page(region: str) -> str:
    wanted, number = request.args.get("q", "")[:60].strip(), pages.page_number()
    kind = request.args.get("kind", "")
    kind = kind if kind in KINDS else ""
    rows = contacts.listed(g.region_code, wanted, kind=kind, limit=SIZE, offset=(number - 1) * SIZE)
    return render_template(
        "township/contacts.html",
        place=region_name(region),
        page=pages.Page(rows, number, SIZE, rows[0].total if rows else 0),
        wanted=wanted,
        kind=kind,
        kinds=KINDS,
    )


def _labels() -> dict[str, str]:
    return {
        "name": _("名称"), "kind": _("哪一类"), "person": _("联系人"), "phone": _("电话"), "note": _("备注"),
        "active": _("还在采购"),
    }  # fmt: skip


@bp.get("/<region>/contacts/new")
@guards.staff
def contact_new(region: str) -> str:
    return _page(region, Form(_labels(), {"kind": "merchant", "active": "1"}, REQUIRED))


@bp.post("/<region>/contacts/new")
@guards.staff
def contact_add(region: str) -> Response | tuple[str, int]:
    form = typed.posted(_labels(), REQUIRED)
    form.values["active"] = "1"
    contact = _read(form)
    if contact is None:
        return _page(region, form), 422
    try:
        with transaction():
            contact_id = contacts.add(g.region_code, contact, guards.me().id)
    except Refused as refusal:
        form.blame(refusal)
        return _page(region, form), 422
    pages.say(_("已登记“%(name)s”", name=contact.name))
    return redirect(url_for("township.contact", contact_id=contact_id), 303)


@bp.get("/<region>/contacts/<int:contact_id>")
@guards.staff
def contact(region: str, contact_id: int) -> str:
    row = contacts.one(contact_id, g.region_code)
    values = {
        "name": row.name, "kind": row.kind, "person": row.person, "phone": _shown(row.phone), "note": row.note,
        "active": "1" if row.active else "",
    }  # fmt: skip
    return _page(region, Form(_labels(), values, REQUIRED), row)


@bp.post("/<region>/contacts/<int:contact_id>")
@guards.staff
def contact_change(region: str, contact_id: int) -> Response | tuple[str, int]:
    row = contacts.one(contact_id, g.region_code)
    form, version = typed.posted(_labels(), REQUIRED), row_id(request.form.get("version", "")) or 0
    wanted = _read(form)
    if wanted is None:
        return _page(region, form, row), 422
    try:
        with transaction():
            fresh = contacts.change(contact_id, g.region_code, wanted, version=version, by=guards.me().id)
    except (Refused, Conflict, NotFound) as refusal:
        form.blame(refusal)
        return _page(region, form, contacts.one(contact_id, g.region_code)), 422
    pages.say(_("已改好") if fresh else _("没有改动"))
    return redirect(url_for("township.contact", contact_id=contact_id), 303)


def _page(region: str, form: Form, row: TradeContact | None = None) -> str:
    return render_template(
        "township/contact.html",
        place=region_name(region),
        form=form,
        row=row,
        version=row.version if row else 0,
        kinds=[(code, _(name)) for code, name in KINDS.items()],
    )


def _read(form: Form) -> Contact | None:
    name = form.read("name", lambda text: clean_line(text, label=_("名称"), max_length=60))
    person = form.read(
        "person", lambda text: clean_line(text, label=_("联系人"), max_length=40, required=False)
    )
    note = form.read("note", lambda text: clean_line(text, label=_("备注"), max_length=200, required=False))
    phone = form.read("phone", _phone)
    if form.text("kind") not in KINDS:
        form.refuse("kind", _("请选择是哪一类"))
    if form.problems or name is None:
        return None
    return Contact(form.text("kind"), name, person or "", phone or "", note or "", form.text("active") == "1")


def _phone(text: str) -> str:
    """A mobile or fixed number of the mainland as E.164, or empty. Raises BadInput."""
    if not text.strip():
        return ""
    wrong = BadInput(
        N_("电话要填手机号，或带区号的座机（如 0719-8888888），现在是“%(text)s”"), text=excerpt(text.strip())
    )
    try:
        number = phonenumbers.parse(text[:40], "CN")
    except phonenumbers.NumberParseException:
        raise wrong from None
    if number.country_code != 86 or not phonenumbers.is_valid_number(number):
        raise wrong
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _shown(phone: str) -> str:
    """As it is dialled at home."""
    if not phone:
        return ""
    number = phonenumbers.parse(phone, "CN")
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL))
