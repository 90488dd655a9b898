"""Two requests for money back of the demo buyer, by the same deeds as the pages: one to be answered, one to be sent back."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import select

from shop.accounts.models import User
from shop.aftersale import asking, deciding, moves
from shop.commands.demo.codes import demo_phone
from shop.commands.demo.figures import MARK
from shop.commands.demo.plan import moment
from shop.commands.demo.written import Written
from shop.core.db import session
from shop.orders.models import Order, OrderLine, Suborder


def write_returns(written: Written, today: date) -> None:
    """Of the newest order that arrived and the newest on its way; a town without the demo buyer has none."""
    at = moment(today - timedelta(days=1), 10)
    damaged = asking.Wish(moves.AMOUNT, "damaged", f"路上压坏了一袋，想退一点钱（{MARK}）", fen=500)
    _ask(written, "received", damaged, at)
    wrong = asking.Wish(moves.GOODS, "wrong", f"和图片不太一样，想退掉（{MARK}）", packs=1)
    made = _ask(written, "shipped", wrong, at)
    if made is not None:
        request_id, cooperative_id = made
        by = next(
            written.managers[village]
            for village, own in written.cooperatives.items()
            if own == cooperative_id
        )
        place = f"湖北省十堰市茅箭区大川镇合作社库房，社里收，电话见商品页（{MARK}）"
        deciding.ask_back(request_id, cooperative_id, place, by=by, at=at + timedelta(hours=3))


def _ask(written: Written, state: str, wish: asking.Wish, at: datetime) -> tuple[int, int] | None:
    """(request, cooperative) about the first line of the demo buyer's newest part in this state."""
    row = session().execute(
        select(OrderLine.id, OrderLine.cooperative_id, Order.number, Order.buyer_id)
        .join(Suborder, Suborder.id == OrderLine.suborder_id)
        .join(Order, Order.id == Suborder.order_id)
        .join(User, User.id == Order.buyer_id)
        .where(User.phone == demo_phone(1), Suborder.state == state, Suborder.cooperative_id.in_(written.cooperatives.values()))
        .order_by(Suborder.id.desc(), OrderLine.seq)
        .limit(1)
    ).one_or_none()  # fmt: skip
    if row is None:
        return None
    key = f"demo-{state}-{row.id}"
    request_id, _new = asking.ask(row.id, row.number, row.buyer_id, wish, request_key=key, at=at)
    return request_id, row.cooperative_id
