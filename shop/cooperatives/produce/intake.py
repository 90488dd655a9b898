"""Goods come in: a receipt with every term frozen, pooled into the open lot of its produce and mode, and booked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, select

from shop.cooperatives.ledger.models import LedgerTransaction
from shop.cooperatives.ledger.posting import Posting, post, reversing
from shop.cooperatives.produce import intake_facts, prices
from shop.cooperatives.produce.intake_facts import Facts
from shop.cooperatives.produce.models import IntakeReceipt, Lot
from shop.cooperatives.produce.receipts import (
    insert_receipts,
    intake_entries,
    intake_key,
    into_lot,
    open_lot,
    party_of,
    stock_moves,
)
from shop.core import activity, clock
from shop.core.db import session
from shop.core.errors import Conflict, NotFound, Refused, beside
from shop.core.money import MAX_FEN, price_times_quantity
from shop.core.quantity import MAX_GRAMS, MAX_PIECES
from shop.core.text import clean_line

MODES = {"buyout": "买断", "consign_fixed": "代销（约定价）", "consign_commission": "代销（提成）"}

_RATE = re.compile(r"0(?:\.[0-9]{1,9})?")


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one party brings. `quantity` in grams or pieces, `price_fen` per kilogram or piece (0 in commission mode, where
    `commission_rate` is a decimal string). A rate or grade factor that is not given is the price list's, else the charter's
    rate and 100. Exactly one of household and supplier."""

    cooperative_id: int
    produce_id: int
    quantity: int
    mode: str
    received_on: date
    household_id: int | None = None
    supplier_id: int | None = None
    price_fen: int = 0
    commission_rate: str | None = None
    grade: str = "统货"
    grade_factor: int | None = None
    certificate_no: str = ""
    recorded_by: int | None = None
    request_key: str | None = None


def record(delivery: Delivery) -> int:
    """Take goods in and book them (docs/money.md); returns the receipt's id. A repeated `request_key` returns the first one.

    Membership on the day of delivery is frozen on the receipt: members are owed on 114, everybody else on 211.
    Raises Refused for bad terms, NotFound for another cooperative's produce, supplier or household.
    """
    return record_many([delivery])[0]


def record_many(deliveries: Sequence[Delivery]) -> list[int]:
    """`record` for many of one cooperative, some twenty statements for all of them; the receipts' ids in the same order.

    Raises what `record` does, of whichever is wrong, without saying which; the whole is then to be rolled back.
    """
    cooperative_id = deliveries[0].cooperative_id
    made = _earlier(cooperative_id, deliveries)
    fresh = [delivery for delivery in deliveries if delivery.request_key not in made]
    for delivery in fresh:
        _check_terms(delivery)
    receipts = _insert(cooperative_id, fresh) if fresh else []
    booked = [receipt for receipt in receipts if receipt is not None]
    for lot_id in sorted({receipt["lot_id"] for receipt in booked}):
        into_lot(lot_id, sum(receipt["quantity"] for receipt in booked if receipt["lot_id"] == lot_id))
    stock_moves(booked, "received")
    post([_booking(receipt, receipt["id"]) for receipt in booked])
    for receipt in booked:
        activity.record(
            "intake.recorded", "intake_receipt", receipt["id"], cooperative_id=cooperative_id,
            after={"lot": receipt["lot_id"]} | {name: receipt[name] for name in ("mode", "quantity", "value_fen")},
            actor_id=receipt["recorded_by"],
        )  # fmt: skip
    won = _winners(cooperative_id, [d for d, receipt in zip(fresh, receipts, strict=True) if receipt is None])
    new = iter(
        [won[d.request_key] if r is None else int(r["id"]) for d, r in zip(fresh, receipts, strict=True)]
    )
    return [made[d.request_key] if d.request_key in made else next(new) for d in deliveries]


def reverse(
    receipt_id: int, cooperative_id: int, reason: str, by: int | None = None, on: date | None = None
) -> int:
    """Take a receipt back whole, while its lot is open; returns the id of the reversing receipt, dated `on` (today).

    Raises NotFound for another cooperative's receipt; Refused without a reason, for a reversal, a second time or when
    the lot is closed.
    """
    reason = _line(reason, "冲销原因", 200, "reason")
    receipt = _receipt_in_locked_lot(receipt_id, cooperative_id)
    values = {
        name: getattr(receipt, name)
        for name in (
            "cooperative_id", "lot_id", "produce_id", "household_id", "member_id", "supplier_id", "grade", "grade_factor",
            "mode", "price_fen", "commission_rate", "certificate_no", "intake_price_id", "off_list",
        )
    }  # fmt: skip
    values |= {
        "quantity": -receipt.quantity, "value_fen": -receipt.value_fen, "received_on": on or clock.today(),
        "recorded_by": by, "reverses_id": receipt_id, "reason": reason,
    }  # fmt: skip
    (reversal,) = insert_receipts([values])
    if reversal is None:
        raise Refused("这张交货单已经冲销过，不能再冲销")
    reversing_id = int(reversal["id"])
    into_lot(receipt.lot_id, -receipt.quantity)
    stock_moves([reversal], "unreceived")
    post([_reverse_booking(values, receipt, reversing_id)])
    activity.record(
        "intake.reversed", "intake_receipt", receipt_id, cooperative_id=cooperative_id, actor_id=by,
        before={"quantity": receipt.quantity, "value_fen": receipt.value_fen},
        after={"reversing_receipt": reversing_id, "reason": reason},
    )  # fmt: skip
    return reversing_id


def lot_of(receipt_id: int) -> int:
    """The lot a receipt went into. Raises NotFound."""
    lot_id = session().scalar(select(IntakeReceipt.lot_id).where(IntakeReceipt.id == receipt_id))
    if lot_id is None:
        raise NotFound
    return lot_id


def _earlier(cooperative_id: int, deliveries: Sequence[Delivery]) -> dict[str | None, int]:
    """The receipts that these requests already made, by request key."""
    keys = {delivery.request_key for delivery in deliveries if delivery.request_key is not None}
    return intake_facts.earlier(cooperative_id, keys) if keys else {}


def _winners(cooperative_id: int, lost: Sequence[Delivery]) -> dict[str | None, int]:
    """The receipts of rivals that were first with these requests."""
    won = _earlier(cooperative_id, lost)
    if any(delivery.request_key not in won for delivery in lost):
        raise Conflict("这张交货单正在登记，请稍后再看")
    return won


def _insert(cooperative_id: int, deliveries: Sequence[Delivery]) -> list[dict[str, Any] | None]:
    """The receipts in their lots, held from now on; None where a rival was first."""
    facts = intake_facts.read(
        cooperative_id,
        {(delivery.produce_id, delivery.received_on) for delivery in deliveries},
        {(d.household_id, d.received_on) for d in deliveries if d.household_id is not None},
        {delivery.supplier_id for delivery in deliveries if delivery.supplier_id is not None},
    )
    frozen = [_frozen(delivery, facts) for delivery in deliveries]
    opening = {(d.produce_id, d.mode): d.received_on for d in reversed(deliveries)}
    # always in this order, so that two batches do not wait for each other's lots
    lots = {what: open_lot(cooperative_id, what[0], what[1], opening[what]) for what in sorted(opening)}
    return insert_receipts(
        [{**values, "lot_id": lots[values["produce_id"], values["mode"]]} for values in frozen]
    )


def _check_terms(delivery: Delivery) -> None:
    if delivery.mode not in MODES:
        raise Refused("请选择收货方式：买断、代销（约定价）或代销（提成）", field="mode")
    if (delivery.household_id is None) == (delivery.supplier_id is None):
        raise Refused("请选择一个交货户或一个供货商，不能都选也不能都不选", field="household_id")
    if delivery.quantity <= 0:
        raise Refused("交货数量要大于 0", field="quantity")
    if delivery.grade_factor is not None and delivery.grade_factor <= 0:
        raise Refused("等级系数要大于 0", field="grade_factor")
    if delivery.received_on > clock.today():
        raise Refused("交货日期不能晚于今天", field="received_on")
    _check_price(delivery)


def _check_price(delivery: Delivery) -> None:
    if delivery.mode == "consign_commission":
        if delivery.price_fen:
            raise Refused("提成代销没有约定价，请不要填写单价", field="price_fen")
        if delivery.commission_rate is not None and not _RATE.fullmatch(delivery.commission_rate):
            raise Refused("提成比例要写成小于 1 的小数，例如 0.08", field="commission_rate")
        return
    if delivery.price_fen <= 0:
        raise Refused("单价要大于 0", field="price_fen")
    if delivery.commission_rate is not None:
        raise Refused("只有提成代销才有提成比例", field="commission_rate")


def _frozen(delivery: Delivery, facts: Facts) -> dict[str, Any]:
    """The receipt's columns: what was brought, by whom, on which terms."""
    unit_kind = facts.unit_kinds.get(delivery.produce_id)
    if unit_kind is None:
        raise NotFound("没有找到这种产品")
    if delivery.quantity > (MAX_GRAMS if unit_kind == "g" else MAX_PIECES):
        raise Refused("交货数量太大了，请检查", field="quantity")
    grade = _line(delivery.grade, "等级", 20, "grade")
    listed = facts.listed.get((delivery.produce_id, delivery.received_on, grade, delivery.mode))
    rate = _rate(delivery, listed, facts)
    factor = delivery.grade_factor or (listed.grade_factor if listed else 100)
    return {
        "cooperative_id": delivery.cooperative_id, "produce_id": delivery.produce_id,
        "household_id": delivery.household_id, "supplier_id": delivery.supplier_id, "member_id": _member(delivery, facts),
        "grade": grade, "grade_factor": factor, "intake_price_id": listed.id if listed else None,
        "off_list": listed is not None and prices.differs(listed, delivery.price_fen, rate, factor),
        "quantity": delivery.quantity, "mode": delivery.mode,
        "certificate_no": _line(delivery.certificate_no, "合格证编号", 60, "certificate_no", required=False),
        "received_on": delivery.received_on,
        "recorded_by": delivery.recorded_by, "request_key": delivery.request_key,
        "price_fen": delivery.price_fen, "commission_rate": rate, "value_fen": _value(delivery, unit_kind),
    }  # fmt: skip


def _line(text: str, label: str, max_length: int, field: str, *, required: bool = True) -> str:
    with beside(field):
        return clean_line(text, label=label, max_length=max_length, required=required)


def _member(delivery: Delivery, facts: Facts) -> int | None:
    """The membership on that day, of a household that may deliver here."""
    if delivery.supplier_id is not None:
        if delivery.supplier_id not in facts.suppliers:
            raise NotFound("没有找到这个供货商")
        return None
    who = (delivery.household_id or 0, delivery.received_on)
    if who not in facts.members:
        raise NotFound("没有找到这个交货户")
    return facts.members[who]


def _rate(delivery: Delivery, listed: Row[*tuple[Any, ...]] | None, facts: Facts) -> str | None:
    if delivery.mode != "consign_commission" or delivery.commission_rate is not None:
        return delivery.commission_rate
    if listed is not None:
        return str(listed.commission_rate)
    rate = facts.commission_rate(delivery.received_on)
    if rate is None:
        raise Refused("章程在这一天还没有提成比例，请填写提成比例", field="commission_rate")
    return rate


def _value(delivery: Delivery, unit_kind: str) -> int:
    """Price × quantity in fen, rounded half up once."""
    if unit_kind == "g":
        value: int = price_times_quantity(delivery.price_fen, delivery.quantity)
    else:
        value = delivery.price_fen * delivery.quantity
    if value > MAX_FEN:
        raise Refused("这一单的金额太大了，请检查单价和数量", field="price_fen")
    return value


def _receipt_in_locked_lot(receipt_id: int, cooperative_id: int) -> Row[*tuple[Any, ...]]:
    receipt = session().execute(
        select(*IntakeReceipt.__table__.c, Lot.closed_at)
        .join(Lot, Lot.id == IntakeReceipt.lot_id)
        .where(IntakeReceipt.id == receipt_id, IntakeReceipt.cooperative_id == cooperative_id)
        .with_for_update(of=Lot, key_share=True)
    ).one_or_none()  # fmt: skip
    if receipt is None:
        raise NotFound("没有找到这张交货单")
    if receipt.reverses_id is not None:
        raise Refused("这是一张冲销单，不能再冲销；请重新登记交货")
    if receipt.closed_at is not None:
        raise Refused("这个批次已经封批，交货单不能再冲销")
    return receipt


def _booking(values: Mapping[str, Any], receipt_id: int) -> Posting:
    return Posting(
        cooperative_id=values["cooperative_id"], kind="intake", key=intake_key(receipt_id), on_date=values["received_on"],
        source_type="intake_receipt", source_id=receipt_id, memo=f"{MODES[values['mode']]}交货",
        posted_by=values["recorded_by"],
        entries=intake_entries(values["mode"], values["value_fen"], values["quantity"], party_of(values)),
    )  # fmt: skip


def _reverse_booking(values: Mapping[str, Any], receipt: Row[*tuple[Any, ...]], reversing_id: int) -> Posting:
    posted = session().scalar(
        select(LedgerTransaction.id).where(LedgerTransaction.key == intake_key(receipt.id))
    )
    entries = intake_entries(receipt.mode, receipt.value_fen, receipt.quantity, party_of(values))
    return Posting(
        cooperative_id=receipt.cooperative_id, kind="reversal", key=intake_key(reversing_id), on_date=values["received_on"],
        source_type="intake_receipt", source_id=reversing_id, memo=f"冲销交货单 {receipt.number}：{values['reason']}",
        posted_by=values["recorded_by"], reverses_id=posted, entries=reversing(entries),
    )  # fmt: skip
