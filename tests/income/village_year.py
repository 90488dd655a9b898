"""A village's year by the deeds themselves, step by step at a test's choice: intake, orders, refunds, months, year, money out."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import text

from shop.catalog.models import SkuPrice
from shop.cooperatives.income import distribution, lifecycle, resolutions
from shop.cooperatives.income.models import Distribution
from shop.cooperatives.income.resolutions import Vote
from shop.cooperatives.income.rules import DistributionRefused
from shop.cooperatives.ledger import periods
from shop.cooperatives.ledger.closing import close_year
from shop.cooperatives.ledger.posting import Entry, Posting, post
from shop.core import clock
from shop.core.attachments import Attachment
from shop.core.db import insert_rows, session, transaction
from shop.core.errors import Conflict, Refused
from shop.orders import attributing
from shop.payments import bankanswer, payouts, sending
from tests.orders import market
from tests.payments.refund_scene import amount_back, give_back, line_ids, part_ids
from tests.support import payout_builder as build
from tests.support import town_builder as town

UNIT = 100  # grams a pack
_tails = itertools.count(5_000)


@dataclass(frozen=True)
class Stock:
    """One lot's mode, what each party brought (grams), and what a kilogram or a rate is."""

    mode: str
    grams: tuple[int, ...]
    price_fen: int


@dataclass
class Year:
    """One cooperative in the last calendar year: two members, a household that is none and a supplier bring its goods."""

    year: int
    scene: build.Scene
    skus: list[int]
    orders: list[int] = field(default_factory=list)

    @property
    def coop(self) -> town.Coop:
        return self.scene.coop

    def day(self, month: int) -> date:
        return date(self.year, month, 10)

    def order(self, wanted: dict[int, int], month: int) -> None:
        """Ordered and paid in that month, as far as goods are left."""
        try:
            placed = market.place(market.buyer(), wanted)
        except Refused:
            session().rollback()
            return
        with transaction():
            market.pay_order(placed.order_id)
            market.row(
                "update customer_order set paid_at = cast(:at as timestamptz), paid_on = :on,"
                " placed_at = cast(:at as timestamptz) where id = :id returning id",
                at=clock.day_range(self.day(month)).start, on=self.day(month), id=placed.order_id,
            )  # fmt: skip
        with transaction():
            attributing.attribute_orders([placed.order_id])
        self.orders.append(placed.order_id)

    def refund(self, place: int, share: int, goods: str, on: date) -> None:
        """`share` percent of what is left of an order's first line; 'amount' gives a few fen back without goods."""
        order_id = self.orders[place % len(self.orders)]
        part, line = part_ids(order_id)[0], line_ids(order_id)[0]
        at = clock.day_range(on).start
        left = market.rows(
            "select l.quantity - coalesce((select sum(quantity) from refund_line where line_id = l.id), 0) as n"
            " from order_line l where l.id = :l", l=line,
        )[0].n  # fmt: skip
        try:
            if goods == "amount":
                amount_back(part, share, at=at)
            elif left:
                give_back(part, (line, max(1, int(left) * share // 100), goods), at=at)
        except Refused:  # more than is left of the money
            session().rollback()

    def settle(self, month: int) -> int:
        return build.settle(self.scene, f"{self.year}-{month:02d}")

    def close_month(self, month: int) -> None:
        """It and the open ones before it."""
        with transaction():
            while (
                period := periods.next_period(self.coop.id)
            ) is not None and period <= f"{self.year}-{month:02d}":
                periods.close_period(self.coop.id, period)

    def close_year(self) -> int:
        with transaction():
            return close_year(self.coop.id, self.year)

    def pay_settlement(self, settlement_id: int, failed: int) -> None:
        """Everything that is due to a household with an account; the `failed`-th payment does not arrive, and is paid again."""
        for wrong in (failed, 0):
            try:
                batch_id = build.batch(self.scene, settlement_id)
            except (Refused, Conflict):  # nothing due: too little, nobody with an account, or all paid
                session().rollback()
                return
            self._bank(batch_id, wrong)

    def distribute(self) -> int | None:
        """From the draft to the posting; None where the rules refuse, and then nothing is stored."""
        maker, chair = self.scene.manager, self.scene.chair
        try:
            with transaction():
                distribution.compute_now(self.coop.id, self.year)
        except DistributionRefused:
            return None
        found = (
            session().query(Distribution.id).filter_by(cooperative_id=self.coop.id, state="draft").scalar()
        )
        session().rollback()
        held = date(self.year + 1, 2, 20)
        with transaction():
            session().execute(
                text("update distribution set made_by = :by where id = :d"), {"by": maker, "d": found}
            )
        with transaction():
            lifecycle.preview(found, maker)
            lifecycle.publish(found, maker, 15)
            session().execute(text("update notice set starts_on = starts_on - 30, ends_on = ends_on - 30"))
            members = resolutions.members_on(self.coop.id, held)
            paper = {
                "subject_type": "resolution", "subject_id": 0, "media_type": "application/pdf", "sha256": "0" * 64,
                "body": b"%PDF-1.4",
            }  # fmt: skip
            minutes = int(insert_rows(Attachment, [paper], "id")[0])
            vote = Vote("distribution", held, members, members, 0, "一致通过。")
            resolutions.record(self.coop.id, found, vote, minutes, maker)
        with transaction():
            lifecycle.approve(found, chair)
        with transaction():
            lifecycle.post(found, chair)
        return int(found)

    def pay_distribution(self, distribution_id: int) -> None:
        try:
            with transaction():
                batch_id = payouts.make_from_distribution(distribution_id, self.coop.id, self.scene.manager)
                payouts.approve(batch_id, self.coop.id, self.scene.chair)
        except Refused:  # every share is 0 fen
            return
        self._bank(batch_id, 0)

    def _bank(self, batch_id: int, failed: int) -> None:
        made = self.scene
        with transaction():
            sending.send(batch_id, made.coop.id, "rural", made.manager)
        count = made.one("select count(*)::int from payout where batch_id = :b", b=batch_id)
        rows = [
            (seq, "失败" if seq == failed else "成功", f"批次{batch_id}")
            for seq in range(1, int(str(count)) + 1)
        ]
        answer = bankanswer.read(build.answer_csv(rows, "序号,状态,失败原因"))
        with transaction():
            bankanswer.record(batch_id, made.coop.id, answer, made.manager)


def begin(year: int, stocks: list[Stock], prices: list[int], income_fen: int, freight_fen: int) -> Year:
    """The cooperative with its lots on sale, closed in February; `income_fen` is earned beside."""
    tail = str(next(_tails))
    with transaction():
        coop = town.cooperative()
        session().execute(
            text("update cooperative set freight_fen = :f where id = :c"), {"f": freight_fen, "c": coop.id}
        )
        parties = [*town.members(coop, 2), town.household(coop.village_id), town.supplier(coop)]
        manager, chair = build.users(f"+86137{tail:0>8}", f"+86136{tail:0>8}")
        skus = []
        for stock, price in zip(stocks, prices, strict=True):
            produce_id = town.produce(coop)
            rate = "0.08" if stock.mode == "consign_commission" else None
            goods = [
                town.Goods(party, grams, 0 if rate else stock.price_fen, rate)
                for party, grams in zip(parties, stock.grams, strict=True)
                if grams
            ]
            town.closed_lot(coop, produce_id, stock.mode, goods, on=date(year, 2, 3))
            _product, sku_id = town.sku(coop, produce_id, unit_quantity=UNIT, price_fen=price)
            insert_rows(SkuPrice, [{"sku_id": sku_id, "price_fen": price, "valid_from": town.LONG_AGO}])
            skus.append(sku_id)
        paid_in = Entry("301", -30_000, parties[0].member_id, parties[0].household_id)
        for kind, entry, fen in (
            ("capital", paid_in, 30_000),
            ("voucher", Entry("502", -income_fen), income_fen),
        ):
            if fen:
                facts = (Entry("102", fen), entry)
                post(
                    [
                        Posting(
                            coop.id,
                            kind,
                            f"year:{coop.id}:{kind}",
                            date(year, 2, 4),
                            "cooperative",
                            coop.id,
                            facts,
                        )
                    ]
                )
    scene = build.Scene(coop, parties, manager, chair)
    brought = [True, True, any(stock.grams[2] for stock in stocks)]
    build.open_accounts(scene, [home for home, goods in zip(scene.households, brought, strict=True) if goods])
    return Year(year, scene, skus)
