"""Waybills of planned parcels: numbers shaped as the companies' are, of parcels that never were. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from shop.commands.demo.dice import Dice
from shop.commands.demo.plan import Sale

OWN = ("own", "")
_COMPANIES = (("zto", "7", 12), ("yto", "YT", 13), ("yunda", "4", 13), ("ems", "1", 12), ("sf", "SF", 13))
_WEIGHTS = (34, 22, 20, 14, 10)


def give_parcels(dice: Dice, sales: Sequence[Sale]) -> None:
    """One parcel a cooperative's part of each shipped order; units and merchants are served by the cooperative itself."""
    for sale in sales:
        if sale.shipped_at is not None:
            for village in sale.villages:
                sale.parcels[village] = OWN if sale.channel != "online" else waybill(dice)


def waybill(dice: Dice) -> tuple[str, str]:
    """A company's code and a number of its shape."""
    code, start, digits = dice.weighted(_COMPANIES, _WEIGHTS)
    return code, start + "".join(str(dice.below(10)) for _ in range(digits))
