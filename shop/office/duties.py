"""Which duty may open what: the one map of the door, its page for those who may not, and what of a list is shown to whom."""

from __future__ import annotations

from flask import g, render_template, request

from shop.accounts import duties
from shop.accounts.duty_maps import DutyMap, NoDuty, asker

CHAIR = frozenset({"chair"})
HEADS = frozenset({"chair", "manager"})
STOCK = HEADS | {"stock"}
SHIPPING = HEADS | {"shipping"}
ACCOUNTS = HEADS | {"accounts"}
GOODS = STOCK | SHIPPING
PAID = ACCOUNTS | SHIPPING
ALL = frozenset(duties.DUTIES)

# duty → endpoints of the door, without "office."; a step that is the chair's alone (an approval) says so itself as well
_OPEN: tuple[tuple[frozenset[str], str], ...] = (
    (ALL, "door today more books_paper once_answer"),
    (CHAIR, "people_invite people_withdraw people_change people_remove"),
    (HEADS, "people activity"),
    (HEADS, "charter charter_vote charter_adopt"),
    (HEADS, "coupons coupon_issue coupon_stop freight_rule freight_set reviews review_reply"),
    (HEADS, "distributions distribution resolution_save objection_save voted_deed losses loss_plan_save loss_cover"),
    (HEADS, "connected connected_request connected_act slip slip_revoke"),
    (STOCK, "intake receipt receipt_reverse intake_new intake_save"),
    (GOODS, "lots lot lot_moves lot_public lot_labels products product"),
    (STOCK, "lot_close lot_close_now lot_certificate"),
    (STOCK, "product_new product_create product_edit product_change product_on product_off"),
    (HEADS, "sku_price sku_show spec_add sku_weight price_table_page price_table_save"),
    (STOCK, "product_copy product_pictures product_pictures_add product_picture_draw product_picture_text"),
    (STOCK, "product_picture_move product_picture_remove product_picture_restore"),
    (STOCK, "intake_prices receipt_pictures receipt_code receipt_confirm delivery_message delivery_slip goods_picture"),
    (STOCK, "kinds kind_add kind_keep_for"),
    (HEADS, "intake_price_set profile profile_save"),
    (STOCK, "lot_transform lot_transform_now transformations_list transformation transformation_undo lot_epcis"),
    (STOCK, "stock stock_count stock_count_post stock_count_sheet stock_counted stock_found lots_near"),
    (STOCK, "stock_loss stock_loss_save stock_loss_picture"),
    (GOODS, "lot_recall recall recall_paper recall_sheet"),
    (HEADS, "lot_recall_save recall_lift"),
    (SHIPPING, "pack pack_lot pack_weight batch batch_send delivery_note address_labels hand_over"),
    (ACCOUNTS, "member member_account member_account_paper members_paper"),
    (HEADS, "member_new member_join member_join_save member_leave member_leave_save member_stay member_head member_head_save"),
    (HEADS, "member_split member_split_save member_consent member_phone member_phone_change member_phone_save"),
    (HEADS, "imports import_kind import_template import_send import_page import_start import_marked export"),
    (SHIPPING, "shipping shipped parcel reveal dispatch pick_list waybill_correct gift_boxes gift_send gift_notes"),
    (PAID, "on_delivery_list cash_received cash_refused invoice_issued return_list return_page refund refund_make trace_order"),
    (HEADS, "return_decide"),
    (ACCOUNTS | STOCK, "members household_statement"),
    (ACCOUNTS, "ledger ledger_household ledger_suppliers"),
    (ACCOUNTS, "settlement settlement_compute settlement_approve settlement_household settlement_paper settlement_deduct"),
    (ACCOUNTS, "payouts_list payout_make payout payout_act payout_file payout_answer payout_list payout_hand_out"),
    (ACCOUNTS, "payout_return payout_return_save bank_layouts bank_layout_add bank_layout_retire"),
    (ACCOUNTS, "payees_list payee_request payee_act money money_statement money_line money_line_order town_money town_paid"),
    (ACCOUNTS, "books books_balance books_income books_surplus books_members books_member books_entries books_transaction"),
    (ACCOUNTS, "books_vouchers books_voucher books_sheet books_closing books_close_month books_close_year books_opening"),
    (ACCOUNTS, "books_opening_template books_opening_import books_voucher_new books_voucher_save books_voucher_reverse"),
    (ACCOUNTS, "books_voucher_paper books_opening_file books_opening_start books_opening_marked"),
)  # fmt: skip
DOOR = DutyMap("office", _OPEN, HEADS)
MAP = DOOR.opens
may, openable, nav = DOOR.may, DOOR.openable, DOOR.nav


def check() -> None:
    """Before every page of the door. Strangers and other cooperatives are the guard's to answer. Raises NoDuty."""
    asked = asker("coop")
    grant = asked[1].manages(asked[0]) if asked else None
    if grant is not None:
        g.cooperative_id = grant.cooperative_id
        DOOR.check(grant)


def refused(error: NoDuty) -> tuple[str, int]:
    """Say in plain words what is missing and whom to ask."""
    allowed = DOOR.duties_of(request.endpoint or "")
    page = render_template(
        "office/no_duty.html",
        mine=duties.DUTIES.get(g.duty or "", ""),
        wanted=[words for duty, words in duties.DUTIES.items() if duty in allowed],
        chairs=duties.names(g.cooperative_id, {"chair"}),
    )
    return page, 403
