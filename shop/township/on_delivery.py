"""货到付款: cash of this region that is still to come, by parcel."""

from __future__ import annotations

from flask import g, render_template

from shop.accounts import guards
from shop.core import clock
from shop.payments import on_delivery
from shop.township.blueprint import bp
from shop.township.overview import region_name


@bp.get("/<region>/on-delivery")
@guards.staff
def cash_to_come(region: str) -> str:
    return render_template(
        "township/on_delivery.html",
        place=region_name(region),
        rows=on_delivery.outstanding(region_code=g.region_code),
        now=clock.now(),
    )
