"""The deliverer says that a receipt is right, once: by a code on the household's phone, a signature, or on its own page."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Row, Select, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from shop.cooperatives.people.models import Cooperative, Household
from shop.cooperatives.produce.intake_models import ReceiptCode, ReceiptConfirmation
from shop.cooperatives.produce.models import IntakeReceipt, Produce
from shop.core import activity, clock, pictures
from shop.core.db import insert_rows, session
from shop.core.errors import NotFound, Refused
from shop.core.http import settings

AnyRow = Row[*tuple[Any, ...]]
CODE, SIGNATURE, SLIP, PAGE = "code", "signature", "slip", "page"
LIFE = timedelta(minutes=15)
RESEND = timedelta(seconds=60)
TRIES = 5
MOST_CODES = 5  # for one receipt and day: nobody's phone is pestered
# older deliveries are settled and paid; they stay unconfirmed, and nobody is asked any more
WINDOW = timedelta(days=60)
PAPER = "receipt_confirmation"


@dataclass(frozen=True, slots=True)
class Sendable:
    """What a message about a receipt says, and to which phone; a `code` is kept nowhere."""

    phone: str
    code: str
    row: AnyRow


def issue_code(receipt_id: int, cooperative_id: int, by: int) -> Sendable:
    """A new six-digit code for the household of a receipt; earlier ones stop working.

    Raises NotFound, and Refused without a phone, for what is confirmed or reversed, within a minute of the last, or after five
    in a day.
    """
    row = locked(receipt_id, cooperative_id)
    if not row.phone:
        raise Refused("这一户没有登记手机号，请让对方签名", field="code")
    now = clock.now()
    sent: Any = session().execute(
        select(
            func.max(ReceiptCode.sent_at).label("last"),
            func.count().filter(ReceiptCode.sent_at > now - timedelta(days=1)).label("today"),
        ).where(ReceiptCode.receipt_id == receipt_id)
    ).one()  # fmt: skip
    if sent.last is not None and sent.last > now - RESEND:
        wait = int((sent.last + RESEND - now).total_seconds()) + 1
        raise Refused("确认码刚发过，请 %(wait)s 秒后再试", field="code", wait=wait)
    if sent.today >= MOST_CODES:
        raise Refused("这张单今天已经发了很多次确认码，请让对方签名", field="code")
    code = f"{secrets.randbelow(1_000_000):06d}"
    insert_rows(ReceiptCode, [{
        "receipt_id": receipt_id, "cooperative_id": cooperative_id, "code_hash": _hash(receipt_id, row.phone, code),
        "sent_by": by, "sent_at": now, "expires_at": now + LIFE,
    }])  # fmt: skip
    activity.record(
        "intake.code_sent", "intake_receipt", receipt_id, cooperative_id=cooperative_id, actor_id=by
    )
    return Sendable(row.phone, code, row)


def redeem(receipt_id: int, cooperative_id: int, code: str, by: int) -> bool:
    """Confirm by the newest code; False for a wrong or worn-out one, which costs a try.

    Call it in a transaction of its own: the try must stay. Raises NotFound, Refused for what is reversed.
    """
    row = locked(receipt_id, cooperative_id, confirmed_too=True)
    newest = session().execute(
        select(ReceiptCode.id, ReceiptCode.code_hash, ReceiptCode.tries, ReceiptCode.expires_at, ReceiptCode.used_at)
        .where(ReceiptCode.receipt_id == receipt_id)
        .order_by(ReceiptCode.id.desc())
        .limit(1)
    ).one_or_none()  # fmt: skip
    if (
        newest is None
        or newest.used_at is not None
        or newest.tries >= TRIES
        or newest.expires_at <= clock.now()
    ):
        return False
    right = hmac.compare_digest(newest.code_hash, _hash(receipt_id, row.phone or "", code.strip()))
    values = {"used_at": func.now()} if right else {"tries": ReceiptCode.tries + 1}
    session().execute(update(ReceiptCode).where(ReceiptCode.id == newest.id).values(values))
    if right:
        _confirm(receipt_id, cooperative_id, CODE, by)
    return right


def sign(receipt_id: int, cooperative_id: int, how: str, paper: pictures.Paper, by: int) -> bool:
    """Confirm by a drawn signature or a picture of the signed slip; False where it was confirmed before.

    Raises NotFound, Refused for what is reversed or a paper that is no picture.
    """
    row = locked(receipt_id, cooperative_id, confirmed_too=True)
    if paper.media_type != pictures.WEBP:
        raise Refused("签字单请拍照片", field=how)
    if row.confirmed_at is not None:
        return False
    kept = pictures.store(
        paper, subject_type=PAPER, subject_id=receipt_id, cooperative_id=cooperative_id, by=by
    )
    return _confirm(receipt_id, cooperative_id, how, by, kept)


def agree(receipt_id: int, household_id: int) -> bool:
    """The household itself confirms on its own page; False where it had before. Raises NotFound for another's, Refused."""
    cooperative_id = session().scalar(
        select(IntakeReceipt.cooperative_id).where(
            IntakeReceipt.id == receipt_id, IntakeReceipt.household_id == household_id
        )
    )
    if cooperative_id is None:
        raise NotFound("没有找到这张交货单")
    row = locked(receipt_id, cooperative_id, confirmed_too=True)
    return False if row.confirmed_at is not None else _confirm(receipt_id, cooperative_id, PAGE, None)


def waiting(cooperative_id: int, today: date) -> tuple[int, int, int]:
    """How many receipts wait for their household, of how many households, for how much money (fen). One statement."""
    counted = select(
        func.count(), func.count(IntakeReceipt.household_id.distinct()), func.coalesce(func.sum(IntakeReceipt.value_fen), 0)
    )  # fmt: skip
    receipts, households, fen = (
        session()
        .execute(only_waiting(counted, today).where(IntakeReceipt.cooperative_id == cooperative_id))
        .one()
    )
    return int(receipts), int(households), int(fen)


def of_household(household_id: int, today: date) -> Sequence[AnyRow]:
    """What a household has not confirmed yet, newest first: id, number, received_on, produce, quantity, mode, money."""
    return session().execute(
        only_waiting(
            select(
                IntakeReceipt.id, IntakeReceipt.number, IntakeReceipt.received_on, IntakeReceipt.quantity, IntakeReceipt.mode,
                IntakeReceipt.price_fen, IntakeReceipt.commission_rate, IntakeReceipt.value_fen,
                Produce.name.label("produce"), Produce.unit_kind, Produce.count_word,
                Cooperative.name.label("cooperative"),
            )
            .join(Produce, Produce.id == IntakeReceipt.produce_id)
            .join(Cooperative, Cooperative.id == IntakeReceipt.cooperative_id),
            today,
        )
        .where(IntakeReceipt.household_id == household_id)
        .order_by(IntakeReceipt.id.desc())
        .limit(50)
    ).all()  # fmt: skip


def only_waiting(statement: Select[*tuple[Any, ...]], today: date) -> Select[*tuple[Any, ...]]:
    """Of receipts, those of the last weeks that their household has not confirmed and nobody took back."""
    reversing = aliased(IntakeReceipt)
    taken_back = select(reversing.id).where(reversing.reverses_id == IntakeReceipt.id).exists()
    return statement.where(
        IntakeReceipt.confirmed_at.is_(None), IntakeReceipt.reverses_id.is_(None), ~taken_back,
        IntakeReceipt.household_id.is_not(None), IntakeReceipt.received_on > today - WINDOW,
    )  # fmt: skip


def locked(receipt_id: int, cooperative_id: int, *, confirmed_too: bool = False) -> AnyRow:
    """The receipt with what a message about it says, locked against a second confirmation.

    Raises NotFound for another cooperative's; Refused where it is reversed, or confirmed already unless `confirmed_too`.
    """
    reversing = aliased(IntakeReceipt)
    row = session().execute(
        select(
            IntakeReceipt.confirmed_at, IntakeReceipt.reverses_id, IntakeReceipt.quantity, IntakeReceipt.value_fen,
            IntakeReceipt.number, IntakeReceipt.mode, IntakeReceipt.received_on, IntakeReceipt.household_id, Household.phone,
            Cooperative.name.label("cooperative"), Cooperative.phone.label("cooperative_phone"),
            Produce.name.label("produce"), Produce.unit_kind, Produce.count_word,
            select(reversing.id).where(reversing.reverses_id == IntakeReceipt.id).exists().label("reversed"),
        )
        .join(Cooperative, Cooperative.id == IntakeReceipt.cooperative_id)
        .join(Produce, Produce.id == IntakeReceipt.produce_id)
        .outerjoin(Household, Household.id == IntakeReceipt.household_id)
        .where(IntakeReceipt.id == receipt_id, IntakeReceipt.cooperative_id == cooperative_id)
        .with_for_update(of=IntakeReceipt, key_share=True)
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotFound("没有找到这张交货单")
    if row.reverses_id is not None or row.reversed:
        raise Refused("这张交货单已经冲销，不用再确认")
    if row.confirmed_at is not None and not confirmed_too:
        raise Refused("这张交货单已经确认过了")
    return row


def _confirm(
    receipt_id: int, cooperative_id: int, how: str, by: int | None, paper: int | None = None
) -> bool:
    """Write the confirmation and its moment on the receipt; False where one stands already. The receipt is locked."""
    at = session().scalar(
        insert(ReceiptConfirmation)
        .values(receipt_id=receipt_id, cooperative_id=cooperative_id, how=how, by=by, attachment_id=paper)
        .on_conflict_do_nothing()
        .returning(ReceiptConfirmation.at)
    )
    if at is None:
        return False
    session().execute(update(IntakeReceipt).where(IntakeReceipt.id == receipt_id).values(confirmed_at=at))
    activity.record(
        "intake.confirmed",
        "intake_receipt",
        receipt_id,
        cooperative_id=cooperative_id,
        actor_id=by,
        after={"how": how},
    )
    return True


def _hash(receipt_id: int, phone: str, code: str) -> str:
    words = f"receipt:{receipt_id}:{phone}:{code}"
    return hmac.new(settings().secret_key.encode(), words.encode(), hashlib.sha256).hexdigest()
