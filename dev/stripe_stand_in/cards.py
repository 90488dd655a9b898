"""Stripe's published test cards, and what each of them does."""

from __future__ import annotations

from dataclasses import dataclass

SUCCESS, DECLINED, INSUFFICIENT, THREE_D_SECURE = (
    "4242424242424242",
    "4000000000000002",
    "4000000000009995",
    "4000002500003155",
)


@dataclass(frozen=True)
class Card:
    number: str
    brand: str = "visa"
    country: str = "US"
    error: str = ""  # Stripe's error code; "" = the payment succeeds
    decline: str = ""  # decline_code
    message: str = ""
    message_zh: str = ""
    three_d_secure: bool = False
    refund: str = "succeeded"  # what becomes of a refund; not "succeeded" = pending first


CARDS: dict[str, Card] = {
    card.number: card
    for card in (
        Card(SUCCESS),
        Card("5555555555554444", brand="mastercard"),
        Card("6200000000000005", brand="unionpay", country="CN"),
        Card(THREE_D_SECURE, three_d_secure=True),
        Card("4000000000007726", refund="succeeded later"),
        Card("4000000000005126", refund="failed"),
        Card(
            DECLINED,
            error="card_declined",
            decline="generic_decline",
            message="Your card was declined.",
            message_zh="银行拒绝了这张卡，没有扣款。请换一张卡，或换一种付款方式。",
        ),
        Card(
            INSUFFICIENT,
            error="card_declined",
            decline="insufficient_funds",
            message="Your card has insufficient funds.",
            message_zh="卡内余额不足，没有扣款。请换一张卡，或换一种付款方式。",
        ),
        Card(
            "4000000000000069",
            error="expired_card",
            decline="expired_card",
            message="Your card has expired.",
            message_zh="这张卡已过期，没有扣款。请换一张卡。",
        ),
        Card(
            "4000000000000127",
            error="incorrect_cvc",
            decline="incorrect_cvc",
            message="Your card's security code is incorrect.",
            message_zh="安全码不对，没有扣款。请核对卡背面的三位数字。",
        ),
    )
}
