"""flask distribute: a year's statutory distribution, from the ledger or from a file without any database."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy import select

from shop.commands import dry_distribution
from shop.cooperatives.income import distribution
from shop.cooperatives.income.rules import DistributionRefused
from shop.cooperatives.people.models import Cooperative
from shop.core.db import session, transaction
from shop.core.errors import ShopError


@click.command("distribute")
@click.option("--cooperative", "code", help="Code of the cooperative, e.g. kazi.")
@click.option("--year", type=click.IntRange(1990, 2100), help="Fiscal year, e.g. 2020; it must be closed.")
@click.option(
    "--inputs", "file", type=click.Path(path_type=Path), help="A document of inputs; needs no database."
)
@click.option("--json", "as_json", is_flag=True, help="Print the document in full as JSON.")
@with_appcontext
def distribute(code: str | None, year: int | None, file: Path | None, as_json: bool) -> None:
    """Compute a distribution (Cooperative Law art. 42-44), keep it as a draft, print inputs and outputs.

    A refusal (no surplus, no trade, a ratio below 60 %, a malformed file …) exits 2 and stores nothing.

    \b
    Example:
      flask distribute --cooperative kazi --year 2020 --json
      flask distribute --inputs kazi-2020.json --json
    """
    if file is not None:
        if code or year:
            raise click.UsageError("--inputs stands alone: leave out --cooperative and --year.")
        _finish(*dry_distribution.run(file, as_json=as_json))
    if not code or year is None:
        raise click.UsageError("give --cooperative and --year, or --inputs.")
    missing = current_app.extensions.get("config_error")
    if missing:
        _finish(dry_distribution.REFUSED, f"The shop's settings are incomplete:\n{missing}")
    _finish(*_from_ledger(code, year, as_json))


def _from_ledger(code: str, year: int, as_json: bool) -> tuple[int, str]:
    cooperative_id = session().execute(select(Cooperative.id).where(Cooperative.code == code)).scalar()
    if cooperative_id is None:
        unknown = DistributionRefused("unknown_cooperative", f"没有代码为“{code[:40]}”的合作社")
        return dry_distribution.REFUSED, dry_distribution.refusal_text(unknown, as_json=as_json)
    session().rollback()
    try:
        with transaction():
            document = distribution.compute_now(cooperative_id, year)
    except DistributionRefused as refusal:
        return dry_distribution.REFUSED, dry_distribution.refusal_text(refusal, as_json=as_json)
    except ShopError as error:
        conflict = DistributionRefused("conflict", error.message)
        return dry_distribution.REFUSED, dry_distribution.refusal_text(conflict, as_json=as_json)
    return dry_distribution.DONE, dry_distribution.document_text(document, as_json=as_json)


def _finish(status: int, text: str) -> None:
    click.echo(text, err=status != 0)
    sys.exit(status)
