"""Invariants of what households are told: attribution, settlement, distribution."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from shop.audit.check import Check
from shop.cooperatives.income import rules
from shop.cooperatives.income.models import Distribution, DistributionLine
from shop.cooperatives.income.rules_document import canonical_json, to_document
from shop.cooperatives.income.rules_input import parse_document
from shop.core.db import session
from shop.core.text import N_


def _irreproducible() -> list[dict[str, Any]]:
    """Distributions whose stored inputs do not give the stored outputs, hashes and member lines again."""
    broken = []
    rows = session().execute(
        select(
            Distribution.id, Distribution.document, Distribution.outputs_sha256, Distribution.inputs_sha256
        ).where(Distribution.document.is_not(None))
    )
    for row in rows.all():
        document = row.document or {}
        claims = ("outputs", "inputs_sha256", "outputs_sha256")
        inputs = parse_document({key: value for key, value in document.items() if key not in claims})
        again = to_document(inputs, rules.compute(inputs))
        stored = session().execute(
            select(DistributionLine.number, DistributionLine.patronage_fen, DistributionLine.residual_fen)
            .where(DistributionLine.distribution_id == row.id)
            .order_by(DistributionLine.number)
        )
        lines = [{"member": n, "patronage_fen": a, "residual_fen": b} for n, a, b in stored]
        same = (
            canonical_json(again) == canonical_json(document)
            and again["outputs_sha256"] == row.outputs_sha256
            and again["inputs_sha256"] == row.inputs_sha256
            and lines == again["outputs"]["members"]
        )
        if not same:
            broken.append({"distribution": row.id})
    return broken


CHECKS = (
    Check(
        "attribution",
        N_("归属到分"),
        N_("已归属订单每行：各户金额之和 = 行净额，各户数量之和 = 行数量"),
        """
        select o.number, l.id as line, l.net_fen, l.quantity, a.fen, a.quantity as attributed
          from customer_order o join suborder s on s.order_id = o.id join order_line l on l.suborder_id = s.id
          join lateral (select coalesce(sum(fen), 0) as fen, coalesce(sum(quantity), 0) as quantity from attribution
                         where line_id = l.id and refund_line_id is null) a on true
         where o.attributed_at is not null and (a.fen <> l.net_fen or a.quantity <> l.quantity)
        """,
    ),
    Check(
        "attribution-parties",
        N_("归属给交货人"),
        N_("每行归属的户就是那份货的交货户，收货当日的成员身份已固定"),
        """
        select a.id as attribution, a.lot_id, a.lot_part_id from attribution a join lot_part p on p.id = a.lot_part_id
         where (a.lot_id, a.household_id, a.supplier_id, a.member_id)
               is distinct from (p.lot_id, p.household_id, p.supplier_id, p.member_id)
        union all
        select p.id, p.lot_id, p.seq from lot_part p
          join intake_receipt r on r.id = p.receipt_id
          left join member m on m.id = p.member_id
         where (p.household_id, p.supplier_id, p.member_id, p.quantity, p.value_fen)
               is distinct from (r.household_id, r.supplier_id, r.member_id, r.quantity, r.value_fen)
            or (p.member_id is not null and (m.joined_on > r.received_on or m.left_on < r.received_on))
        union all
        select p.id, p.lot_id, p.seq from lot_part p join lot_part f on f.id = p.parent_part_id
         where (p.household_id, p.supplier_id, p.member_id) is distinct from (f.household_id, f.supplier_id, f.member_id)
        """,
    ),
    Check(
        "allocation-split",
        N_("批次占用的金额"),
        N_("每个占用的金额 = 它的归属行之和"),
        """
        select a.id as allocation, a.fen, t.fen as attributed from lot_allocation a
          join lateral (select coalesce(sum(fen), 0) as fen from attribution
                         where allocation_id = a.id and kind = 'sale') t on true
         where a.attributed_at is not null and a.fen is distinct from t.fen
        """,
    ),
    Check(
        "reversals",
        N_("冲回不超过原行"),
        N_("一行归属的冲回之和不超过它自己"),
        """
        select a.id as attribution, a.fen, a.quantity, sum(r.fen) as back_fen, sum(r.quantity) as back_quantity
          from attribution a join attribution r on r.reverses_id = a.id
         group by a.id having a.fen + sum(r.fen) < 0 or a.quantity + sum(r.quantity) < 0
        """,
    ),
    Check(
        "distribution-sums",
        N_("分配合计"),
        N_("各户盈余返还之和 = P ≥ 60%·D，各户剩余盈余之和 = Q，P + Q = D = E − L − R"),
        """
        select d.id as distribution, d.patronage_fen, d.residual_fen, l.patronage, l.residual from distribution d
          join lateral (select coalesce(sum(patronage_fen), 0) as patronage, coalesce(sum(residual_fen), 0) as residual
                          from distribution_line where distribution_id = d.id) l on true
         where d.document is not null
           and (d.patronage_fen <> l.patronage or d.residual_fen <> l.residual
                or d.patronage_fen + d.residual_fen <> d.distributable_fen
                or d.patronage_fen * 100 < d.distributable_fen * 60)
        """,
    ),
    Check(
        "distribution-posted",
        N_("分配入账"),
        N_("已入账的分配：账上每个成员的应付盈余返还（221）和应付剩余盈余（222）= 分配表的那一行"),
        """
        select d.id as distribution, l.number as member, l.patronage_fen, l.residual_fen, e.patronage, e.residual
          from distribution d join distribution_line l on l.distribution_id = d.id
          left join ledger_transaction t on t.key = 'distribution:' || d.id
          left join lateral (select -coalesce(sum(fen) filter (where account = '221'), 0) as patronage,
                                    -coalesce(sum(fen) filter (where account = '222'), 0) as residual
                               from ledger_entry where transaction_id = t.id and member_id = l.member_id) e on true
         where d.state in ('posted', 'paying', 'paid')
           and (t.id is null or e.patronage <> l.patronage_fen or e.residual <> l.residual_fen)
        union all
        select d.id, 0, d.patronage_fen, d.residual_fen, 0, 0 from distribution d
         where d.state not in ('posted', 'paying', 'paid', 'reversed')
           and exists (select 1 from ledger_transaction t where t.key = 'distribution:' || d.id)
        """,
    ),
    Check(
        "distribution-voted",
        N_("分配经过公示和决议"),
        N_("审核过的分配都公示过、有达到法定人数和票数的决议，审核人不是计算人"),
        """
        select d.id as distribution, d.state, d.made_by, d.approved_by, r.present, r.votes_for, r.members
          from distribution d
          left join resolution r on r.distribution_id = d.id and r.subject = 'distribution'
         where d.state in ('approved', 'posted', 'paying', 'paid')
           and (r.id is null or r.present * 3 < r.members * 2 or r.votes_for * 2 <= r.members + r.extra_votes
                or d.approved_by is null or d.approved_by = d.made_by
                or not exists (select 1 from notice n where n.distribution_id = d.id))
        """,
    ),
    Check(
        "distribution-reproducible",
        N_("分配可重算"),
        N_("用存下的输入重算，结果、指纹和各户金额一字不差"),
        _irreproducible,
    ),
)
