"""A plan lived through by the shop's own deeds, one act after the other by the moment it happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select

from shop.catalog.models import Category, Product, Sku
from shop.commands.demo.plan import Incoming, Pool, Sale, Selling
from shop.commands.demo.written import Written
from shop.cooperatives.people.models import Cooperative
from shop.cooperatives.produce import intake, lots
from shop.cooperatives.produce.models import Produce, Supplier
from shop.core.clock import shanghai_day
from shop.core.db import insert_rows, session, transaction
from shop.orders import attributing, fulfilment, holds
from shop.orders.models import Order, Suborder
from shop.orders.pricing import Freight
from shop.orders.recording import Item, NewOrder, Recipient, record
from shop.payments import transfers

Act = tuple[datetime, int, Callable[[], None]]


@dataclass
class OneByOne:
    """Runs every delivery, closing, order and what follows in a transaction of its own."""

    written: Written
    pools: Sequence[Pool]
    sales: Sequence[Sale]
    lot_ids: dict[Pool, int] = field(default_factory=dict)
    order_ids: dict[Sale, int] = field(default_factory=dict)

    def live(self) -> None:
        for _, _, act in sorted(self._acts(), key=lambda act: act[:2]):
            with transaction():
                act()

    def _acts(self) -> Iterator[Act]:
        order = 0
        for pool in self.pools:
            for delivery in pool.incoming:
                order += 1
                yield delivery.at, order, lambda pool=pool, delivery=delivery: self._deliver(pool, delivery)
            if pool.closed_at is not None:
                yield pool.closed_at, order, lambda pool=pool: self._close_lot(pool)
        for sale in self.sales:
            for at, act in (
                (sale.placed_at, self._place), (sale.paid_at, self._pay), (sale.shipped_at, self._ship),
                (sale.received_at, self._receive), (sale.closed_at, self._close),
            ):  # fmt: skip
                if at is not None:
                    order += 1
                    yield at, order, lambda act=act, sale=sale: act(sale)

    def _deliver(self, pool: Pool, delivery: Incoming) -> None:
        written, village = self.written, pool.offer.village
        receipt = intake.record(
            intake.Delivery(
                cooperative_id=written.cooperatives[village],
                produce_id=written.produce[pool.offer.key],
                quantity=delivery.quantity,
                mode=pool.mode,
                received_on=delivery.day,
                household_id=None if delivery.home is None else written.households[delivery.home],
                supplier_id=self._supplier(village, delivery.supplier) if delivery.supplier else None,
                price_fen=delivery.price_fen,
                commission_rate=pool.rate,
                grade=delivery.grade,
                grade_factor=delivery.grade_factor,
                recorded_by=written.managers[village],
            )
        )
        self.lot_ids[pool] = intake.lot_of(receipt)

    def _supplier(self, village: str, name: str) -> int:
        if (village, name) not in self.written.suppliers:
            row = {"cooperative_id": self.written.cooperatives[village], "name": name}
            self.written.suppliers[village, name] = insert_rows(Supplier, [row], "id")[0]
        return self.written.suppliers[village, name]

    def _close_lot(self, pool: Pool) -> None:
        village = pool.offer.village
        lots.close(self.lot_ids[pool], self.written.cooperatives[village], by=self.written.managers[village])

    def _place(self, sale: Sale) -> None:
        written = self.written
        buyer = written.buyers[sale.buyer]
        new = NewOrder(
            request_key=f"one-{len(self.order_ids)}",
            to=Recipient(buyer.name, buyer.phone, buyer.region_text, buyer.detail),
            buyer_id=written.users[sale.buyer],
            buyer_kind=buyer.kind,
            buyer_label=buyer.unit_name,
            channel=sale.channel,
            pay_method=sale.pay_method,
            placed_at=sale.placed_at,
            hold=sale.expires_at - sale.placed_at,
            evidence=sale.evidence,
        )
        rules = {
            row.id: Freight(row.freight_fen, row.freight_free_from_fen)
            for row in session().execute(
                select(Cooperative.id, Cooperative.freight_fen, Cooperative.freight_free_from_fen)
            )
        }
        self.order_ids[sale] = record(new, [self._item(line) for line in sale.lines], rules).order_id

    def _item(self, line: Selling) -> Item:
        row = session().execute(
            select(
                Sku.cooperative_id, Product.id.label("product_id"), Sku.id.label("sku_id"), Product.produce_id,
                Product.name.label("product_name"), Category.name.label("category_name"), Sku.spec, Product.picture,
                Product.certified, Produce.unit_kind, Sku.unit_quantity,
            )
            .join(Product, Product.id == Sku.product_id)
            .join(Category, Category.id == Product.category_id)
            .join(Produce, Produce.id == Product.produce_id)
            .where(Sku.id == self.written.sku(line.offer, line.spec))
        ).one()  # fmt: skip
        return Item(**row._mapping, unit_price_fen=line.price_fen, count=line.count)

    def _pay(self, sale: Sale) -> None:
        order = self._order(sale)
        parts = self._parts(sale)
        buyer = self.written.buyers[sale.buyer]
        assert sale.paid_at is not None
        transfers.record_transfer(
            order.id,
            f"{shanghai_day(sale.paid_at):%Y%m%d}-{order.number[6:]}",
            shanghai_day(sale.paid_at),
            order.total_fen,
            cooperative_id=parts[0].cooperative_id if len(parts) == 1 else None,
            payer=buyer.unit_name or buyer.name,
            note=f"订单 {order.number}",
            by=self.written.clerk,
            at=sale.paid_at,
        )
        attributing.attribute_orders([order.id])

    def _ship(self, sale: Sale) -> None:
        villages = {cooperative_id: village for village, cooperative_id in self.written.cooperatives.items()}
        for part in self._parts(sale):
            village = villages[part.cooperative_id]
            by = self.written.managers[village]
            fulfilment.ship(part.id, part.cooperative_id, *sale.parcels[village], by=by, at=sale.shipped_at)

    def _receive(self, sale: Sale) -> None:
        buyer_id = self.written.users[sale.buyer]
        assert buyer_id is not None
        fulfilment.receive(self._order(sale).number, buyer_id, at=sale.received_at)

    def _close(self, sale: Sale) -> None:
        if sale.close_reason == "cancelled":
            buyer_id = self.written.users[sale.buyer]
            assert buyer_id is not None
            holds.cancel(self.order_ids[sale], buyer_id)
        else:
            assert holds.expire([self.order_ids[sale]])

    def _order(self, sale: Sale) -> Any:
        return session().execute(
            select(Order.id, Order.number, Order.total_fen).where(Order.id == self.order_ids[sale])
        ).one()  # fmt: skip

    def _parts(self, sale: Sale) -> Any:
        return session().execute(
            select(Suborder.id, Suborder.cooperative_id)
            .where(Suborder.order_id == self.order_ids[sale])
            .order_by(Suborder.id)
        ).all()  # fmt: skip
