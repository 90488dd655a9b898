"""The tabs of the township's door and the pages that belong to each; five stand on a phone's bar, 更多 leads to all."""

from __future__ import annotations

from shop.core.pages import Tab
from shop.core.text import N_


def _under(names: str) -> tuple[str, ...]:
    return tuple(f"township.{name}" for name in names.split())


TABS: tuple[Tab, ...] = (
    Tab("township.overview", N_("总览"), icon="bar-chart", under=_under("month_note screen")),
    Tab("township.todo", N_("待办"), icon="journal-check", under=_under("odd odd_note odd_capacity")),
    Tab(
        "township.assisted", N_("帮扶销售"), icon="truck",
        under=_under(
            "assisted_new assisted_enter assisted_sale assisted_paid assisted_proof trade"
            " trade_new trade_post trade_match contacts_page contact_new contact_add contact contact_change"
        ),
    ),
    Tab(
        "township.register", N_("户和成员"), icon="people",
        under=_under(
            "household_sums household household_deed household_reveal household_new household_enter register_villages"
            " household_moves household_move household_move_undo"
            " register_village register_rates register_reveals register_sheet_full imports import_page import_send"
            " income income_households income_household income_new income_enter income_entry income_reverse"
            " cooperatives village_tell village_add cooperative_new cooperative_found chair_invite"
        ),
    ),
    Tab("township.sales", N_("销售明细"), icon="receipt", under=_under("trace_order"), rail_only=True),
    Tab(
        "township.distributions", N_("盈余分配"), icon="pie-chart",
        under=_under("run_page distribution_page what_if charters"), rail_only=True,
    ),
    Tab(
        "township.all_books", N_("各社账本"), icon="book", rail_only=True,
        under=_under(
            "books books_balance books_income books_surplus books_members books_member books_entries books_transaction"
            " books_vouchers books_voucher"
        ),
    ),
    Tab(
        "township.payouts", N_("付款"), icon="cash-coin", rail_only=True,
        under=_under(
            "payout money money_of platform_money platform_payout platform_payout_met platform_bank platform_bank_import"
        ),
    ),
    Tab(
        "township.refunds", N_("待退款"), icon="arrow-counterclockwise", rail_only=True,
        under=_under("refund_repaid cash_to_come"),
    ),
    Tab("township.returns", N_("售后仲裁"), icon="arrow-return-left", rail_only=True, under=_under("return_page return_decide")),
    Tab("township.coupons", N_("优惠券"), icon="ticket-perforated", rail_only=True, under=_under("coupon_issue")),
    Tab("township.reviews", N_("评价"), icon="star", rail_only=True, under=_under("review_hide review_show")),
    Tab("township.reports", N_("报告"), icon="printer", rail_only=True, under=_under("report report_template")),
    Tab("township.conscience", N_("账目核对"), icon="clipboard-check", rail_only=True),
    Tab("township.more", N_("更多"), icon="three-dots", under=_under("people people_invite activity")),
)  # fmt: skip
