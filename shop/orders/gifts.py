"""One product to many people: one order, one payment, a parcel for each of them.

The order has one line whose count is the sum of all parcels, so holding, attribution and refunds are those of any order; the
recipients stand beside the line and only say who gets how many of its packs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from flask_babel import gettext as _
from sqlalchemy import Row, select, text

from shop.core import http
from shop.core.db import insert_rows, session
from shop.core.errors import Conflict, NotFound, Refused, beside
from shop.core.money import format_yuan
from shop.core.numbers import fold
from shop.core.text import clean_line
from shop.orders import addresses, freight, pasted, presale
from shop.orders.buying_models import GiftRecipient
from shop.orders.freight_book import IN_FORCE
from shop.orders.models import Order, OrderLine, Suborder
from shop.orders.pricing import Freight, part
from shop.orders.recording import Item, NewOrder, Placed, Recipient, record

GIFT = "gift"
MOST = 100
MOST_EACH = 999
MAX_TEXT = 40_000
MAX_GREETING = 60
MAX_GIVER = 30

_COUNT = re.compile(r"[\s,，;；|x×*]+([0-9]{1,6})\s*(?:份|袋|盒|箱|件)?\s*$")
_HEADER = re.compile(r"^\s*(姓名|收货人|收件人)\s*[\t,，]")
_OFFER = text(f"""
select s.id as sku_id, s.spec, s.unit_quantity, s.price_fen, s.cooperative_id, s.product_id, p.produce_id,
       p.name as product_name, p.picture, p.certified, p.ships_from, c.name as category_name, g.unit_kind, o.name as cooperative,
       o.freight_fen, o.freight_free_from_fen, f.rule_version, f.rule_body
from sku s join product p on p.id = s.product_id join category c on c.id = p.category_id
     join produce g on g.id = p.produce_id join cooperative o on o.id = s.cooperative_id
     {IN_FORCE}
where s.id = :sku and s.published and p.published_at is not null
""")  # noqa: S608 (our own text)


class Wanted(NamedTuple):
    """A row of the list; `problem` says what to mend. `freight_fen` is this parcel's."""

    place: int
    typed: str
    packs: int
    recipient: str
    phone: str
    to: freight.Place
    detail: str
    problem: str = ""
    freight_fen: int = 0


class Plan(NamedTuple):
    """The list against the catalogue; it can be ordered when no row has a problem."""

    offer: Row[*tuple[Any, ...]]
    rows: tuple[Wanted, ...]
    packs: int
    goods_fen: int
    freight_fen: int

    @property
    def total_fen(self) -> int:
        """Goods and freight of all parcels."""
        return self.goods_fen + self.freight_fen

    @property
    def wrong(self) -> int:
        """How many rows have to be mended."""
        return sum(1 for row in self.rows if row.problem)


def offer(sku_id: int) -> Row[*tuple[Any, ...]]:
    """The spec as the catalogue has it now, with its cooperative's freight rule. One statement. Raises NotFound."""
    row = session().execute(_OFFER, {"sku": sku_id}).one_or_none()
    if row is None:
        raise NotFound(_("这个规格没有在售，可能刚刚下架"))
    return row


def plan(sku_id: int, words: str) -> Plan:
    """Reckon a pasted list. One statement. Raises NotFound, Refused (no rows, too many)."""
    goods = offer(sku_id)
    lines = [line.replace('"', " ").strip() for line in words[: MAX_TEXT + 1].splitlines()]
    lines = [line for line in lines if line and not _HEADER.match(line)]
    if not lines:
        raise Refused(_("请先填收礼人名单，一行一位"), "list")
    if len(lines) > MOST or len(words) > MAX_TEXT:
        raise Refused(_("一次最多送 %(most)d 位，现在有 %(n)d 行", most=MOST, n=len(lines)), "list")
    rule = freight.of_row(goods.rule_version, goods.rule_body, goods.freight_fen, goods.freight_free_from_fen)
    rows = tuple(_priced(_row(place, line), goods, rule) for place, line in enumerate(lines, start=1))
    count = sum(row.packs for row in rows)
    return Plan(goods, rows, count, count * goods.price_fen, sum(row.freight_fen for row in rows))


def _row(place: int, line: str) -> Wanted:
    """Name, phone, address and, at the end, how many (1 where nothing is said)."""
    plain = fold(line)
    found = _COUNT.search(plain)
    number = int(found.group(1)) if found and len(found.group(1)) < 7 else 1
    if found and pasted.phone_end(plain) == found.end(1):
        found, number = None, 1
    seen = pasted.split(plain[: found.start()] if found else plain)
    to = freight.Place(seen.province, seen.province + seen.city + seen.district, seen.street)
    values, problems = addresses.cleaned(
        addresses.Delivery(
            seen.recipient, seen.phone, seen.province, seen.city, seen.district, seen.detail, seen.street
        )
    )
    if not 1 <= number <= MOST_EACH:
        problems["count"] = _("数量要在 1 到 %(most)d 之间", most=MOST_EACH)
    problem = "；".join(problems.values())
    detail = f"{values['street']}{values['detail']}"
    return Wanted(
        place, line[:120], number if 1 <= number <= MOST_EACH else 1, values["recipient"], values["phone"], to,
        detail, problem,
    )  # fmt: skip


def _priced(row: Wanted, goods: Row[*tuple[Any, ...]], rule: freight.Rule) -> Wanted:
    if row.problem:
        return row
    grams = rule.grams(goods.unit_kind, row.packs * goods.unit_quantity)
    terms = rule.terms(freight.EXPRESS, row.to, grams)
    if terms is None:
        return row._replace(problem=_("这家合作社不寄到%(place)s", place=row.to.province))
    return row._replace(freight_fen=part(0, row.packs * goods.price_fen, terms).freight_fen)


def place(
    buyer_id: int,
    sku_id: int,
    words: str,
    request_key: str,
    *,
    giver: tuple[str, str],
    greeting: str = "",
    expected_fen: int | None = None,
) -> Placed:
    """Order the gift. Six statements, whatever the number of people. The same request again gets the same order.

    `giver`: name (it stands on every delivery note) and phone for the order. Raises Refused (a row, the total, what is left),
    NotFound, Conflict.
    """
    if not request_key:
        raise Refused(_("页面信息不完整，请回到商品页重新填"))
    known = (
        session()
        .execute(select(Order.id, Order.number, Order.buyer_id).where(Order.request_key == request_key))
        .one_or_none()
    )
    if known is not None:
        if known.buyer_id != buyer_id:
            raise Conflict(_("页面信息已失效，请回到商品页重新填"))
        return Placed(known.id, known.number, False)
    wanted = plan(sku_id, words)
    if wanted.wrong:
        raise Refused(_("名单里有 %(n)d 行要先改好", n=wanted.wrong), "list")
    name = _line("giver", giver[0], _("送礼人"), MAX_GIVER)
    words_to = _line("greeting", greeting, _("祝福语"), MAX_GREETING, required=False)
    if expected_fen is not None and wanted.total_fen != expected_fen:
        raise Refused(
            _(
                "价格或运费有变化，应付从 %(old)s 变为 %(new)s，请核对后再提交",
                old=format_yuan(expected_fen),
                new=format_yuan(wanted.total_fen),
            ),
            "total",
        )
    goods = wanted.offer
    basis = {
        "version": goods.rule_version or 0,
        "method": GIFT,
        "parcels": len(wanted.rows),
        "fen": wanted.freight_fen,
    }
    new = NewOrder(
        request_key=request_key,
        to=Recipient(name, giver[1], _("分送 %(n)d 位收礼人", n=len(wanted.rows)), _("地址见收礼人名单")),
        buyer_id=buyer_id,
        greeting=words_to,
        hold=timedelta(minutes=http.settings().hold_minutes_online),
    )
    fields = set(Item.__slots__) - {"unit_price_fen", "count", "discount_fen", "town_borne_fen", "ships_from"}
    item = Item(
        unit_price_fen=goods.price_fen,
        count=wanted.packs,
        ships_from=presale.promised(goods.ships_from),
        **{name: getattr(goods, name) for name in fields},
    )
    placed = record(new, [item], {goods.cooperative_id: Freight(wanted.freight_fen, None, GIFT, basis)})
    _keep(placed.order_id, wanted.rows)
    return placed


def _line(field: str, words: str, label: str, most: int, *, required: bool = True) -> str:
    """Words for the delivery note. Raises Refused on their field."""
    with beside(field):
        return clean_line(words, label=label, max_length=most, required=required)


def _keep(order_id: int, rows: Sequence[Wanted]) -> None:
    line = (
        session()
        .execute(
            select(OrderLine.id, OrderLine.cooperative_id)
            .join(Suborder, Suborder.id == OrderLine.suborder_id)
            .where(Suborder.order_id == order_id)
        )
        .one()
    )
    insert_rows(
        GiftRecipient,
        [
            {
                "line_id": line.id,
                "cooperative_id": line.cooperative_id,
                "seq": row.place,
                "count": row.packs,
                "freight_fen": row.freight_fen,
                "recipient": row.recipient,
                "phone": row.phone,
                "region_text": row.to.region,
                "address": row.detail,
            }
            for row in rows
        ],
    )
