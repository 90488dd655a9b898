"""Requests for money back as the pages of buyer, cooperative and township show them; as many statements for 1 as for 100."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Row, func, select

from shop.aftersale import moves
from shop.aftersale.asking import SUBJECT
from shop.aftersale.models import ReturnEvent, ReturnLine, ReturnRequest
from shop.aftersale.reaching import Reach, of_buyer, of_cooperative, of_region
from shop.cooperatives.people.models import Cooperative
from shop.cooperatives.produce.models import Produce
from shop.core import clock
from shop.core.db import session
from shop.core.errors import NotFound
from shop.core.pages import Page
from shop.core.pictures import Paper, body_of, papers_of
from shop.orders import express
from shop.orders.models import Order, OrderLine, Suborder
from shop.payments.models import Refund

PAGE_SIZE = 20
# tab → states; those of the one who has to act come first
OFFICE_TABS = {
    "open": (moves.ASKED, moves.SENT),
    "waiting": (moves.TO_SEND, moves.CALLED),
    "all": tuple(moves.STATES),
}
TOWN_TABS = {"open": (moves.CALLED,), "all": tuple(moves.STATES)}


@dataclass(frozen=True, slots=True)
class Card:
    """A request in a list or at the top of its page; `lines` have name, spec, picture, unit_kind, count_word, quantity."""

    id: int
    order_id: int
    suborder_id: int
    cooperative_id: int
    kind: str
    reason: str
    words: str
    asked_fen: int
    granted_fen: int | None
    state: str
    due_at: datetime | None
    asked_at: datetime
    send_to: str | None
    express_company: str | None
    express_number: str | None
    number: str
    order_number: str
    cooperative: str
    cooperative_code: str
    part_state: str
    refund_state: str | None
    lines: tuple[Row[*tuple[Any, ...]], ...]

    @property
    def company(self) -> str:
        """The express company's name."""
        return express.name_of(self.express_company) if self.express_company else ""

    @property
    def undispatched(self) -> bool:
        """Nothing of the suborder was sent yet."""
        return self.part_state == "to_ship"

    @property
    def callable(self) -> bool:
        """Whether the buyer may call in the township now."""
        return moves.may_call(self.state, self.due_at, clock.now())

    @property
    def withdrawable(self) -> bool:
        """Whether the buyer may take it back."""
        return self.state in moves.WITHDRAW.sources


@dataclass(frozen=True, slots=True)
class Story:
    """A request with its history (event, name, side, note, at; oldest first) and its pictures (id)."""

    card: Card
    steps: Sequence[Row[*tuple[Any, ...]]]
    pictures: Sequence[Any]


def of_order(order_id: int) -> list[Card]:
    """The requests about an order, newest first. Two statements at most."""
    return _cards(_columns().where(ReturnRequest.order_id == order_id).order_by(ReturnRequest.id.desc()))


def of_part(suborder_id: int) -> list[Card]:
    """The requests about a suborder, newest first. Two statements at most."""
    return _cards(
        _columns().where(ReturnRequest.suborder_id == suborder_id).order_by(ReturnRequest.id.desc())
    )


def of_a_buyer(buyer_id: int, page: int = 1) -> Page[Card]:
    """A buyer's requests, newest first. Three statements."""
    return _page(of_buyer(buyer_id), tuple(moves.STATES), page, oldest=False)


def of_a_cooperative(cooperative_id: int, tab: str, page: int = 1) -> Page[Card]:
    """A cooperative's requests; those that wait for it oldest first. Three statements."""
    return _page(of_cooperative(cooperative_id), OFFICE_TABS[tab], page, oldest=tab == "open")


def of_a_region(region_code: str, tab: str, page: int = 1) -> Page[Card]:
    """A region's requests; those that wait for its decision oldest first. Three statements."""
    return _page(of_region(region_code), TOWN_TABS[tab], page, oldest=tab == "open")


def waiting(cooperative_id: int) -> tuple[int, datetime | None]:
    """How many wait for the cooperative, and until when the first one does. One statement."""
    row = session().execute(
        select(func.count(), func.min(ReturnRequest.due_at)).where(
            *of_cooperative(cooperative_id), ReturnRequest.state.in_(OFFICE_TABS["open"])
        )
    ).one()  # fmt: skip
    return int(row[0]), row[1]


def story(request_id: int, reach: Reach) -> Story:
    """One request with everything about it. Four statements. Raises NotFound, also for anybody else's."""
    found = _cards(_columns().where(ReturnRequest.id == request_id, *reach))
    if not found:
        raise NotFound(_("没有找到这个申请"))
    steps = session().execute(
        select(ReturnEvent.event, ReturnEvent.side, ReturnEvent.note, ReturnEvent.at)
        .where(ReturnEvent.request_id == request_id)
        .order_by(ReturnEvent.id)
    ).all()  # fmt: skip
    return Story(found[0], steps, papers_of(SUBJECT, request_id, found[0].cooperative_id))


def picture_of(request_id: int, attachment_id: int, reach: Reach) -> Paper:
    """A picture of this request. Raises NotFound for any other file."""
    cooperative_id = session().scalar(
        select(ReturnRequest.cooperative_id).where(ReturnRequest.id == request_id, *reach)
    )
    if cooperative_id is None:
        raise NotFound
    if attachment_id not in {paper.id for paper in papers_of(SUBJECT, request_id, cooperative_id)}:
        raise NotFound
    return body_of(attachment_id, [cooperative_id])


def last_place(cooperative_id: int) -> str:
    """Where this cooperative wanted goods sent the last time; empty at first. One statement."""
    found = session().scalar(
        select(ReturnRequest.send_to)
        .where(ReturnRequest.cooperative_id == cooperative_id, ReturnRequest.send_to.is_not(None))
        .order_by(ReturnRequest.id.desc())
        .limit(1)
    )
    return found or ""


def _page(reach: Reach, states: tuple[str, ...], page: int, *, oldest: bool) -> Page[Card]:
    where = (*reach, ReturnRequest.state.in_(states))
    total = session().scalar(select(func.count()).select_from(ReturnRequest).where(*where)) or 0
    order = ReturnRequest.due_at if oldest else ReturnRequest.id.desc()
    rows = _columns().where(*where).order_by(order, ReturnRequest.id).limit(PAGE_SIZE)
    return Page(_cards(rows.offset((page - 1) * PAGE_SIZE)), number=page, size=PAGE_SIZE, total=total)


def _columns() -> Any:
    return (
        select(
            ReturnRequest.id, ReturnRequest.order_id, ReturnRequest.suborder_id, ReturnRequest.cooperative_id,
            ReturnRequest.kind, ReturnRequest.reason, ReturnRequest.words, ReturnRequest.asked_fen,
            ReturnRequest.granted_fen, ReturnRequest.state, ReturnRequest.due_at, ReturnRequest.asked_at,
            ReturnRequest.send_to, ReturnRequest.express_company, ReturnRequest.express_number, Suborder.number,
            Order.number.label("order_number"), Cooperative.name.label("cooperative"), Cooperative.code.label("cooperative_code"),
            Suborder.state.label("part_state"), Refund.state.label("refund_state"),
        )
        .join(Suborder, Suborder.id == ReturnRequest.suborder_id)
        .join(Order, Order.id == ReturnRequest.order_id)
        .join(Cooperative, Cooperative.id == ReturnRequest.cooperative_id)
        .outerjoin(Refund, Refund.id == ReturnRequest.refund_id)
    )  # fmt: skip


def _cards(statement: Any) -> list[Card]:
    rows = session().execute(statement).all()
    if not rows:
        return []
    lines: dict[int, list[Row[*tuple[Any, ...]]]] = {}
    for line in session().execute(
        select(
            ReturnLine.request_id, OrderLine.id, OrderLine.product_name.label("name"), OrderLine.spec, OrderLine.picture,
            OrderLine.unit_kind, Produce.count_word, ReturnLine.quantity,
        )
        .join(OrderLine, OrderLine.id == ReturnLine.line_id)
        .join(Produce, Produce.id == OrderLine.produce_id)
        .where(ReturnLine.request_id.in_([row.id for row in rows]))
        .order_by(OrderLine.seq)
    ):  # fmt: skip
        lines.setdefault(line.request_id, []).append(line)
    return [Card(**row._mapping, lines=tuple(lines.get(row.id, ()))) for row in rows]
