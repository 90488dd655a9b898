"""flask seal: is the digest on a paper still what the books say?"""

from __future__ import annotations

import sys

import click
from flask.cli import with_appcontext

from shop.cooperatives.ledger import sealing
from shop.core.clock import SHANGHAI
from shop.core.db import session

ALTERED, UNKNOWN = 1, 2


@click.command("seal")
@click.argument("sha256")
@with_appcontext
def seal(sha256: str) -> None:
    """Check a digest that was printed or written down: recompute the cooperative's chain of books up to it.

    Exit 0: nothing up to it was altered. Exit 1: something was, and where. Exit 2: no chain has this digest; it was
    misread, or the chain was made anew behind the shop's back.

    \b
    Example:
      flask seal 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
    """
    found = sealing.check(sha256.strip().lower())
    session().rollback()
    if found is None:
        click.echo("No cooperative's books have this digest.", err=True)
        sys.exit(UNKNOWN)
    sealed = found.sealed_at.astimezone(SHANGHAI)
    click.echo(f"{found.code}: up to transaction {found.last_id}, sealed {sealed:%Y-%m-%d %H:%M} (Shanghai)")
    if found.problem:
        click.echo(f"ALTERED: {found.problem}", err=True)
        sys.exit(ALTERED)
    click.echo("Nothing before it was altered.")
