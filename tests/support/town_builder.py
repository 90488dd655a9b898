"""A small town, quickly: regions, villages, cooperatives, households, members, produce, closed lots, paid order lines.

Every function only inserts: call them inside `with transaction():`. Codes and numbers are counted up, so each call
makes something new; defaults suit most tests. Deliveries and lots go through the real deeds.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from shop.catalog.models import Category, Product, Sku
from shop.cooperatives.income.attribution import SaleShare
from shop.cooperatives.people import joining
from shop.cooperatives.people.member_events import Request, Resolved
from shop.cooperatives.people.models import Charter, Cooperative, Household, Member, Region, Village
from shop.cooperatives.produce import intake, lots, stock
from shop.cooperatives.produce.models import Produce, Supplier
from shop.core import clock
from shop.core.db import Base, db, insert_rows
from shop.orders.models import LotAllocation, Order, OrderLine, Suborder

REGIONS = (
    ("42", "湖北省", "province"),
    ("4203", "十堰市", "city"),
    ("420302", "茅箭区", "county"),
    ("420302100", "大川镇", "township"),
)
TOWNSHIP = "420302100"
LONG_AGO = date(2019, 1, 1)
DELIVERED_ON = date(2020, 8, 3)
SOLD_ON = date(2020, 8, 20)
BEST_BEFORE = date(2099, 12, 31)

_count = itertools.count(1)


@dataclass(frozen=True)
class Coop:
    """A cooperative with its village."""

    id: int
    code: str
    village_id: int


@dataclass(frozen=True)
class Party:
    """Who delivers: a member household, a household that is no member, or an outside supplier."""

    household_id: int | None = None
    member_id: int | None = None
    supplier_id: int | None = None
    number: int | None = None


@dataclass(frozen=True)
class Goods:
    """One delivery: who, grams or pieces, price (fen per kg or piece) or commission rate."""

    party: Party
    quantity: int
    price_fen: int = 0
    rate: str | None = None


def _row(model: type[Base], **values: Any) -> int:
    return int(insert_rows(model, [values], "id")[0])


def regions() -> str:
    """Province, city, county and township; returns the township's code. A second call changes nothing."""
    parent = None
    for code, name, level in REGIONS:
        values = {"code": code, "name": name, "level": level, "parent_code": parent}
        db.session.execute(insert(Region).values(values).on_conflict_do_nothing())
        parent = code
    return TOWNSHIP


def village(name: str = "大川村", region_code: str | None = None) -> int:
    region_code = region_code or regions()
    return _row(Village, code=f"v{next(_count)}", region_code=region_code, name=name, pinyin="dachuancun")


def cooperative(
    code: str | None = None, *, village_id: int | None = None, rate: str = "0.08", basis: str = "amount"
) -> Coop:
    """With a charter valid since 2019: reserve 10 %, patronage 60 %, commission `rate`."""
    code = code or f"coop{next(_count):06d}"  # of one width: lists go by it
    village_id = village_id or village()
    coop_id = _row(
        Cooperative, code=code, uscc=f"U-{code}", name=f"{code}合作社", pinyin=code, village_id=village_id
    )
    _row(
        Charter, cooperative_id=coop_id, valid_from=LONG_AGO, reserve_rate="0.10", patronage_ratio="0.60",
        patronage_basis=basis, commission_rate=rate, resolution="成立大会决议",
    )  # fmt: skip
    return Coop(coop_id, code, village_id)


def household(village_id: int, name: str = "王小华") -> Party:
    """A household that is no member anywhere."""
    row = _row(Household, code=f"h{next(_count)}", village_id=village_id, head_name=name, agricultural=True)
    return Party(household_id=row)


def member(
    coop: Coop, name: str = "王小华", *, joined_on: date = LONG_AGO, number: int | None = None
) -> Party:
    """A member household; numbers count up unless given."""
    owner = household(coop.village_id, name)
    number = number or next(_count)
    member_id = _row(
        Member, cooperative_id=coop.id, household_id=owner.household_id, number=number, joined_on=joined_on
    )
    return Party(household_id=owner.household_id, member_id=member_id, number=number)


def members(coop: Coop, how_many: int) -> list[Party]:
    return [member(coop, f"户主{place}") for place in range(how_many)]


def supplier(coop: Coop) -> Party:
    return Party(supplier_id=_row(Supplier, cooperative_id=coop.id, name=f"供货商{next(_count)}"))


def produce(coop: Coop, name: str = "干香菇", unit_kind: str = "g") -> int:
    return _row(
        Produce,
        cooperative_id=coop.id,
        name=f"{name}{next(_count)}",
        pinyin="ganxianggu",
        unit_kind=unit_kind,
    )


def deliver(coop: Coop, produce_id: int, mode: str, goods: Goods, on: date = DELIVERED_ON) -> int:
    """One intake receipt through the real deed; returns its id."""
    return intake.record(
        intake.Delivery(
            cooperative_id=coop.id, produce_id=produce_id, household_id=goods.party.household_id,
            supplier_id=goods.party.supplier_id, quantity=goods.quantity, mode=mode, price_fen=goods.price_fen,
            commission_rate=goods.rate, received_on=on,
        )
    )  # fmt: skip


def closed_lot(
    coop: Coop, produce_id: int, mode: str, deliveries: Sequence[Goods], *,
    best_before: date = BEST_BEFORE, on: date = DELIVERED_ON,
) -> int:  # fmt: skip
    """A sellable lot made of these deliveries; returns its id."""
    receipts = [deliver(coop, produce_id, mode, goods, on) for goods in deliveries]
    lot_id = intake.lot_of(receipts[0])
    lots.close(lot_id, coop.id, best_before)
    return lot_id


def sku(coop: Coop, produce_id: int, *, unit_quantity: int = 500, price_fen: int = 6800) -> tuple[int, int]:
    """A published product with one spec; returns (product id, sku id)."""
    slug = {"slug": "mushroom", "name": "菌菇", "name_en": "Mushrooms"}
    db.session.execute(insert(Category).values(slug).on_conflict_do_nothing())
    category_id = db.session.scalar(select(Category.id).where(Category.slug == "mushroom"))
    product_id = _row(
        Product, cooperative_id=coop.id, produce_id=produce_id, category_id=category_id, name="干香菇", pinyin="ganxianggu",
        search_text="干香菇 ganxianggu gxg", origin="湖北十堰", published_at=clock.now(),
    )  # fmt: skip
    sku_id = _row(
        Sku, cooperative_id=coop.id, product_id=product_id, spec=f"{unit_quantity}", unit_quantity=unit_quantity,
        price_fen=price_fen,
    )  # fmt: skip
    return product_id, sku_id


def sale(
    coop: Coop, produce_id: int, quantity: int, net_fen: int, *, on: date = SOLD_ON, channel: str = "provider",
    today: date = SOLD_ON, sku_ids: tuple[int, int] | None = None,
) -> SaleShare:  # fmt: skip
    """A paid order of one line over `quantity` grams or pieces, reserved by the real deed, not yet attributed."""
    taken = stock.reserve([stock.Want(1, produce_id, quantity)], today)
    product_id, sku_id = sku_ids or sku(coop, produce_id)
    number = f"T{next(_count)}"
    order_id = _row(
        Order, number=number, request_key=number, channel="online", state="paid", recipient="李女士", phone="+8613800138000",
        region_text="湖北省十堰市", address="人民路1号", goods_fen=net_fen, freight_fen=0, total_fen=net_fen,
        placed_at=clock.day_range(on).start, paid_at=clock.day_range(on).start, paid_on=on,
    )  # fmt: skip
    suborder_id = _row(
        Suborder, order_id=order_id, cooperative_id=coop.id, number=f"{number}-1", state="to_ship", goods_fen=net_fen,
        freight_fen=0,
    )  # fmt: skip
    line_id = _row(
        OrderLine, suborder_id=suborder_id, cooperative_id=coop.id, seq=1, product_id=product_id, sku_id=sku_id,
        produce_id=produce_id, product_name="干香菇", category_name="菌菇", spec="散装", unit_kind="g",
        unit_quantity=quantity, unit_price_fen=net_fen, count=1, quantity=quantity, net_fen=net_fen,
    )  # fmt: skip
    rows = [
        {"line_id": line_id, "cooperative_id": coop.id, "lot_id": part.lot_id, "quantity": part.quantity}
        for part in taken
    ]
    ids = insert_rows(LotAllocation, rows, "id")
    held = tuple(
        (allocation_id, row["lot_id"], row["quantity"]) for allocation_id, row in zip(ids, rows, strict=True)
    )
    return SaleShare(
        line_id=line_id,
        cooperative_id=coop.id,
        net_fen=net_fen,
        on_date=on,
        channel=channel,
        allocations=held,
    )


def admit(cooperative_id: int, household_id: int, joined_on: date, by: int | None = None) -> int:
    """Make one household a member under the next number; returns the member id. Raises as `joining.admit`, and why not."""
    joined = joining.admit(cooperative_id, [household_id], joined_on, Resolved(), Request(by))
    for refusal in joined.refused.values():
        raise refusal
    return joined.members[household_id]
