"""Reads over produce, receipts and lots of one cooperative."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import aliased

from shop.cooperatives.people.models import Household, Member, Village
from shop.cooperatives.produce import confirming
from shop.cooperatives.produce.intake_models import IntakePrice, ReceiptConfirmation
from shop.cooperatives.produce.models import IntakeReceipt, Lot, LotPart, Produce, Supplier
from shop.cooperatives.produce.stock import available, on_hand
from shop.core import clock
from shop.core.db import session
from shop.core.errors import NotFound

AnyRow = Row[*tuple[Any, ...]]


def produce_of(cooperative_id: int) -> Sequence[AnyRow]:
    """What the cooperative takes in: id, name, unit_kind, count_word, shelf_life_days; by pinyin."""
    return session().execute(
        select(Produce.id, Produce.name, Produce.unit_kind, Produce.count_word, Produce.shelf_life_days)
        .where(Produce.cooperative_id == cooperative_id)
        .order_by(Produce.pinyin, Produce.id)
    ).all()  # fmt: skip


def suppliers_of(cooperative_id: int) -> Sequence[AnyRow]:
    """Outside suppliers: id, name."""
    return session().execute(
        select(Supplier.id, Supplier.name).where(Supplier.cooperative_id == cooperative_id).order_by(Supplier.id)
    ).all()  # fmt: skip


def receipts(
    cooperative_id: int,
    *,
    on: date | None = None,
    before_id: int | None = None,
    limit: int = 50,
    which: str = "",
) -> Sequence[AnyRow]:
    """Receipts, newest first, of one day or all; `head_name` is decrypted. One statement, keyset by id.

    which: `unconfirmed` by their household, or `outside`, from whom is no member.
    """
    statement = _receipts(cooperative_id).order_by(IntakeReceipt.id.desc()).limit(limit)
    if on is not None:
        statement = statement.where(IntakeReceipt.received_on == on)
    if before_id is not None:
        statement = statement.where(IntakeReceipt.id < before_id)
    if which == "unconfirmed":
        statement = confirming.only_waiting(statement, clock.today())
    elif which == "outside":
        statement = statement.where(IntakeReceipt.member_id.is_(None))
    return session().execute(statement).all()


def receipts_of_lot(lot_id: int, cooperative_id: int, limit: int = 200) -> Sequence[AnyRow]:
    """The unreversed receipts of a lot, newest first, with the same columns. One statement."""
    reversing = aliased(IntakeReceipt)
    taken_back = select(reversing.id).where(reversing.reverses_id == IntakeReceipt.id).exists()
    statement = _receipts(cooperative_id).where(
        IntakeReceipt.lot_id == lot_id, IntakeReceipt.reverses_id.is_(None), ~taken_back
    )
    return session().execute(statement.order_by(IntakeReceipt.id.desc()).limit(limit)).all()


def receipt(receipt_id: int, cooperative_id: int) -> AnyRow:
    """One receipt, with the same columns. Raises NotFound for another cooperative's."""
    found = session().execute(_receipts(cooperative_id).where(IntakeReceipt.id == receipt_id)).one_or_none()
    if found is None:
        raise NotFound("没有找到这张交货单")
    return found


def lots(
    cooperative_id: int, *, is_open: bool | None = None, before_id: int | None = None, limit: int = 100
) -> Sequence[AnyRow]:
    """Lots, newest first: code, produce, mode, dates, counters, on_hand, available, parties. One statement, keyset by id."""
    statement = _lots(cooperative_id).order_by(Lot.id.desc()).limit(limit)
    if before_id is not None:
        statement = statement.where(Lot.id < before_id)
    if is_open is not None:
        statement = statement.where(Lot.closed_at.is_(None) if is_open else Lot.closed_at.is_not(None))
    return session().execute(statement).all()


def lot(lot_id: int, cooperative_id: int) -> AnyRow:
    """One lot, with the same columns. Raises NotFound for another cooperative's."""
    found = session().execute(_lots(cooperative_id).where(Lot.id == lot_id)).one_or_none()
    if found is None:
        raise NotFound("没有找到这个批次")
    return found


def parts(lot_id: int, cooperative_id: int) -> Sequence[AnyRow]:
    """Whose a closed lot is, by `seq`: party, quantity, value, what is sold of it so far; names decrypted."""
    return session().execute(
        select(
            LotPart.seq, LotPart.receipt_id, IntakeReceipt.number.label("receipt_number"), LotPart.household_id,
            LotPart.supplier_id, Household.code.label("household_code"), Household.head_name,
            Supplier.name.label("supplier"), Member.number.label("member_number"), LotPart.quantity, LotPart.value_fen,
            LotPart.commission_rate, LotPart.attributed_quantity, LotPart.attributed_fen,
        )
        .outerjoin(IntakeReceipt, IntakeReceipt.id == LotPart.receipt_id)
        .outerjoin(Household, Household.id == LotPart.household_id)
        .outerjoin(Member, Member.id == LotPart.member_id)
        .outerjoin(Supplier, Supplier.id == LotPart.supplier_id)
        .where(LotPart.lot_id == lot_id, LotPart.cooperative_id == cooperative_id)
        .order_by(LotPart.seq)
    ).all()  # fmt: skip


def _receipts(cooperative_id: int) -> Select[*tuple[Any, ...]]:
    reversing = aliased(IntakeReceipt)
    return (
        select(
            IntakeReceipt.id, IntakeReceipt.number, IntakeReceipt.received_on, IntakeReceipt.recorded_at, IntakeReceipt.mode,
            IntakeReceipt.quantity, IntakeReceipt.price_fen, IntakeReceipt.commission_rate, IntakeReceipt.value_fen,
            IntakeReceipt.grade, IntakeReceipt.certificate_no, IntakeReceipt.confirmed_at, IntakeReceipt.reason,
            IntakeReceipt.reverses_id, reversing.id.label("reversed_by_id"), IntakeReceipt.lot_id,
            Lot.code.label("lot_code"), Lot.closed_at.label("lot_closed_at"), IntakeReceipt.produce_id,
            Produce.name.label("produce"), Produce.unit_kind, Produce.count_word, IntakeReceipt.household_id,
            Household.code.label("household_code"), Household.head_name, Village.name.label("village"),
            IntakeReceipt.member_id, Member.number.label("member_number"), IntakeReceipt.supplier_id,
            Supplier.name.label("supplier"), IntakeReceipt.grade_factor, IntakeReceipt.off_list,
            IntakePrice.price_fen.label("listed_fen"), IntakePrice.commission_rate.label("listed_rate"),
            IntakePrice.valid_from.label("listed_from"), ReceiptConfirmation.how.label("confirmed_how"),
            ReceiptConfirmation.attachment_id.label("confirmed_paper"),
        )
        .join(Lot, Lot.id == IntakeReceipt.lot_id)
        .join(Produce, Produce.id == IntakeReceipt.produce_id)
        .outerjoin(reversing, reversing.reverses_id == IntakeReceipt.id)
        .outerjoin(Household, Household.id == IntakeReceipt.household_id)
        .outerjoin(Village, Village.id == Household.village_id)
        .outerjoin(Member, Member.id == IntakeReceipt.member_id)
        .outerjoin(Supplier, Supplier.id == IntakeReceipt.supplier_id)
        .outerjoin(IntakePrice, IntakePrice.id == IntakeReceipt.intake_price_id)
        .outerjoin(ReceiptConfirmation, ReceiptConfirmation.receipt_id == IntakeReceipt.id)
        .where(IntakeReceipt.cooperative_id == cooperative_id)
    )  # fmt: skip


def _lots(cooperative_id: int) -> Select[*tuple[Any, ...]]:
    parties = (
        select(func.count(IntakeReceipt.household_id.distinct()))
        .where(IntakeReceipt.lot_id == Lot.id)
        .correlate(Lot)
        .scalar_subquery()
    )
    # a lot that was made of others has no receipts of its own; goods of undone work are back in theirs
    heirs, restored = (
        select(what).where(LotPart.lot_id == Lot.id).correlate(Lot).scalar_subquery()
        for what in (
            func.count(LotPart.household_id.distinct()),
            func.coalesce(func.sum(LotPart.restored_quantity), 0),
        )
    )
    return (
        select(
            Lot.id, Lot.code, Lot.trace_code, Lot.mode, Lot.opened_at, Lot.closed_at, Lot.best_before, Lot.recalled_at,
            Lot.received, Lot.reserved, Lot.shipped, Lot.returned, Lot.written_off, Lot.transformed, on_hand().label("on_hand"),
            available().label("available"), Lot.produce_id, Produce.name.label("produce"), Produce.unit_kind,
            Produce.count_word, Produce.shelf_life_days, func.greatest(parties, heirs).label("households"),
            restored.label("restored"),
        )
        .join(Produce, Produce.id == Lot.produce_id)
        .where(Lot.cooperative_id == cooperative_id)
    )  # fmt: skip
