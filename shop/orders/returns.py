"""Goods of a suborder that go back: how much, what they are worth, and where they lie then.

Before dispatch the reservation ends; after it the goods return to their lots, or are lost. Who pays is for payments to say.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from flask_babel import gettext as _
from sqlalchemy import func, select

from shop.cooperatives.income import reversing
from shop.cooperatives.income.models import Attribution
from shop.cooperatives.produce import stock
from shop.cooperatives.produce.models import Produce
from shop.cooperatives.shares import cumulative_part
from shop.core import faults
from shop.core.db import session
from shop.core.errors import Conflict, NotFound, Refused
from shop.orders import fulfilment, packing, states, unsent
from shop.orders.attributing import CHANNELS
from shop.orders.models import Order, OrderLine, Suborder
from shop.orders.moving import move_orders, move_suborders

RETURNED, LOST = "returned", "lost"
ON_ITS_WAY = (states.SHIPPED, states.RECEIVED)


class Wanted(NamedTuple):
    """What a refund asks for of one order line: grams or pieces; `goods` returned or lost."""

    line_id: int
    quantity: int
    goods: str = RETURNED


@dataclass(frozen=True, slots=True)
class Line:
    """An order line with what went back of it so far; quantities in grams or pieces, money in fen."""

    id: int
    cooperative_id: int
    name: str
    spec: str
    unit_kind: str
    count_word: str
    unit_quantity: int
    units: int
    quantity: int
    net_fen: int
    back_quantity: int
    back_fen: int
    town_borne_fen: int = 0

    @property
    def left(self) -> int:
        return self.quantity - self.back_quantity

    @property
    def units_left(self) -> int:
        """Packs that can still go back; a begun one counts."""
        return -(-self.left // self.unit_quantity)

    @property
    def left_to_buyer(self) -> int:
        """Fen that the buyer paid for what has not gone back: without what a coupon of the town paid."""
        left = self.net_fen - self.back_fen
        return left - self.town_of(left)

    def fen_of(self, quantity: int) -> int:
        """What the next `quantity` of it is worth: by the running floor, so that all of it is worth exactly its net."""
        return cumulative_part(self.net_fen, self.back_quantity + quantity, self.quantity) - self.back_fen

    def town_of(self, fen: int) -> int:
        """What of the next `fen` of its net the town paid: by the running floor over money, so never more than the fen."""
        if not self.town_borne_fen:
            return 0
        before = cumulative_part(self.town_borne_fen, self.back_fen, self.net_fen)
        return cumulative_part(self.town_borne_fen, self.back_fen + fen, self.net_fen) - before


class Going(NamedTuple):
    """A line of a refund, priced: `fen` of its net, of which the town gets `town_borne_fen` back and the buyer the rest."""

    line_id: int
    cooperative_id: int
    quantity: int
    fen: int
    goods: str
    town_borne_fen: int = 0

    @property
    def buyer_fen(self) -> int:
        return self.fen - self.town_borne_fen


@dataclass(frozen=True, slots=True)
class Part:
    """A suborder with what a refund must know of it and of its order."""

    id: int
    order_id: int
    cooperative_id: int
    number: str
    state: str
    goods_fen: int
    freight_fen: int
    channel: str
    attributed: bool
    has_coupon: bool = False

    @property
    def undispatched(self) -> bool:
        return self.state == states.TO_SHIP


def order_of(suborder_id: int, cooperative_id: int | None) -> int:
    """The order of a suborder, to be locked first. Raises NotFound, also for another cooperative's."""
    own = [] if cooperative_id is None else [Suborder.cooperative_id == cooperative_id]
    order_id = session().scalar(select(Suborder.order_id).where(Suborder.id == suborder_id, *own))
    if order_id is None:
        raise NotFound(_("没有找到这张订单"))
    return order_id


def part_of(suborder_id: int, *, lock: bool = False) -> Part:
    """The suborder; `lock` holds it, so that it is not dispatched meanwhile. `goods_fen` is what the buyer paid for its goods."""
    statement = (
        select(
            Suborder.id, Suborder.order_id, Suborder.cooperative_id, Suborder.number, Suborder.state,
            (Suborder.goods_fen - Suborder.discount_fen - Suborder.town_borne_fen).label("goods_fen"), Suborder.freight_fen,
            Order.pay_method, Order.attributed_at, (Suborder.discount_fen + Suborder.town_borne_fen > 0).label("has_coupon"),
        )
        .join(Order, Order.id == Suborder.order_id)
        .where(Suborder.id == suborder_id)
    )  # fmt: skip
    if lock:
        statement = statement.with_for_update(of=Suborder, key_share=True)
    row = session().execute(statement).one()
    attributed = row.attributed_at is not None
    return Part(*row[:7], channel=CHANNELS[row.pay_method], attributed=attributed, has_coupon=row.has_coupon)


def lines_of(suborder_id: int) -> list[Line]:
    """Its lines as sold, with what was taken back. One statement."""
    back = (
        select(
            func.coalesce(-func.sum(Attribution.quantity), 0).label("quantity"),
            func.coalesce(-func.sum(Attribution.fen), 0).label("fen"),
        )
        .where(
            Attribution.line_id == OrderLine.id,
            Attribution.kind == "reversal",
            Attribution.refund_line_id.is_not(None),
        )
        .lateral("back")
    )
    rows = session().execute(
        select(
            OrderLine.id, OrderLine.cooperative_id, OrderLine.product_name, OrderLine.spec, OrderLine.unit_kind,
            Produce.count_word, OrderLine.unit_quantity, OrderLine.count, OrderLine.quantity, OrderLine.net_fen,
            back.c.quantity, back.c.fen, OrderLine.town_borne_fen,
        )
        .join(Produce, Produce.id == OrderLine.produce_id)
        .join(back, back.c.quantity.is_not(None))
        .where(OrderLine.suborder_id == suborder_id)
        .order_by(OrderLine.seq)
    )  # fmt: skip
    return [Line(*row[:10], int(row[10]), int(row[11]), row[12]) for row in rows]


def check_returnable(part: Part) -> None:
    """Raises Conflict where no goods of it can go back."""
    if part.state == states.CLOSED:
        raise Conflict(_("这张订单已关闭，没有货可以退"))
    if not part.attributed or part.state == states.PENDING:
        raise Conflict(_("这张订单还没有付款，或刚付款还没分到户，请过一会儿再退"))


def price(lines: Sequence[Line], wanted: Sequence[Wanted]) -> list[Going]:
    """What goes back, line by line, with its money. Raises NotFound for another suborder's line, Refused for impossible ones."""
    known = {line.id: line for line in lines}
    if not wanted:
        raise Refused(_("请填写要退的数量"), field="lines")
    if len({one.line_id for one in wanted}) < len(wanted):
        raise Refused(_("同一件商品只能填一次"), field="lines")
    return [_going(known.get(one.line_id), one) for one in sorted(wanted)]


def empties(lines: Sequence[Line], going: Sequence[Going]) -> bool:
    """Whether nothing is left of the suborder after this."""
    more = {one.line_id: one.quantity for one in going}
    return all(line.left == more.get(line.id, 0) for line in lines)


def _going(line: Line | None, wanted: Wanted) -> Going:
    if line is None:
        raise NotFound(_("没有找到这个订单行"))
    field = f"line-{line.id}"
    if wanted.goods not in (RETURNED, LOST):
        raise Refused(_("请选择货退回来了，还是已经坏了"), field=f"goods-{line.id}")
    if wanted.quantity <= 0:
        raise Refused(_("“%(name)s”要退的数量要大于 0", name=line.name), field=field)
    if wanted.quantity > line.left:
        raise Refused(
            _("“%(name)s”最多还能退 %(left)d 份", name=line.name, left=line.units_left)
            if line.left
            else _("“%(name)s”已经全部退过了", name=line.name),
            field=field,
        )
    fen = line.fen_of(wanted.quantity)
    return Going(line.id, line.cooperative_id, wanted.quantity, fen, wanted.goods, line.town_of(fen))


def take_back(
    part: Part, going: Mapping[int, Going], on_date: date, *, last: bool, by: int | None, at: datetime
) -> None:
    """Reverse and book the goods (by refund line id), and put them where they are now. `last`: nothing is left to ship then.

    Inside the deed that made the refund lines; the order is locked.
    """
    rest = unsent.of(part.id) if part.undispatched else unsent.NOTHING_SENT
    chosen = (
        {one.line_id: rest.choose(one.line_id, one.quantity) for one in going.values()} if rest.partly else {}
    )
    backs = [
        reversing.GoodsBack(
            refund_line_id=refund_line_id, line_id=one.line_id, cooperative_id=one.cooperative_id, quantity=one.quantity,
            fen=one.fen, on_date=on_date, channel=part.channel, lost=one.goods == LOST, town_fen=one.town_borne_fen, by=by,
            of=chosen.get(one.line_id),
        )
        for refund_line_id, one in going.items()
    ]  # fmt: skip
    came = reversing.reverse(backs)
    lost = {back.refund_line_id: back.lost for back in backs}
    parcels = [
        stock.Parcel(*place, part.cooperative_id, quantity, lost[place[0]])
        for place, quantity in sorted(_by_lot(came).items())
    ]
    if rest.partly:
        held = rest.still_held(came)
        unsent.give_up([goods for rows in held.values() for goods in rows])
        faults.point("returns:released")
        stock.call_back_some(parcels, _by_lot(held))
        if not packing.unsent_left(part.id):
            fulfilment.finish(part.id, by=by, note=_("其余的已退款"), at=at)
    elif part.undispatched:
        unsent.give_up([goods for back in backs for goods in came[back.refund_line_id]])
        faults.point("returns:released")
        stock.call_back(parcels)
        if last:
            _close(part, by, at)
    else:
        stock.come_back(parcels)
    faults.point("returns:done")


def _by_lot(came: Mapping[int, Sequence[reversing.CameBack]]) -> Counter[tuple[int, int]]:
    """(refund line, lot) → goods; a line may hold one lot twice, after an exchange."""
    total: Counter[tuple[int, int]] = Counter()
    for refund_line_id, rows in came.items():
        for goods in rows:
            total[refund_line_id, goods.lot_id] += goods.quantity
    return total


def _close(part: Part, by: int | None, at: datetime) -> None:
    """Nothing of it is left to ship; with its last part the order ends as well, and stays paid on its day."""
    move_suborders(states.REFUND_PART, [Suborder.id == part.id], actor_id=by, at=at)
    others = select(Suborder.id).where(Suborder.order_id == part.order_id, Suborder.state != states.CLOSED)
    move_orders(
        states.REFUND,
        [part.order_id],
        where=[~others.exists()],
        values={"closed_at": at, "close_reason": "refunded"},
        actor_id=by,
        at=at,
    )
