"""Invariants of reviews: only of what was bought and received, counted as written, hidden and shown in turn.

A refund carries the moment at which it began, so one under way while the review was written is given five minutes.
"""

from __future__ import annotations

from shop.audit.check import Check
from shop.core.text import N_

CHECKS = (
    Check(
        "reviews-bought",
        N_("评价来自真实购买"),
        N_("每条评价的那一行已付款、已签收，写的时候没有全部退掉；图片张数与记录相符"),
        """
        select r.id as review, l.id as line, s.received_at, r.at, r.pictures
          from review r
          left join order_line l on l.id = r.line_id and l.product_id = r.product_id
          left join suborder s on s.id = l.suborder_id
          left join customer_order o on o.id = s.order_id
         where o.id is null or o.paid_at is null or s.received_at is null or s.received_at > r.at
            or o.attributed_at is null or o.attributed_at > r.at
            or coalesce((select sum(quantity) from attribution where line_id = l.id
                         and (kind = 'sale' or at <= r.at - interval '5 minutes')), 0) <= 0
            or r.pictures <> (select count(*) from review_picture where review_id = r.id)
        """,
    ),
    Check(
        "ratings",
        N_("评分"),
        N_("每个商品记下的各星级条数 = 逐条数出来的，隐藏的也算"),
        """
        select coalesce(k.product_id, c.product_id) as product, k.one, k.two, k.three, k.four, k.five, k.pictured,
               c.one as c1, c.two as c2, c.three as c3, c.four as c4, c.five as c5, c.pictured as cp
          from product_rating k
          full join (select product_id, count(*) filter (where stars = 1) as one, count(*) filter (where stars = 2) as two,
                            count(*) filter (where stars = 3) as three, count(*) filter (where stars = 4) as four,
                            count(*) filter (where stars = 5) as five, count(*) filter (where pictures > 0) as pictured
                       from review group by product_id) c on c.product_id = k.product_id
         where (k.one, k.two, k.three, k.four, k.five, k.pictured)
               is distinct from (c.one, c.two, c.three, c.four, c.five, c.pictured)
        """,
    ),
    Check(
        "review-steps",
        N_("评价的隐藏和回复"),
        N_("隐藏与恢复交替，回复按次序，一步不缺"),
        """
        select 'hiding' as item, review_id, count(*) as steps, max(seq) as last from review_hiding
         group by review_id having max(seq) <> count(*) or bool_or(hidden <> (seq % 2 = 1))
        union all
        select 'reply', review_id, count(*), max(seq) from review_reply group by review_id having max(seq) <> count(*)
        """,
    ),
)
