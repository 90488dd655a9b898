"""The order lines behind every figure, and the trace of one order."""

from __future__ import annotations

from datetime import date

from flask import abort, render_template, request

from shop.accounts import guards
from shop.core import clock, pages
from shop.orders import figures, trace
from shop.township import labels
from shop.township.blueprint import bp
from shop.township.overview import region_name
from shop.township.period import day_asked

SIZE = 50


@bp.get("/<region>/sales")
@guards.staff
def sales(region: str) -> str:
    today = clock.today()
    part = figures.Slice(
        region_code=region,
        first=day_asked("first", date(today.year, 1, 1)),
        last=day_asked("last", today),
        assisted=request.args.get("assisted") == "1",
        cooperative=_asked("coop"),
        product=_asked("product"),
        village=_asked("village"),
        channel=_asked("channel"),
        buyer_kind=_asked("buyer"),
        certified={"1": True, "0": False}.get(request.args.get("certified", "")),
    )
    number = pages.page_number()
    rows = figures.lines(part, SIZE, (number - 1) * SIZE)
    return render_template(
        "township/sales.html",
        place=region_name(region),
        part=part,
        page=pages.Page(rows, number, SIZE, rows[0].total if rows else 0),
        total_fen=rows[0].total_fen if rows else 0,
        chosen={
            name: value
            for name in ("coop", "product", "village", "channel", "buyer", "certified", "assisted")
            if (value := request.args.get(name, "")[:60])
        },
        said=[*filter(None, (part.product, labels.of_slice(part)))],
    )


def _asked(name: str) -> str | None:
    return request.args.get(name, "")[:60].replace("\0", "") or None


@bp.get("/<region>/orders/<number>")
@guards.staff
def trace_order(region: str, number: str) -> str:
    if not figures.order_in_region(number, region):
        abort(404)
    return render_template(
        "township/trace.html",
        place=region_name(region),
        document=trace.trace(number),
        names=figures.line_names(number),
    )
