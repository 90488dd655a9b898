"""A coupon in an order: claimed when it is placed, released when the order ends unpaid, given back by refunds.

Locks: order, then coupons in id order, then lots. Nothing is decided from what a page said; terms are read under the lock.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, NamedTuple

from flask_babel import gettext as _
from sqlalchemy import Row, func, select, text, update
from sqlalchemy.exc import IntegrityError

from shop.core import faults
from shop.core.db import insert_rows, session
from shop.core.errors import Conflict, NotFound, Refused
from shop.core.money import format_yuan
from shop.orders.coupons.models import Coupon, CouponShare, CouponUse
from shop.orders.coupons.sums import Applied, Goods, Short, Terms, Used, apply
from shop.orders.models import OrderLine, Suborder
from shop.orders.recording import Item

FIELD = "coupon"
TERMS = """
    t.id as taken_id, c.id as coupon_id, c.cooperative_id as seller_id, c.name, c.kind, c.off_fen, c.percent, c.cap_fen,
    c.threshold_fen, c.starts_on, c.ends_on, c.budget_fen - c.spent_fen as budget_left,
    case when c.only_id is not null then array[c.only_id]
         else array(select o.id from cooperative o join village v on v.id = o.village_id
                     where starts_with(v.region_code, c.region_code)) end as cooperatives,
    exists (select from coupon_use u where u.taken_id = t.id and u.released_at is null) as used
"""
_CLAIM = text(f"""
    select {TERMS} from coupon_taken t join coupon c on c.id = t.coupon_id
     where t.user_id = :buyer and t.id = any(:taken) order by c.id for update of c
""")  # noqa: S608 (our own text)

_other = CouponUse.__table__.alias("other")


class Claim(NamedTuple):
    """The items with what coupons take off them, and the coupons, to be kept once the order has an id."""

    items: list[Item]
    used: tuple[Used, ...]


def terms_of(row: Row[*tuple[Any, ...]]) -> Terms:
    """The terms of a row that selects TERMS."""
    return Terms(
        row.taken_id, row.coupon_id, row.seller_id, row.name, frozenset(row.cooperatives), row.kind, row.off_fen,
        row.percent, row.cap_fen, row.threshold_fen, row.starts_on, row.ends_on,
    )  # fmt: skip


def claim(buyer_id: int, items: Sequence[Item], taken_ids: Sequence[int], today: date) -> Claim:
    """Lock these coupons of the buyer and take them off the items. No statement where there are none, else one.

    Raises NotFound (not his), Conflict (used in another order), Refused (dates, threshold, budget, two of one issuer).
    """
    wanted = sorted(set(taken_ids))
    if not wanted:
        return Claim(list(items), ())
    rows = session().execute(_CLAIM, {"buyer": buyer_id, "taken": wanted}).all()
    faults.point("coupons:locked")
    if len(rows) < len(wanted):
        raise NotFound(_("没有找到这张优惠券，请重新选择"), field=FIELD)
    for row in rows:
        _check(row, today)
    if len({row.seller_id for row in rows}) < len(rows):
        raise Refused(_("每家合作社的券和镇里的券，一张订单各只能用一张"), field=FIELD)
    goods = [Goods(item.cooperative_id, item.unit_price_fen * item.count) for item in items]
    try:
        applied = apply(goods, [terms_of(row) for row in rows])
    except Short as short:
        raise Refused(said(short), field=FIELD) from short
    left = {row.taken_id: row.budget_left for row in rows}
    for one in applied.used:
        room = left[one.terms.taken_id]
        if room is not None and one.fen > room:
            raise Refused(_("“%(name)s”的总额已经用完，请换一张券或不用券", name=one.terms.name), field=FIELD)
    return Claim(_less(items, applied), applied.used)


def said(short: Short) -> str:
    """Why a coupon does not fit, in the reader's language."""
    name = short.terms.name
    if short.missing_fen:
        return str(_("“%(name)s”还差 %(more)s 才能用", name=name, more=format_yuan(short.missing_fen)))
    return str(_("“%(name)s”不能用在这些商品上", name=name))


def _check(row: Row[*tuple[Any, ...]], today: date) -> None:
    if row.used:
        raise Conflict(_("“%(name)s”已经在另一张订单里用了，请重新选择", name=row.name), field=FIELD)
    if today > row.ends_on:
        raise Refused(_("“%(name)s”已经过期，请重新选择", name=row.name), field=FIELD)
    if today < row.starts_on:
        raise Refused(
            _("“%(name)s”从 %(day)s 起才能用", name=row.name, day=row.starts_on.isoformat()), field=FIELD
        )


def _less(items: Sequence[Item], applied: Applied) -> list[Item]:
    return [
        replace(item, discount_fen=seller, town_borne_fen=town)
        for item, seller, town in zip(items, applied.seller, applied.town, strict=True)
    ]


def keep(order_id: int, items: Sequence[Item], used: Sequence[Used]) -> None:
    """Write which coupons the order used and how they fall on its lines. Four statements, none without coupons.

    Raises Conflict where another order took one of them at the same moment.
    """
    if not used:
        return
    rows = [
        {
            "taken_id": one.terms.taken_id, "coupon_id": one.terms.coupon_id, "order_id": order_id,
            "seller_id": one.terms.seller_id, "fen": one.fen,
        }
        for one in used
    ]  # fmt: skip
    try:
        use_ids = insert_rows(CouponUse, rows, "id")
    except IntegrityError as error:
        raise Conflict(_("这张券刚刚在另一张订单里用掉了，请重新选择"), field=FIELD) from error
    lines = _line_ids(order_id, items)
    insert_rows(
        CouponShare,
        [
            {"use_id": use_id, "line_id": line_id, "cooperative_id": item.cooperative_id, "fen": fen}
            for use_id, one in zip(use_ids, used, strict=True)
            for line_id, item, fen in zip(lines, items, one.shares, strict=True)
            if fen
        ],
    )
    _spend({one.terms.coupon_id: one.fen for one in used})
    faults.point("coupons:kept")


def _line_ids(order_id: int, items: Sequence[Item]) -> list[int]:
    """In the order of the items: they were numbered within their cooperative as they came."""
    by_coop: dict[int, list[int]] = defaultdict(list)
    for line_id, cooperative_id in session().execute(
        select(OrderLine.id, OrderLine.cooperative_id)
        .join(Suborder, Suborder.id == OrderLine.suborder_id)
        .where(Suborder.order_id == order_id)
        .order_by(OrderLine.cooperative_id, OrderLine.seq)
    ):
        by_coop[cooperative_id].append(line_id)
    return [by_coop[item.cooperative_id].pop(0) for item in items]


def release(order_ids: Sequence[int], reason: str) -> None:
    """Orders ended unpaid: their coupons are their owners' again. One statement where there are none, else two."""
    freed = session().execute(
        update(CouponUse)
        .where(CouponUse.order_id.in_(order_ids), CouponUse.released_at.is_(None))
        .values(released_at=func.now(), release_reason=reason)
        .returning(CouponUse.coupon_id, CouponUse.fen - CouponUse.back_fen)
        .execution_options(synchronize_session=False)
    )
    total: Counter[int] = Counter()
    for coupon_id, fen in freed:
        total[coupon_id] -= fen
    _spend(total)


def reclaimable(order_id: int) -> bool:
    """Whether a closed order can have its coupons again: nobody used them since, and the budget still holds them. Locks only."""
    rows = session().execute(
        select(
            Coupon.budget_fen, Coupon.spent_fen, CouponUse.fen,
            select(func.count())
            .select_from(_other)
            .where(_other.c.taken_id == CouponUse.taken_id, _other.c.released_at.is_(None))
            .scalar_subquery()
            .label("live"),
        )
        .join(CouponUse, CouponUse.coupon_id == Coupon.id)
        .where(CouponUse.order_id == order_id)
        .order_by(Coupon.id)
        .with_for_update(of=Coupon)
    ).all()  # fmt: skip
    return all(
        not row.live and (row.budget_fen is None or row.spent_fen + row.fen <= row.budget_fen) for row in rows
    )


def reclaim(order_id: int) -> None:
    """The revived order has its coupons again, as it was priced. After reclaimable()."""
    again = session().execute(
        update(CouponUse)
        .where(CouponUse.order_id == order_id, CouponUse.released_at.is_not(None))
        .values(released_at=None, release_reason=None)
        .returning(CouponUse.coupon_id, CouponUse.fen)
        .execution_options(synchronize_session=False)
    )
    _spend({row.coupon_id: row.fen for row in again})


def give_back(order_id: int, town_fen: int, today: date) -> None:
    """Goods were refunded (their lines are written): the town's part goes back to its budget, and a coupon whose goods all
    went back is its owner's again while it is valid. Three statements. The order is locked."""
    coupons = select(CouponUse.coupon_id).where(CouponUse.order_id == order_id)
    session().execute(select(Coupon.id).where(Coupon.id.in_(coupons)).order_by(Coupon.id).with_for_update())
    changed: Counter[int] = Counter()
    if town_fen:
        row = session().execute(
            update(CouponUse)
            .where(CouponUse.order_id == order_id, CouponUse.seller_id.is_(None), CouponUse.released_at.is_(None))
            .values(back_fen=CouponUse.back_fen + town_fen)
            .returning(CouponUse.coupon_id)
            .execution_options(synchronize_session=False)
        ).one()  # fmt: skip
        changed[row.coupon_id] -= town_fen
    for coupon_id, fen in session().execute(_ALL_BACK, {"order": order_id, "today": today}):
        changed[coupon_id] -= fen
    _spend(changed)


_ALL_BACK = text("""
    update coupon_use u set released_at = now(), release_reason = 'refunded'
      from coupon c
     where c.id = u.coupon_id and u.order_id = :order and u.released_at is null and c.ends_on >= :today
       and not exists (select from coupon_share s join order_line l on l.id = s.line_id
                        where s.use_id = u.id
                          and l.quantity > (select coalesce(sum(r.quantity), 0) from refund_line r where r.line_id = l.id))
    returning u.coupon_id, u.fen - u.back_fen
""")


def _spend(more: Mapping[int, int]) -> None:
    """Count what coupons take, in id order so that nobody waits crosswise. One statement, none where nothing changes."""
    changed = {coupon_id: fen for coupon_id, fen in more.items() if fen}
    if not changed:
        return
    session().execute(
        text("""
            with wanted as (select * from unnest(cast(:ids as bigint[]), cast(:fens as bigint[])) as w(id, fen)),
            held as (select c.id, w.fen from coupon c join wanted w on w.id = c.id order by c.id for update of c)
            update coupon c set spent_fen = c.spent_fen + held.fen from held where held.id = c.id
        """),
        {"ids": list(changed), "fens": list(changed.values())},
    )
