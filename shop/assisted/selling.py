"""A sale that staff brought about, or that was made elsewhere, entered as an order: held from closed lots, handed over, and
attributed and booked when it is paid. The deeds are those of every other order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Row, select
from sqlalchemy.dialects.postgresql import insert

from shop.assisted import goods
from shop.assisted.alike import refuse_alike
from shop.assisted.contacts import BUYER_KINDS, one
from shop.assisted.models import AssistedSale, TradeMatch, TradeNotice
from shop.cooperatives.people.models import Cooperative, Village
from shop.cooperatives.produce import stock
from shop.core import activity, clock, faults, pictures
from shop.core.db import insert_rows, session
from shop.core.errors import Conflict, NotFound, Refused
from shop.core.quantity import UnitKind, format_quantity
from shop.core.text import N_
from shop.orders import at_the_door, attributing, freight, fulfilment, recording, settling, states
from shop.orders.models import Order, Suborder
from shop.orders.pricing import Freight
from shop.payments import closing, on_delivery, transfers
from shop.payments.models import Payment
from shop.payments.transfer_rest import OPEN

SUBJECT = "assisted_sale"  # of the pictures
CASH, TRANSFER, LATER = "cash", "transfer", "later"
PAID = {CASH: N_("收了现金"), TRANSFER: N_("转账已到合作社账户"), LATER: N_("还没收到钱")}
ASSISTED, IMPORTED = "assisted", "imported"
OLDEST = timedelta(days=366)
NOON = timedelta(hours=12)


class External(NamedTuple):
    """The order on another platform that this is a line of."""

    platform: str
    number: str
    line: int


@dataclass(frozen=True, slots=True)
class Sale:
    """What is entered: `quantity` grams or pieces of a sku's produce for `fen` in all. `reference`: the bank's, of a transfer."""

    region_code: str
    sku_id: int
    quantity: int
    fen: int
    sold_on: date
    request_key: str
    by: int
    contact_id: int | None = None
    buyer: str = ""  # where there is no contact
    paid: str = LATER
    reference: str = ""
    note: str = ""
    match_id: int | None = None
    external: External | None = None
    confirmed: bool = False  # that it is another one than those which look like it


class Entered(NamedTuple):
    """`fresh` is false where the same request had been entered before."""

    order_id: int
    number: str
    fresh: bool


def enter(sale: Sale, papers: Sequence[pictures.Paper] = ()) -> Entered:
    """Enter a sale; all of it or nothing. Its money, where it came, is booked and attributed at once. Raises Refused naming
    the field (not enough in closed lots, day, amount, the platform's number known; ProbablyKnown where it looks like another
    sale), NotFound (goods or contact of another region), Conflict (the same request at this moment, the match used).
    """
    entered = _enter(sale, papers)
    if entered.fresh and sale.paid != LATER:
        attributing.attribute_orders([entered.order_id])
    return entered


def enter_many(sales: Sequence[Sale]) -> list[Entered]:
    """`enter` for a table's worth, attributed and booked together; all or none. Raises as it does, without saying for which."""
    entered = [_enter(sale, ()) for sale in sales]
    attributing.attribute_orders(
        [one.order_id for one, sale in zip(entered, sales, strict=True) if one.fresh and sale.paid != LATER]
    )
    return entered


def _enter(sale: Sale, papers: Sequence[pictures.Paper]) -> Entered:
    """All but the attribution."""
    key = f"{ASSISTED}-{sale.request_key}"
    known = session().execute(select(Order.id, Order.number).where(Order.request_key == key)).one_or_none()
    if known is not None:
        return Entered(known.id, known.number, False)
    check(sale)
    wanted = goods.item(sale.sku_id, sale.region_code)
    if wanted is None:
        raise NotFound(N_("没有找到这种货，请重新选择"), "goods")
    placed = _record(sale, wanted, key)
    suborder_id = session().scalars(select(Suborder.id).where(Suborder.order_id == placed.order_id)).one()
    _note(sale, placed.order_id)
    if not sale.confirmed:
        platform = sale.external.platform if sale.external else None
        refuse_alike(
            placed.order_id, wanted.cooperative_id, wanted.produce_id, sale.fen, sale.sold_on, platform
        )
    for paper in papers:
        pictures.store(
            paper, subject_type=SUBJECT, subject_id=placed.order_id, cooperative_id=wanted.cooperative_id, by=sale.by
        )  # fmt: skip
    faults.point("assisted:noted")
    _hand_over(placed, suborder_id, wanted.cooperative_id, sale)
    activity.record(
        "assisted.entered", "order", placed.order_id, cooperative_id=wanted.cooperative_id, actor_id=sale.by,
        after={"fen": sale.fen, "quantity": sale.quantity, "paid": sale.paid, "sold_on": sale.sold_on.isoformat()},
    )  # fmt: skip
    if sale.paid != LATER:
        _take(placed.order_id, sale.region_code, sale.paid, sale.sold_on, sale.by, sale.reference)
    return Entered(placed.order_id, placed.number, True)


def receive(order_id: int, region_code: str, how: str, on: date, by: int, reference: str = "") -> bool:
    """The money of a sale is here, in cash or on the cooperative's account: booked and attributed. False: it was before.

    Raises NotFound, Refused (how, day, reference), Conflict (refused at the door, or closed).
    """
    fresh = _take(order_id, region_code, how, on, by, reference)
    if fresh:
        attributing.attribute_orders([order_id])
    return fresh


def _take(order_id: int, region_code: str, how: str, on: date, by: int, reference: str) -> bool:
    """All of `receive` but the attribution."""
    part = _part(order_id, region_code)
    order = settling.lock_order(order_id)
    if order.state == states.PAID:
        return False
    if order.state == states.CLOSED:
        raise Conflict(N_("这笔销售已经取消，不能再登记收款"))
    if how == CASH:
        on_delivery.receive(part.suborder_id, part.cooperative_id, order.total_fen, on, by)
    elif how == TRANSFER:
        _by_transfer(order, part, on, by, reference)
    else:
        raise Refused(N_("请选择怎么收的钱"), "paid")
    faults.point("assisted:paid")
    activity.record(
        "assisted.paid", "order", order_id, cooperative_id=part.cooperative_id, actor_id=by,
        after={"paid": how, "fen": order.total_fen, "on": on.isoformat()},
    )  # fmt: skip
    return True


def check(sale: Sale) -> None:
    """What can be said of a sale without its goods. Raises Refused naming the field."""
    today = clock.today()
    if not today - OLDEST <= sale.sold_on <= today:
        raise Refused(N_("销售日期要在最近一年内，不能晚于今天"), "sold_on")
    if sale.fen <= 0:
        raise Refused(N_("金额要大于 0"), "amount")
    if sale.paid not in PAID:
        raise Refused(N_("请选择钱收到没有"), "paid")
    if sale.paid == TRANSFER and not sale.reference:
        raise Refused(N_("转账收的，请填银行流水号；没有就先选“还没收到钱”"), "reference")


def _record(sale: Sale, wanted: Row[*tuple[Any, ...]], key: str) -> recording.Placed:
    """One line, sold as one load: its unit is the whole of it, so that no price per unit has to be rounded."""
    name, phone, kind = sale.buyer, "", "merchant"
    if sale.contact_id is not None:
        contact = one(sale.contact_id, sale.region_code)
        name, phone, kind = contact.name, contact.phone, BUYER_KINDS[contact.kind]
    item = recording.Item(
        cooperative_id=wanted.cooperative_id, product_id=wanted.product_id, sku_id=wanted.sku_id,
        produce_id=wanted.produce_id, product_name=wanted.product_name, category_name=wanted.category_name,
        spec="散装" if wanted.unit_kind == "g" else "整批", picture=wanted.picture, certified=wanted.certified,
        unit_kind=wanted.unit_kind, unit_quantity=sale.quantity, unit_price_fen=sale.fen, count=1,
    )  # fmt: skip
    new = recording.NewOrder(
        request_key=key, to=recording.Recipient(name, phone, "", ""), buyer_kind=kind,
        channel=IMPORTED if sale.external else ASSISTED, pay_method="cash", note=sale.note, placed_at=_moment(sale.sold_on),
        hold=None,
    )  # fmt: skip
    try:
        return recording.record(new, [item], {wanted.cooperative_id: Freight(0, None, freight.TOWN)})
    except Refused as refusal:
        short = refusal.__cause__
        if not isinstance(short, stock.OutOfStock):
            raise
        raise too_little(
            wanted.product_name, sale.quantity, short.available, wanted.unit_kind, wanted.count_word
        ) from short


def too_little(name: str, quantity: int, left: int, unit_kind: UnitKind, count_word: str) -> Refused:
    """The refusal where closed lots hold less of the goods than is sold."""
    return Refused(
        N_(
            "“%(name)s”已封批的货只有 %(left)s，不够 %(wanted)s：请合作社先收货、封批，再来登记，这样钱才能分到户"
        ),
        "quantity",
        name=name,
        left=format_quantity(left, unit_kind, count_word),
        wanted=format_quantity(quantity, unit_kind, count_word),
    )


def _moment(day: date) -> datetime | None:
    """Noon of a past day; None, the database's now, for today."""
    return None if day == clock.today() else clock.day_range(day).start + NOON


def _note(sale: Sale, order_id: int) -> None:
    if sale.match_id is not None:
        _check_match(sale.match_id, sale.region_code)
    made = session().scalar(
        insert(AssistedSale)
        .values(
            order_id=order_id, contact_id=sale.contact_id, match_id=sale.match_id, entered_by=sale.by,
            platform=sale.external.platform if sale.external else None,
            platform_number=sale.external.number if sale.external else None,
            platform_line=sale.external.line if sale.external else None,
        )
        .on_conflict_do_nothing()
        .returning(AssistedSale.order_id)
    )  # fmt: skip
    if made is None and sale.external:
        raise Refused(
            N_("%(platform)s的订单 %(number)s 第 %(line)s 行已经登记过了"),
            "number",
            **sale.external._asdict(),
        )
    if made is None:
        raise Conflict(N_("这次对接已经登记过一笔销售了"))


def _check_match(match_id: int, region_code: str) -> None:
    """Raises NotFound for a match of another region."""
    found = session().scalar(
        select(TradeMatch.id)
        .join(TradeNotice, TradeNotice.id == TradeMatch.offer_id)
        .where(TradeMatch.id == match_id, TradeNotice.region_code.startswith(region_code))
    )
    if found is None:
        raise NotFound(N_("没有找到这次对接"))


def _hand_over(placed: recording.Placed, suborder_id: int, cooperative_id: int, sale: Sale) -> None:
    """The goods are gone, the money is still to come: as with an order that is paid at the door."""
    row = {
        "order_id": placed.order_id, "method": "cash", "key": f"cash-{placed.number}-0", "amount_fen": sale.fen,
        "state": "pending",
    }  # fmt: skip
    insert_rows(Payment, [row])
    at_the_door.promise(placed.order_id, sale.by)
    fulfilment.ship(suborder_id, cooperative_id, "own", "", sale.by, at=_moment(sale.sold_on))


def _part(order_id: int, region_code: str) -> Row[*tuple[Any, ...]]:
    found = session().execute(
        select(Suborder.id.label("suborder_id"), Suborder.cooperative_id)
        .join(Order, Order.id == Suborder.order_id)
        .join(AssistedSale, AssistedSale.order_id == Order.id)
        .join(Cooperative, Cooperative.id == Suborder.cooperative_id)
        .join(Village, Village.id == Cooperative.village_id)
        .where(Order.id == order_id, Village.region_code.startswith(region_code))
    ).one_or_none()  # fmt: skip
    if found is None:
        raise NotFound(N_("没有找到这笔销售"))
    return found


def _by_transfer(
    order: Row[*tuple[Any, ...]], part: Row[*tuple[Any, ...]], on: date, by: int, reference: str
) -> None:
    """Instead of the cash that was promised, a line of the bank's statement; the cooperative's own statement may bring it too."""
    if not clock.shanghai_day(order.placed_at) <= on <= clock.today():
        raise Refused(N_("收款日期要在销售那天之后、今天之前（含当天）"), "received_on")
    promised = session().scalar(
        select(Payment.id).where(
            Payment.order_id == order.id, Payment.state.in_(OPEN), Payment.method == "cash"
        )
    )
    if promised is not None:
        closing.mark_expired(promised)
    at = clock.now() if on == clock.today() else max(order.placed_at, clock.day_range(on).start + NOON)
    transfers.record_transfer(
        order.id, reference, on, order.total_fen, cooperative_id=part.cooperative_id, by=by, at=at
    )
    at_the_door.hand_over(order.id, at, by)
