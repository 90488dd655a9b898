"""待办: what waits for this duty, oldest first, each with its age and the page where it is done."""

from __future__ import annotations

from flask import g, render_template

from shop.accounts import guards
from shop.core import clock
from shop.township import waiting
from shop.township.blueprint import bp
from shop.township.duties import WORKERS
from shop.township.overview import region_name


@bp.get("/<region>/todo")
@guards.staff
def todo(region: str) -> str:
    rows, total = waiting.waiting(g.region_code, g.duty or "")
    works = g.duty in WORKERS
    return render_template(
        "township/todo.html",
        place=region_name(region),
        rows=rows,
        total=total,
        works=works,
        kinds=waiting.of_duty(g.duty or ""),
        now=clock.now(),
    )
