"""Transfers in the cooperatives' books, when the provider's own entry shows them: Dr 102 own account there, Cr 113 provider."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from shop.cooperatives.ledger.accounts import Account
from shop.cooperatives.ledger.closing import open_days
from shop.cooperatives.ledger.posting import Entry, Posting, post

KIND = "platform"
SOURCE = "provider_entry"
TRANSFER, BACK = "transfer", "transfer_refund"  # the provider's words for its entries


@dataclass(frozen=True, slots=True)
class Sent:
    """An entry of the provider's balance: negative fen went to the cooperative's own account, positive came back."""

    entry_id: int
    cooperative_id: int
    net_fen: int
    on_date: date


def book(found: Sequence[Sent]) -> None:
    """Once an entry. Two statements."""
    if not found:
        return
    days = open_days((each.cooperative_id, each.on_date) for each in found)
    post(
        [
            Posting(
                each.cooperative_id, KIND, f"{SOURCE}:{each.entry_id}", days[each.cooperative_id, each.on_date],
                SOURCE, each.entry_id,
                (Entry(Account.CONNECTED, -each.net_fen), Entry(Account.CLEARING_PROVIDER, each.net_fen)),
                memo="平台分账到本社账户" if each.net_fen < 0 else "退款，从本社平台账户收回",
            )
            for each in found
        ]
    )  # fmt: skip
