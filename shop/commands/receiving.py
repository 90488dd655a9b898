"""flask receiving: the bank account that buyers transfer to, of one cooperative."""

from __future__ import annotations

import sys

import click
from sqlalchemy import update

from shop.cooperatives.people.models import Cooperative
from shop.core import activity
from shop.core.db import session, transaction


@click.command("receiving")
@click.argument("cooperative")
@click.option("--holder", required=True, help="Name of the account's holder, as the bank knows it.")
@click.option("--bank", required=True, help="Bank and branch.")
@click.option("--account", required=True, help="Account number; '' stops offering bank transfers.")
def receiving(cooperative: str, holder: str, bank: str, account: str) -> None:
    """Set where buyers' transfers to a cooperative go; every payer sees it.

    \b
    Example:
      flask receiving dachuan --holder 大川村合作社 --bank 农商银行大川支行 --account 82010000012345
    """
    if account and not (account.isascii() and account.isdigit() and 8 <= len(account) <= 32):
        click.echo("an account number has 8 to 32 digits", err=True)
        sys.exit(2)
    values = {"bank_holder": holder.strip(), "bank_name": bank.strip(), "bank_account": account}
    with transaction():
        found = session().scalar(
            update(Cooperative)
            .where(Cooperative.code == cooperative)
            .values(**values)
            .returning(Cooperative.id)
        )
        if found is not None:
            activity.record(
                "cooperative.receiving", "cooperative", found, cooperative_id=found, after=dict(values)
            )
    if found is None:
        click.echo(f"no cooperative {cooperative}", err=True)
        sys.exit(2)
    click.echo(f"{cooperative}: {account or 'no transfers'}")
