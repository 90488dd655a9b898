"""What counts as odd: each rule with its definition, its threshold and since when, and the select that finds its rows.

A row is (subject, seen, place, cooperative, figures): what it is about, when, where a reader looks further ('order:…',
'sku:…', 'batch:…', 'household:…'), whose it is, and the figures behind it. A finding is known again by subject and figures, so
figures hold nothing that changes by itself, like an age. Every select looks at a bounded past. Flags only: nothing is blocked.
`:region` is a prefix, `:today` a day, `:now` a moment; thresholds have the names given in LIMITS; @own and @here are
`in_region`'s, @sold and @lately `statement`'s.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from shop.cooperatives.people.in_region import in_region
from shop.core.text import N_


@dataclass(frozen=True, slots=True)
class Limit:
    """A threshold: its value, since when it is used, and what it means."""

    value: int
    since: date
    name: str


_FIRST = date(2026, 11, 28)
LIMITS: Mapping[str, Limit] = {
    "attribute_hours": Limit(1, _FIRST, N_("付款后几小时还没归到户")),
    "send_days": Limit(7, _FIRST, N_("付款后几天还没发货")),
    "receive_days": Limit(15, _FIRST, N_("发货后几天还没签收")),
    "median_times": Limit(5, _FIRST, N_("超过同年同产品各户中位数的几倍")),
    "median_households": Limit(5, _FIRST, N_("至少几户才比")),
    "mu_kg": Limit(2_000, _FIRST, N_("每亩每年最多出多少公斤")),
    "hive_kg": Limit(50, _FIRST, N_("每箱蜂每年最多出多少公斤蜜")),
    "own_fen": Limit(50_000, _FIRST, N_("本社的人一个月买本社的货满多少")),
    "one_percent": Limit(50, _FIRST, N_("一个买家占合作社当月销售的百分之几以上")),
    "one_fen": Limit(100_000, _FIRST, N_("合作社当月销售满多少才看")),
    "price_percent": Limit(30, _FIRST, N_("价格变动超过百分之几")),
    "price_days": Limit(30, _FIRST, N_("在几天之内")),
    "far_times": Limit(2, _FIRST, N_("是同一产品中位价的几倍以上，或几分之一以下")),
    "far_lines": Limit(5, _FIRST, N_("至少有几笔销售才比")),
    "bank_days": Limit(7, _FIRST, N_("付款前几天之内换了收款账户")),
    "look_days": Limit(90, _FIRST, N_("往回看几天")),
}


@dataclass(frozen=True, slots=True)
class Rule:
    """`says` is one sentence about a row, filled with its figures: *_fen as money, *_g as weight, *_percent as percent."""

    code: str
    name: str
    definition: str
    limits: tuple[str, ...]
    says: str
    sql: str


# paid goods of a cooperative by buyer and month, of the present month and the two before it
_SOLD = """
        select s.cooperative_id, date_trunc('month', o.paid_on)::date as month, o.buyer_id,
               sum(s.goods_fen - s.discount_fen)::bigint as fen, count(*) as orders, max(o.paid_at) as seen
          from customer_order o join suborder s on s.order_id = o.id @own(s)
         where @here and o.paid_on >= (date_trunc('month', cast(:today as date)) - interval '2 months')::date
           and o.paid_at is not null and s.state <> 'closed' group by 1, 2, 3"""


RULES: tuple[Rule, ...] = (
    Rule(
        "unattributed", N_("卖了没归到户"),
        N_("已付款的商品行，归属到各户的金额或数量与这一行不等"),
        ("attribute_hours", "look_days"),
        N_("这一行 %(net_fen)s（数量 %(quantity)s），归到户的 %(attributed_fen)s（数量 %(attributed)s）"),
        """
        select 'line:' || l.id, o.paid_at, 'order:' || o.number, c.name,
               jsonb_build_object('net_fen', l.net_fen, 'quantity', l.quantity,
               'attributed_fen', a.fen, 'attributed', a.quantity)
          from customer_order o join suborder s on s.order_id = o.id join order_line l on l.suborder_id = s.id
          @own(s)
          join lateral (select coalesce(sum(fen), 0)::bigint as fen, coalesce(sum(quantity), 0)::bigint as quantity
                          from attribution where line_id = l.id and refund_line_id is null) a on true
         where @here and o.state = 'paid' and o.paid_at < :now - make_interval(hours => cast(:attribute_hours as int))
           and (o.attributed_at is null or o.paid_on >= @lately)
           and (a.fen <> l.net_fen or a.quantity <> l.quantity)
        """,
    ),
    Rule(
        "unsent", N_("久未发货"),
        N_("付了款一直没发货；预售从约定发货日算起"),
        ("send_days",),
        N_("%(number)s 付款后一直没发货"),
        """
        select 'unsent:' || s.id, o.paid_at, 'order:' || o.number, c.name, jsonb_build_object('number', s.number)
          from suborder s join customer_order o on o.id = s.order_id @own(s)
         where @here and s.state = 'to_ship' and o.paid_at < :now - make_interval(days => cast(:send_days as int))
           and not exists (select from order_line where suborder_id = s.id and ships_from > :today - cast(:send_days as int))
        """,
    ),
    Rule(
        "unreceived", N_("发了货一直没签收"),
        N_("发货以后既没有签收，也没有自动确认"),
        ("receive_days",),
        N_("%(number)s 发货后一直没签收"),
        """
        select 'unreceived:' || s.id, s.shipped_at, 'order:' || o.number, c.name, jsonb_build_object('number', s.number)
          from suborder s join customer_order o on o.id = s.order_id @own(s)
         where @here and s.state = 'shipped' and s.shipped_at < :now - make_interval(days => cast(:receive_days as int))
        """,
    ),
    Rule(
        "over_median", N_("交货比别的户多很多"),
        N_("一户一年交的一种产品，超过各户中位数很多倍；登记了土地或蜂箱的户改看能不能产这么多"),
        ("median_times", "median_households"),
        N_("%(year)s 年交 %(produce)s %(brought_g)s，各户中位数 %(median_g)s（%(households)s 户）"),
        """
        with grown as (
          select extract(year from r.received_on)::int as year, p.name as produce, r.household_id,
                 sum(r.quantity)::bigint as grams, max(c.name) as cooperative, max(r.recorded_at) as seen,
                 case when p.name like '%蜜%' then 'hives' else 'land_mu' end as kind
            from intake_receipt r join produce p on p.id = r.produce_id @own(r)
           where @here and p.unit_kind = 'g' and r.household_id is not null
             and r.received_on >= (date_trunc('year', cast(:today as date)) - interval '1 year')::date
           group by 1, 2, 3, p.name),
        usual as (
          select year, produce, percentile_disc(0.5) within group (order by grams) as median, count(*) as households
            from grown group by 1, 2)
        select 'median:' || g.year || ':' || g.produce || ':' || h.code, g.seen, 'household:' || h.code, g.cooperative,
               jsonb_build_object('year', g.year, 'produce', g.produce, 'brought_g', g.grams, 'median_g', u.median,
                                  'households', u.households, 'household', h.code)
          from grown g join usual u using (year, produce) join household h on h.id = g.household_id
         where u.households >= :median_households and g.grams > u.median * :median_times
           and not exists (select from household_capacity k where k.household_id = g.household_id and k.kind = g.kind
                              and k.valid_from <= make_date(g.year, 12, 31))
        """,
    ),
    Rule(
        "over_capacity", N_("交货超过地里、蜂箱能产的"),
        N_("一户一年交的全部鲜货干货（蜂蜜另算）超过登记的土地能产的；蜂蜜超过登记的蜂箱能产的"),
        ("mu_kg", "hive_kg"),
        N_("%(year)s 年交 %(brought_g)s，登记的%(what)s最多产 %(most_g)s"),
        """
        with grown as (
          select extract(year from r.received_on)::int as year, r.household_id, sum(r.quantity)::bigint as grams,
                 max(c.name) as cooperative, max(r.recorded_at) as seen,
                 case when p.name like '%蜜%' then 'hives' else 'land_mu' end as kind
            from intake_receipt r join produce p on p.id = r.produce_id @own(r)
           where @here and p.unit_kind = 'g' and r.household_id in (select household_id from household_capacity)
             and r.received_on >= (date_trunc('year', cast(:today as date)) - interval '1 year')::date
           group by 1, 2, 6)
        select 'capacity:' || g.year || ':' || g.kind || ':' || h.code, g.seen, 'household:' || h.code, g.cooperative,
               jsonb_build_object('year', g.year, 'brought_g', g.grams, 'what', g.kind, 'most_g', m.grams, 'household', h.code)
          from grown g join household h on h.id = g.household_id
          join lateral (select k.amount from household_capacity k where k.household_id = g.household_id and k.kind = g.kind
                           and k.valid_from <= make_date(g.year, 12, 31) order by k.valid_from desc, k.id desc limit 1) k on true
          join lateral (select case g.kind when 'hives' then k.amount * :hive_kg * 1000
                                           else k.amount * :mu_kg * 100 end as grams) m on true
         where g.grams > m.grams
        """,
    ),
    Rule(
        "own_buyer", N_("本社的人买本社的货"),
        N_("买家在这个合作社有职务，或手机号是本社成员户的（按散列比对），一个月买得多；看本月和前两个月"),
        ("own_fen",),
        N_("%(month)s 买了 %(orders)s 单 %(bought_fen)s，买家是%(what)s"),
        """
        select 'own:' || x.cooperative_id || ':' || to_char(x.month, 'YYYY-MM') || ':' || x.buyer_id, x.seen, 'orders:' || c.code,
               c.name, jsonb_build_object('month', to_char(x.month, 'YYYY-MM'), 'orders', x.orders, 'bought_fen', x.fen,
               'what', case when w.manages then 'manager' else 'member' end)
          from (@sold) x join cooperative c on c.id = x.cooperative_id
          join user_account u on u.id = x.buyer_id
          join lateral (select exists (select from role_grant g where g.user_id = x.buyer_id and g.role = 'manager'
                                          and g.cooperative_id = x.cooperative_id and g.valid_from < x.month + interval '1 month'
                                          and (g.valid_to is null or g.valid_to >= x.month)) as manages) w on true
         where x.fen >= :own_fen and (w.manages or exists (
               select from unnest(cast(:member_cooperatives as bigint[]), cast(:member_phones as text[])) m (cooperative_id, hash)
                where m.cooperative_id = x.cooperative_id and m.hash = encode(sha256(convert_to(u.phone, 'UTF8')), 'hex')))
        """,
    ),
    Rule(
        "one_buyer", N_("一个买家占了大半"),
        N_("一个账号买的占合作社当月销售的一大半；看本月和前两个月"),
        ("one_percent", "one_fen"),
        N_("%(month)s 一个买家 %(orders)s 单 %(bought_fen)s，全社 %(all_fen)s"),
        """
        select 'one:' || x.cooperative_id || ':' || to_char(x.month, 'YYYY-MM') || ':' || x.buyer_id, x.seen, 'orders:' || c.code,
               c.name, jsonb_build_object('month', to_char(x.month, 'YYYY-MM'), 'orders', x.orders, 'bought_fen', x.fen,
               'all_fen', x.whole)
          from (select y.*, sum(y.fen) over (partition by y.cooperative_id, y.month)::bigint as whole
                  from (@sold) y) x join cooperative c on c.id = x.cooperative_id
         where x.buyer_id is not null and x.whole >= :one_fen and x.fen * 100 > x.whole * :one_percent
        """,
    ),
    Rule(
        "price_jump", N_("价格突然变了很多"),
        N_("一个规格的新价比这几天里用过的某个价变动太大"),
        ("price_percent", "price_days", "look_days"),
        N_("%(product)s %(spec)s 从 %(was_fen)s 改成 %(now_fen)s（%(day)s 起）"),
        """
        with p as (select p.*, lead(valid_from) over (partition by sku_id order by valid_from, id) as until from sku_price p),
        jump as (
          select n.sku_id, n.id, n.valid_from, n.price_fen, n.set_at, e.price_fen as was,
                 row_number() over (partition by n.id order by abs(n.price_fen - e.price_fen) desc, e.id desc) as place
            from p n join p e on e.sku_id = n.sku_id and e.until >= n.valid_from - cast(:price_days as int)
                 and e.valid_from < n.valid_from
           where n.valid_from between @lately and :today
             and abs(n.price_fen - e.price_fen) * 100 > e.price_fen * :price_percent)
        select 'price:' || j.id, j.set_at, 'sku:' || k.id, c.name, jsonb_build_object('product', r.name, 'spec', k.spec,
               'was_fen', j.was, 'now_fen', j.price_fen, 'day', j.valid_from)
          from jump j join sku k on k.id = j.sku_id join product r on r.id = k.product_id @own(k)
         where @here and j.place = 1
        """,
    ),
    Rule(
        "price_far", N_("成交价离同类太远"),
        N_("成交单价离同一产品的中位价太远；同一规格同一价格只列一次"),
        ("far_times", "far_lines", "look_days"),
        N_("%(product)s %(spec)s 卖 %(unit_fen)s，折每千克（件）%(sold_fen)s，中位价 %(median_fen)s"),
        """
        with sold as (
          select l.*, o.paid_at, case l.unit_kind when 'g' then l.unit_price_fen * 1000 / l.unit_quantity
                                 else l.unit_price_fen / l.unit_quantity end as each
            from order_line l join suborder s on s.id = l.suborder_id join customer_order o on o.id = s.order_id
            @own(l) where @here and o.paid_on >= @lately and s.state <> 'closed'),
        usual as (select produce_id, percentile_disc(0.5) within group (order by each) as median, count(*) as lines
                    from sold group by 1)
        select 'far:' || l.sku_id || ':' || l.unit_price_fen, max(l.paid_at), 'sku:' || l.sku_id, max(c.name),
               jsonb_build_object('product', max(l.product_name), 'spec', max(l.spec), 'unit_fen', l.unit_price_fen,
                                  'sold_fen', max(l.each), 'median_fen', max(u.median))
          from sold l join usual u using (produce_id) join cooperative c on c.id = l.cooperative_id
         where u.lines >= :far_lines and u.median > 0 and (l.each > u.median * :far_times or l.each * :far_times < u.median)
         group by l.sku_id, l.unit_price_fen
        """,
    ),
    Rule(
        "bank_changed", N_("付款前换了收款账户"),
        N_("付款批次做好前不久，收款户刚换过账户（以前有过别的账户）"),
        ("bank_days", "look_days"),
        N_("批次 %(batch)s 付 %(paid_fen)s 到尾号 %(last_four)s，%(day)s 刚换的账户"),
        """
        select 'bank:' || p.id, b.made_at, 'batch:' || b.id, c.name,
               jsonb_build_object('batch', b.number, 'paid_fen', p.amount_fen,
               'last_four', a.last_four, 'day', (a.approved_at at time zone 'Asia/Shanghai')::date, 'account', a.id)
          from payout p join payout_batch b on b.id = p.batch_id join payee_account a on a.id = p.payee_account_id
          @own(p)
         where @here and b.state <> 'cancelled' and p.state <> 'cancelled'
           and b.made_at >= :now - make_interval(days => cast(:look_days as int))
           and a.approved_at > b.made_at - make_interval(days => cast(:bank_days as int))
           and exists (select from payee_account e where e.cooperative_id = a.cooperative_id and e.id < a.id
                          and e.approved_at is not null and e.household_id is not distinct from a.household_id
                          and e.supplier_id is not distinct from a.supplier_id)
        """,
    ),
    Rule(
        "stock", N_("库存对不上"),
        N_("最近一次账目核对里，库存和批次的核对有差错：负数、不平或与流水不符"),
        (),
        N_("%(check)s：%(count)s 处"),
        """
        select 'audit:' || (x ->> 'code'), a.finished_at, 'audit:', '', jsonb_build_object('check', x ->> 'name',
               'count', (x ->> 'count')::int, 'rows', md5((x -> 'rows')::text))
          from (select * from audit_result order by id desc limit 1) a cross join lateral jsonb_array_elements(a.checks) x
         where (x ->> 'count')::int > 0 and x ->> 'code' = any(cast(:stock_checks as text[]))
        """,
    ),
)  # fmt: skip
BY_CODE: Mapping[str, Rule] = {rule.code: rule for rule in RULES}


def statement(rule: Rule) -> str:
    """The rule's select, written out."""
    lately = ":today - cast(:look_days as int)"
    return in_region(rule.sql.replace("@sold", _SOLD).replace("@lately", lately))
