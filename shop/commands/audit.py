"""flask audit: the product's conscience."""

from __future__ import annotations

import json
import sys

import click
from flask.cli import with_appcontext

from shop.audit import run
from shop.core.db import transaction


@click.command("audit")
@click.option("--json", "as_json", is_flag=True, help="Print every check and the offending rows as JSON.")
@with_appcontext
def audit(as_json: bool) -> None:
    """Recompute every invariant from the rows; exit 1 and name the rows when one is broken.

    \b
    Example:
      flask audit --json
    """
    with transaction():
        result = run.run_all()
        clean, checks = result.clean, result.checks
    if as_json:
        click.echo(json.dumps({"clean": clean, "checks": checks}, ensure_ascii=False, indent=2))
    else:
        for check in checks:
            click.echo(f"{'ok    ' if not check['count'] else 'BROKEN'} {check['code']:<26} {check['name']}")
            for row in check["rows"]:
                click.echo(f"         {json.dumps(row, ensure_ascii=False)}")
    sys.exit(0 if clean else 1)
