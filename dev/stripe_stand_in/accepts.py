"""What each endpoint takes. Anything else is answered with 400 `parameter_unknown`; tests hold this against the SDK."""

from __future__ import annotations

from dev.stripe_stand_in.parameters import Many, Pairs, Rule, Shape, email, flag, one_of, text, url, whole

METHODS = ("card", "alipay", "wechat_pay")
CURRENCY = one_of("cny")
EXPAND: Rule = Many(text())
MOST = 99_999_999  # fen; Stripe takes eight digits

_ADDRESS = Shape(
    {name: text() for name in ("city", "country", "line1", "line2", "postal_code", "state")}, required=("line1",)
)
_PRODUCT = Shape(
    {
        "name": text(), "description": text(), "images": Many(url, 8), "metadata": Pairs(), "tax_code": text(),
        "unit_label": text(12),
    },
    required=("name",),
)
_PRICE = Shape(
    {
        "currency": CURRENCY, "unit_amount": whole(0, MOST), "product_data": _PRODUCT,
        "tax_behavior": one_of("exclusive", "inclusive", "unspecified"),
    },
    required=("currency", "product_data", "unit_amount"),
)
_LINE_ITEM = Shape(
    {"price_data": _PRICE, "quantity": whole(1, 999_999), "metadata": Pairs()}, required=("price_data", "quantity")
)
_INTENT = Shape({
    "capture_method": one_of("automatic", "automatic_async"), "description": text(1000), "metadata": Pairs(),
    "receipt_email": email, "statement_descriptor": text(22), "statement_descriptor_suffix": text(22),
    "transfer_group": text(),
    "shipping": Shape(
        {"address": _ADDRESS, "carrier": text(), "name": text(), "phone": text(), "tracking_number": text()},
        required=("address", "name"),
    ),
})
_METHOD_OPTIONS = Shape({
    "alipay": Shape({"setup_future_usage": one_of("none")}),
    "card": Shape({"request_three_d_secure": one_of("any", "automatic", "challenge")}),
    "wechat_pay": Shape(
        {"app_id": text(), "client": one_of("android", "ios", "web"), "setup_future_usage": one_of("none")},
        required=("client",),
    ),
})
_SUBMIT_TEXT = Shape({"message": text(1200)}, required=("message",))

SESSION_CREATE = Shape(
    {
        "adaptive_pricing": Shape({"enabled": flag}),
        "billing_address_collection": one_of("auto", "required"),
        "cancel_url": url, "client_reference_id": text(200), "currency": CURRENCY,
        "custom_text": Shape({"submit": _SUBMIT_TEXT, "after_submit": _SUBMIT_TEXT}),
        "customer_creation": one_of("always", "if_required"), "customer_email": email,
        "expand": EXPAND, "expires_at": whole(), "line_items": Many(_LINE_ITEM, 100),
        "locale": one_of("auto", "en", "en-GB", "zh", "zh-HK", "zh-TW"), "metadata": Pairs(),
        "mode": one_of("payment"), "origin_context": one_of("mobile_app", "web"), "payment_intent_data": _INTENT,
        "payment_method_options": _METHOD_OPTIONS, "payment_method_types": Many(one_of(*METHODS)),
        "phone_number_collection": Shape({"enabled": flag}, required=("enabled",)),
        "submit_type": one_of("auto", "book", "donate", "pay"), "success_url": url, "ui_mode": one_of("hosted_page"),
    },
    required=("mode", "line_items", "success_url"),
)
ONLY_EXPAND = Shape({"expand": EXPAND})
PAGE = {"expand": EXPAND, "limit": whole(1, 100), "starting_after": text(), "ending_before": text()}
_CREATED = {"created": Shape({name: whole() for name in ("gt", "gte", "lt", "lte")})}

LINE_ITEM_LIST = Shape(PAGE)
SESSION_LIST = Shape(PAGE | _CREATED | {
    "payment_intent": text(), "status": one_of("complete", "expired", "open"),
})
INTENT_LIST = Shape(PAGE | _CREATED)
CHARGE_LIST = Shape(PAGE | _CREATED | {"payment_intent": text(), "transfer_group": text()})
BALANCE_TRANSACTION_LIST = Shape(PAGE | _CREATED | {"currency": text(), "source": text(), "type": text()})
REFUND_LIST = Shape(PAGE | _CREATED | {"charge": text(), "payment_intent": text()})
EVENT_LIST = Shape(PAGE | _CREATED | {"type": text(), "types": Many(text(), 20)})
REFUND_CREATE = Shape({
    "amount": whole(1, MOST), "charge": text(), "expand": EXPAND, "metadata": Pairs(), "payment_intent": text(),
    "reason": one_of("duplicate", "fraudulent", "requested_by_customer"),
})
