"""The buyer's addresses. The four levels of a place are chosen one after the other, with or without JavaScript."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.core.db import transaction
from shop.core.errors import Refused, said
from shop.core.pages import say
from shop.orders import addresses as book
from shop.orders import divisions, guest, pasted
from shop.storefront.blueprint import bp

PLACES = ("province", "city", "district", "street")


def form_of(values: Mapping[str, Any], problems: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Fields as the form macros take them; a part that is not of what is chosen above it has no choice to stand in."""
    labels = {
        "recipient": _("收货人"), "phone": _("手机号"), "province": _("省份"), "city": _("城市"), "district": _("区县"),
        "street": _("乡镇街道"), "detail": _("详细地址"),
    }  # fmt: skip
    found = problems or {}
    fields: dict[str, Any] = {
        name: {
            "name": name,
            "label": label,
            "data": values.get(name) or "",
            "errors": [found[name]] if name in found else [],
            "required": name != "street",
        }
        for name, label in labels.items()
    }
    province, city, district = (fields[name]["data"] for name in ("province", "city", "district"))
    fields["provinces"] = _choices(divisions.table())
    fields["cities"] = _choices(divisions.cities(province))
    fields["districts"] = _choices(divisions.districts(province, city))
    fields["streets"] = _choices(divisions.streets(province, city, district))
    fields["pasted"] = {
        "name": "pasted",
        "label": _("整段的姓名、电话和地址"),
        "data": values.get("pasted") or "",
    }
    fields["default"] = bool(values.get("default"))
    fields["own"] = bool(values.get("own"))
    fields["problems"] = [(name, found[name]) for name in labels if name in found]
    return fields


def _choices(names: Iterable[str]) -> list[tuple[str, str]]:
    return [(name, name) for name in names]


def _typed() -> book.Delivery:
    names = ("recipient", "phone", *PLACES, "detail")
    return book.Delivery(**{name: request.form.get(name, "")[:500] for name in names})


def filled() -> tuple[book.Delivery, dict[str, Any]]:
    """The address as typed, and the same for the form; `act=split` takes the pasted text apart first: what it finds stands in
    the fields for the buyer to look over, what it does not find stays as typed."""
    typed = _typed()
    shown: dict[str, Any] = {name: getattr(typed, name) for name in typed.__slots__}
    shown["default"] = request.form.get("default") == "1"
    if request.form.get("act") == "split":
        text = request.form.get("pasted", "")[: pasted.LONGEST]
        found = pasted.split(text)._asdict()
        if found["province"]:
            shown |= dict.fromkeys(PLACES, "")
        shown |= {name: value for name, value in found.items() if value}
        shown["pasted"] = text
    return typed, shown


def _back() -> str:
    """Where the buyer came from: the checkout or the list."""
    return "checkout" if request.values.get("to") == "checkout" else ""


def _form(form: dict[str, Any], address_id: int | None = None) -> str:
    return render_template("storefront/address.html", form=form, address_id=address_id, back=_back())


@bp.get("/addresses")
@guards.signed_in
def addresses() -> str:
    return render_template("storefront/addresses.html", rows=book.of_buyer(guards.me().id), back=_back())


@bp.get("/addresses/places")
@guards.public
def places() -> str:
    """The selects for what is chosen so far: fetched by the form whenever a choice changes."""
    return render_template(
        "storefront/_places.html", form=form_of({name: request.args.get(name, "")[:40] for name in PLACES})
    )


@bp.get("/addresses/new")
@guards.signed_in
def address_new() -> str:
    user = guards.me()
    phone = "" if guest.is_guest(user.phone) else user.phone.removeprefix("+86")
    return _form(form_of({"phone": phone}))


@bp.post("/addresses/new")
@guards.signed_in
def address_create() -> Response | str | tuple[str, int]:
    return _save(None)


@bp.get("/addresses/<int:address_id>")
@guards.signed_in
def address(address_id: int) -> str:
    row = book.one(guards.me().id, address_id)
    values = dict(row._mapping) | {"phone": row.phone.removeprefix("+86"), "default": row.is_default}
    return _form(form_of(values), address_id)


@bp.post("/addresses/<int:address_id>")
@guards.signed_in
def address_change(address_id: int) -> Response | str | tuple[str, int]:
    book.one(guards.me().id, address_id)
    return _save(address_id)


def _save(address_id: int | None) -> Response | str | tuple[str, int]:
    """Keep the address; `act=places` only fills the selects anew (no JavaScript), `act=split` takes pasted text apart.
    Everything typed stays."""
    typed, shown = filled()
    if request.form.get("act") in {"places", "split"}:
        return _form(form_of(shown), address_id)
    values, problems = book.cleaned(typed)
    if problems:
        return _form(form_of(shown, problems), address_id), 422
    try:
        with transaction():
            kept = book.save(guards.me().id, values, default=shown["default"], address_id=address_id)
    except Refused as refusal:
        return _form(form_of(shown, {"recipient": said(refusal)}), address_id), 422
    if _back():
        return redirect(url_for("storefront.checkout", address=kept), 303)
    say(_("地址已保存"))
    return redirect(url_for("storefront.addresses"), 303)


@bp.post("/addresses/<int:address_id>/remove")
@guards.signed_in
def address_remove(address_id: int) -> Response:
    book.one(guards.me().id, address_id)
    with transaction():
        book.remove(guards.me().id, address_id)
    say(_("地址已删除"))
    return redirect(url_for("storefront.addresses", to=_back() or None), 303)
