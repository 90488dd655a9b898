"""The township's door: totals, rows behind them, distributions, the audit's word."""

from __future__ import annotations

from flask import Flask

from shop.core import pages
from shop.core.table_import import kinds
from shop.township import (
    activity_page,
    assisted,
    assisted_entry,
    books,
    capacity,
    charters,
    conscience,
    coupons,
    distributions,
    founding,
    household,
    household_moves,
    imports,
    income,
    income_entry,
    income_sheets,
    months,
    more,
    odd,
    on_delivery,
    overview,
    overview_paper,
    papers,
    payouts,
    people,
    platform,
    refunds,
    register_figures,
    register_pages,
    register_sheets,
    report_templates,
    reports,
    returns,
    reviews,
    sales,
    screen,
    sheets,
    steps,
    todo,
    trade,
    trade_contacts,
)
from shop.township.blueprint import bp
from shop.township.import_kinds import KINDS
from shop.township.tabs import TABS

PAGES = (
    overview,
    overview_paper,
    months,
    sales,
    register_pages,
    income,
    income_entry,
    income_sheets,
    register_figures,
    register_sheets,
    imports,
    household,
    founding,
    household_moves,
    distributions,
    steps,
    sheets,
    papers,
    charters,
    coupons,
    books,
    payouts,
    platform,
    refunds,
    reviews,
    on_delivery,
    returns,
    reports,
    report_templates,
    screen,
    conscience,
    assisted,
    assisted_entry,
    trade,
    trade_contacts,
    people,
    activity_page,
    todo,
    odd,
    capacity,
    more,
)


def register(app: Flask) -> None:
    """Mount the pages and their navigation."""
    app.register_blueprint(bp)
    kinds.register(app, KINDS)
    pages.set_tabs(app, "township", TABS)
