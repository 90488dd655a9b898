"""What happens to a request: the cooperative answers, the buyer sends, calls in or withdraws, the township decides.

Money goes back by the refund deeds alone (payments.refunds), with a key of the request: a decision taken twice pays once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Row, func, select

from shop.aftersale import moves
from shop.aftersale.changing import lock, move
from shop.aftersale.models import ReturnLine, ReturnRequest
from shop.aftersale.reaching import of_buyer, of_cooperative, of_region
from shop.core import activity, clock, faults
from shop.core.db import session
from shop.core.errors import Conflict, Refused
from shop.core.money import format_yuan
from shop.core.text import clean_line
from shop.orders import express, fulfilment, returns
from shop.payments import refunds
from shop.payments.refunds import Made

MOST_WHY = 200
MOST_PLACE = 200
BATCH = 100
Request = Row[*tuple[Any, ...]]


def agree(
    request_id: int, cooperative_id: int, *, by: int, goods: str = returns.LOST, at: datetime | None = None
) -> Made:
    """Refund at once, for goods without waiting for them: `goods` lost (the buyer keeps them) or returned (they are back).

    Raises NotFound, Conflict (decided meanwhile), Refused (more than can go back).
    """
    request = lock(request_id, of_cooperative(cooperative_id))
    _check(request, moves.AGREE)
    return _refund(request, moves.AGREE, by, goods, at)


def ask_back(
    request_id: int, cooperative_id: int, place: str, *, by: int, at: datetime | None = None
) -> None:
    """The goods first: the buyer is told where to send them. Raises NotFound, Conflict, Refused (nothing was sent out; place)."""
    place = clean_line(place, label=_("退货地址"), max_length=MOST_PLACE)
    request = lock(request_id, of_cooperative(cooperative_id))
    _check(request, moves.ASK_BACK)
    if request.kind == moves.AMOUNT or _undispatched(request.suborder_id):
        raise Refused(_("这个申请没有货要寄回，请直接退款或说明原因"), field="decision")
    move(request, moves.ASK_BACK, by=by, at=at or clock.now(), send_to=place)
    _record(request, "return.asked_back", by)


def take(
    request_id: int,
    cooperative_id: int,
    *,
    by: int,
    goods: str = returns.RETURNED,
    at: datetime | None = None,
) -> Made:
    """The goods are back: on sale again (returned) or written off (lost), and the money goes. Raises as agree does."""
    request = lock(request_id, of_cooperative(cooperative_id))
    _check(request, moves.TAKE)
    return _refund(request, moves.TAKE, by, goods, at)


def refuse(request_id: int, cooperative_id: int, why: str, *, by: int, at: datetime | None = None) -> None:
    """The cooperative says no and why. Raises NotFound, Conflict, Refused (no words; no reason is needed within seven days)."""
    why = clean_line(why, label=_("不同意的原因"), max_length=MOST_WHY)
    request = lock(request_id, of_cooperative(cooperative_id))
    _check(request, moves.REFUSE)
    if request.reason == moves.NO_REASON and request.state == moves.ASKED:
        raise Refused(_("七天无理由退货不能拒绝，请让买家寄回或直接退款"), field="decision")
    move(request, moves.REFUSE, by=by, at=at or clock.now(), note=why)
    _record(request, "return.refused", by)


def send_back(
    request_id: int, buyer_id: int, company: str, number: str, *, at: datetime | None = None
) -> None:
    """The buyer has sent the goods. Raises NotFound, Conflict, Refused (company, number)."""
    company, number = fulfilment.waybill(company, number)
    request = lock(request_id, of_buyer(buyer_id))
    note = f"{express.name_of(company)} {number}".strip()
    move(
        request,
        moves.SEND,
        by=buyer_id,
        at=at or clock.now(),
        note=note,
        express_company=company,
        express_number=number,
    )


def withdraw(request_id: int, buyer_id: int, *, at: datetime | None = None) -> None:
    """The buyer does not want it any more. Raises NotFound, Conflict."""
    move(lock(request_id, of_buyer(buyer_id)), moves.WITHDRAW, by=buyer_id, at=at or clock.now())


def call_in(request_id: int, buyer_id: int, why: str, *, at: datetime | None = None) -> None:
    """The buyer asks the township to decide, after a refusal or when the cooperative did not answer in time.

    Raises NotFound, Conflict (too early, or another request of the line is open), Refused (no words).
    """
    why = clean_line(why, label=_("为什么请镇里处理"), max_length=MOST_WHY)
    request = lock(request_id, of_buyer(buyer_id))
    moment = at or clock.now()
    if request.state in moves.CALL.sources and not moves.may_call(request.state, request.due_at, moment):
        raise Conflict(_("合作社还在处理期限内，过了期限才能请镇里处理"))
    if request.state == moves.REFUSED:
        _refuse_other(request)
    move(request, moves.CALL, by=buyer_id, at=moment, note=why)


def grant(
    request_id: int,
    region_code: str,
    why: str,
    *,
    by: int,
    fen: int | None = None,
    bearer: str = "cooperative",
    at: datetime | None = None,
) -> Made:
    """The township decides for the buyer: an amount borne by the cooperative or the town; all of it where nothing was sent.

    Raises NotFound, Conflict, Refused (amount, bearer, words).
    """
    why = clean_line(why, label=_("处理意见"), max_length=MOST_WHY)
    request = lock(request_id, of_region(region_code))
    _check(request, moves.GRANT)
    if request.kind == moves.WHOLE and _undispatched(request.suborder_id):
        return _refund(request, moves.GRANT, by, returns.RETURNED, at, why)
    if fen is None or not 0 < fen <= request.asked_fen:
        most = format_yuan(request.asked_fen)
        raise Refused(_("退款要大于 0，最多是买家申请的 %(most)s", most=most), field="amount")
    moment = at or clock.now()
    made = refunds.refund_amount(
        request.suborder_id,
        fen,
        by=by,
        reason=_reason(request),
        request_key=_key(request.id),
        bearer=bearer,
        at=moment,
    )
    return _done(request, moves.GRANT, made, by, moment, why)


def uphold(request_id: int, region_code: str, why: str, *, by: int, at: datetime | None = None) -> None:
    """The township finds that the cooperative is right. Raises NotFound, Conflict, Refused (no words)."""
    why = clean_line(why, label=_("处理意见"), max_length=MOST_WHY)
    request = lock(request_id, of_region(region_code))
    move(request, moves.UPHOLD, by=by, at=at or clock.now(), note=why)
    _record(request, "return.upheld", by)


def overdue(limit: int = BATCH) -> list[int]:
    """Requests whose goods were not sent back in time. One statement."""
    late = (ReturnRequest.state == moves.TO_SEND, ReturnRequest.due_at < func.now())
    return list(
        session()
        .execute(select(ReturnRequest.id).where(*late).order_by(ReturnRequest.id).limit(limit))
        .scalars()
    )


def lapse(request_ids: Sequence[int]) -> None:
    """The clock withdraws what the buyer let pass; one that was sent meanwhile stays."""
    now = clock.now()
    for request_id in sorted(request_ids):
        request = lock(request_id, ())
        if request.state == moves.TO_SEND and request.due_at < now:
            move(request, moves.LAPSE, by=None, at=now)


def _check(request: Request, step: moves.Move) -> None:
    """Before money is touched. Raises Conflict."""
    if request.state not in step.sources:
        raise Conflict(_("这个申请刚才已经办过了，现在是：%(state)s", state=_(moves.STATES[request.state])))


def _refund(
    request: Request, step: moves.Move, by: int, goods: str, at: datetime | None, note: str = ""
) -> Made:
    moment = at or clock.now()
    terms: dict[str, Any] = {
        "by": by,
        "reason": _reason(request),
        "request_key": _key(request.id),
        "at": moment,
    }
    if request.kind == moves.AMOUNT:
        made = refunds.refund_amount(request.suborder_id, request.asked_fen, **terms)
    else:
        waiting = _undispatched(request.suborder_id)
        wanted = [
            returns.Wanted(line_id, quantity, returns.RETURNED if waiting else goods)
            for line_id, quantity in _lines(request.id)
        ]
        freight = request.kind == moves.WHOLE and waiting
        made = refunds.refund_goods(request.suborder_id, wanted, freight=freight, **terms)
    return _done(request, step, made, by, moment, note)


def _done(request: Request, step: moves.Move, made: Made, by: int, at: datetime, note: str) -> Made:
    faults.point("aftersale:refunded")
    said = " · ".join(filter(None, (format_yuan(made.amount_fen), note)))
    move(request, step, by=by, at=at, note=said, refund_id=made.refund_id, granted_fen=made.amount_fen)
    _record(request, f"return.{step.event}", by, made.amount_fen)
    return made


def _lines(request_id: int) -> list[tuple[int, int]]:
    rows = session().execute(
        select(ReturnLine.line_id, ReturnLine.quantity)
        .where(ReturnLine.request_id == request_id)
        .order_by(ReturnLine.line_id)
    )
    return [(line_id, quantity) for line_id, quantity in rows]


def _undispatched(suborder_id: int) -> bool:
    """Nothing of it was sent yet; held by the order's lock and, once a refund is made, by the suborder's."""
    return returns.part_of(suborder_id, lock=True).undispatched


def _refuse_other(request: Request) -> None:
    lines = select(ReturnLine.line_id).where(ReturnLine.request_id == request.id)
    other = session().scalar(
        select(ReturnLine.request_id).where(ReturnLine.line_id.in_(lines), ReturnLine.open).limit(1)
    )
    if other is not None:
        raise Conflict(_("这件商品已经有一个申请在处理，请等它办完"))


def _reason(request: Request) -> str:
    """What the refund says, in the house's own language: it is kept."""
    return moves.REASONS[request.reason]


def _key(request_id: int) -> str:
    return f"return-{request_id}"


def _record(request: Request, act: str, by: int, fen: int | None = None) -> None:
    activity.record(
        act,
        "return_request",
        request.id,
        cooperative_id=request.cooperative_id,
        actor_id=by,
        after={"fen": fen},
    )
