"""Whose every entry of the provider's balance is: split as the suborders behind it are, or the town's; said once."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Row, bindparam, func, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import aliased

from shop.cooperatives.shares import largest_remainder
from shop.core import clock
from shop.core.db import insert_rows, session
from shop.orders.models import Order, Suborder
from shop.payments import fees
from shop.payments.connect import booking as connect_booking
from shop.payments.connect import hearing as connect_hearing
from shop.payments.connect.models import ConnectReversal, ConnectTransfer
from shop.payments.models import Payment, Refund
from shop.payments.provider.models import ProviderEntry, ProviderPayout, ProviderShare
from shop.payments.provider.reports import Moved

CHARGES = ("charge", "payment")
REFUNDS = ("refund", "payment_refund", "refund_failure", "payment_failure_refund")
OUT, BACK = "payout", ("payout_failure", "payout_cancel")
TRANSFERS = (connect_booking.TRANSFER, connect_booking.BACK)
PORTION = 200

Shares = Mapping[int, int]  # cooperative id → fen


@dataclass(frozen=True, slots=True)
class Owned:
    """How an entry is split; what its shares leave of the net is the town's."""

    entry_id: int
    net_fen: int
    shares: Shares


def store(found: Sequence[Moved]) -> int:
    """Keep entries by the provider's id; a known one changes nothing. Returns how many were new. Three statements."""
    if not found:
        return 0
    payments, refunds = _payments(found), _refunds(found)
    connect_hearing.entries(found)
    rows = [
        {
            "provider_ref": each.ref, "kind": each.kind, "amount_fen": each.amount_fen, "fee_fen": each.fee_fen,
            "net_fen": each.net_fen, "source_ref": each.source_ref, "made_at": each.made_at, "available_at": each.available_at,
            "payment_id": _payment_of(each, payments), "refund_id": _refund_of(each, refunds),
        }
        for each in found
    ]  # fmt: skip
    made = 0
    for start in range(0, len(rows), PORTION):
        statement = insert(ProviderEntry).values(rows[start : start + PORTION]).on_conflict_do_nothing()
        made += len(session().execute(statement.returning(ProviderEntry.id)).all())
    return made


def own(after: int = 0) -> int | None:
    """Say whose the next PORTION of waiting entries are; returns the last id looked at, None at the end.

    An entry whose order is not attributed yet waits for the next time. Fees become known, and are booked, here; so are
    transfers to cooperatives' own accounts.
    """
    rows = _waiting(after)
    if not rows:
        return None
    parts = _parts([row.order_id for row in rows if row.order_id is not None and row.attributed])
    owned = [decided for row in rows if (decided := _decide(row, parts)) is not None]
    write(owned)
    connect_booking.book(
        [
            connect_booking.Sent(row.id, row.connected_id, row.net_fen, clock.shanghai_day(row.made_at))
            for row in rows
            if row.kind in TRANSFERS and row.connected_id is not None
        ]
    )
    for row in rows:
        if (
            row.kind in CHARGES
            and row.payment_id is not None
            and row.fee_unknown
            and row.state == "succeeded"
        ):
            fees.book(row.payment_id, row.fee_fen)
    return int(rows[-1].id)


def write(owned: Sequence[Owned]) -> None:
    """Keep the shares, and what they leave as the town's. Two statements."""
    insert_rows(
        ProviderShare,
        [
            {"entry_id": each.entry_id, "cooperative_id": cooperative_id, "fen": fen}
            for each in owned
            for cooperative_id, fen in sorted(each.shares.items())
            if fen
        ],
    )
    if owned:
        left = {each.entry_id: each.net_fen - sum(each.shares.values()) for each in owned}
        values = func.unnest(*_arrays(left)).table_valued("entry_id", "fen").render_derived("known")
        session().execute(
            update(ProviderEntry)
            .where(ProviderEntry.id == values.c.entry_id, ProviderEntry.town_fen.is_(None))
            .values(town_fen=values.c.fen)
            .execution_options(synchronize_session=False)
        )


def shares_of(entry_ids: Any) -> dict[int, int]:
    """Cooperative id → fen over several entries (ids, or a selection of them). One statement."""
    rows = session().execute(
        select(ProviderShare.cooperative_id, func.sum(ProviderShare.fen))
        .where(ProviderShare.entry_id.in_(entry_ids))
        .group_by(ProviderShare.cooperative_id)
        .order_by(ProviderShare.cooperative_id)
    )
    return {cooperative_id: int(fen) for cooperative_id, fen in rows if fen}


def _decide(row: Row[*tuple[Any, ...]], parts: Mapping[int, Sequence[tuple[int, int]]]) -> Owned | None:
    """None: not yet."""
    if row.kind in REFUNDS and row.refund_id is not None:
        shares = {} if row.cooperative_id is None else {row.cooperative_id: row.net_fen}
        return Owned(row.id, row.net_fen, shares)
    if row.kind in TRANSFERS:
        shares = {} if row.connected_id is None else {row.connected_id: row.net_fen}
        return Owned(row.id, row.net_fen, shares)
    if row.kind not in CHARGES or row.payment_id is None or row.sent_back:
        return Owned(row.id, row.net_fen, {})
    if row.state != "succeeded" or not row.attributed:
        return None
    own_parts = parts[row.order_id]
    if sum(fen for _, fen in own_parts) != row.amount_fen:
        return None
    kept = (
        largest_remainder(row.fee_fen, [fen for _, fen in own_parts]) if row.fee_fen else [0] * len(own_parts)
    )
    shares_now: Counter[int] = Counter()
    for (cooperative_id, fen), fee in zip(own_parts, kept, strict=True):
        shares_now[cooperative_id] += fen - fee
    return Owned(row.id, row.net_fen, shares_now)


def _waiting(after: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """Payouts by the schedule are split when they are booked, not here."""
    whole = aliased(Refund)
    late = (
        select(whole.id)
        .where(whole.payment_id == ProviderEntry.payment_id, whole.kind == "late_payment")
        .exists()
    )
    by_schedule = (
        select(ProviderPayout.id)
        .where(ProviderPayout.provider_ref == ProviderEntry.source_ref, ProviderPayout.automatic.is_(False))
        .exists()
    )
    return session().execute(
        select(
            ProviderEntry.id, ProviderEntry.kind, ProviderEntry.amount_fen, ProviderEntry.fee_fen, ProviderEntry.net_fen,
            ProviderEntry.payment_id, ProviderEntry.refund_id, Payment.state, Payment.order_id,
            Payment.fee_fen.is_(None).label("fee_unknown"), Order.attributed_at.is_not(None).label("attributed"),
            late.label("sent_back"), Suborder.cooperative_id, ProviderEntry.made_at,
            func.coalesce(ConnectTransfer.cooperative_id, ConnectReversal.cooperative_id).label("connected_id"),
        )
        .outerjoin(Payment, Payment.id == ProviderEntry.payment_id)
        .outerjoin(Order, Order.id == Payment.order_id)
        .outerjoin(Refund, Refund.id == ProviderEntry.refund_id)
        .outerjoin(Suborder, Suborder.id == Refund.suborder_id)
        .outerjoin(ConnectTransfer, ConnectTransfer.provider_ref == ProviderEntry.source_ref)
        .outerjoin(ConnectReversal, ConnectReversal.provider_ref == ProviderEntry.source_ref)
        .where(
            ProviderEntry.town_fen.is_(None),
            ProviderEntry.id > after,
            or_(ProviderEntry.kind.not_in((OUT, *BACK)), by_schedule),
        )
        .order_by(ProviderEntry.id)
        .limit(PORTION)
        .with_for_update(of=ProviderEntry, skip_locked=True)
    ).all()  # fmt: skip


def _parts(order_ids: Iterable[int]) -> dict[int, list[tuple[int, int]]]:
    """Order → (cooperative, fen that its buyer paid for it) by suborder, in the order in which the fee is split."""
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    rows = session().execute(
        select(
            Suborder.order_id, Suborder.cooperative_id,
            Suborder.goods_fen - Suborder.discount_fen - Suborder.town_borne_fen + Suborder.freight_fen,
        )
        .where(Suborder.order_id.in_(set(order_ids)))
        .order_by(Suborder.id)
    )  # fmt: skip
    for order_id, cooperative_id, fen in rows:
        found[order_id].append((cooperative_id, fen))
    return found


def _payments(found: Sequence[Moved]) -> Mapping[object, int]:
    """By our id, where the payment is of that intent or of none yet, and by intent."""
    rows = session().execute(
        select(Payment.id, Payment.intent_ref).where(
            Payment.method == "stripe",
            or_(
                Payment.id.in_({each.payment_id for each in found if each.payment_id is not None}),
                Payment.intent_ref.in_({each.intent_ref for each in found if each.intent_ref}),
            ),
        )
    )
    known: dict[object, int] = {}
    for payment_id, intent_ref in rows:
        known[intent_ref or payment_id] = payment_id
    return known


def _refunds(found: Sequence[Moved]) -> Mapping[object, int]:
    rows = session().execute(
        select(Refund.id, Refund.provider_ref, Payment.intent_ref)
        .join(Payment, Payment.id == Refund.payment_id)
        .where(
            or_(
                Refund.id.in_({each.refund_id for each in found if each.refund_id is not None}),
                Refund.provider_ref.in_({each.source_ref for each in found if each.kind in REFUNDS}),
            )
        )
    )
    known: dict[object, int] = {}
    for refund_id, provider_ref, intent_ref in rows:
        known[provider_ref] = known[refund_id, intent_ref] = refund_id
    return known


def _payment_of(each: Moved, known: Mapping[object, int]) -> int | None:
    if each.kind not in CHARGES:
        return None
    return known.get(each.intent_ref) or known.get(each.payment_id)


def _refund_of(each: Moved, known: Mapping[object, int]) -> int | None:
    if each.kind not in REFUNDS:
        return None
    return known.get((each.refund_id, each.intent_ref)) or known.get(each.source_ref)


def _arrays(values: Mapping[int, int]) -> tuple[Any, Any]:
    kind = ARRAY(BigInteger)
    return (
        bindparam("entry_ids", list(values), type_=kind),
        bindparam("town_fens", list(values.values()), type_=kind),
    )
