"""The versions of cooperatives' freight rules: append-only, the latest that has begun counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Row, select, text
from sqlalchemy.dialects.postgresql import insert

from shop.cooperatives.people.models import Cooperative
from shop.core import activity
from shop.core.db import session
from shop.core.errors import Conflict
from shop.orders import freight
from shop.orders.buying_models import FreightRule

# joined into other statements: the rule of `o`, the cooperative
IN_FORCE = """left join lateral (
    select version as rule_version, body as rule_body from freight_rule
     where cooperative_id = o.id order by version desc limit 1) f on true"""

_HOME = text("""
with recursive up as (
  select r.code, r.name, r.level, r.parent_code from cooperative o join village v on v.id = o.village_id
         join region r on r.code = v.region_code where o.id = :coop
  union all
  select r.code, r.name, r.level, r.parent_code from region r join up on r.code = up.parent_code
)
select level, name from up
""")


def in_force(cooperative_id: int) -> freight.Rule:
    """The cooperative's rule today. One statement."""
    row = (
        session()
        .execute(
            select(
                FreightRule.version,
                FreightRule.body,
                Cooperative.freight_fen,
                Cooperative.freight_free_from_fen,
            )
            .select_from(Cooperative)
            .outerjoin(FreightRule, FreightRule.cooperative_id == Cooperative.id)
            .where(Cooperative.id == cooperative_id)
            .order_by(FreightRule.version.desc().nulls_last())
            .limit(1)
        )
        .one()
    )
    return freight.of_row(*row)


def versions(cooperative_id: int, most: int = 20) -> Sequence[Row[*tuple[Any, ...]]]:
    """The latest versions with their days, newest first. One statement."""
    return (
        session()
        .execute(
            select(FreightRule.version, FreightRule.body, FreightRule.set_at)
            .where(FreightRule.cooperative_id == cooperative_id)
            .order_by(FreightRule.version.desc())
            .limit(most)
        )
        .all()
    )


def publish(cooperative_id: int, rule: freight.Rule, *, after: int, by: int) -> int:
    """A new version in the place of version `after`; from now on new orders are reckoned by it. Returns its number.

    The same rule sent again is no new version. Raises Conflict when somebody else wrote one meanwhile.
    """
    now = in_force(cooperative_id)
    new = freight.as_version(rule, after + 1)
    if freight.write(now) == freight.write(new) and now.version:
        return now.version
    done = session().execute(
        insert(FreightRule)
        .values(cooperative_id=cooperative_id, version=new.version, body=freight.write(new), set_by=by)
        .on_conflict_do_nothing()
        .returning(FreightRule.id)
    )
    if done.scalar() is None or now.version != after:
        raise Conflict(_("运费规则刚刚被别人改过，请刷新页面再改"))
    activity.record(
        "freight.published", "cooperative", cooperative_id, cooperative_id=cooperative_id,
        before={"version": after}, after={"version": new.version},
    )  # fmt: skip
    return new.version


def home(cooperative_id: int) -> freight.Place:
    """Where the cooperative is at home: there it may bring goods to the door. One statement."""
    names: dict[str, str] = {
        row.level: row.name for row in session().execute(_HOME, {"coop": cooperative_id})
    }
    above = "".join(names.get(level, "") for level in ("province", "city", "county"))
    return freight.Place(names.get("province", ""), above, names.get("township", ""))
