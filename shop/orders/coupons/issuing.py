"""Coupons: issued by a cooperative or the town, taken by buyers, each once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Row, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from shop.cooperatives.people.models import Cooperative, Village
from shop.core import activity, clock
from shop.core.db import session
from shop.core.errors import NotFound, Refused, beside
from shop.core.money import format_yuan
from shop.core.text import clean_line
from shop.orders.coupons.models import Coupon, CouponTaken
from shop.orders.coupons.using import TERMS

KINDS = ("amount", "percent")
MAX_NAME = 20
MAX_FEN = 9_999_900
MAX_ISSUED = 1_000_000
LONGEST_DAYS = 366


@dataclass(frozen=True, slots=True)
class Issue:
    """What a coupon promises; money in fen, days of Shanghai. `only_id`: one cooperative's goods; `percent`: that is off."""

    name: str
    kind: str
    off_fen: int | None
    percent: int | None
    cap_fen: int | None
    threshold_fen: int
    starts_on: date
    ends_on: date
    issued: int
    budget_fen: int | None = None
    only_id: int | None = None


def issue(
    wanted: Issue,
    request_key: str,
    by: int | None,
    *,
    cooperative_id: int | None = None,
    region_code: str | None = None,
) -> int:
    """Issue a coupon of a cooperative, or of a town with a budget; returns its id. The same request again gives the same one.

    Raises Refused on the field that is wrong, NotFound for a cooperative outside the town.
    """
    if not request_key:
        raise Refused(_("页面信息不完整，请刷新页面后再发"))
    _check(wanted, of_town=region_code is not None)
    only_id = cooperative_id if cooperative_id is not None else wanted.only_id
    if (
        region_code is not None
        and only_id is not None
        and only_id not in {row.id for row in cooperatives_of(region_code)}
    ):
        raise NotFound(_("没有找到这家合作社，请重新选择"), field="only_id")
    values = asdict(wanted) | {
        "name": _name(wanted.name), "only_id": only_id, "cooperative_id": cooperative_id, "region_code": region_code,
        "request_key": request_key, "made_by": by,
    }  # fmt: skip
    made = session().execute(
        insert(Coupon).values(**values).on_conflict_do_nothing().returning(Coupon.id)
    ).scalar()  # fmt: skip
    if made is None:
        return int(session().execute(select(Coupon.id).where(Coupon.request_key == request_key)).scalar_one())
    after = {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in asdict(wanted).items()
    }
    activity.record("coupon.issued", "coupon", made, cooperative_id=cooperative_id, actor_id=by, after=after)
    return int(made)


def _name(name: str) -> str:
    with beside("name"):
        return clean_line(name, label="名称", max_length=MAX_NAME)


def _check(wanted: Issue, *, of_town: bool) -> None:
    """Everything that the database would refuse without a sentence."""
    _check_kind(wanted)
    if not 0 <= wanted.threshold_fen <= MAX_FEN:
        raise Refused(_("门槛最多 %(most)s", most=format_yuan(MAX_FEN)), field="threshold_fen")
    if not 1 <= wanted.issued <= MAX_ISSUED:
        raise Refused(_("发行张数要在 1 到 %(most)d 之间", most=MAX_ISSUED), field="issued")
    if wanted.ends_on < wanted.starts_on or wanted.ends_on < clock.today():
        raise Refused(_("最后一天不能早于第一天，也不能早于今天"), field="ends_on")
    if (wanted.ends_on - wanted.starts_on).days > LONGEST_DAYS:
        raise Refused(_("有效期最长一年"), field="ends_on")
    if (of_town or wanted.budget_fen is not None) and (wanted.budget_fen is None or wanted.budget_fen <= 0):
        raise Refused(_("请填总额，用完为止"), field="budget_fen")


def _check_kind(wanted: Issue) -> None:
    if wanted.kind not in KINDS:
        raise Refused(_("请选择减金额还是打折"), field="kind")
    if wanted.kind == "amount":
        _positive(wanted.off_fen, "off_fen", _("请填减多少钱"))
        if wanted.percent is not None or wanted.cap_fen is not None:
            raise ValueError("an amount has neither rate nor cap")
        if wanted.threshold_fen and (wanted.off_fen or 0) >= wanted.threshold_fen:
            raise Refused(_("减的钱要少于门槛"), field="off_fen")
    else:
        if not 1 <= (wanted.percent or 0) <= 99 or wanted.off_fen is not None:
            raise Refused(_("减的百分比要在 1 到 99 之间，例如九折填 10"), field="percent")
        _positive(wanted.cap_fen, "cap_fen", _("请填最多减多少钱"))


def _positive(fen: int | None, field: str, missing: str) -> None:
    if fen is None or fen <= 0:
        raise Refused(missing, field=field)
    if fen > MAX_FEN:
        raise Refused(_("金额最多 %(most)s", most=format_yuan(MAX_FEN)), field=field)


def stop(
    coupon_id: int, by: int | None, *, cooperative_id: int | None = None, region_code: str | None = None
) -> bool:
    """Give no more of it out; those that were taken stay good. False: stopped before. Raises NotFound."""
    own = (
        Coupon.cooperative_id == cooperative_id
        if cooperative_id is not None
        else Coupon.region_code == region_code
    )
    row = session().execute(
        select(Coupon.stopped_at).where(Coupon.id == coupon_id, own).with_for_update()
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotFound(_("没有找到这张优惠券"))
    if row.stopped_at is not None:
        return False
    session().execute(
        update(Coupon).where(Coupon.id == coupon_id).values(stopped_at=func.now()).execution_options(synchronize_session=False)
    )  # fmt: skip
    activity.record("coupon.stopped", "coupon", coupon_id, cooperative_id=cooperative_id, actor_id=by)
    return True


def take(coupon_id: int, user_id: int) -> bool:
    """The buyer takes one; False: he has it already. Raises NotFound, Refused (all given out, over, not begun, stopped)."""
    today = clock.today()
    row = session().execute(
        select(Coupon.taken, Coupon.issued, Coupon.starts_on, Coupon.ends_on, Coupon.stopped_at)
        .where(Coupon.id == coupon_id)
        .with_for_update()
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotFound(_("没有找到这张优惠券"))
    has = session().scalar(
        select(CouponTaken.id).where(CouponTaken.coupon_id == coupon_id, CouponTaken.user_id == user_id)
    )
    if has is not None:
        return False
    if row.stopped_at is not None or today > row.ends_on:
        raise Refused(_("这张券已经停发或过期"))
    if today < row.starts_on:
        raise Refused(_("这张券从 %(day)s 起才能领", day=row.starts_on.isoformat()))
    if row.taken >= row.issued:
        raise Refused(_("来晚了，这张券已经领完"))
    session().execute(insert(CouponTaken).values(coupon_id=coupon_id, user_id=user_id))
    session().execute(
        update(Coupon).where(Coupon.id == coupon_id).values(taken=Coupon.taken + 1).execution_options(synchronize_session=False)
    )  # fmt: skip
    return True


_OFFERED = """
    select c.id, c.name, c.kind, c.off_fen, c.percent, c.cap_fen, c.threshold_fen, c.starts_on, c.ends_on, c.cooperative_id,
           r.name as region, g.name as goods_of, g.code as goods_code, c.issued - c.taken as left_over,
           t.id is not null as taken
      from coupon c left join region r on r.code = c.region_code left join cooperative g on g.id = c.only_id
      left join coupon_taken t on t.coupon_id = c.id and t.user_id = :user
     where c.stopped_at is null and :today between c.starts_on and c.ends_on and (c.taken < c.issued or t.id is not null)
       and (c.budget_fen is null or c.spent_fen < c.budget_fen)
"""
_ORDER = " order by c.ends_on, c.id limit 60"


def offered(user_id: int | None) -> Sequence[Row[*tuple[Any, ...]]]:
    """Coupons that can be taken now, the first to end first; `taken`: the buyer has it. One statement."""
    values = {"user": user_id, "today": clock.today()}
    return session().execute(text(_OFFERED + _ORDER), values).all()


def offered_by(cooperative_code: str, user_id: int | None) -> Sequence[Row[*tuple[Any, ...]]]:
    """The same, good for one cooperative's goods and for no other's. One statement."""
    values = {"user": user_id, "today": clock.today(), "code": cooperative_code}
    return session().execute(text(_OFFERED + " and g.code = :code" + _ORDER), values).all()


_MINE = text(f"""
    select {TERMS}, r.name as region, g.name as goods_of, g.code as goods_code,
           (select o.number from coupon_use u join customer_order o on o.id = u.order_id
             where u.taken_id = t.id and u.released_at is null) as order_number,
           case when exists (select from coupon_use u where u.taken_id = t.id and u.released_at is null) then 'used'
                when c.ends_on < :today then 'expired' else 'usable' end as state
      from coupon_taken t join coupon c on c.id = t.coupon_id
      left join region r on r.code = c.region_code left join cooperative g on g.id = c.only_id
     where t.user_id = :user order by c.ends_on, t.id
""")  # noqa: S608 (our own text)


def mine(user_id: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """The buyer's coupons with `state` usable | used | expired, the first to end first. One statement."""
    return session().execute(_MINE, {"user": user_id, "today": clock.today()}).all()


_ISSUED = """
    select c.*, g.name as goods_of, u.used, u.fen, u.back_fen from coupon c left join cooperative g on g.id = c.only_id
      join lateral (select count(*) as used, coalesce(sum(fen), 0)::bigint as fen, coalesce(sum(back_fen), 0)::bigint as back_fen
                      from coupon_use where coupon_id = c.id and released_at is null) u on true
"""


def issued_by(
    *, cooperative_id: int | None = None, region_code: str | None = None
) -> Sequence[Row[*tuple[Any, ...]]]:
    """An issuer's coupons with how often they are used now and what that takes, newest first. One statement."""
    own = "c.cooperative_id = :issuer" if cooperative_id is not None else "c.region_code = :issuer"
    issuer = cooperative_id if cooperative_id is not None else region_code
    statement = text(f"{_ISSUED} where {own} order by c.id desc limit 200")
    return session().execute(statement, {"issuer": issuer}).all()


def cooperatives_of(region_code: str) -> Sequence[Row[*tuple[Any, ...]]]:
    """(id, name) of the cooperatives that a town's coupon can be good for. One statement."""
    return session().execute(
        select(Cooperative.id, Cooperative.name)
        .join(Village, Village.id == Cooperative.village_id)
        .where(Village.region_code.startswith(region_code, autoescape=True))
        .order_by(Cooperative.id)
    ).all()  # fmt: skip


def promise(row: Any) -> str:
    """What a coupon gives, in the reader's language: 满 100 减 10."""
    least = format_yuan(row.threshold_fen)
    if row.kind == "amount":
        if not row.threshold_fen:
            return str(_("减 %(off)s，无门槛", off=format_yuan(row.off_fen)))
        return str(_("满 %(least)s 减 %(off)s", least=least, off=format_yuan(row.off_fen)))
    cap = format_yuan(row.cap_fen)
    if not row.threshold_fen:
        return str(_("减 %(rate)d%%，最多减 %(cap)s", rate=row.percent, cap=cap))
    return str(_("满 %(least)s 减 %(rate)d%%，最多减 %(cap)s", least=least, rate=row.percent, cap=cap))
