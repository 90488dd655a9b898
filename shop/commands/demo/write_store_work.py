"""The stores' own work of today, by the same deeds as the pages: a price list, a drying, a count, another lot, a lighter parcel.

Deeds work on the real day, so a town that is loaded as of another day has none of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select, text, update

from shop.catalog import by_weight
from shop.catalog.models import Sku
from shop.commands.demo.dice import Dice
from shop.commands.demo.figures import MARK
from shop.commands.demo.offers import OFFERS, Offer
from shop.commands.demo.written import Written
from shop.cooperatives.income import stock_counts, transforming
from shop.cooperatives.produce import choosing, intake, kinds_of_goods, lots, prices
from shop.cooperatives.produce.models import Lot
from shop.cooperatives.produce.transformation_models import TransformationOutput
from shop.cooperatives.produce.work_terms import Made, Work
from shop.core import clock, trace_codes
from shop.core.db import session
from shop.orders import lot_swaps
from shop.payments import weighing

DRIED = next(offer for offer in OFFERS if offer.kind_key == "shiitake")
FRESH, FRESH_FEN, FRESH_DAYS = "鲜香菇", 1_400, 5
HOUSEHOLDS = 4
WATER = 6  # grams of fresh ones for one gram of dried ones, and a little more
SHORT, SHORT_OF = 50, 2_000  # grams missing at the count, of a lot that has enough
LIGHTER = 30  # grams that a parcel is short of

# what is held for parcels that wait, those of the demo buyers last: the guided tours use theirs
_HELD = text("""
    select a.id, a.lot_id, a.quantity, l.id as line_id, l.sku_id, l.produce_id, l.unit_kind, s.id as part_id, s.cooperative_id
      from lot_allocation a join order_line l on l.id = a.line_id join suborder s on s.id = l.suborder_id
      join customer_order o on o.id = s.order_id
      join product p on p.id = l.product_id join category c on c.id = p.category_id
     where s.state = 'to_ship' and a.state = 'reserved' and a.sent = 0 and s.cooperative_id = any(:coops)
       and o.attributed_at is not null
     order by exists (select from user_account u where u.id = o.buyer_id and u.phone like '+861380000%'), c.slug <> 'meat', a.id
""")


def write_store_work(seed: int, written: Written, today: date) -> None:
    if today != clock.today():
        return
    dice = Dice(seed, written.town.number, "store work")
    _price_lists(written, today)
    _drying(dice, written, today)
    held = session().execute(_HELD, {"coops": list(written.cooperatives.values())}).all()
    swapped = _another_lot(written, held, today)
    _lighter(written, [row for row in held if row.part_id != swapped])
    _count(written, today)


def _by(written: Written, cooperative_id: int) -> int:
    village = next(key for key, own in written.cooperatives.items() if own == cooperative_id)
    return written.managers[village]


def _price_lists(written: Written, today: date) -> None:
    """What each cooperative pays for the plain grade of each of its goods, bought or at an agreed price."""
    for offer in OFFERS:
        for mode in ("buyout", "consign_fixed"):
            prices.offer(_price(written, offer, mode, today))


def _price(written: Written, offer: Offer, mode: str, today: date) -> prices.Offer:
    return prices.Offer(
        written.cooperatives[offer.village], written.produce[offer.key], "统货", mode, today,
        f"理事会定的当季收购价（{MARK}）", price_fen=offer.kind.price_fen, set_by=written.managers[offer.village],
    )  # fmt: skip


def _drying(dice: Dice, written: Written, today: date) -> None:
    """Fresh mushrooms of a few households, dried the same day: a lot of the goods on sale, theirs by what they brought."""
    coop, by = written.cooperatives[DRIED.village], written.managers[DRIED.village]
    fresh = kinds_of_goods.add(coop, FRESH, "g", by)
    homes = [
        household
        for household, home in zip(written.households, written.people.homes, strict=True)
        if home.number and home.place.key == DRIED.village
    ]
    receipts = [
        intake.record(
            intake.Delivery(
                coop, fresh, dice.between(160, 240) * 50, "buyout", today, household_id=one, price_fen=FRESH_FEN, recorded_by=by,
            )
        )
        for one in dice.chosen(homes, HOUSEHOLDS)
    ]  # fmt: skip
    lot_id = intake.lot_of(receipts[0])
    lots.close(lot_id, coop, today + timedelta(days=FRESH_DAYS), by)
    quantity = int(session().scalars(select(Lot.received).where(Lot.id == lot_id)).one())
    made = Made(
        written.produce[DRIED.key],
        quantity // WATER - dice.between(1, 10) * 10,
        today + timedelta(days=DRIED.kind.shelf_life_days),
    )
    work_id = transforming.transform(
        Work(coop, "dry", [(lot_id, quantity)], [made], f"烘干一晚（{MARK}）", by)
    )
    made_ids = select(TransformationOutput.lot_id).where(TransformationOutput.transformation_id == work_id)
    for each in sorted([lot_id, *session().scalars(made_ids)]):  # the same codes for the same seed
        code = "".join(dice.pick(trace_codes.LETTERS) for _ in range(trace_codes.LENGTH))
        session().execute(update(Lot).where(Lot.id == each).values(trace_code=code))


def _another_lot(written: Written, held: Sequence[Any], today: date) -> int | None:
    """The packer took another lot of the same goods; returns the parcel's part."""
    offered = choosing.choices({row.produce_id for row in held}, today)
    for row in held:
        for lot in offered.get(row.produce_id, []):
            if lot.id != row.lot_id and lot.available >= row.quantity:
                lot_swaps.swap(
                    row.part_id, row.cooperative_id, row.id, lot.id, row.quantity,
                    request_key=f"demo-swap-{row.id}", by=_by(written, row.cooperative_id),
                )  # fmt: skip
                return int(row.part_id)
    return None


def _lighter(written: Written, held: Sequence[Any]) -> None:
    """A spec is sold by weight, and a parcel of it weighed a little less than was ordered."""
    for row in held:
        if row.unit_kind == "g" and row.quantity > LIGHTER * 4 and row.quantity == _left(held, row.line_id):
            by = _by(written, row.cooperative_id)
            version = session().scalars(select(Sku.version).where(Sku.id == row.sku_id)).one()
            by_weight.set_by_weight(row.sku_id, row.cooperative_id, True, version=version, by=by)
            weighing.weigh(
                row.part_id, row.cooperative_id, row.line_id, row.quantity - LIGHTER,
                request_key=f"demo-weigh-{row.line_id}", by=by,
            )  # fmt: skip
            return


def _left(held: Sequence[Any], line_id: int) -> int:
    return sum(row.quantity for row in held if row.line_id == line_id)


def _count(written: Written, today: date) -> None:
    """The first cooperative counts its store; of one lot a little has dried away."""
    coop, by = written.cooperatives[DRIED.village], written.managers[DRIED.village]
    counted, short = [], SHORT
    for row in stock_counts.sheet(coop):
        enough = row.unit_kind == "g" and row.available >= SHORT_OF and row.recalled_at is None
        counted.append(stock_counts.Counted(row.id, row.on_hand, row.on_hand - (short if enough else 0)))
        short = 0 if enough else short
    terms = stock_counts.Terms(today, note=f"月底盘点（{MARK}）")
    stock_counts.post(coop, counted, terms, f"{coop}:demo-count", by)
