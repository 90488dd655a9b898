"""Labels with a lot's QR code for its packs, and the certificate's picture for its public page."""

from __future__ import annotations

from typing import Any

import segno
from flask import g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.cooperatives.produce import queries, tracing
from shop.cooperatives.produce.mode_words import MODES
from shop.core import clock, pages, pictures, trace_codes
from shop.core.db import transaction
from shop.core.errors import Conflict, Refused, said
from shop.core.http import settings
from shop.core.text import N_
from shop.office.blueprint import bp

# paper → (its name, labels asked for at first); the sheet is 3 × 8 of 70 × 37 mm, the roll has labels of 40 × 30 mm
PAPERS = {"a4": (N_("A4 不干胶，每张 24 枚"), 24), "roll": (N_("标签纸卷 40×30 毫米"), 1)}
MOST = 96


@bp.get("/<coop>/lots/<int:lot_id>/labels")
@guards.manager
def lot_labels(coop: str, lot_id: int) -> str:
    """?paper= and ?count=, whatever they cannot mean is the usual; an open lot has none yet, its goods are not packed."""
    row = queries.lot(lot_id, g.cooperative_id)
    if row.closed_at is None:
        return _page(row)
    paper = request.args.get("paper", "")
    paper = paper if paper in PAPERS else "a4"
    typed = request.args.get("count", "")
    count = int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= 4 else PAPERS[paper][1]
    address = settings().public_url.rstrip("/") + url_for("storefront.trace", trace_code=row.trace_code)
    drawn = segno.make(address, error="m").svg_inline(scale=3, border=2, svgclass="qr", omitsize=True)
    return render_template(
        "office/labels.html",
        row=row,
        paper=paper,
        papers=PAPERS,
        count=min(MOST, max(1, count)),
        most=MOST,
        code=trace_codes.grouped(row.trace_code),
        qr=Markup(drawn),  # noqa: S704 (drawn by the library)
        back_url=url_for("office.lot_public", lot_id=lot_id),
    )


@bp.get("/<coop>/lots/<int:lot_id>/public")
@guards.manager
def lot_public(coop: str, lot_id: int) -> str:
    return _page(queries.lot(lot_id, g.cooperative_id))


def _page(row: Any, problem: str = "") -> str:
    return render_template(
        "office/lot_public.html",
        row=row,
        papers=PAPERS,
        most=MOST,
        certificate=tracing.certificate_of(row.id, g.cooperative_id),
        accepted="image/jpeg,image/png,image/webp",
        problem=problem,
        today=clock.today(),
        modes=MODES,
    )


@bp.post("/<coop>/lots/<int:lot_id>/certificate")
@guards.manager
def lot_certificate(coop: str, lot_id: int) -> Response | tuple[str, int]:
    row = queries.lot(lot_id, g.cooperative_id)
    try:
        paper = pictures.sent(request.files.get("certificate"), "certificate")
        if paper is None:
            raise Refused(_("请选一张合格证的照片"), "certificate")
        with transaction():
            tracing.show_certificate(lot_id, g.cooperative_id, paper, guards.me().id)
    except (Refused, Conflict) as refusal:
        return _page(row, said(refusal)), 422
    pages.say(_("合格证照片已放到追溯页"))
    return redirect(url_for("office.lot_public", lot_id=lot_id), 303)
