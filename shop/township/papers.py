"""One A4 paper of a distribution, tied to its run by checksum; for the notice board the later lifecycle adds periods."""

from __future__ import annotations

from flask import render_template, url_for

from shop.accounts import guards
from shop.township.blueprint import bp
from shop.township.distributions import read_result


@bp.get("/<region>/distributions/<int:distribution_id>/print")
@guards.staff
def distribution_paper(region: str, distribution_id: int) -> str:
    result = read_result(region, distribution_id)
    return render_template(
        "township/distribution_print.html",
        result=result,
        head=result.head.Distribution,
        back_url=url_for("township.distribution_page", distribution_id=distribution_id),
    )
