"""Every table that points at an account or holds somebody's sealed data, and what closing the account does to it.

A test compares this with the schema: a new table of that kind stands here before it is merged.
"""

from __future__ import annotations

# rows are deleted
DELETED = {"address", "invoice_heading", "basket", "login_code", "favourite", "reminder_email"}
# rows stay, their personal columns are overwritten
BLANKED = {
    "user_account",
    "user_session",
    "guest_pass",
    "customer_order",
    "gift_recipient",
    "data_export",
    "return_request",
    "duty_invitation",
}
# rows stay as they are: table → why
KEPT = {
    "user_consent": "proof of what was agreed to; names nobody",
    "account_closure": "proof that the account was closed; names nobody",
    "coupon_taken": "which coupon was had, that it is had once; names nobody",
    "review": "said in public, signed with a family name alone; the account behind it is empty",
    "review_reply": "an officer's act",
    "review_hiding": "an officer's act",
    "coupon": "an officer's act",
    "town_payment": "an officer's act; accounting papers",
    "shipment": "an officer's act",
    "waybill": "an officer's act",
    "lot_swap": "an officer's act",
    "weighing": "an officer's act",
    "role_grant": "who held which office, when",
    "sku_price": "an officer's act",
    "product_picture": "an officer's act",
    "freight_rule": "an officer's act",
    "invoice_issued": "an officer's act; accounting papers",
    "stock_move": "an officer's act",
    "stock_loss": "an officer's act",
    "stock_count": "an officer's act",
    "lot_recall": "an officer's act",
    "lot_recall_lift": "an officer's act",
    "transformation": "an officer's act",
    "ledger_transaction": "an officer's act; accounting papers",
    "fiscal_year_close": "an officer's act; accounting papers",
    "period_close": "an officer's act; accounting papers",
    "voucher": "an officer's act; accounting papers",
    "resolution": "an officer's act",
    "notice": "an officer's act",
    "objection": "an officer's act; the words are a household's",
    "sheet_import": "an officer's act; members' names, sealed",
    "settlement": "an officer's act",
    "distribution": "an officer's act",
    "distribution_run": "an officer's act",
    "connected_account": "an officer's act; a cooperative's account",
    "payee_account": "a household's account; no buyer's",
    "payout_batch": "an officer's act",
    "bank_layout": "an officer's act",
    "bank_answer": "an officer's act; accounting papers",
    "payout_return": "an officer's act; accounting papers",
    "statement_import": "an officer's act; accounting papers",
    "provider_payout": "an officer's act; accounting papers",
    "refund": "an officer's act; the transaction's record",
    "attachment": "papers of the cooperatives; a buyer's pictures are another table's business",
    "intake_receipt": "an officer's act; accounting papers",
    "intake_price": "an officer's act",
    "receipt_confirmation": "an officer's act, or the household's; accounting papers",
    "receipt_code": "an officer's act; the hash of a code that is worn out",
    "receipt_message": "an officer's act",
    "cooperative": "a public telephone",
    "household": "members of a cooperative; no buyer's account",
    "household_income_entry": "an officer's act; a household's income, its evidence sealed",
    "member_event": "an officer's act; members of a cooperative, no buyer's account",
    "household_token": "members of a cooperative; no buyer's account",
    "person": "members of a cooperative; no buyer's account",
    "supplier": "a cooperative's supplier; no buyer's account",
}
