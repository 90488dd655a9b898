"""An order that is brought in town and may be paid in cash at the door."""

from __future__ import annotations

from sqlalchemy import update

from shop.audit import run as conscience
from shop.core import clock
from shop.core.db import db, transaction
from shop.orders import attributing, freight, freight_book, fulfilment
from shop.orders.models import Address
from shop.payments import on_delivery
from tests.orders import market

TOTAL = 14_100  # two packs and five yuan for bringing them
HERE = {"province": "湖北省", "city": "宜昌市", "district": "秭归县", "street": "归州镇"}


def open_in_town(stall: market.Stall, who: market.Buyer, most_fen: int | None = 30_000) -> None:
    """The stall brings goods to the buyer's town, and takes cash there up to this much."""
    region = HERE["province"] + HERE["city"] + HERE["district"]
    rule = freight.Rule(
        0, freight.plain(1000, None).bands, town_fen=500, town_district=region, town_streets=(HERE["street"],),
        cash_most_fen=most_fen,
    )  # fmt: skip
    with transaction():
        now = freight_book.in_force(stall.coop.id)
        freight_book.publish(stall.coop.id, rule, after=now.version, by=who.id)
        db.session.execute(update(Address).where(Address.id == who.address_id).values(**HERE))


def code_of(stall: market.Stall) -> str:
    return str(market.row("select code from cooperative where id = :id", id=stall.coop.id).code)


class Door:
    """Two packs for the town, not yet paid; `chosen`: in cash at the door."""

    def __init__(self, *, most_fen: int | None = 30_000, chosen: bool = True, way: str = "town") -> None:
        self.goods = market.stall(packs=20)
        self.who = market.buyer()
        open_in_town(self.goods, self.who, most_fen)
        self.placed = market.place(self.who, {self.goods.sku_id: 2}, ways={code_of(self.goods): way})
        self.order_id = self.placed.order_id
        self.coop_id = self.goods.coop.id
        self.part_id = market.row("select id from suborder where order_id = :id", id=self.order_id).id
        if chosen:
            self.choose()

    def choose(self) -> None:
        on_delivery.choose(self.placed.number, self.who.id)

    def send(self) -> None:
        with transaction():
            fulfilment.ship(self.part_id, self.coop_id, "own", "", self.who.id)

    def take(self, fen: int = TOTAL) -> list[int]:
        with transaction():
            return on_delivery.receive(self.part_id, self.coop_id, fen, clock.today(), self.who.id)

    def refuse(self, reason: str = "家里没人") -> bool:
        with transaction():
            return on_delivery.refuse(self.part_id, self.coop_id, reason, self.who.id)

    def states(self) -> tuple[str, str]:
        found = market.row(
            "select o.state, s.state as part from customer_order o join suborder s on s.order_id = o.id where o.id = :id",
            id=self.order_id,
        )
        return found.state, found.part

    def stock(self) -> tuple[int, int]:
        """What is held and what lies in the store, in packs."""
        lot = market.row(
            "select reserved, received + returned - shipped - written_off - transformed as here from lot where id = :id",
            id=self.goods.lot_id,
        )
        return lot.reserved // market.UNIT, lot.here // market.UNIT

    def clean(self) -> None:
        with transaction():
            attributing.attribute_orders([self.order_id])
        assert broken() == {}


def broken() -> dict[str, object]:
    found = {check.code: conscience.run_check(check)["rows"] for check in conscience.CHECKS}
    db.session.rollback()
    return {code: rows for code, rows in found.items() if rows}
