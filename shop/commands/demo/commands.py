"""`flask demo …`: the invented town, its accounts, and traffic through the real deeds."""

from __future__ import annotations

import sys
from datetime import date, datetime

import click

from shop.commands.demo import accounts, load
from shop.core import clock
from shop.core.db import session, transaction
from shop.core.errors import Refused

REFUSED = 2


@click.group("demo")
def group() -> None:
    """Invented data: Dachuan Town with its seed figures, demo accounts, traffic."""


@group.command("load")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=2020, show_default=True, help="Another number, other names.")
@click.option("--today", type=click.DateTime(["%Y-%m-%d"]), help="The day the current data leads up to; default: today.")
@click.option("--scale", type=click.IntRange(1, 9_000), default=1, show_default=True, help="Number of towns.")
def load_command(seed: int, today: datetime | None, scale: int) -> None:
    """Fill an empty database with the demo town.

    The same seed, day and scale give the same rows. Exit 2 when the database is not empty.

    \b
    Example: flask demo load
             flask demo load --seed 7 --today 2026-11-24 --scale 10
    """
    day: date = today.date() if today else clock.today()
    try:
        with transaction():
            done = load.load(seed, day, scale)
    except Refused as refusal:
        click.echo(refusal.message, err=True)
        sys.exit(REFUSED)
    click.echo(f"演示数据已装好：{done.towns} 个镇，{done.households:,} 户，{done.orders:,} 张订单（截至 {day.isoformat()}）")


@group.command("accounts")
def accounts_command() -> None:
    """Print the demo accounts and their password.

    \b
    Example: flask demo accounts
    """
    click.echo(accounts.accounts_table())
    session().rollback()
