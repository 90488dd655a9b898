"""What the provider said of our transfers and reversals: by its answer, its events or its entries, whichever comes first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select, update

from shop.core.db import session
from shop.core.numbers import row_id
from shop.payments.connect.models import ConnectReversal, ConnectTransfer
from shop.payments.provider.reports import Moved

OPEN = ("created", "failed")
SENT, REVERSED = "sent", "reversed"


def transfer_sent(transfer_id: int, ref: str, amount_fen: int) -> None:
    """It is at the cooperative's account. Repeating it changes nothing, and neither does news of another installation's."""
    session().execute(
        update(ConnectTransfer)
        .where(
            ConnectTransfer.id == transfer_id,
            ConnectTransfer.amount_fen == amount_fen,
            ConnectTransfer.state.in_(OPEN),
        )
        .values(state=SENT, provider_ref=ref, failure=None, changed_at=func.now())
        .execution_options(synchronize_session=False)
    )


def reversal_sent(reversal_id: int, ref: str, amount_fen: int) -> None:
    """It came back; a transfer of which all came back is reversed. Repeating it changes nothing."""
    transfer_id = session().scalar(
        select(ConnectReversal.transfer_id).where(ConnectReversal.id == reversal_id)
    )
    session().execute(  # the transfer before its reversals, everywhere
        select(ConnectTransfer.id).where(ConnectTransfer.id == transfer_id).with_for_update(key_share=True)
    )
    moved = session().scalar(
        update(ConnectReversal)
        .where(
            ConnectReversal.id == reversal_id,
            ConnectReversal.amount_fen == amount_fen,
            ConnectReversal.state.in_(OPEN),
        )
        .values(state=SENT, provider_ref=ref, failure=None, changed_at=func.now())
        .returning(ConnectReversal.id)
        .execution_options(synchronize_session=False)
    )
    if moved is None:
        return
    back = (
        select(func.coalesce(func.sum(ConnectReversal.amount_fen), 0))
        .where(ConnectReversal.transfer_id == transfer_id, ConnectReversal.state == SENT)
        .scalar_subquery()
    )
    session().execute(
        update(ConnectTransfer)
        .where(
            ConnectTransfer.id == transfer_id,
            ConnectTransfer.state == SENT,
            ConnectTransfer.amount_fen == back,
        )
        .values(state=REVERSED, changed_at=func.now())
        .execution_options(synchronize_session=False)
    )


def entries(found: Sequence[Moved]) -> None:
    """The provider lists a transfer whose answer we never got, or not yet."""
    for each in found:
        if each.transfer_id is not None:
            transfer_sent(each.transfer_id, each.source_ref, -each.net_fen)
        if each.reversal_id is not None:
            reversal_sent(each.reversal_id, each.source_ref, each.net_fen)


def event(thing: Mapping[str, Any]) -> None:
    """A transfer as an event shows it, with its newest reversals."""
    transfer_id = row_id((thing.get("metadata") or {}).get("transfer"))
    if transfer_id is not None:
        transfer_sent(transfer_id, str(thing.get("id")), int(thing.get("amount") or 0))
    for each in (thing.get("reversals") or {}).get("data") or ():
        reversal_id = row_id((each.get("metadata") or {}).get("reversal"))
        if reversal_id is not None:
            reversal_sent(reversal_id, str(each.get("id")), int(each.get("amount") or 0))
