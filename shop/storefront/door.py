"""The storefront's door: all its pages, its tabs, what its frame shows."""

from __future__ import annotations

from flask import Flask

from shop.core.pages import Tab, set_tabs
from shop.core.text import N_
from shop.storefront import (
    addresses,
    basket,
    checkout,
    coupons,
    gifts,
    guest,
    health,
    help,  # noqa: A004 (the page's name)
    home,
    household,
    indexing,
    invoices,
    me,
    notices,
    orders,
    pay,
    places,
    prefs,
    product,
    signin,
    totals,
    visitor,
    webhook,
)
from shop.storefront.blueprint import bp

PAGES = (
    addresses,
    basket,
    checkout,
    coupons,
    gifts,
    guest,
    health,
    help,
    home,
    household,
    indexing,
    invoices,
    me,
    notices,
    orders,
    pay,
    places,
    prefs,
    product,
    signin,
    totals,
    webhook,
)
TABS = (
    Tab("storefront.home", N_("首页"), icon="house", under=("storefront.product", "storefront.search")),
    Tab("storefront.categories", N_("分类"), icon="grid", under=("storefront.category",)),
    Tab("storefront.basket", N_("购物车"), icon="cart3", under=("storefront.checkout",)),
    Tab(
        "storefront.account", N_("我的"), icon="person",
        under=("storefront.orders", "storefront.order", "storefront.addresses", "storefront.address", "storefront.address_new",
            "storefront.coupons_mine", "storefront.invoices", "storefront.invoice", "storefront.invoice_new"),
    ),
)  # fmt: skip


def register(app: Flask) -> None:
    """Attach every page of the storefront."""
    app.register_blueprint(bp)
    set_tabs(app, "storefront", TABS)
    app.context_processor(visitor.badges)
    app.context_processor(guest.link)
