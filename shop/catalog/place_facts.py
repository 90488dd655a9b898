"""What a cooperative's or village's page tells besides its goods: how many member households, which certificates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by

from shop.catalog.models import Product
from shop.cooperatives.people.models import Cooperative, Member
from shop.cooperatives.people.queries import live_on
from shop.core.db import session
from shop.core.privacy import SMALLEST_PUBLIC_GROUP

CERTIFICATES_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Facts:
    """`members` is 0 below ten, with `some` where there are any; `certificates` are (product id, name, number, certified)."""

    members: int
    some: bool
    certificates: tuple[tuple[int, str, str, bool], ...]


def of_cooperative(cooperative_id: int, today: date) -> Facts:
    """One statement."""
    return _facts(Cooperative.id == cooperative_id, today)


def of_village(village_id: int, today: date) -> Facts:
    """Of all its cooperatives: a household that is a member of two counts once. One statement."""
    return _facts(Cooperative.village_id == village_id, today)


def _facts(where: ColumnElement[bool], today: date) -> Facts:
    members = (
        select(func.count(Member.household_id.distinct()))
        .join(Cooperative, Cooperative.id == Member.cooperative_id)
        .where(where, live_on(today))
        .scalar_subquery()
    )
    papers = (
        select(Product.id, Product.name, Product.certificate_no, Product.certified, Product.pinyin)
        .join(Cooperative, Cooperative.id == Product.cooperative_id)
        .where(where, Product.published_at.is_not(None), Product.certificate_no != "")
        .order_by(Product.pinyin, Product.id)
        .limit(CERTIFICATES_SHOWN)
        .subquery("papers")
    )
    row: Any = func.jsonb_build_array(papers.c.id, papers.c.name, papers.c.certificate_no, papers.c.certified)
    listed = select(
        func.jsonb_agg(aggregate_order_by(row, papers.c.pinyin, papers.c.id), type_=JSONB)
    ).scalar_subquery()
    found = session().execute(select(members.label("members"), listed.label("certificates"))).one()
    return Facts(
        members=found.members if found.members >= SMALLEST_PUBLIC_GROUP else 0,
        some=found.members > 0,
        certificates=tuple(tuple(one) for one in found.certificates or ()),
    )
