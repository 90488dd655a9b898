"""flask facts: make the township's daily facts anew from the rows."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from shop.orders import facts

group = AppGroup(
    "facts", help="The daily sums behind the township's pages, derived from attribution and ledger."
)


@group.command("rebuild")
def rebuild_command() -> None:
    """Throw all daily facts away and make them again, one cooperative after the other; pages stay exact meanwhile.

    \b
    Example: flask facts rebuild
    """
    click.echo(f"每日汇总已重算：{facts.rebuild_all()} 个合作社")
