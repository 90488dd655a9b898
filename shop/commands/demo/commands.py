"""`flask demo …`: the invented town, its accounts, and traffic through the real deeds."""

from __future__ import annotations

import sys
from datetime import date, datetime

import click
from flask.cli import AppGroup

from shop.commands.demo import accounts, load
from shop.commands.demo.stand_in import StandInSilent
from shop.commands.demo.traffic import COURSE_NAMES, Traffic, TrafficStopped
from shop.core import clock, http
from shop.core.db import session, transaction
from shop.core.errors import Refused, Unavailable
from shop.orders import facts

REFUSED = 2


group = AppGroup("demo", help="Invented data: Dachuan Town with its seed figures, demo accounts, traffic.")


@group.command("load")
@click.option(
    "--seed",
    type=click.IntRange(0, 2**31 - 1),
    default=2020,
    show_default=True,
    help="Another number, other names.",
)
@click.option(
    "--today", type=click.DateTime(["%Y-%m-%d"]), help="The day the current data leads up to; default: today."
)
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
    facts.rebuild_all()
    click.echo(
        f"演示数据已装好：{done.towns} 个镇，{done.households:,} 户，{done.orders:,} 张订单（截至 {day.isoformat()}）"
    )


@group.command("accounts")
def accounts_command() -> None:
    """Print the demo accounts and their password.

    \b
    Example: flask demo accounts
    """
    click.echo(accounts.accounts_table())
    session().rollback()


@group.command("traffic")
@click.option(
    "--orders",
    type=click.IntRange(1, 100_000),
    default=20,
    show_default=True,
    help="How many orders to place.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**31 - 1),
    default=1,
    show_default=True,
    help="Another number, other orders.",
)
@click.option(
    "--wait",
    is_flag=True,
    help="Leave events and attribution to the running web and worker, and wait for them.",
)
def traffic_command(orders: int, seed: int, wait: bool) -> None:
    """Drive orders through the deeds of the pages: paid, refused, expired, cancelled, shipped, received, refunded.

    They are paid through the payment stand-in. Without --wait no other process is needed: the provider's events are fetched and
    processed here.

    \b
    Example: flask demo traffic --orders 50
             flask demo traffic --orders 50 --wait
    """
    base = http.settings().stripe_api_base
    if not base:
        click.echo("没有设置 STRIPE_API_BASE：只有本地的支付替身才能演示付款", err=True)
        sys.exit(REFUSED)
    try:
        courses = Traffic(seed, base, wait=wait).run(orders)
    except (StandInSilent, TrafficStopped, Unavailable) as stopped:
        click.echo(str(stopped), err=True)
        sys.exit(1)
    told = "，".join(f"{COURSE_NAMES[course]} {count}" for course, count in sorted(courses.items()))
    click.echo(f"演示订单 {sum(courses.values())} 张：{told}")
