"""What an invented buyer does with coupons: takes those there are, half the time uses the best that fit."""

from __future__ import annotations

from functools import partial

from shop.commands.demo.dice import Dice
from shop.core import clock
from shop.core.db import transaction
from shop.core.errors import Refused
from shop.orders import basket, basket_view
from shop.orders.attempts import retried
from shop.orders.coupons import choice as coupon_choice
from shop.orders.coupons import issuing as coupons


def choose_coupons(user_id: int, dice: Dice) -> list[int]:
    """The coupons for what lies in the buyer's basket, by the same choice as the confirmation page's."""
    if not dice.below(2):
        return []
    with transaction():
        waiting = [row.id for row in coupons.offered(user_id) if not row.taken]
    for coupon_id in waiting:
        try:
            retried(partial(coupons.take, coupon_id, user_id))
        except Refused:
            continue  # somebody else took the last one
    with transaction():
        view = basket_view.read(basket.buyer(user_id), clock.today())
        return coupon_choice.choose(user_id, view, {})[1].taken_ids if view.orderable else []
