"""今日: what to do now, each figure with its list; and 更多, the door's other rooms."""

from __future__ import annotations

from flask import g, redirect, render_template, url_for
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.aftersale import queries as aftersale
from shop.catalog import stocktaking
from shop.cooperatives.income import queries as income
from shop.cooperatives.produce import confirming
from shop.core import clock
from shop.office import best_before
from shop.office.blueprint import bp
from shop.orders import work


@bp.get("/")
@guards.manager
def door() -> Response:
    """A manager lands in the first of the own cooperatives."""
    return redirect(url_for("office.today", coop=guards.me().cooperatives[0].cooperative_code), 303)


@bp.get("/<coop>/")
@guards.manager
def today(coop: str) -> str:
    now = clock.now()
    day = clock.shanghai_day(now)
    fen, households = income.month_total(g.cooperative_id, day.replace(day=1), day)
    return render_template(
        "office/today.html",
        day=day,
        now=now,
        work=work.day(g.cooperative_id, day),
        low=stocktaking.low_count(g.cooperative_id, day),
        low_packs=stocktaking.LOW_PACKS,
        sold_fen=fen,
        unconfirmed=confirming.waiting(g.cooperative_id, day),
        asked_back=aftersale.waiting(g.cooperative_id),
        households=households,
        near_day=best_before.figures(),
    )


@bp.get("/<coop>/more")
@guards.manager
def more(coop: str) -> str:
    return render_template(
        "office/more.html", others=[row for row in guards.me().cooperatives if row.cooperative_code != coop]
    )
