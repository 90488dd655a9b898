"""The cooperative manager's door: today, shipping, intake, lots, shelf, ledger pages, members."""

from __future__ import annotations

from flask import Flask

from shop.core import pages
from shop.core.pages import Tab
from shop.core.table_import import kinds
from shop.core.text import N_
from shop.office import (
    activity_page,
    bank_layouts,
    batch,
    best_before,
    books,
    by_weight,
    charter,
    closing,
    connected,
    coupons,
    distributions,
    exports,
    freight,
    gifts,
    goods_in,
    goods_kinds,
    imports,
    intake,
    intake_entry,
    intake_prices,
    invoicing,
    labels,
    ledger_pages,
    losses,
    lot_events,
    lots,
    member,
    member_changes,
    member_joining,
    member_phone,
    members,
    money,
    new_product,
    on_delivery,
    once,
    opening,
    pack,
    parcel_papers,
    payees,
    payouts,
    payouts_cash,
    payouts_returned,
    people,
    price_table,
    prices,
    product_copy,
    product_pictures,
    profile,
    recalls,
    refund,
    returns,
    reviews,
    settlement,
    settlement_papers,
    shelf,
    shipping,
    shipping_papers,
    slips,
    stock_counts,
    stock_losses,
    today,
    vouchers,
    waybills,
    work,
)
from shop.office.blueprint import bp
from shop.office.importing.kinds import KINDS

PAGES = (
    today, shipping, shipping_papers, refund, intake, intake_entry, lots, shelf, new_product, prices, ledger_pages, settlement,
    distributions, losses, charter, members, slips, books, vouchers, closing, opening,
    settlement_papers, payouts, payouts_cash, payouts_returned, bank_layouts, payees, connected, money,
    freight, gifts, invoicing, reviews,
    member, member_changes, member_joining, member_phone,
    labels,
    price_table,
    stock_losses, stock_counts, recalls, best_before, lot_events,
    work,
    on_delivery,
    waybills,
    pack, by_weight, batch, parcel_papers,
    returns,
    coupons,
    product_pictures,
    profile,
    product_copy,
    intake_prices,
    goods_kinds,
    goods_in,
    imports,
    exports,
    people, activity_page, once,
)  # fmt: skip
TABS = (
    Tab("office.today", N_("今日"), icon="sun"),
    Tab(
        "office.shipping", N_("发货"), icon="truck",
        under=("office.shipped", "office.parcel", "office.dispatch", "office.refund", "office.refund_make",
            "office.on_delivery_list",
            "office.waybill_correct",
            "office.pack", "office.pack_lot", "office.pack_weight", "office.batch", "office.batch_send",
            "office.return_list", "office.return_page", "office.return_decide"),
    ),
    Tab(
        "office.intake", N_("收货"), icon="basket",
        under=("office.intake_new", "office.intake_save", "office.receipt", "office.receipt_reverse",
            "office.intake_prices", "office.intake_price_set", "office.kinds", "office.kind_add", "office.kind_keep_for",
            "office.receipt_pictures", "office.receipt_code",
            "office.receipt_confirm", "office.delivery_message"),
    ),
    Tab(
        "office.products", N_("商品"), icon="shop",
        under=("office.product", "office.product_new", "office.product_create", "office.product_edit", "office.product_change",
            "office.product_pictures", "office.product_pictures_add", "office.product_picture_draw",
            "office.product_picture_text"),
    ),
    Tab(
        "office.lots", N_("批次"), icon="boxes", rail_only=True,
        under=("office.lot", "office.lot_moves", "office.lot_close", "office.lot_public", "office.lot_certificate",
            "office.stock_loss", "office.stock_loss_save", "office.stock_found", "office.lot_recall", "office.lot_recall_save",
            "office.recall", "office.recall_lift", "office.lots_near", "office.stock", "office.stock_count",
            "office.stock_count_post", "office.stock_counted",
            "office.lot_transform", "office.lot_transform_now", "office.transformations_list", "office.transformation",
            "office.transformation_undo"),
    ),
    Tab(
        "office.ledger", N_("对账"), icon="journal-text", rail_only=True,
        under=("office.ledger_household", "office.ledger_suppliers", "office.trace_order"),
    ),
    Tab(
        "office.settlement", N_("结算"), icon="calculator", rail_only=True,
        under=("office.settlement_household", "office.settlement_compute", "office.settlement_approve"),
    ),
    Tab(
        "office.payouts_list", N_("付款"), icon="cash-coin", rail_only=True,
        under=(
            "office.payout", "office.payout_make", "office.payout_act", "office.payout_answer", "office.payout_hand_out",
            "office.payout_return", "office.payout_return_save", "office.bank_layouts", "office.bank_layout_add",
            "office.payees_list",
            "office.payee_request", "office.payee_act", "office.money", "office.money_statement", "office.money_line",
            "office.town_money", "office.town_paid", "office.connected", "office.connected_request", "office.connected_act",
        ),
    ),
    Tab("office.distributions", N_("盈余分配"), icon="pie-chart", under=("office.distribution", "office.losses"), rail_only=True),
    Tab(
        "office.books", N_("账本"), icon="book", rail_only=True,
        under=tuple(
            f"office.books_{name}"
            for name in (
                "balance", "income", "surplus", "members", "member", "entries", "transaction", "vouchers", "voucher",
                "voucher_new", "voucher_save", "voucher_reverse", "voucher_paper", "closing", "close_month", "close_year",
                "opening", "opening_import", "opening_file",
            )
        ),
    ),
    Tab("office.reviews", N_("评价"), icon="star", under=("office.review_reply",), rail_only=True),
    Tab(
        "office.members", N_("成员"), icon="people", rail_only=True,
        under=("office.household_statement", "office.member", *(f"office.member_{page}" for page in (
            "account", "new", "join", "join_save", "leave", "leave_save", "stay", "head", "head_save", "split", "split_save",
            "consent", "phone", "phone_change", "phone_save",
        ))),
    ),
    Tab(
        "office.more", N_("更多"), icon="three-dots",
        under=("office.charter", "office.charter_vote", "office.charter_adopt", "office.coupons", "office.coupon_issue",
            "office.imports", "office.import_kind", "office.import_send", "office.import_page",
            "office.people", "office.people_invite", "office.activity"),
    ),
)  # fmt: skip


def register(app: Flask) -> None:
    """Mount the pages and their navigation."""
    app.register_blueprint(bp)
    app.jinja_env.globals["once_key"] = once.key
    kinds.register(app, KINDS)
    pages.set_tabs(app, "office", TABS)
