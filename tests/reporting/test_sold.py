"""What a report reads is what the township's page and the household's own page read."""

from __future__ import annotations

from typing import Any

from shop.cooperatives.income import household_year, stock_losses
from shop.core import clock
from shop.core.db import transaction
from shop.orders import facts, facts_money, figures
from shop.orders.facts_windows import Windows
from shop.reporting import sold
from shop.reporting.periods import Window
from tests.orders import market
from tests.support import town_builder


def test_a_borne_loss_is_money_to_its_households_everywhere(db_session: Any) -> None:
    """Consigned goods that the cooperative lost are owed to their households like goods it sold."""
    stall = market.stall(packs=4, mode="consign_fixed")
    with transaction():
        stock_losses.write_off(stock_losses.Lost(stall.coop.id, stall.lot_id, 1_000, "damage", "k"))
    today = clock.today()
    first = today.replace(day=1)
    region = town_builder.TOWNSHIP
    paid = figures.households_paid(region, first, today)
    assert (paid.fen, paid.households) == (5_000, 3)
    told = sold.money(region, Window(first, today))
    assert (told.fen, told.households, told.counted.fen) == (5_000, 3, 5_000)
    homes = [household_year.read(int(party.household_id or 0), today.year) for party in stall.parties]
    assert sum(home.money.credited for home in homes) == 5_000
    db_session.rollback()
    for _touched_or_folded in range(2):
        windows = Windows(first, today)
        assert facts_money.money_months(region, windows) == {first: 5_000}
        db_session.rollback()
        facts.sweep()
