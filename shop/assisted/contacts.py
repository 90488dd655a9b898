"""商家和单位: whom staff call when a village has something to sell. Nothing is deleted; who buys no more is put to rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, func, select, update
from sqlalchemy.dialects.postgresql import insert

from shop.assisted.models import AssistedSale, TradeContact
from shop.cooperatives.people.queries import spell
from shop.core import activity
from shop.core.db import session
from shop.core.errors import Conflict, NotFound, Refused
from shop.core.numbers import fold
from shop.core.text import N_

KINDS = {
    "merchant": N_("商家"),
    "institution": N_("机关和企业"),
    "canteen": N_("食堂"),
    "fair": N_("展会和市集"),
}
BUYER_KINDS = {
    "merchant": "merchant",
    "institution": "budget_unit",
    "canteen": "budget_unit",
    "fair": "person",
}
_FIELDS = ("kind", "name", "person", "phone", "note", "active")
_TOLD = ("kind", "active")  # what the log may say in full: the rest is, or may name, a person


@dataclass(frozen=True, slots=True)
class Contact:
    """As it is typed. `phone` is E.164 or empty."""

    kind: str
    name: str
    person: str = ""
    phone: str = ""
    note: str = ""
    active: bool = True


def add(region_code: str, contact: Contact, by: int | None) -> int:
    """A new one; its id. Raises Refused where the region has one of that name, or for an unknown kind."""
    contact_id = session().scalar(
        insert(TradeContact)
        .values(region_code=region_code, made_by=by, **values_of(contact))
        .on_conflict_do_nothing(index_elements=["region_code", "name"])
        .returning(TradeContact.id)
    )
    if contact_id is None:
        raise Refused(N_("已经有叫“%(name)s”的了，请直接选它，或换个名字"), "name", name=contact.name)
    activity.record("contact.added", "trade_contact", contact_id, after={"kind": contact.kind}, actor_id=by)
    return int(contact_id)


def change(contact_id: int, region_code: str, contact: Contact, *, version: int, by: int) -> bool:
    """What is typed instead of what stood there; False where it was so. Raises NotFound, Conflict (changed), Refused."""
    before = session().execute(
        select(TradeContact)
        .where(TradeContact.id == contact_id, TradeContact.region_code.startswith(region_code))
        .with_for_update()
    ).scalar_one_or_none()  # fmt: skip
    if before is None:
        raise NotFound(N_("没有找到这个商家或单位"))
    if before.version != version:
        raise Conflict(N_("刚才有人改过，请看清现在的内容再改"))
    changed = [name for name in _FIELDS if getattr(before, name) != getattr(contact, name)]
    if not changed:
        return False
    same_name = select(TradeContact.id).where(
        TradeContact.region_code == before.region_code, TradeContact.name == contact.name, TradeContact.id != contact_id
    )  # fmt: skip
    if session().scalar(same_name) is not None:
        raise Refused(N_("已经有叫“%(name)s”的了，请直接选它，或换个名字"), "name", name=contact.name)
    old = {name: getattr(before, name) for name in _TOLD if name in changed}
    session().execute(
        update(TradeContact)
        .where(TradeContact.id == contact_id)
        .values(version=version + 1, **values_of(contact))
        .execution_options(synchronize_session="fetch")
    )
    new = {name: getattr(contact, name) for name in old} | {"changed": changed}
    activity.record("contact.changed", "trade_contact", contact_id, before=old, after=new, actor_id=by)
    return True


def known_or_new(region_code: str, name: str, by: int) -> int:
    """The contact of that name in the region, or a new merchant: who enters a sale by phone has no time for a second page."""
    found = _named(region_code, name)
    if found is not None:
        return found
    try:
        return add(region_code, Contact("merchant", name), by)
    except Refused:
        found = _named(region_code, name)  # a colleague's, of this moment
        if found is None:
            raise
        return found


def _named(region_code: str, name: str) -> int | None:
    wanted = select(TradeContact.id).where(
        TradeContact.region_code.startswith(region_code), TradeContact.name == name
    )
    return session().scalar(wanted.order_by(TradeContact.id).limit(1))


def one(contact_id: int, region_code: str) -> TradeContact:
    """Raises NotFound, also for another region's. One statement."""
    found = session().scalar(
        select(TradeContact).where(
            TradeContact.id == contact_id, TradeContact.region_code.startswith(region_code)
        )
    )
    if found is None:
        raise NotFound(N_("没有找到这个商家或单位"))
    return found


def names(region_code: str, limit: int = 300) -> list[str]:
    """Of those that buy, for a list to complete from. One statement."""
    wanted = select(TradeContact.name).where(
        TradeContact.region_code.startswith(region_code), TradeContact.active
    )
    return list(session().scalars(wanted.order_by(TradeContact.search_text).limit(limit)))


def listed(
    region_code: str, wanted: str, *, kind: str = "", limit: int, offset: int
) -> Sequence[Row[*tuple[Any, ...]]]:
    """Rows by pinyin: the contact, `sales` so far, `total` of all; found by part of the name or its pinyin. One statement."""
    sales = (
        select(func.count())
        .where(AssistedSale.contact_id == TradeContact.id)
        .scalar_subquery()
        .label("sales")
    )
    statement = select(
        TradeContact.id, TradeContact.kind, TradeContact.name, TradeContact.person, TradeContact.phone, TradeContact.note,
        TradeContact.active, sales, func.count().over().label("total"),
    ).where(TradeContact.region_code.startswith(region_code))  # fmt: skip
    plain = "".join(fold(wanted).lower().split())
    if plain:
        statement = statement.where(TradeContact.search_text.contains(plain, autoescape=True))
    if kind:
        statement = statement.where(TradeContact.kind == kind)
    order = (TradeContact.active.desc(), TradeContact.search_text, TradeContact.id)
    return session().execute(statement.order_by(*order).limit(limit).offset(offset)).all()


def values_of(contact: Contact) -> dict[str, object]:
    """The row's columns. Raises Refused for an unknown kind."""
    if contact.kind not in KINDS:
        raise Refused(N_("请选择是哪一类"), "kind")
    plain = "".join(fold(contact.name).lower().split())
    spoken, initials = spell(plain)
    return {name: getattr(contact, name) for name in _FIELDS} | {
        "search_text": f"{spoken} {initials} {plain}"
    }
