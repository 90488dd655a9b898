"""The township's door: totals, rows behind them, distributions, the audit's word."""

from __future__ import annotations

from flask import Flask

from shop.core import pages
from shop.core.pages import Tab
from shop.core.text import N_
from shop.township import (
    activity_page,
    books,
    capacity,
    charters,
    conscience,
    coupons,
    distributions,
    odd,
    on_delivery,
    overview,
    papers,
    payouts,
    people,
    platform,
    refunds,
    register_pages,
    returns,
    reviews,
    sales,
    sheets,
    steps,
    todo,
)
from shop.township.blueprint import bp

PAGES = (
    overview,
    sales,
    register_pages,
    distributions,
    steps,
    sheets,
    papers,
    charters,
    coupons,
    books,
    payouts,
    platform,
    refunds,
    reviews,
    on_delivery,
    returns,
    conscience,
    people,
    activity_page,
    todo,
    odd,
    capacity,
)


def register(app: Flask) -> None:
    """Mount the pages and their navigation."""
    app.register_blueprint(bp)
    pages.set_tabs(
        app,
        "township",
        [
            Tab("township.overview", N_("总览"), icon="bar-chart"),
            Tab(
                "township.todo",
                N_("待办"),
                icon="journal-check",
                rail_only=True,
                under=(
                    "township.people",
                    "township.people_invite",
                    "township.activity",
                    "township.odd",
                    "township.odd_note",
                    "township.odd_capacity",
                ),
            ),
            Tab("township.sales", N_("销售明细"), icon="receipt", under=("township.trace_order",)),
            Tab("township.register", N_("户和成员"), icon="people", under=("township.household_sums",)),
            Tab(
                "township.distributions",
                N_("盈余分配"),
                icon="pie-chart",
                under=(
                    "township.run_page",
                    "township.distribution_page",
                    "township.what_if",
                    "township.charters",
                ),
            ),
            Tab(
                "township.all_books",
                N_("各社账本"),
                icon="book",
                rail_only=True,
                under=(
                    "township.books",
                    *(
                        f"township.books_{name}"
                        for name in (
                            "balance",
                            "income",
                            "surplus",
                            "members",
                            "member",
                            "entries",
                            "transaction",
                            "vouchers",
                            "voucher",
                        )
                    ),
                ),
            ),
            Tab(
                "township.payouts",
                N_("付款"),
                icon="cash-coin",
                under=(
                    "township.payout",
                    "township.money",
                    "township.money_of",
                    "township.platform_money",
                    "township.platform_payout",
                    "township.platform_payout_met",
                    "township.platform_bank",
                    "township.platform_bank_import",
                ),
            ),
            Tab(
                "township.refunds",
                N_("待退款"),
                icon="arrow-counterclockwise",
                under=("township.refund_repaid", "township.cash_to_come"),
            ),
            Tab(
                "township.reviews",
                N_("评价"),
                icon="star",
                under=("township.review_hide", "township.review_show"),
                rail_only=True,
            ),
            Tab(
                "township.returns",
                N_("售后仲裁"),
                icon="arrow-return-left",
                rail_only=True,
                under=("township.return_page", "township.return_decide"),
            ),
            Tab(
                "township.coupons",
                N_("优惠券"),
                icon="ticket-perforated",
                under=("township.coupon_issue",),
                rail_only=True,
            ),
            Tab("township.conscience", N_("账目核对"), icon="clipboard-check"),
        ],
    )
