"""What the town owes cooperatives for its coupons, suborder by suborder, and its payments of that.

A suborder's claim: the town's part of its lines, less what refunds gave back, plus amounts refunded at the town's cost, less
what the town paid for it. It is negative where goods came back after the town had paid: the next payment is the smaller.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Row, select, text
from sqlalchemy.exc import IntegrityError

from shop.cooperatives.ledger.accounts import Account
from shop.cooperatives.ledger.closing import open_days
from shop.cooperatives.ledger.posting import Entry, Posting, post
from shop.cooperatives.ledger.queries import balance
from shop.cooperatives.people.models import Cooperative
from shop.core import activity, clock
from shop.core.db import insert_rows, session
from shop.core.errors import Conflict, Refused, beside
from shop.core.money import format_yuan
from shop.core.text import clean_line
from shop.payments.models import BankStatementLine
from shop.payments.town_models import TownPayment, TownPaymentLine

CLAIMS = """
    select s.id, s.cooperative_id, s.number, o.paid_on,
           s.town_borne_fen
           - coalesce((select sum(r.town_borne_fen) from refund_line r join order_line l on l.id = r.line_id
                        where l.suborder_id = s.id), 0)
           + coalesce((select sum(r.amount_fen) from refund r
                        where r.suborder_id = s.id and r.kind = 'amount' and r.bearer = 'town'), 0)
           - coalesce((select sum(p.fen) from town_payment_line p where p.suborder_id = s.id), 0) as fen
      from suborder s join customer_order o on o.id = s.order_id and o.attributed_at is not null
     where (s.town_borne_fen > 0 or exists (select from refund r where r.suborder_id = s.id and r.bearer = 'town'))
"""
_OPEN = text(f"""
    select id, number, paid_on, fen::bigint as fen from ({CLAIMS} and s.cooperative_id = :cooperative) c
     where fen <> 0 order by id
""")  # noqa: S608 (our own text)
_BY_COOPERATIVE = text(f"""
    select g.code, g.name, coalesce(sum(c.fen), 0)::bigint as fen, count(c.id) as found,
           (select coalesce(sum(p.fen), 0)::bigint from town_payment p where p.cooperative_id = g.id) as paid_fen
      from cooperative g left join ({CLAIMS}) c on c.cooperative_id = g.id and c.fen <> 0
     where g.id = any(:ids) group by g.id order by g.id
""")  # noqa: S608 (our own text)


def claims(cooperative_id: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """Suborders that the town still owes for, oldest first: id, number, paid_on, fen. One statement."""
    return session().execute(_OPEN, {"cooperative": cooperative_id}).all()


def by_cooperative(cooperative_ids: Sequence[int]) -> Sequence[Row[*tuple[Any, ...]]]:
    """Code, name, what is owed over how many suborders, and what was paid, a cooperative a row. One statement."""
    return session().execute(_BY_COOPERATIVE, {"ids": list(cooperative_ids)}).all()


def payments(cooperative_id: int, limit: int = 50) -> Sequence[Row[*tuple[Any, ...]]]:
    """The town's payments, newest first. One statement."""
    return session().execute(
        select(TownPayment.id, TownPayment.reference, TownPayment.paid_on, TownPayment.fen)
        .where(TownPayment.cooperative_id == cooperative_id)
        .order_by(TownPayment.paid_on.desc(), TownPayment.id.desc())
        .limit(limit)
    ).all()  # fmt: skip


def record(cooperative_id: int, fen: int, reference: str, paid_on: date, by: int | None) -> int:
    """The town's transfer reached the cooperative's bank: Dr 102, Cr 113 town; the oldest claims are settled. Its payment id.

    Raises Refused (more than is owed, day, reference), Conflict where this reference is known.
    """
    with beside("reference"):
        reference = clean_line(reference, label="银行流水号", max_length=100)
    if paid_on > clock.today():
        raise Refused(_("到账日期不能晚于今天"), field="paid_on")
    _lock(cooperative_id)
    booked = session().scalar(
        select(BankStatementLine.id).where(
            BankStatementLine.cooperative_id == cooperative_id, BankStatementLine.reference == reference
        )
    )
    if booked is not None:
        raise Conflict(_("这条流水已经导入，请到“钱在哪里”的银行流水里选“镇里付来的”入账"), field="reference")
    held = balance(cooperative_id, Account.CLEARING_TOWN)
    if fen > held:
        raise Refused(
            _(
                "账上镇里只欠 %(held)s，少于到账的 %(fen)s",
                held=format_yuan(max(0, held)),
                fen=format_yuan(fen),
            ),
            field="fen",
        )
    payment_id = settle(cooperative_id, fen, reference, paid_on, by)
    day = open_days([(cooperative_id, paid_on)])[cooperative_id, paid_on]
    entries = (Entry(Account.BANK, fen), Entry(Account.CLEARING_TOWN, -fen))
    post(
        [Posting(
            cooperative_id, "receipt", f"town:payment:{payment_id}", day, "town_payment", payment_id, entries,
            memo="镇里兑付优惠券", posted_by=by,
        )]
    )  # fmt: skip
    activity.record(
        "town.paid", "town_payment", payment_id, cooperative_id=cooperative_id, actor_id=by,
        after={"fen": fen, "reference": reference, "paid_on": paid_on.isoformat()},
    )  # fmt: skip
    return payment_id


def settle(cooperative_id: int, fen: int, reference: str, paid_on: date, by: int | None) -> int:
    """Spread what came over the open claims, oldest first, those in the town's favour before; the caller books it.

    Raises Refused for more than the claims, Conflict for a known reference.
    """
    _lock(cooperative_id)
    open_claims = claims(cooperative_id)
    owed = sum(row.fen for row in open_claims)
    if not 0 < fen <= owed:
        raise Refused(
            _(
                "镇里按优惠券只欠 %(held)s，到账的是 %(fen)s，请先核对",
                held=format_yuan(max(0, owed)),
                fen=format_yuan(fen),
            ),
            field="fen",
        )
    row = {
        "cooperative_id": cooperative_id, "reference": reference, "paid_on": paid_on, "fen": fen, "recorded_by": by,
    }  # fmt: skip
    try:
        payment_id = int(insert_rows(TownPayment, [row], "id")[0])
    except IntegrityError as error:
        raise Conflict(_("这个流水号已经登记过"), field="reference") from error
    insert_rows(
        TownPaymentLine,
        [
            {
                "payment_id": payment_id,
                "cooperative_id": cooperative_id,
                "suborder_id": suborder_id,
                "fen": part,
            }
            for suborder_id, part in spread(fen, [(row.id, row.fen) for row in open_claims])
        ],
    )
    return payment_id


def spread(fen: int, owed: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """(id, fen) of what a payment settles: all negative claims, then the others in their order. Sums to `fen`."""
    settled = [(key, part) for key, part in owed if part < 0]
    left = fen - sum(part for _key, part in settled)
    for key, part in owed:
        if part > 0 and left > 0:
            settled.append((key, min(part, left)))
            left -= min(part, left)
    return settled


def _lock(cooperative_id: int) -> None:
    """One payment at a time."""
    session().execute(
        select(Cooperative.id).where(Cooperative.id == cooperative_id).with_for_update(key_share=True)
    )
