"""Every page there is, as its role: the GET routes with arguments from the demo town, and states that no route alone shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote

import pytest
from flask import Flask
from sqlalchemy import text

from shop.accounts.models import User
from shop.core.db import session
from tests.access import places

COOP = "dachuan"
# endpoint prefix → who looks at it there
VIEWERS = {
    "public": "guest", "provider": "guest", "signed_in": "buyer", "manager": "manager", "staff": "clerk", "operator": "operator",
}  # fmt: skip
NOT_THE_CLERKS = {"township.register_reveals": "approver", "township.cooperative_new": "approver"}
# not pages: machines' answers, downloads, fragments and signposts (their own tests look at them)
NO_PAGES = {
    "storefront.robots", "storefront.sitemap", "storefront.healthz", "storefront.readyz", "storefront.metrics",
    "storefront.places", "storefront.prefs", "storefront.copy_file", "office.door", "office.once_answer",
    "storefront.review_picture", "storefront.review_thumb", "storefront.card_png",
    "storefront.trace_certificate",
    "storefront.product_picture", "storefront.product_picture_small", "storefront.product_picture_thumb",
    "storefront.return_picture",
    "office.goods_picture",
    "office.gift_notes",
    "office.stock_loss_picture", "office.recall_sheet", "office.lot_epcis",
    "office.import_template",
    "office.import_marked",
    "office.export",
    "township.income_sheet", "township.income_household_sheet", "township.income_evidence",
    "township.report_file", "township.report_template_file",
    "township.door", "township.distribution_sheet", "township.register_sheet", "township.import_form",
    "township.import_marked", "office.books_sheet", "office.books_paper",
    "office.books_opening_template", "office.books_opening_marked", "township.books_sheet", "township.books_paper",
    "township.assisted_sheet",
}  # fmt: skip
ASKABLE = text(
    "select l.id, o.number from order_line l join suborder s on s.id = l.suborder_id join customer_order o on o.id = s.order_id"
    " join user_account u on u.id = o.buyer_id where u.phone = :p and s.state in ('received', 'to_ship')"
    " order by s.state, s.id desc, l.id limit 1"
)
FREE = "select id from household h where not exists (select from member where household_id = h.id) order by id limit 3"
RETURNED = {"pending", "to_ship", "closed"}  # the states in which the page after paying differs
PIECES = 3  # a product sold by the piece; the route's own is sold by weight


@dataclass(frozen=True)
class Visit:
    """One look at one page: a name for messages and pictures, who looks, where, and what the visitor has chosen."""

    name: str
    role: str
    address: str
    status: int = 200
    cookies: dict[str, str] = field(default_factory=dict, hash=False)
    pictured_only: bool = False  # so like another page that only SCREENS=1 looks at it

    @property
    def door(self) -> str:
        head = self.address.split("/")[1]
        return {"coop": "office", "town": "township"}.get(head, "storefront")


def visits(app: Flask) -> list[Visit]:
    """All of them; call it inside an application context of the town."""
    found = [*_routes(app), *_storefront(), *_errors()]
    return sorted(found, key=lambda visit: (visit.door, visit.name))


def _routes(app: Flask) -> Iterator[Visit]:
    addresses = places.Addresses(app)
    for route in places.routes(app):
        if route.method != "GET" or route.rule.endpoint in NO_PAGES:
            continue
        role = NOT_THE_CLERKS.get(route.rule.endpoint, VIEWERS[route.guard])
        if places.OWNED_BY_BUYER & route.rule.arguments and role == "buyer":
            continue  # the buyer's own are below
        try:
            address = addresses.build(route.rule, COOP, COOP)
        except pytest.fail.Exception:  # an argument without a row: the access matrix itself complains of that
            continue
        yield Visit(route.rule.endpoint.replace(".", "-"), role, address)


def _storefront() -> Iterator[Visit]:
    for state, number in orders_of_buyer():
        yield Visit(f"storefront-order-{state}", "buyer", f"/orders/{number}")
        if state == "received":
            yield Visit("storefront-card", "buyer", f"/orders/{number}/card")
        yield Visit(
            f"storefront-pay_return-{state}",
            "buyer",
            f"/pay/return/{number}",
            pictured_only=state not in RETURNED,
        )
        if state == "pending":
            yield Visit("storefront-pay", "buyer", f"/orders/{number}/pay")
    address = (
        session()
        .execute(
            text("select a.id from address a join user_account u on u.id = a.user_id where u.phone = :p"),
            {"p": PHONES["buyer"]},
        )
        .scalar()
    )
    yield Visit("storefront-address", "buyer", f"/addresses/{address}")
    heading = session().execute(text("select id from invoice_heading order by id limit 1")).scalar()
    yield Visit("storefront-invoice", "buyer", f"/invoices/{heading}")
    gift = session().execute(text("select id from suborder where delivery = 'gift'")).scalar()
    if gift:
        yield Visit("office-gift_boxes-open", "manager", f"/coop/{COOP}/shipping/{gift}/gifts")
        yield Visit("office-parcel-gift", "manager", f"/coop/{COOP}/shipping/{gift}")
        number = (
            session()
            .execute(
                text(
                    "select o.number from customer_order o join suborder s on s.order_id = o.id where s.id = :s"
                ),
                {"s": gift},
            )
            .scalar()
        )
        yield Visit("storefront-order-gift", "clerk", f"/orders/{number}")
    yield Visit("storefront-gift-chosen", "buyer", "/p/1/gift?sku=2", pictured_only=True)
    yield from _reviews()
    yield Visit("storefront-invoices-none", "newcomer", "/invoices")
    yield Visit("storefront-address_new-checkout", "buyer", "/addresses/new?to=checkout")
    for slug in session().execute(text("select slug from category order by id offset 1")).scalars():
        yield Visit(f"storefront-category-{slug}", "guest", f"/c/{slug}", pictured_only=True)
    on_sale = text("select id, name from product where published_at is not null order by id limit 9")
    for product, name in session().execute(on_sale):
        yield Visit(
            f"storefront-product-{product}-{name}", "guest", f"/p/{product}", pictured_only=product != PIECES
        )
    yield Visit("storefront-trace-wrong", "guest", "/t/O0O0", 404)
    yield Visit("storefront-trace_ask-form", "guest", "/t", pictured_only=True)
    closed = text(
        "select l.id from lot l join cooperative c on c.id = l.cooperative_id"
        " where c.code = :coop and l.closed_at is not null order by l.id limit 1"
    )
    lot = session().execute(closed, {"coop": COOP}).scalar()
    for paper in ("a4", "roll"):
        yield Visit(f"office-lot_labels-{paper}", "manager", f"/coop/{COOP}/lots/{lot}/labels?paper={paper}")
    yield Visit("office-lot_transform-closed", "manager", f"/coop/{COOP}/lots/{lot}/transform")
    yield Visit("office-lot_public-closed", "manager", f"/coop/{COOP}/lots/{lot}/public")
    yield Visit("office-intake-unconfirmed", "manager", f"/coop/{COOP}/intake?which=unconfirmed")
    yield Visit("office-intake-outside", "manager", f"/coop/{COOP}/intake?which=outside")
    yield Visit("storefront-category-filtered", "guest", "/c?stock=1&certified=1&village=none&sort=-price")
    yield Visit("storefront-favourites-none", "newcomer", "/favourites")
    yield Visit("storefront-search-found", "guest", "/search?q=gxg")
    yield Visit("storefront-search-nothing", "guest", f"/search?q={quote('没有的东西')}")
    yield Visit("storefront-basket-empty", "newcomer", "/basket")
    yield Visit("storefront-basket-filled", "buyer", "/basket")
    for request_id, number in (
        session()
        .execute(
            text(
                "select r.id, o.number from return_request r join customer_order o on o.id = r.order_id"
                " join user_account u on u.id = o.buyer_id where u.phone = :p order by 1"
            ),
            {"p": PHONES["buyer"]},
        )
        .all()
    ):
        yield Visit(f"storefront-return-{request_id}", "buyer", f"/orders/{number}/returns/{request_id}")
        yield Visit(f"township-return-{request_id}", "clerk", f"/town/{places.TOWN}/returns/{request_id}")
    line = session().execute(ASKABLE, {"p": PHONES["buyer"]}).one()
    yield Visit("storefront-return_new-goods", "buyer", f"/orders/{line.number}/returns/new?line={line.id}")
    yield Visit("township-returns-all", "clerk", f"/town/{places.TOWN}/returns?tab=all")
    yield Visit("office-return_list-all", "manager", f"/coop/{COOP}/returns?tab=all")
    yield Visit("office-members-all", "manager", f"/coop/{COOP}/members?which=all")
    free = session().execute(text(FREE)).scalars().all()
    chosen = "&".join(f"h={household}" for household in [*free, 1])
    yield Visit("office-member_join-chosen", "manager", f"/coop/{COOP}/members/join?{chosen}")
    yield Visit("storefront-returns-none", "newcomer", "/returns")
    yield Visit("storefront-orders-none", "newcomer", "/orders")
    yield Visit("storefront-addresses-none", "newcomer", "/addresses")
    yield Visit("storefront-home-large", "guest", "/", cookies={"size": "large"})
    yield Visit("storefront-product-large", "guest", "/p/1", cookies={"size": "large"}, pictured_only=True)
    yield Visit("storefront-checkout-large", "buyer", "/checkout", cookies={"size": "large"})
    yield Visit("office-today-large", "manager", f"/coop/{COOP}/", cookies={"size": "large"})
    yield Visit("township-screen-2020", "clerk", f"/town/{places.TOWN}/screen?year=2020")
    yield Visit("township-report_template-monthly", "clerk", f"/town/{places.TOWN}/reports/templates/monthly")
    yield Visit("township-overview-2020", "clerk", f"/town/{places.TOWN}/?year=2020")
    yield Visit("township-overview-2019", "clerk", f"/town/{places.TOWN}/?year=2019")
    yield Visit("township-overview-month", "clerk", f"/town/{places.TOWN}/?month=2020-11")
    yield Visit("township-overview-county", "county", "/town/420302/?year=2020")
    yield Visit("township-overview_paper-2020", "clerk", f"/town/{places.TOWN}/overview/print?year=2020")
    yield Visit("township-income-2020", "clerk", f"/town/{places.TOWN}/income?year=2020")
    yield Visit("township-income-none", "clerk", f"/town/{places.TOWN}/income?year=2019")
    yield Visit("township-income_paper-2020", "clerk", f"/town/{places.TOWN}/income/print?year=2020")
    yield Visit(
        "township-income_households-2020", "clerk", f"/town/{places.TOWN}/income/households?year=2020"
    )
    yield Visit("township-income_households-none", "clerk", f"/town/{places.TOWN}/income/households?code=x")
    yield Visit("township-sales-2020", "clerk", f"/town/{places.TOWN}/sales?first=2020-01-01&last=2020-12-31")


def _reviews() -> Iterator[Visit]:
    """The pages of reviews as a buyer who wrote one, one who has something to judge, and one who has nothing, sees them."""
    review = (
        session()
        .execute(
            text("select r.id from review r join user_account u on u.id = r.by where u.phone = :p"),
            {"p": PHONES["buyer"]},
        )
        .scalar()
    )
    if review:
        yield Visit("storefront-review", "buyer", f"/reviews/{review}")
    line = (
        session()
        .execute(
            text(
                "select l.id from order_line l join suborder s on s.id = l.suborder_id join customer_order o on o.id = s.order_id"
                " join user_account u on u.id = o.buyer_id where u.phone = :p and s.state = 'received'"
                " and not exists (select from review where line_id = l.id) limit 1"
            ),
            {"p": PHONES["buyer"]},
        )
        .scalar()
    )
    if line:
        yield Visit("storefront-review_new", "buyer", f"/reviews/of/{line}")
    yield Visit("storefront-reviews-done", "buyer", "/reviews?tab=done")
    yield Visit("storefront-reviews-none", "newcomer", "/reviews")
    reviewed = session().execute(text("select min(product_id) from product_rating")).scalar()
    if reviewed:
        yield Visit("storefront-product-reviewed", "guest", f"/p/{reviewed}")
        yield Visit("storefront-product_reviews-some", "guest", f"/p/{reviewed}/reviews")


def _errors() -> Iterator[Visit]:
    yield Visit("error-404", "guest", "/no/such/page", 404)
    yield Visit("error-404-office", "manager", "/coop/tangjia/", 404)
    yield Visit("error-404-lot", "manager", f"/coop/{COOP}/lots/999999999", 404)
    yield Visit("error-404-township", "clerk", "/town/420302999/", 404)


# demo accounts, and one account without anything
PHONES = {
    "buyer": "+8613800000001",
    "manager": "+8613800000011",
    "clerk": "+8613800000061",
    "approver": "+8613800000062",
    "county": "+8613800000071",
    "operator": "+8613800000099",
    "newcomer": "+8613900000077",
}


def orders_of_buyer() -> list[tuple[str, str]]:
    """One order of the demo buyer in each state that he has: (state, number)."""
    rows = session().execute(
        text(
            "select distinct on (1) case when o.state <> 'paid' then o.state when o.attributed_at is null then 'paid'"
            " else (select min(s.state) from suborder s where s.order_id = o.id) end, o.number"
            " from customer_order o join user_account u on u.id = o.buyer_id where u.phone = :phone order by 1, o.id desc"
        ),
        {"phone": PHONES["buyer"]},
    )
    return [(str(state), str(number)) for state, number in rows]


def user_ids() -> dict[str, int]:
    rows = session().execute(User.__table__.select().where(User.phone.in_(list(PHONES.values()))))
    ids = {row.phone: row.id for row in rows}
    return {role: ids[phone] for role, phone in PHONES.items() if phone in ids}
