"""供需对接: what villages have beside what contacts want, and who brought which together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from shop.accounts.models import User
from shop.assisted.models import AssistedSale, TradeContact, TradeMatch, TradeNotice
from shop.cooperatives.people.models import Cooperative, Village
from shop.core import activity
from shop.core.db import insert_rows, session
from shop.core.errors import Conflict, NotFound, Refused
from shop.core.text import N_

OFFER, DEMAND = "offer", "demand"
SIDES = {OFFER: N_("供应"), DEMAND: N_("求购")}
OPEN, MATCHED, CLOSED = "open", "matched", "closed"
STATES = {OPEN: N_("进行中"), MATCHED: N_("已对接"), CLOSED: N_("已关闭")}
MOST = 200


@dataclass(frozen=True, slots=True)
class Notice:
    """As it is typed: grams or pieces, fen per kilogram or piece."""

    side: str
    goods: str
    unit_kind: str
    quantity: int
    low_fen: int
    high_fen: int
    from_on: date
    to_on: date
    village_id: int | None = None
    cooperative_id: int | None = None
    contact_id: int | None = None
    note: str = ""


def post(region_code: str, notice: Notice, *, request_key: str, by: int | None) -> int:
    """A new offer or demand; the same request again is the same one. Raises Refused, NotFound (village, contact)."""
    if notice.to_on < notice.from_on:
        raise Refused(N_("结束日期不能早于开始日期"), "to_on")
    if notice.high_fen < notice.low_fen:
        raise Refused(N_("最高价不能低于最低价"), "high")
    _check_party(region_code, notice)
    values = {name: getattr(notice, name) for name in Notice.__slots__}
    made = session().scalar(
        insert(TradeNotice)
        .values(region_code=region_code, request_key=request_key, made_by=by, **values)
        .on_conflict_do_nothing(index_elements=["request_key"])
        .returning(TradeNotice.id)
    )
    if made is None:
        return int(
            session()
            .execute(select(TradeNotice.id).where(TradeNotice.request_key == request_key))
            .scalar_one()
        )
    activity.record(
        "notice.posted", "trade_notice", made, cooperative_id=notice.cooperative_id, actor_id=by,
        after={"side": notice.side, "goods": notice.goods, "quantity": notice.quantity},
    )  # fmt: skip
    return int(made)


def close(notice_id: int, region_code: str, by: int) -> bool:
    """Sold elsewhere, or not wanted any more. False: it is not open any more. Raises NotFound."""
    _one(notice_id, region_code)
    closed = session().scalar(
        update(TradeNotice)
        .where(TradeNotice.id == notice_id, TradeNotice.state == OPEN)
        .values(state=CLOSED)
        .returning(TradeNotice.id)
        .execution_options(synchronize_session=False)
    )
    if closed is None:
        return False
    activity.record("notice.closed", "trade_notice", notice_id, actor_id=by)
    return True


def match(offer_id: int, demand_id: int, region_code: str, by: int) -> int:
    """Bring an offer and a demand together; the match's id, also when it is asked for again. Raises NotFound, Refused (other
    goods), Conflict (one of them is taken or closed)."""
    rows = session().execute(
        select(TradeNotice.id, TradeNotice.side, TradeNotice.state, TradeNotice.goods, TradeNotice.unit_kind)
        .where(TradeNotice.id.in_((offer_id, demand_id)), TradeNotice.region_code.startswith(region_code))
        .order_by(TradeNotice.id)
        .with_for_update()
    ).all()  # fmt: skip
    found = {row.side: row for row in rows}
    if len(rows) != 2 or found.keys() != SIDES.keys() or found[OFFER].id != offer_id:
        raise NotFound(N_("没有找到这条供应或求购"))
    known = session().scalar(
        select(TradeMatch.id).where(TradeMatch.offer_id == offer_id, TradeMatch.demand_id == demand_id)
    )
    if known is not None:
        return int(known)
    if any(row.state != OPEN for row in rows):
        raise Conflict(N_("刚才已经有人对接或关闭了其中一条，请刷新再看"))
    if found[OFFER].goods != found[DEMAND].goods or found[OFFER].unit_kind != found[DEMAND].unit_kind:
        raise Refused(N_("两边不是同一种货，不能对接"))
    match_id = int(
        insert_rows(TradeMatch, [{"offer_id": offer_id, "demand_id": demand_id, "by": by}], "id")[0]
    )
    session().execute(
        update(TradeNotice)
        .where(TradeNotice.id.in_((offer_id, demand_id)))
        .values(state=MATCHED)
        .execution_options(synchronize_session=False)
    )
    activity.record(
        "notice.matched", "trade_match", match_id, actor_id=by, after={"offer": offer_id, "demand": demand_id}
    )
    return match_id


def open_notices(region_code: str, side: str) -> Sequence[Row[*tuple[Any, ...]]]:
    """Of one side, the next to end first. One statement."""
    wanted = _rows().where(
        TradeNotice.region_code.startswith(region_code), TradeNotice.side == side, TradeNotice.state == OPEN
    )
    return session().execute(wanted.order_by(TradeNotice.to_on, TradeNotice.id).limit(MOST)).all()


def proposals(region_code: str) -> dict[int, list[int]]:
    """Demand → open offers that fit it: the same goods, days that overlap, enough of it, a price that meets; those with most
    days in common are not ranked, the oldest comes first. One statement."""
    offer, demand = aliased(TradeNotice), aliased(TradeNotice)
    rows = session().execute(
        select(demand.id, offer.id)
        .join(offer, _fits(offer, demand))
        .where(
            demand.side == DEMAND, offer.side == OFFER, demand.state == OPEN, offer.state == OPEN,
            demand.region_code.startswith(region_code), offer.region_code.startswith(region_code),
        )
        .order_by(demand.id, offer.id)
    )  # fmt: skip
    found: dict[int, list[int]] = {}
    for demand_id, offer_id in rows:
        found.setdefault(demand_id, []).append(offer_id)
    return found


def matches(region_code: str, limit: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """The newest first: goods, village, contact, who, when, and the order that came of it. One statement."""
    offer, demand = aliased(TradeNotice), aliased(TradeNotice)
    return session().execute(
        select(
            TradeMatch.id, TradeMatch.at, offer.goods, offer.unit_kind, demand.quantity,
            Village.name.label("village"), TradeContact.name.label("contact"), AssistedSale.order_id, User.name,
        )
        .join(offer, offer.id == TradeMatch.offer_id)
        .join(demand, demand.id == TradeMatch.demand_id)
        .join(Village, Village.id == offer.village_id)
        .join(TradeContact, TradeContact.id == demand.contact_id)
        .outerjoin(AssistedSale, AssistedSale.match_id == TradeMatch.id)
        .outerjoin(User, User.id == TradeMatch.by)
        .where(offer.region_code.startswith(region_code))
        .order_by(TradeMatch.id.desc())
        .limit(limit)
    ).all()  # fmt: skip


def for_entry(match_id: int, region_code: str) -> Row[*tuple[Any, ...]] | None:
    """What a match puts into the sale's form: goods, unit_kind, quantity and price, contact, cooperative's code."""
    offer, demand = aliased(TradeNotice), aliased(TradeNotice)
    return session().execute(
        select(
            offer.goods, offer.unit_kind, func.least(offer.quantity, demand.quantity).label("quantity"),
            func.least(offer.high_fen, demand.high_fen).label("price_fen"), TradeContact.name.label("contact"),
            Cooperative.code.label("cooperative"),
        )
        .select_from(TradeMatch)
        .join(offer, offer.id == TradeMatch.offer_id)
        .join(demand, demand.id == TradeMatch.demand_id)
        .join(TradeContact, TradeContact.id == demand.contact_id)
        .outerjoin(Cooperative, Cooperative.id == offer.cooperative_id)
        .where(TradeMatch.id == match_id, offer.region_code.startswith(region_code))
    ).one_or_none()  # fmt: skip


def _fits(offer: Any, demand: Any) -> ColumnElement[bool]:
    fits: ColumnElement[bool] = (
        (offer.goods == demand.goods)
        & (offer.unit_kind == demand.unit_kind)
        & (offer.quantity >= demand.quantity)
        & (offer.from_on <= demand.to_on)
        & (demand.from_on <= offer.to_on)
        & (offer.low_fen <= demand.high_fen)
    )
    return fits


def _rows() -> Select[*tuple[Any, ...]]:
    return (
        select(
            TradeNotice.id, TradeNotice.goods, TradeNotice.unit_kind, TradeNotice.quantity, TradeNotice.low_fen,
            TradeNotice.high_fen, TradeNotice.from_on, TradeNotice.to_on, TradeNotice.note, TradeNotice.state,
            Village.name.label("village"), Cooperative.name.label("cooperative"), TradeContact.name.label("contact"),
            TradeContact.person, TradeContact.phone,
        )
        .outerjoin(Village, Village.id == TradeNotice.village_id)
        .outerjoin(Cooperative, Cooperative.id == TradeNotice.cooperative_id)
        .outerjoin(TradeContact, TradeContact.id == TradeNotice.contact_id)
    )  # fmt: skip


def _one(notice_id: int, region_code: str) -> None:
    found = session().scalar(
        select(TradeNotice.id).where(
            TradeNotice.id == notice_id, TradeNotice.region_code.startswith(region_code)
        )
    )
    if found is None:
        raise NotFound(N_("没有找到这条供应或求购"))


def _check_party(region_code: str, notice: Notice) -> None:
    """Village (and its cooperative) or contact belong to the region. Raises NotFound."""
    if notice.side == DEMAND:
        wanted = select(TradeContact.id).where(
            TradeContact.id == notice.contact_id, TradeContact.region_code.startswith(region_code)
        )
    else:
        wanted = select(Village.id).where(
            Village.id == notice.village_id, Village.region_code.startswith(region_code)
        )
        if notice.cooperative_id is not None:
            wanted = wanted.join(Cooperative, Cooperative.village_id == Village.id).where(
                Cooperative.id == notice.cooperative_id
            )
    if session().scalar(wanted) is None:
        raise NotFound(N_("没有找到这个村、合作社或单位"), "party")
