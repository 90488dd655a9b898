"""From basket to order: one transaction, five statements with the session's own look-up."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Row, select, text

from shop.core import clock, faults, http
from shop.core.db import session
from shop.core.errors import Conflict, NotFound, Refused
from shop.core.money import format_yuan
from shop.core.privacy import Encrypted
from shop.core.text import BadInput, clean_line
from shop.orders import freight, fresh, presale
from shop.orders.coupons import using as coupon_using
from shop.orders.freight_book import IN_FORCE
from shop.orders.models import Order
from shop.orders.pricing import Freight, Line, quote
from shop.orders.recording import HOLD_TRANSFER, Invoice, Item, NewOrder, Placed, Recipient, record

MAX_KEY = 100
MAX_NOTE = 200

# A second request with the same key waits here for the first one's basket lines, and then finds none.
_TAKE = text(f"""
with prior as (
  select id, number from customer_order where request_key = :key and buyer_id = :buyer
), taken as (
  delete from basket_line l using basket b
   where b.id = l.basket_id and b.id = :basket and b.user_id = :buyer and not exists (select from prior)
  returning l.id, l.sku_id, l.count
)
select prior.id as prior_id, prior.number as prior_number, a.id as address_id, a.recipient, a.phone, a.province, a.city,
       a.district, a.street, a.detail, h.kind as invoice_kind, h.title as invoice_title, h.tax_code as invoice_tax_code,
       h.id as heading_id, t.*
from (select 1) one
left join prior on true
left join address a on a.id = :address and a.user_id = :buyer and a.deleted_at is null
left join invoice_heading h on h.id = :heading and h.user_id = :buyer and h.deleted_at is null
left join (
  select taken.id as line_id, taken.sku_id, taken.count as units, s.spec, s.unit_quantity, s.price_fen, s.cooperative_id,
         s.product_id, p.produce_id, p.name as product_name, p.picture, p.certified, c.name as category_name, g.unit_kind,
         o.code as cooperative_code, o.freight_fen, o.freight_free_from_fen, f.rule_version, f.rule_body,
         s.published and p.published_at is not null as on_sale, p.fresh, p.ships_from
  from taken join sku s on s.id = taken.sku_id join product p on p.id = s.product_id join category c on c.id = p.category_id
       join produce g on g.id = p.produce_id join cooperative o on o.id = s.cooperative_id
       {IN_FORCE}
) t on true
order by t.cooperative_id, t.line_id
""").columns(recipient=Encrypted, phone=Encrypted, detail=Encrypted, invoice_title=Encrypted)  # noqa: S608 (our own text)


def place(
    buyer_id: int,
    basket_id: int,
    address_id: int,
    request_key: str,
    notes: Mapping[str, str] | None = None,
    now: datetime | None = None,
    *,
    hold: timedelta | None = None,
    pay_method: str = "online",
    channel: str = "online",
    expected_fen: int | None = None,
    ways: Mapping[str, str] | None = None,
    heading_id: int | None = None,
    fresh_confirmed: Collection[int] | None = None,
    coupon_ids: Sequence[int] = (),
) -> Placed:
    """Turn everything in the buyer's basket into one order that is to be paid. Four statements.

    `request_key` comes with the confirmation form (basket.View.key): the same request again gets the same order. `notes` are
    the buyer's words by cooperative code. `now` only for imported history; else the database's clock counts. `hold` is set by
    the payment method (settings; transfers seven days) unless given. `expected_fen`
    is the total that the buyer saw and agreed to. `ways`: the way of delivery by cooperative code (express where none is given);
    `heading_id`: the invoice heading to be copied. `fresh_confirmed`: the skus whose fresh goods the buyer confirmed to have no
    seven-day return; None asks nothing, and they can be returned. Call it through attempts.retried.
    `heading_id`: the invoice heading to be copied; `coupon_ids`: coupons taken by the buyer (five statements more).
    Call it through attempts.retried.

    Raises Refused (empty basket, nothing left, not on sale, total changed), NotFound (address), Conflict; the basket stays.
    """
    if not request_key or len(request_key) > MAX_KEY:
        raise Refused(_("页面信息不完整，请回到购物车重新提交"))
    values = {"key": request_key, "buyer": buyer_id, "basket": basket_id, "address": address_id}
    values |= {"heading": heading_id}
    rows = session().execute(_TAKE, values).all()
    faults.point("placing:taken")
    first = rows[0]
    if first.prior_id is not None:
        return Placed(first.prior_id, first.prior_number, False)
    if first.line_id is None:
        return _already_placed(request_key, buyer_id)
    if first.address_id is None:
        raise NotFound(_("没有找到这个收货地址，请重新选择"), field="address")
    items = [_item(row) for row in rows]
    if fresh_confirmed is not None:
        fresh.require([(row.sku_id, row.product_name, row.fresh) for row in rows], fresh_confirmed)
    if heading_id is not None and first.heading_id is None:
        raise NotFound(_("没有找到这个发票抬头，请重新选择"), field="invoice")
    rules = _terms(rows, ways or {})
    items, used = coupon_using.claim(buyer_id, items, coupon_ids, clock.shanghai_day(now or clock.now()))
    _agree(items, rules, expected_fen)
    codes = {row.cooperative_code: row.cooperative_id for row in rows}
    new = NewOrder(
        request_key=request_key,
        to=Recipient(
            first.recipient,
            first.phone,
            first.province + first.city + first.district,
            first.street + first.detail,
        ),
        invoice=Invoice(first.invoice_kind, first.invoice_title, first.invoice_tax_code)
        if heading_id is not None
        else None,
        buyer_id=buyer_id,
        channel=channel,
        pay_method=pay_method,
        notes={codes[code]: _note(code, words) for code, words in (notes or {}).items() if code in codes},
        placed_at=now,
        hold=_hold_for(pay_method) if hold is None else hold,
    )
    placed = record(new, items, rules)
    fresh.keep(
        placed.order_id, [row.sku_id for row in rows if row.fresh and row.sku_id in (fresh_confirmed or ())]
    )
    coupon_using.keep(placed.order_id, items, used)
    return placed


def _already_placed(request_key: str, buyer_id: int) -> Placed:
    """The basket is empty: the order that a double click or the other tab made, if there is one."""
    row = (
        session()
        .execute(select(Order.id, Order.number, Order.buyer_id).where(Order.request_key == request_key))
        .one_or_none()
    )
    if row is None:
        raise Refused(_("购物车里没有商品。如果刚刚提交过，请到“我的订单”查看"))
    if row.buyer_id != buyer_id:
        raise Conflict(_("页面信息已失效，请回到购物车重新提交"))
    return Placed(row.id, row.number, False)


def _item(row: Row[*tuple[Any, ...]]) -> Item:
    if not row.on_sale:
        raise Refused(
            _("“%(name)s”已下架，请从购物车中移除后再提交", name=f"{row.product_name} {row.spec}"),
            field=f"sku-{row.sku_id}",
        )
    return Item(
        cooperative_id=row.cooperative_id,
        product_id=row.product_id,
        sku_id=row.sku_id,
        produce_id=row.produce_id,
        product_name=row.product_name,
        category_name=row.category_name,
        spec=row.spec,
        picture=row.picture,
        certified=row.certified,
        unit_kind=row.unit_kind,
        unit_quantity=row.unit_quantity,
        unit_price_fen=row.price_fen,
        count=row.units,
        ships_from=presale.promised(row.ships_from),
    )


def _terms(rows: Sequence[Row[*tuple[Any, ...]]], ways: Mapping[str, str]) -> dict[int, Freight]:
    """What each cooperative asks for its parcel to this address. Raises Refused where it does not send there."""
    first = rows[0]
    to = freight.Place(first.province, first.province + first.city + first.district, first.street)
    codes = {row.cooperative_id: row.cooperative_code for row in rows}
    found: dict[int, Freight] = {}
    for cooperative_id, parcel in freight.parcels(rows).items():
        code = codes[cooperative_id]
        terms = parcel.rule.terms(ways.get(code, freight.EXPRESS), to, parcel.grams)
        if terms is None:
            raise Refused(
                _("这家合作社不能这样送到%(place)s，请换一种送货方式或地址", place=to.region + to.street),
                field=f"way-{code}",
            )
        found[cooperative_id] = terms
    return found


def _agree(items: Sequence[Item], rules: Mapping[int, Freight], expected_fen: int | None) -> None:
    """Nobody is charged another amount than the one on the confirmation page."""
    if expected_fen is None:
        return
    lines = [Line(i.cooperative_id, i.unit_price_fen, i.count, i.discount_fen) for i in items]
    total = quote(lines, rules).total_fen - sum(i.town_borne_fen for i in items)
    if total != expected_fen:
        raise Refused(
            _(
                "价格或购物车有变化，应付从 %(old)s 变为 %(new)s，请核对后再提交",
                old=format_yuan(expected_fen),
                new=format_yuan(total),
            ),
            field="total",
        )


def _hold_for(pay_method: str) -> timedelta:
    if pay_method == "transfer":
        return HOLD_TRANSFER
    return timedelta(minutes=http.settings().hold_minutes_online)


def _note(code: str, words: str) -> str:
    try:
        return clean_line(words, label=_("买家留言"), max_length=MAX_NOTE, required=False)
    except BadInput as wrong:
        raise Refused(_(wrong.template, **wrong.values), field=f"note-{code}") from None
