"""追溯: the page of a lot that its label's QR code leads to, and the form for those who type the code."""

from __future__ import annotations

from flask import Response, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from shop.accounts import guards
from shop.accounts.limits import limiter
from shop.catalog import queries
from shop.cooperatives.produce import recalls, tracing
from shop.cooperatives.produce.work_terms import KINDS
from shop.core import clock, pictures, trace_codes
from shop.core.errors import NotFound
from shop.core.numbers import row_id
from shop.storefront.blueprint import bp

# Only codes that do not exist count: a shop's whole network may scan as much as it likes, nobody may try codes.
WRONG = "30 per 5 minutes;300 per day"


def _wrong(response: Response) -> bool:
    return response.status_code == 404


@bp.get("/t")
@guards.public
def trace_ask() -> str | Answer:
    """Where a code is typed; `code` leads on to its page."""
    g.private = False
    if code := trace_codes.normal(request.args.get("code", "")):
        return redirect(url_for("storefront.trace", trace_code=code[:40]), 303)
    return render_template("storefront/trace_ask.html", typed="", problem="")


@bp.get("/t/<trace_code>")
@limiter.limit(WRONG, deduct_when=_wrong)
@guards.public
def trace(trace_code: str) -> str | tuple[str, int]:
    """A lot in public; a code that is none gets the form again with what is wrong with it, and 404."""
    g.private = False
    code = trace_codes.normal(trace_code)
    try:
        found = _found(code)
    except NotFound:
        problem = {"strange": trace_codes.strange(code), "length": len(code)}
        return render_template(
            "storefront/trace_ask.html",
            typed=trace_codes.grouped(code[:40]),
            problem=problem,
            right=trace_codes.LENGTH,
        ), 404
    return render_template(
        "storefront/trace.html",
        t=found,
        code=trace_codes.grouped(code),
        recall=recalls.standing(found.row.id) if found.row.recalled_at else None,
        certificate=tracing.certificate_of(found.row.id, found.row.cooperative_id),
        products=queries.products_of(found.row.produce_id),
        work_kinds=KINDS,
    )


@bp.get("/t/<trace_code>/certificate")
@limiter.limit(WRONG, deduct_when=_wrong)
@guards.public
def trace_certificate(trace_code: str) -> Response:
    """The picture itself; ?v= only names the version."""
    g.private = False
    row = _found(trace_codes.normal(trace_code)).row
    attachment_id = tracing.certificate_of(row.id, row.cooperative_id)
    if attachment_id is None or row_id(request.args.get("v", "")) not in {None, attachment_id}:
        raise NotFound
    return pictures.answer(attachment_id, [row.cooperative_id])


def _found(code: str) -> tracing.Traced:
    if len(code) != trace_codes.LENGTH or trace_codes.strange(code):
        raise NotFound
    return tracing.traced(code, clock.today())
