"""The buyer asks for money back: what may be asked of a line, and the request written down once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import select

from shop.aftersale import moves
from shop.aftersale.changing import tell
from shop.aftersale.models import ReturnLine, ReturnRequest
from shop.core import clock, faults, pictures
from shop.core.db import insert_rows, session
from shop.core.errors import Conflict, NotFound, Refused
from shop.core.money import format_yuan
from shop.core.text import clean_line
from shop.orders import fresh, returns, settling, states
from shop.orders.models import Order, OrderLine, Suborder
from shop.payments import refunds

MOST_PICTURES = 3
MOST_WORDS = 200
SUBJECT = "return_request"  # of its pictures among the attachments


@dataclass(frozen=True, slots=True)
class Wish:
    """What the buyer asks: `packs` of goods, or `fen` alone; nothing of both where nothing was sent yet."""

    kind: str
    reason: str
    words: str = ""
    packs: int = 0
    fen: int = 0


@dataclass(frozen=True, slots=True)
class Chance:
    """A line as its form finds it. `until`: the last instant for no reason (None: on its way), `fresh`: no such right."""

    order_id: int
    line: returns.Line
    case: refunds.Case
    fresh: bool
    until: datetime | None
    closed: bool

    @property
    def kinds(self) -> tuple[str, ...]:
        """What can be asked now."""
        if not self.case.refundable or self.closed:
            return ()
        if self.case.part.undispatched:
            return (moves.WHOLE,)
        if self.case.part.state not in returns.ON_ITS_WAY:
            return ()
        return (moves.GOODS, moves.AMOUNT) if self.line.left else (moves.AMOUNT,)

    def no_reason(self, now: datetime) -> bool:
        """Whether it can be sent back without a reason."""
        return not self.fresh and (self.until is None or now < self.until)

    def reasons(self, kind: str, now: datetime) -> tuple[str, ...]:
        """The reasons that this kind may be asked for."""
        return tuple(
            code for code in moves.REASONS_OF[kind] if code != moves.NO_REASON or self.no_reason(now)
        )

    @property
    def most_fen(self) -> int:
        """The most that money alone may be: what was paid for the line, and what is still with us."""
        return min(self.line.left_to_buyer, self.case.room_fen)


def chance(line_id: int, number: str, buyer_id: int, now: datetime | None = None) -> Chance:
    """What can be asked of a line of the buyer's order. Raises NotFound, also for anybody else's; Conflict (unpaid)."""
    row = (
        session()
        .execute(
            select(Order.id, Suborder.id.label("part_id"), Suborder.received_at)
            .join(Suborder, Suborder.order_id == Order.id)
            .join(OrderLine, OrderLine.suborder_id == Suborder.id)
            .where(OrderLine.id == line_id, Order.number == number, Order.buyer_id == buyer_id)
        )
        .one_or_none()
    )
    if row is None:
        raise NotFound(_("没有找到这个订单行"))
    case = refunds.look(row.part_id)
    line = next(line for line in case.lines if line.id == line_id)
    until = moves.ask_until(row.received_at)
    return Chance(
        row.id,
        line,
        case,
        line_id in fresh.confirmed_lines(row.part_id),
        moves.no_reason_until(row.received_at),
        until is not None and until <= (now or clock.now()),
    )


def ask(
    line_id: int,
    number: str,
    buyer_id: int,
    wish: Wish,
    *,
    request_key: str,
    papers: Sequence[pictures.Paper] = (),
    at: datetime | None = None,
) -> tuple[int, bool]:
    """Write the request down; the same form again gives the same one (id, fresh?). Inside transaction().

    Raises NotFound, Refused (kind, reason, packs, amount), Conflict (one of this line is open).
    """
    words = clean_line(wish.words, label=_("补充说明"), max_length=MOST_WORDS, required=False)
    moment = at or clock.now()
    seen = chance(line_id, number, buyer_id, moment)
    settling.lock_order(seen.order_id)
    known = session().scalar(select(ReturnRequest.id).where(ReturnRequest.request_key == request_key))
    if known is not None:
        return _own(known, seen.order_id), False
    seen = chance(line_id, number, buyer_id, moment)  # as the lock found it
    lines, fen = _priced(seen, wish, moment)
    _refuse_second([line_id for line_id, _quantity in lines])
    part = seen.case.part
    row = {
        "request_key": request_key, "order_id": seen.order_id, "suborder_id": part.id, "cooperative_id": part.cooperative_id,
        "kind": wish.kind, "reason": wish.reason, "words": words, "asked_fen": fen,
        "due_at": moves.due(moves.ASK, moment), "asked_at": moment,
    }  # fmt: skip
    request_id = int(insert_rows(ReturnRequest, [row], "id")[0])
    own = {"request_id": request_id, "cooperative_id": part.cooperative_id}
    insert_rows(ReturnLine, [own | {"line_id": line_id, "quantity": quantity} for line_id, quantity in lines])
    faults.point("aftersale:asked")
    for paper in papers[:MOST_PICTURES]:
        pictures.store(
            paper,
            subject_type=SUBJECT,
            subject_id=request_id,
            cooperative_id=part.cooperative_id,
            by=buyer_id,
        )
    tell(request_id, moves.ASK, buyer_id, words, moment)
    return request_id, True


def _own(request_id: int, order_id: int) -> int:
    """A key that was used for another order is no key of this form."""
    if session().scalar(select(ReturnRequest.order_id).where(ReturnRequest.id == request_id)) != order_id:
        raise Refused(_("页面信息不完整，请刷新页面后再提交"))
    return request_id


def _priced(seen: Chance, wish: Wish, now: datetime) -> tuple[list[tuple[int, int]], int]:
    """(line, grams or pieces) asked back, and what that is worth in fen. Raises Refused beside the field."""
    kinds = seen.kinds
    if not kinds:
        raise Conflict(_nothing_to_ask(seen))
    if wish.kind not in kinds:
        raise Refused(_("请选择退货还是只退钱"), field="kind")
    if wish.reason not in seen.reasons(wish.kind, now):
        raise Refused(_("请选择退款原因"), field="reason")
    if wish.kind == moves.WHOLE:
        wanted = [returns.Wanted(line.id, line.left) for line in seen.case.lines if line.left]
        return [(one.line_id, one.quantity) for one in wanted], seen.case.price(wanted, freight=True)[2]
    line = seen.line
    if wish.kind == moves.AMOUNT:
        if not 0 < wish.fen <= seen.most_fen:
            raise Refused(_("最多可以申请 %(most)s", most=format_yuan(seen.most_fen)), field="amount")
        return [(line.id, 0)], wish.fen
    if not 0 < wish.packs <= line.units_left:
        raise Refused(_("最多可以退 %(most)d 份", most=line.units_left), field="packs")
    quantity = line.left if wish.packs == line.units_left else wish.packs * line.unit_quantity
    return [(line.id, quantity)], seen.case.price([returns.Wanted(line.id, quantity)], freight=False)[2]


def _nothing_to_ask(seen: Chance) -> str:
    if seen.closed:
        return str(_("签收超过 %(days)d 天，不能再申请了，可以打电话给合作社", days=moves.ASK_DAYS))
    if seen.case.part.state == states.CLOSED:
        return str(_("这张订单已关闭，没有货可以退"))
    if not seen.case.part.attributed or seen.case.part.state == states.PENDING:
        return str(_("刚付款，还在分到村到户，请过一会儿再申请"))
    return str(_("这件商品的钱已经全部退过了"))


def _refuse_second(line_ids: Sequence[int]) -> None:
    taken = session().scalar(
        select(ReturnLine.request_id).where(ReturnLine.line_id.in_(line_ids), ReturnLine.open).limit(1)
    )
    if taken is not None:
        raise Conflict(_("这件商品已经有一个申请在处理，请等它办完"))
