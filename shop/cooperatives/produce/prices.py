"""收购价目: what the cooperative pays for a grade in a mode from a day on; set, never edited."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import BigInteger, Date, Row, Select, and_, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on, insert

from shop.cooperatives.produce.intake_models import IntakePrice
from shop.cooperatives.produce.models import Produce
from shop.core import activity
from shop.core.db import session
from shop.core.errors import Conflict, NotFound, Refused, beside
from shop.core.money import MAX_FEN
from shop.core.text import clean_line

AnyRow = Row[*tuple[Any, ...]]
MODES = ("buyout", "consign_fixed", "consign_commission")
MOST_FACTOR = 1000
_RATE = re.compile(r"0(?:\.[0-9]{1,9})?")


@dataclass(frozen=True, slots=True)
class Offer:
    """A row of the list. `price_fen` per kilogram or piece, or in commission mode `commission_rate` as a decimal string;
    `grade_factor` in hundredths."""

    cooperative_id: int
    produce_id: int
    grade: str
    mode: str
    valid_from: date
    notice: str
    price_fen: int = 0
    commission_rate: str | None = None
    grade_factor: int = 100
    set_by: int | None = None
    request_key: str | None = None


def offer(wanted: Offer) -> int:
    """Put a price on the list; returns its id. A repeated `request_key` returns the first one.

    No price slips in under a later one: it would change what was in force on days already worked. Of two for the same day
    the one entered last counts. Raises Refused for bad terms, NotFound for another cooperative's produce, Conflict.
    """
    earlier = _earlier(wanted)
    if earlier is not None:
        return earlier
    _check(wanted)
    notice = _notice(wanted.notice)
    own = (Produce.id == wanted.produce_id, Produce.cooperative_id == wanted.cooperative_id)
    # one at a time for each produce, so that "later" below stays true
    if session().scalar(select(Produce.id).where(*own).with_for_update(key_share=True)) is None:
        raise NotFound("没有找到这种产品")
    newest = session().execute(
        _newest(wanted.cooperative_id).where(
            IntakePrice.produce_id == wanted.produce_id, IntakePrice.grade == wanted.grade, IntakePrice.mode == wanted.mode
        ).limit(1)
    ).one_or_none()  # fmt: skip
    if newest is not None:
        _check_after(wanted, newest)
    values = {name: getattr(wanted, name) for name in Offer.__slots__} | {"notice": notice}
    statement = insert(IntakePrice).values(values).on_conflict_do_nothing().returning(IntakePrice.id)
    price_id = session().scalar(statement)
    if price_id is None:
        raise Conflict("这个价正在登记，请稍后再看")
    activity.record(
        "intake_price.set", "intake_price", price_id, cooperative_id=wanted.cooperative_id, actor_id=wanted.set_by,
        before=None if newest is None else {"price_fen": newest.price_fen, "commission_rate": newest.commission_rate},
        after={
            "produce": wanted.produce_id, "grade": wanted.grade, "mode": wanted.mode, "price_fen": wanted.price_fen,
            "commission_rate": wanted.commission_rate, "valid_from": wanted.valid_from.isoformat(),
        },
    )  # fmt: skip
    return int(price_id)


def in_force(cooperative_id: int, produce_id: int, on: date) -> dict[tuple[str, str], AnyRow]:
    """(grade, mode) → the list's row for one produce on a day. One statement."""
    found = on_days(cooperative_id, [(produce_id, on)])
    return {(grade, mode): row for (_produce_id, _on, grade, mode), row in found.items()}


def on_days(
    cooperative_id: int, goods: Collection[tuple[int, date]]
) -> dict[tuple[int, date, str, str], AnyRow]:
    """(produce, day, grade, mode) → the list's row in force, for produce on days. One statement."""
    asked = (
        func.unnest(
            bindparam("produces", [produce_id for produce_id, _on in goods], type_=ARRAY(BigInteger)),
            bindparam("days", [on for _produce_id, on in goods], type_=ARRAY(Date)),
        )
        .table_valued("produce_id", "day")
        .render_derived("asked")
    )
    what = (asked.c.produce_id, asked.c.day, IntakePrice.grade, IntakePrice.mode)
    rows = session().execute(
        _newest(cooperative_id)
        .add_columns(asked.c.day)
        .ext(distinct_on(*what))
        .join(
            asked, and_(asked.c.produce_id == IntakePrice.produce_id, asked.c.day >= IntakePrice.valid_from)
        )
        .order_by(None)
        .order_by(*what, IntakePrice.valid_from.desc(), IntakePrice.id.desc())
    )
    return {(row.produce_id, row.day, row.grade, row.mode): row for row in rows}


def of_cooperative(cooperative_id: int, limit: int = 300) -> Sequence[AnyRow]:
    """The whole list with its past: by produce, grade and mode, newest first. One statement."""
    return session().execute(
        _newest(cooperative_id)
        .add_columns(Produce.name.label("produce"), Produce.unit_kind, Produce.count_word)
        .join(Produce, Produce.id == IntakePrice.produce_id)
        .order_by(None)
        .order_by(
            Produce.pinyin, Produce.id, IntakePrice.grade, IntakePrice.mode, IntakePrice.valid_from.desc(),
            IntakePrice.id.desc(),
        )
        .limit(limit)
    ).all()  # fmt: skip


def differs(listed: AnyRow, price_fen: int, commission_rate: str | None, grade_factor: int) -> bool:
    """Whether a receipt's terms are other than the list's."""
    return bool(
        (price_fen, commission_rate, grade_factor)
        != (listed.price_fen, listed.commission_rate, listed.grade_factor)
    )


def _newest(cooperative_id: int) -> Select[*tuple[Any, ...]]:
    return (
        select(
            IntakePrice.id, IntakePrice.produce_id, IntakePrice.grade, IntakePrice.mode, IntakePrice.price_fen,
            IntakePrice.commission_rate, IntakePrice.grade_factor, IntakePrice.valid_from, IntakePrice.notice,
            IntakePrice.set_at,
        )
        .where(IntakePrice.cooperative_id == cooperative_id)
        .order_by(IntakePrice.valid_from.desc(), IntakePrice.id.desc())
    )  # fmt: skip


def _earlier(wanted: Offer) -> int | None:
    if wanted.request_key is None:
        return None
    row = session().execute(
        select(IntakePrice.id, IntakePrice.cooperative_id).where(IntakePrice.request_key == wanted.request_key)
    ).one_or_none()  # fmt: skip
    if row is None:
        return None
    if row.cooperative_id != wanted.cooperative_id:
        raise Conflict("这个表单已经用过，请重新打开页面")
    return int(row.id)


def _check(wanted: Offer) -> None:
    if wanted.mode not in MODES:
        raise Refused("请选择收货方式：买断、代销（约定价）或代销（提成）", field="mode")
    if not 1 <= wanted.grade_factor <= MOST_FACTOR:
        raise Refused("等级系数要在 1 到 1000 之间，统货是 100", field="grade_factor")
    if wanted.mode == "consign_commission":
        if wanted.price_fen:
            raise Refused("提成代销没有约定价，请不要填写单价", field="price")
        if wanted.commission_rate is None or not _RATE.fullmatch(wanted.commission_rate):
            raise Refused("提成比例要小于百分之百", field="commission_rate")
        return
    if wanted.commission_rate is not None:
        raise Refused("只有提成代销才有提成比例", field="commission_rate")
    if not 0 < wanted.price_fen <= MAX_FEN:
        raise Refused("单价要大于 0", field="price")


def _check_after(wanted: Offer, newest: AnyRow) -> None:
    if newest.valid_from > wanted.valid_from:
        raise Refused(
            "已经有从 %(day)s 起的价，新价不能早于它", field="valid_from", day=newest.valid_from.isoformat()
        )
    if not differs(newest, wanted.price_fen, wanted.commission_rate, wanted.grade_factor):
        raise Refused("和现在的价目一样，不用再登记", field="price")


def _notice(text: str) -> str:
    with beside("notice"):
        return clean_line(text, label="依据", max_length=200)
