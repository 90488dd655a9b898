"""flask region: the provinces, cities, counties and townships of a new installation."""

from __future__ import annotations

import sys

import click

from shop.cooperatives.income import founding
from shop.core.db import transaction
from shop.core.errors import ShopError


@click.command("region")
@click.argument("code")
@click.argument("name")
def region(code: str, name: str) -> None:
    """Enter a region by its statistical code, the one above it first. Villages and cooperatives have pages (/town).

    \b
    Example:
      flask region 42 湖北省
      flask region 4203 十堰市
      flask region 420302 茅箭区
      flask region 420302100 大川镇
    """
    try:
        with transaction():
            level = founding.add_region(code, name)
    except ShopError as error:
        click.echo(error.message, err=True)
        sys.exit(2)
    click.echo(f"{code}: {name} ({level})")
