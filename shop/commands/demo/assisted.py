"""Assisted sales of 2020 (帮助销售): chilli of 卡子村 and watermelon of 浪溪村, taken to merchants; all amounts are invented."""

from __future__ import annotations

from datetime import date, timedelta

from shop.commands.demo import buyers as buyer_list
from shop.commands.demo.buyers import Buyer
from shop.commands.demo.dice import Dice
from shop.commands.demo.figures import MARK, YEAR
from shop.commands.demo.kinds import ASSISTED
from shop.commands.demo.offers import OFFERS
from shop.commands.demo.places import Town
from shop.commands.demo.plan import Sale, Selling, moment
from shop.commands.demo.seasons import SEASONS
from shop.orders.recording import HOLD_TRANSFER

KILOGRAMS = {"chilli": (120, 420), "watermelon": (400, 1_400)}
RATE = "0.05"  # what the cooperative keeps for the carriage


def assisted_sales(seed: int, town: Town, buyers: list[Buyer]) -> list[Sale]:
    """Two or three lorry loads a picking, delivered the same day and paid within the week; with evidence."""
    dice = Dice(seed, town.number, "assisted")
    merchants = buyer_list.places_of(buyers, "merchant")
    found: list[Sale] = []
    for offer in OFFERS:
        if offer.kind_key not in ASSISTED:
            continue
        bulk = next(spec for spec in offer.specs if spec.price_2020)
        for season in SEASONS[offer.kind_key]:
            for _ in range(dice.between(2, 3)):
                day = season.last + timedelta(days=dice.between(1, 8))
                count = 10 * dice.between(*(limit // 10 for limit in KILOGRAMS[offer.kind_key]))
                line = Selling(offer, bulk, count, bulk.price_2020)
                found.append(_sale(dice, dice.pick(merchants), line, day, len(found) + 1))
    return sorted(found, key=lambda sale: sale.placed_at)


def _sale(dice: Dice, merchant: int, line: Selling, day: date, number: int) -> Sale:
    placed = moment(day, dice.between(8, 10), dice.below(60), dice.below(60))
    paid = placed + timedelta(hours=dice.between(8, 90))
    shipped = paid + timedelta(minutes=dice.between(30, 90))
    return Sale(
        buyer=merchant,
        channel="assisted",
        pay_method="transfer",
        lines=[line],
        placed_at=placed,
        expires_at=placed + HOLD_TRANSFER,
        paid_at=paid,
        shipped_at=shipped,
        received_at=shipped + timedelta(hours=dice.between(1, 5)),
        evidence=f"送货单 {YEAR}-{line.offer.kind_key}-{number:02d}，商户签收（{MARK}）",
    )
