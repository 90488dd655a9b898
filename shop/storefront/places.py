"""Pages of a cooperative and of a village: who they are and what they sell."""

from __future__ import annotations

from flask import g, render_template

from shop.accounts import guards
from shop.catalog import place_facts, queries
from shop.cooperatives.people.queries import cooperative_by_code
from shop.core import clock
from shop.orders import freight_book
from shop.orders.coupons import issuing as coupons
from shop.storefront import typed
from shop.storefront.blueprint import bp
from shop.storefront.home import asked, found, sorts


@bp.get("/coops/<code>")
@guards.public
def cooperative(code: str) -> str:
    g.private = False
    row = cooperative_by_code(typed.code(code))
    wish = asked(cooperative_id=row.id)
    return render_template(
        "storefront/cooperative.html",
        c=row,
        page=found(wish),
        wish=wish,
        sorts=sorts(wish),
        facts=place_facts.of_cooperative(row.id, clock.today()),
        rule=freight_book.in_force(row.id),
        coupons_here=coupons.offered_by(row.code, None),
        promise=coupons.promise,
    )


@bp.get("/villages/<code>")
@guards.public
def village(code: str) -> str:
    g.private = False
    row = queries.village_by_code(typed.code(code))
    wish = asked(village_id=row.id)
    return render_template(
        "storefront/village.html",
        v=row,
        page=found(wish),
        wish=wish,
        sorts=sorts(wish),
        facts=place_facts.of_village(row.id, clock.today()),
    )
