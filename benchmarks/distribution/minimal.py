"""The least that PostgreSQL can do for a year's distribution: one statement for all cooperatives, rows stored, nothing else.

The same sums from the same ledger as ours, to the fen (whole-number arithmetic on numeric, largest remainder, ties to
the smaller number), without documents, hashes, refusals, progress, locks per cooperative or anybody who could follow it.
"""

from __future__ import annotations

from sqlalchemy import text

TABLE = text("""
create table if not exists bench_line (cooperative_id bigint, member_id bigint, number bigint, trade_fen bigint,
  capital_fen bigint, reserve_share_fen bigint, patronage_fen bigint, residual_fen bigint,
  primary key (cooperative_id, member_id))
""")
EMPTY = text("truncate bench_line, bench_settled")
SETTLED = text("""
create table if not exists bench_settled (cooperative_id bigint, household_id bigint, supplier_id bigint, kind text,
  produce_id bigint, fen bigint, quantity bigint)
""")
# The same sums as a month's settlement: by party, kind and produce.
SETTLE = text("""
insert into bench_settled
select t.cooperative_id, e.household_id, e.supplier_id, t.kind, p.produce_id, sum(-e.fen), sum(e.quantity)
  from ledger_transaction t
  join ledger_entry e on e.transaction_id = t.id
  left join lateral (
    select r.produce_id from intake_receipt r where t.source_type = 'intake_receipt' and r.id = t.source_id
    union all
    (select l.produce_id from attribution a join lot l on l.id = a.lot_id
      where t.source_type = 'order_line' and a.line_id = t.source_id limit 1)
  ) p on true
 where t.on_date >= :first and t.on_date < :next and t.kind <> 'payout' and e.account in ('114.payable', '211')
   and (e.household_id is not null or e.supplier_id is not null)
 group by 1, 2, 3, 4, 5
""")
# Parties whose due differs between ours and that.
SETTLED_DIFFERENCE = text("""
select count(*) from (select cooperative_id, household_id, supplier_id, sum(due_fen - carried_in_fen) as fen
                        from settlement_line group by 1, 2, 3) a
  full join (select cooperative_id, household_id, supplier_id, sum(fen) as fen from bench_settled group by 1, 2, 3) b
    on a.cooperative_id = b.cooperative_id and coalesce(a.household_id, 0) = coalesce(b.household_id, 0)
   and coalesce(a.supplier_id, 0) = coalesce(b.supplier_id, 0)
 where a.fen is distinct from b.fen
""")
# A thousand sales of today, one kilogram for 60 yuan, each owed to a member.
NEW_SALES = text("""
with member_of as (select m.*, row_number() over (order by m.number, m.cooperative_id) as n from member m limit 1000),
booked as (
  insert into ledger_transaction (cooperative_id, kind, key, on_date, source_type, source_id, memo)
  select cooperative_id, 'sale', 'bench-sale:' || n, current_date, 'order_line', n, '' from member_of
  returning id, cooperative_id, source_id
)
insert into ledger_entry (transaction_id, cooperative_id, account, member_id, household_id, fen, quantity)
select b.id, b.cooperative_id, e.account, case when e.fen < 0 then m.id end, case when e.fen < 0 then m.household_id end, e.fen,
       case when e.fen < 0 then 1000 else 0 end
  from booked b join member_of m on m.n = b.source_id
 cross join (values ('113.provider', 6000), ('114.payable', -6000)) e(account, fen)
""")
STATEMENT = text("""
with sums as (
  select e.cooperative_id, e.member_id,
         coalesce(sum(-e.fen) filter (where e.account = '114.payable' and t.on_date >= make_date(:year, 1, 1)
                                        and t.kind in ('intake', 'sale', 'reversal', 'refund')), 0) as amount,
         coalesce(sum(e.quantity) filter (where e.account = '114.payable' and t.on_date >= make_date(:year, 1, 1)
                                            and t.kind in ('intake', 'sale', 'reversal', 'refund')), 0) as volume,
         coalesce(sum(-e.fen) filter (where e.account = '301'), 0) as capital,
         coalesce(sum(-e.fen) filter (where e.account = '322'
                                        and not (t.kind = 'distribution' and t.on_date = :last)), 0) as share,
         coalesce(sum(-e.fen) filter (where e.account in ('311.subsidy', '311.donation')), 0) as fund,
         coalesce(sum(e.fen) filter (where e.account = '332' and not (t.on_date = :last
                                       and t.kind in ('distribution', 'year_close'))), 0) as loss
    from ledger_entry e join ledger_transaction t on t.id = e.transaction_id
   where t.on_date <= :last and e.account in ('114.payable', '301', '322', '311.subsidy', '311.donation', '332')
   group by e.cooperative_id, e.member_id
), pot as (
  select c.cooperative_id, ch.patronage_basis, ch.patronage_ratio::numeric as p, f.surplus_fen - greatest(0, c.loss) as x, c.fund,
         floor(ch.reserve_rate::numeric * (f.surplus_fen - greatest(0, c.loss))) as r
    from (select cooperative_id, sum(fund) as fund, sum(loss) as loss from sums group by cooperative_id) c
    join fiscal_year_close f on f.cooperative_id = c.cooperative_id and f.year = :year
    join lateral (select * from charter where cooperative_id = c.cooperative_id and valid_from <= :last
                   order by valid_from desc limit 1) ch on true
), weights as (
  select m.cooperative_id, m.id, m.number, coalesce(s.capital, 0) as capital,
         greatest(0, coalesce(case pot.patronage_basis when 'volume' then s.volume else s.amount end, 0)) as t,
         coalesce(s.share, 0) as share, ceil(pot.p * (pot.x - pot.r)) as a, pot.x - pot.r - ceil(pot.p * (pot.x - pot.r)) as q,
         count(*) over w * (coalesce(s.capital, 0) + coalesce(s.share, 0)) + pot.fund as weight
    from member m join pot on pot.cooperative_id = m.cooperative_id and pot.x > 0 left join sums s on s.member_id = m.id
   where m.joined_on <= :last and (m.left_on is null or m.left_on >= :last)
  window w as (partition by m.cooperative_id)
), parts as (
  select *, div(a * t, sum(t) over w) as a_floor, mod(a * t, sum(t) over w) as a_rest,
         div(q * weight, sum(weight) over w) as q_floor, mod(q * weight, sum(weight) over w) as q_rest
    from weights window w as (partition by cooperative_id)
), ranked as (
  select *, a - sum(a_floor) over w as a_left, q - sum(q_floor) over w as q_left,
         row_number() over (partition by cooperative_id order by a_rest desc, number) as a_place,
         row_number() over (partition by cooperative_id order by q_rest desc, number) as q_place
    from parts window w as (partition by cooperative_id)
)
insert into bench_line
select cooperative_id, id, number, t, capital, share, a_floor + (a_place <= a_left)::int, q_floor + (q_place <= q_left)::int
  from ranked
""")
# Rows of ours that differ from those above, in either direction.
DIFFERENCE = text("""
with mine as (
  select l.cooperative_id, l.member_id, l.number, greatest(0, l.trade_fen), l.capital_fen, l.reserve_share_fen, l.patronage_fen,
         l.residual_fen
    from distribution_line l join distribution d on d.id = l.distribution_id and d.state = 'draft' and d.year = :year
)
select (select count(*) from (select * from mine except all select * from bench_line) a)
     + (select count(*) from (select * from bench_line except all select * from mine) b)
""")
COUNT = text("select count(*) from bench_line")
