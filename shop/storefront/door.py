"""The storefront's door: all its pages, its tabs, what its frame shows."""

from __future__ import annotations

from flask import Flask

from shop.core.pages import Tab, set_tabs
from shop.core.text import N_
from shop.storefront import (
    addresses,
    again,
    basket,
    card,
    checkout,
    consents,
    copies,
    coupons,
    delivered,
    devices,
    favourites,
    gifts,
    guest,
    health,
    help,  # noqa: A004 (the page's name)
    home,
    household,
    indexing,
    invitations,
    invoices,
    leaving,
    me,
    my_reviews,
    notices,
    orders,
    parting,
    pay,
    pay_at_door,
    phone_change,
    pictures,
    places,
    prefs,
    product,
    reminders,
    returns,
    reviews,
    seen,
    settings,
    signin,
    totals,
    tracing,
    visitor,
    webhook,
)
from shop.storefront.blueprint import bp

PAGES = (
    addresses,
    again,
    basket,
    card,
    checkout,
    consents,
    copies,
    delivered,
    devices,
    favourites,
    coupons,
    gifts,
    guest,
    health,
    help,
    home,
    household,
    indexing,
    invitations,
    invoices,
    leaving,
    me,
    my_reviews,
    notices,
    parting,
    orders,
    pay,
    phone_change,
    pictures,
    pay_at_door,
    places,
    prefs,
    product,
    settings,
    reviews,
    seen,
    reminders,
    returns,
    signin,
    totals,
    tracing,
    webhook,
)
TABS = (
    Tab(
        "storefront.home", N_("首页"), icon="house",
        under=("storefront.product", "storefront.product_reviews", "storefront.search"),
    ),
    Tab("storefront.categories", N_("分类"), icon="grid", under=("storefront.category",)),
    Tab("storefront.basket", N_("购物车"), icon="cart3", under=("storefront.checkout",)),
    Tab(
        "storefront.account", N_("我的"), icon="person",
        under=("storefront.orders", "storefront.order", "storefront.addresses", "storefront.address", "storefront.address_new",
            "storefront.invoices", "storefront.invoice", "storefront.invoice_new", "storefront.account_settings",
            "storefront.password", "storefront.phone", "storefront.devices", "storefront.consents", "storefront.copy",
            "storefront.leave", "storefront.reviews", "storefront.review", "storefront.review_new",
            "storefront.my_favourites",
            "storefront.reminders",
            "storefront.returns", "storefront.return_new", "storefront.return_page", "storefront.coupons_mine"),
    ),
)  # fmt: skip


def register(app: Flask) -> None:
    """Attach every page of the storefront."""
    app.register_blueprint(bp)
    set_tabs(app, "storefront", TABS)
    app.context_processor(visitor.badges)
    app.context_processor(guest.link)
