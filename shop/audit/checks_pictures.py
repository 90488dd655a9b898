"""Invariants of products' pictures: places without gaps, photographs of the own cooperative, nothing gone that is shown."""

from __future__ import annotations

from shop.audit.check import Check
from shop.core.text import N_

CHECKS = (
    Check(
        "product-pictures",
        N_("商品图片"),
        N_("每个商品的图片从第 1 张起连着排；照片属于同一个合作社，大小两个文件都在，指纹相符"),
        """
        select product_id as product, null as picture, count(*) as hung, max(seq) as last
          from product_picture where seq is not null group by product_id having max(seq) <> count(*)
        union all
        select i.product_id, i.id, null, i.seq
          from product_picture i
          left join attachment l on l.id = i.large_id
          left join attachment s on s.id = i.small_id
         where i.large_id is not null
           and (l.sha256 is distinct from i.mark or l.cooperative_id is distinct from i.cooperative_id
                or s.cooperative_id is distinct from i.cooperative_id)
        """,
    ),
)
