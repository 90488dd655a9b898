"""What waits for somebody at the township: one list of sources, read in one statement. A new kind of work is one more row of it.

Each source is a select of (subject, since, title, detail, cooperative): the value for its page's address, the moment since
when it waits, what it is, more words, and whose it is. `:region` is a prefix, `:today` a day, `:now` a moment;
@own and @here are `in_region`'s, @whole says whether the provider's account is the region's business.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from flask import g, url_for
from sqlalchemy import text

from shop.cooperatives.people.in_region import in_region
from shop.core import clock
from shop.core.db import session
from shop.core.kept import kept
from shop.core.pages import NavLink
from shop.core.text import N_
from shop.township.duties import APPROVER, WORKERS

MOST = 200  # shown of all that waits
SLOW_DAYS = 3  # a cooperative's own approvals: from then on staff remind it
ENDS_WITHIN = 3  # days before a notice ends
BADGE_LASTS = timedelta(seconds=30)

# the provider's account is the region's business where the region holds every cooperative
_WHOLE = """not exists (select from cooperative o join village w on w.id = o.village_id
                          where not starts_with(w.region_code, :region))"""
_DISTRIBUTION = """
    select d.id::text as subject, coalesce((select max(at) from distribution_event where distribution_id = d.id), d.computed_at,
           d.created_at) as since, d.year::text as title, '' as detail, c.name as cooperative
      from distribution d @own(d) where @here and d.state = """


@dataclass(frozen=True, slots=True)
class Source:
    """A kind of work: its name, whose duty it is, where it is done (`argument` takes the subject), its select.

    `says` and `adds` are sentences around the title and the detail (%(x)s), so that a bare number or day explains itself.
    """

    code: str
    name: str
    duties: frozenset[str]
    endpoint: str
    argument: str
    sql: str
    says: str = "%(x)s"
    adds: str = "%(x)s"


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing that waits, and the address where it is done."""

    source: Source
    since: datetime
    title: str
    detail: str
    cooperative: str
    url: str
    days: int


SOURCES: tuple[Source, ...] = (
    Source(
        "check", N_("盈余分配待核对"), WORKERS, "distribution_page", "distribution_id", _DISTRIBUTION + "'draft'",
        N_("%(x)s 年度"),
    ),
    Source(
        "publish", N_("盈余分配待公示"), WORKERS, "distribution_page", "distribution_id", _DISTRIBUTION + "'previewed'",
        N_("%(x)s 年度"),
    ),
    Source(
        "ending", N_("公示快到期"), WORKERS, "distribution_page", "distribution_id",
        """select n.distribution_id::text, n.published_at, d.year::text, n.ends_on::text, c.name
              from notice n join distribution d on d.id = n.distribution_id @own(n)
             where @here and n.withdrawn_at is null and n.ends_on between :today and :today + cast(:ends_within as int)""",
        N_("%(x)s 年度"), N_("公示到 %(x)s"),
    ),
    Source(
        "approve", N_("公示期满待审核"), APPROVER, "distribution_page", "distribution_id",
        """select d.id::text, (n.ends_on + 1)::timestamp at time zone 'Asia/Shanghai', d.year::text, '', c.name
              from distribution d join lateral (select max(ends_on) as ends_on from notice where distribution_id = d.id) n on true
              @own(d) where @here and d.state = 'published' and n.ends_on < :today""",
        N_("%(x)s 年度"),
    ),
    Source(
        "post", N_("盈余分配待入账"), APPROVER, "distribution_page", "distribution_id", _DISTRIBUTION + "'approved'",
        N_("%(x)s 年度"),
    ),
    Source(
        "objection", N_("异议待答复"), WORKERS, "distribution_page", "distribution_id",
        """select o.distribution_id::text, o.raised_at, d.year::text, left(o.words, 40), c.name
              from objection o join distribution d on d.id = o.distribution_id @own(o)
             where @here and o.outcome is null and d.state = 'published'""",
        N_("%(x)s 年度"), N_("异议说：%(x)s"),
    ),
    Source(
        "return", N_("售后待裁决"), APPROVER, "return_page", "request_id",
        """select r.id::text, coalesce((select max(at) from return_event where request_id = r.id), r.asked_at), s.number,
                  (r.asked_fen / 100.0)::numeric(16,2)::text, c.name
              from return_request r join suborder s on s.id = r.suborder_id @own(r)
             where @here and r.state = 'called'""",
        N_("订单 %(x)s"), N_("买家要退 %(x)s 元"),
    ),
    Source(
        "refund", N_("退款待转账退回"), WORKERS, "refunds", "",
        """select '', f.created_at, o.number, (f.amount_fen / 100.0)::numeric(16,2)::text,
                  coalesce((select string_agg(distinct c.name, '、') from suborder s join cooperative c on c.id = s.cooperative_id
                             where s.order_id = f.order_id), '')
             from refund f join payment p on p.id = f.payment_id join customer_order o on o.id = f.order_id
            where f.state <> 'succeeded' and (f.state = 'failed' or p.method <> 'stripe')
              and exists (select from suborder s join cooperative c on c.id = s.cooperative_id
                            join village v on v.id = c.village_id where s.order_id = f.order_id
                             and starts_with(v.region_code, :region))""",
        N_("订单 %(x)s"), N_("退给买家 %(x)s 元"),
    ),
    Source(
        "line", N_("代收账户流水待对账"), WORKERS, "platform_bank", "which",
        """select 'open', l.booked_on::timestamp at time zone 'Asia/Shanghai', l.reference,
                  concat_ws(' ', (l.amount_fen / 100.0)::numeric(16,2)::text || ' 元', nullif(l.payer, '')), ''
             from bank_statement_line l where @whole and l.cooperative_id is null and l.amount_fen > 0 and l.payment_id is null
              and not exists (select from provider_payout m where m.statement_line_id = l.id)""",
        N_("流水 %(x)s"), N_("收到 %(x)s"),
    ),
    Source(
        "transfer", N_("平台转款过了到账日还没对上"), WORKERS, "platform_payout", "provider_payout_id",
        """select m.id::text, (m.arrives_on + 1)::timestamp at time zone 'Asia/Shanghai', m.provider_ref,
                  (m.amount_fen / 100.0)::numeric(16,2)::text, ''
             from provider_payout m where @whole and m.met_at is null and m.returned_at is null and m.arrives_on < :today""",
        N_("转款 %(x)s"), N_("应到 %(x)s 元"),
    ),
    Source(
        "batch", N_("合作社的付款批次久未批准，请提醒"), WORKERS, "payout", "batch_id",
        """select b.id::text, b.made_at, b.number, (b.total_fen / 100.0)::numeric(16,2)::text, c.name from payout_batch b @own(b)
             where @here and b.state = 'draft' and b.made_at < :now - make_interval(days => cast(:slow_days as int))""",
        N_("批次 %(x)s"), N_("共 %(x)s 元"),
    ),
    Source(
        "returned", N_("付给农户的款退回了，请提醒重付"), WORKERS, "payout", "batch_id",
        """select p.batch_id::text, coalesce(max(r.recorded_at), max(b.sent_at), max(b.made_at)), max(b.number), '', max(c.name)
              from payout p join payout_batch b on b.id = p.batch_id left join payout_return r on r.payout_id = p.id
              @own(p)
             where @here and p.state in ('failed','returned') and not exists (select from payout n where n.id > p.id
               and n.state not in ('failed','returned','cancelled') and (n.settlement_line_id = p.settlement_line_id
                    or n.distribution_line_id = p.distribution_line_id))
             group by p.batch_id""",
        N_("批次 %(x)s"),
    ),
    Source(
        "connected", N_("合作社的平台账户久未批准，请提醒"), WORKERS, "platform_money", "",
        """select '', a.requested_at, right(a.account_ref, 4), '', c.name from connected_account a @own(a)
             where @here and a.approved_at is null and a.ended_at is null
               and a.requested_at < :now - make_interval(days => cast(:slow_days as int))""",
        N_("账户尾号 %(x)s"),
    ),
    Source(
        "proof", N_("帮扶销售待核实"), WORKERS, "assisted_sale", "assisted_id",
        """select o.id::text, a.entered_at, o.number, '', c.name
              from assisted_sale a join customer_order o on o.id = a.order_id join suborder s on s.order_id = o.id @own(s)
             where @here and o.evidence is null and o.state <> 'closed'""",
        N_("订单 %(x)s"),
    ),
    Source(
        "import", N_("导入的表格待确认"), WORKERS, "import_page", "sheet_id",
        """select i.id::text, i.uploaded_at, i.file_name, '', '' from sheet_import i
             where starts_with(i.region_code, :region) and i.state = 'previewed' and i.rows_good > 0""",
    ),
    Source(
        "audit", N_("账目核对有差错"), WORKERS, "conscience", "",
        """select '', a.finished_at, '', '', '' from (select * from audit_result order by id desc limit 1) a
            where not a.clean""",
    ),
)  # fmt: skip
_BY_CODE = {source.code: source for source in SOURCES}


def of_duty(duty: str) -> tuple[Source, ...]:
    """The kinds of work of a duty; who only looks sees all of them."""
    return tuple(source for source in SOURCES if duty in source.duties or duty not in WORKERS)


def waiting(region_code: str, duty: str) -> tuple[list[Waiting], int]:
    """What waits for the duty, oldest first, and how many there are. One statement."""
    now = clock.now()
    rows = session().execute(
        text(f"select *, count(*) over () as total from ({_union(duty)}) w order by since, code limit :most"),  # noqa: S608
        {**_values(region_code, now), "most": MOST},
    )
    found, total = [], 0
    for row in rows:
        source, total = _BY_CODE[row.code], int(row.total)
        values = {source.argument: row.subject} if source.argument else {}
        url = url_for(f"township.{source.endpoint}", **values)
        days = max((now - row.since).days, 0)
        found.append(Waiting(source, row.since, row.title, row.detail, row.cooperative, url, days))
    g.waiting = total
    return found, total


def counted(links: Sequence[NavLink]) -> list[NavLink]:
    """The tabs with the number of what waits on theirs, at most half a minute old; none for those who only look."""
    if g.get("duty") not in WORKERS:
        return list(links)
    region_code, duty = g.region_code, g.duty
    number = g.get("waiting")
    if number is None:
        number = kept(("todo", region_code, duty), BADGE_LASTS, lambda now: _count(region_code, duty, now))
    return [replace(link, count=number) if link.endpoint == "township.todo" else link for link in links]


def _count(region_code: str, duty: str, now: datetime) -> int:
    counted = text(f"select count(*) from ({_union(duty)}) w")  # noqa: S608 (our own sentences)
    return int(session().scalar(counted, _values(region_code, now)) or 0)


def _union(duty: str) -> str:
    parts: Sequence[str] = [
        f"select '{source.code}' as code, s.* from ({source.sql}) s (subject, since, title, detail, cooperative)"  # noqa: S608 (our own text)
        for source in of_duty(duty)
    ]
    return in_region(" union all ".join(parts).replace("@whole", _WHOLE))


def _values(region_code: str, now: datetime) -> dict[str, object]:
    return {
        "region": region_code,
        "today": clock.shanghai_day(now),
        "now": now,
        "ends_within": ENDS_WITHIN,
        "slow_days": SLOW_DAYS,
    }
