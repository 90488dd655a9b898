"""One A4 paper of a distribution for the notice board: period, phone, signatures, and the QR code and checksum of its run."""

from __future__ import annotations

import segno
from flask import render_template, url_for
from markupsafe import Markup
from sqlalchemy import select

from shop.accounts import guards
from shop.cooperatives.income import notices
from shop.cooperatives.ledger import sealing
from shop.cooperatives.people.models import Cooperative
from shop.core.db import session
from shop.core.http import settings
from shop.township.blueprint import bp
from shop.township.distributions import read_result


@bp.get("/<region>/distributions/<int:distribution_id>/print")
@guards.staff
def distribution_paper(region: str, distribution_id: int) -> str:
    result = read_result(region, distribution_id)
    notice = notices.latest(distribution_id)
    address = settings().public_url + url_for("storefront.notice", code=notice.code) if notice else ""
    return render_template(
        "township/distribution_print.html",
        result=result,
        head=result.head.Distribution,
        notice=notice,
        qr=_qr(address) if address else "",
        address=address,
        seal=sealing.newest(result.head.Distribution.cooperative_id),
        supervision_phone=session().scalar(
            select(Cooperative.supervision_phone).where(
                Cooperative.id == result.head.Distribution.cooperative_id
            )
        ),
        back_url=url_for("township.distribution_page", distribution_id=distribution_id),
    )


def _qr(address: str) -> Markup:
    drawn = segno.make(address, error="m").svg_inline(scale=3, border=0)
    return Markup(drawn)  # noqa: S704 (drawn by the library; the address is an attribute of nothing in it)
