"""Whose request it is: the conditions that a buyer, a cooperative and a region's staff see it by."""

from __future__ import annotations

from sqlalchemy import ColumnElement, select

from shop.aftersale.models import ReturnRequest
from shop.cooperatives.people.models import Cooperative, Village
from shop.orders.models import Order

Reach = tuple[ColumnElement[bool], ...]


def of_buyer(buyer_id: int) -> Reach:
    """Requests about this buyer's orders; a guest's go along when the order is taken over."""
    return (ReturnRequest.order_id.in_(select(Order.id).where(Order.buyer_id == buyer_id)),)


def of_cooperative(cooperative_id: int) -> Reach:
    """Requests to this cooperative."""
    return (ReturnRequest.cooperative_id == cooperative_id,)


def of_region(region_code: str) -> Reach:
    """Requests to the cooperatives of a region."""
    own = (
        select(Cooperative.id)
        .join(Village, Village.id == Cooperative.village_id)
        .where(Village.region_code.startswith(region_code, autoescape=True))
    )
    return (ReturnRequest.cooperative_id.in_(own),)
