"""The township's door: totals, rows behind them, distributions, the audit's word."""

from __future__ import annotations

from flask import Flask

from shop.core import pages
from shop.core.pages import Tab
from shop.core.table_import import kinds
from shop.core.text import N_
from shop.township import (
    activity_page,
    assisted,
    assisted_entry,
    assisted_import,
    books,
    capacity,
    charters,
    conscience,
    coupons,
    distributions,
    household,
    income,
    income_entry,
    income_sheets,
    months,
    odd,
    on_delivery,
    overview,
    overview_paper,
    papers,
    payouts,
    people,
    platform,
    refunds,
    register_figures,
    register_imports,
    register_pages,
    register_sheets,
    report_templates,
    reports,
    returns,
    reviews,
    sales,
    screen,
    sheets,
    steps,
    todo,
    trade,
    trade_contacts,
)
from shop.township.blueprint import bp
from shop.township.household_rows import KINDS

PAGES = (
    overview,
    overview_paper,
    months,
    sales,
    register_pages,
    income,
    income_entry,
    income_sheets,
    register_figures,
    register_sheets,
    register_imports,
    household,
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
    reports,
    report_templates,
    screen,
    conscience,
    assisted,
    assisted_entry,
    assisted_import,
    trade,
    trade_contacts,
    people,
    activity_page,
    todo,
    odd,
    capacity,
)
INCOME = tuple(
    f"township.{name}"
    for name in (
        "income",
        "income_households",
        "income_household",
        "income_new",
        "income_enter",
        "income_entry",
        "income_reverse",
    )
)

ASSISTED = tuple(
    f"township.{name}"
    for name in (
        "assisted_new", "assisted_enter", "assisted_sale", "assisted_import", "assisted_import_send", "trade", "trade_new",
        "trade_post", "contacts_page", "contact_new", "contact_add", "contact", "contact_change",
    )
)  # fmt: skip

# pages that belong to 户和成员
REGISTER = (
    "township.household_sums",
    "township.household",
    "township.household_deed",
    "township.household_reveal",
    "township.household_new",
    "township.household_enter",
    "township.register_villages",
    "township.register_village",
    "township.register_rates",
    "township.register_reveals",
    "township.register_sheet_full",
    "township.register_imports",
    "township.register_import",
    "township.register_import_send",
)


def register(app: Flask) -> None:
    """Mount the pages and their navigation."""
    app.register_blueprint(bp)
    kinds.register(app, KINDS)
    pages.set_tabs(
        app,
        "township",
        [
            Tab("township.overview", N_("总览"), icon="bar-chart", under=("township.month_note",)),
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
            Tab("township.register", N_("户和成员"), icon="people", under=(*REGISTER, *INCOME)),
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
            Tab("township.assisted", N_("帮扶销售"), icon="truck", rail_only=True, under=ASSISTED),
            Tab(
                "township.reports",
                N_("报告"),
                icon="printer",
                rail_only=True,
                under=("township.report", "township.report_template"),
            ),
            Tab("township.conscience", N_("账目核对"), icon="clipboard-check"),
        ],
    )
