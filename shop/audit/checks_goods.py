"""Invariants of goods in: confirmations and the price list that receipts were made by."""

from __future__ import annotations

from shop.audit.check import Check
from shop.core.text import N_

CHECKS = (
    Check(
        "receipts-confirmed",
        N_("交货确认"),
        N_(
            "每次确认属于本社的一张交货单（不是冲销单），时间和单上的一样，签名存在；单上写着已确认的都有确认记录"
        ),
        """
        select r.number, c.how, r.confirmed_at, c.at, r.reverses_id
          from receipt_confirmation c join intake_receipt r on r.id = c.receipt_id
          left join attachment a on a.id = c.attachment_id
         where r.cooperative_id <> c.cooperative_id or r.reverses_id is not null or r.confirmed_at is distinct from c.at
            or (c.how in ('code', 'page') and r.household_id is null)
            or (c.attachment_id is not null and (a.subject_type is distinct from 'receipt_confirmation'
                or a.subject_id <> r.id or a.cooperative_id is distinct from r.cooperative_id))
        union all
        select r.number, null, r.confirmed_at, null, r.reverses_id from intake_receipt r
         where r.confirmed_at is not null and not exists (select from receipt_confirmation where receipt_id = r.id)
        """,
    ),
    Check(
        "receipts-priced",
        N_("收购价目"),
        N_(
            "交货单引用的价目是同一合作社、产品、等级和方式的，那天已经生效；价钱、提成和等级系数与价目一样，不一样的都注明了"
        ),
        """
        select r.number, r.price_fen, p.price_fen as listed_fen, r.commission_rate, p.commission_rate as listed_rate, r.off_list
          from intake_receipt r left join intake_price p on p.id = r.intake_price_id
          left join intake_receipt o on o.id = r.reverses_id
         where (r.intake_price_id is null and r.off_list)
            or (r.intake_price_id is not null
                and (p.id is null or p.cooperative_id <> r.cooperative_id or p.produce_id <> r.produce_id or p.grade <> r.grade
                     or p.mode <> r.mode or p.valid_from > coalesce(o.received_on, r.received_on)
                     or r.off_list <> ((r.price_fen, coalesce(r.commission_rate, ''), r.grade_factor)
                                       <> (p.price_fen, coalesce(p.commission_rate, ''), p.grade_factor))))
        """,
    ),
)
