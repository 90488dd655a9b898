"""flask trace: whose produce an order was, to the gram and the fen."""

from __future__ import annotations

import json
import sys

import click
from flask.cli import with_appcontext

from shop.core.errors import ShopError
from shop.orders import trace as tracing


@click.command("trace")
@click.argument("number")
@click.option("--json", "as_json", is_flag=True, help="Print the trace as JSON.")
@with_appcontext
def trace(number: str, as_json: bool) -> None:
    """Print an order's lines, their lots and the households behind them.

    \b
    Example:
      flask trace 2011240001000 --json
    """
    try:
        document = tracing.trace(number)
    except ShopError as error:
        click.echo(error.message, err=True)
        sys.exit(2)
    if as_json:
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
        return
    for line in document["lines"]:
        click.echo(f"line {line['line']}  {line['net_fen']} fen")
        for lot in line["lots"]:
            click.echo(f"  lot {lot['lot']}  {lot['quantity']}  {lot['fen']} fen")
            if lot.get("made_of"):
                click.echo(f"    made of {', '.join(lot['made_of'])}")
            for party in lot["parties"]:
                click.echo(
                    f"    {party['household'] or '(outside)'}  {party['quantity']}  {party['fen']} fen"
                )
