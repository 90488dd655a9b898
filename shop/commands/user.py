"""flask user: the first accounts of a new installation, and closing one."""

from __future__ import annotations

import sys

import click
from flask.cli import AppGroup
from sqlalchemy import select, update

from shop.accounts import duties, passwords, registration, sessions
from shop.accounts.models import User
from shop.cooperatives.people.models import Cooperative, Region
from shop.core import clock
from shop.core.db import session, transaction
from shop.core.errors import Refused, ShopError

group = AppGroup("user", help="Make, grant and close accounts.")


@group.command("add")
@click.argument("phone")
@click.option("--name", required=True, help="How the account is greeted.")
@click.option("--role", type=click.Choice(["buyer", "manager", "staff", "operator"]), default="buyer")
@click.option(
    "--duty", help="manager: chair|manager|stock|shipping|accounts; staff: clerk|approver|county|leader."
)
@click.option("--cooperative", help="Code of the cooperative (role manager).")
@click.option("--region", help="Code of the region (role staff), e.g. 420302100.")
@click.password_option(help="Password; asked for when left out.")
def add(
    phone: str,
    name: str,
    role: str,
    duty: str | None,
    cooperative: str | None,
    region: str | None,
    password: str,
) -> None:
    """Make an account, or give an existing one another role.

    \b
    Example:
      flask user add 13800138000 --name 王芳 --role staff --duty clerk --region 420302100
    """
    try:
        _known(role, duty)
        with transaction():
            user_id = _account(phone, name, password)
            if role != "buyer":
                registration.grant(
                    user_id,
                    role,
                    duty=duty,
                    cooperative_id=_cooperative(cooperative) if role == "manager" else None,
                    region_code=_region(region) if role == "staff" else None,
                    valid_from=clock.today(),
                )
    except ShopError as error:
        click.echo(error.message, err=True)
        sys.exit(2)
    click.echo(f"account {user_id}")


def _known(role: str, duty: str | None) -> None:
    choices = {"manager": duties.DUTIES, "staff": duties.STAFF_DUTIES}.get(role)
    if choices is not None and duty not in choices:
        raise Refused(f"--duty 要填 {'、'.join(choices)} 之一")


def _account(phone: str, name: str, password: str) -> int:
    number = registration.parse_phone(phone)
    user_id = registration.by_phone_or_new(number)
    if user_id is None:
        raise Refused("这个账号已停用")
    hashed = passwords.hash_password(passwords.check_new(password, number))
    session().execute(update(User).where(User.id == user_id).values(name=name, password_hash=hashed))
    return user_id


def _cooperative(code: str | None) -> int:
    found = session().execute(select(Cooperative.id).where(Cooperative.code == code)).scalar()
    if found is None:
        raise Refused(f"没有代码为“{code}”的合作社")
    return found


def _region(code: str | None) -> str:
    found = session().execute(select(Region.code).where(Region.code == code)).scalar()
    if found is None:
        raise Refused(f"没有代码为“{code}”的地区")
    return found


@group.command("disable")
@click.argument("phone")
def disable(phone: str) -> None:
    """Close an account: every session ends at once.

    \b
    Example:
      flask user disable 13800138000
    """
    try:
        with transaction():
            user_id = (
                session()
                .execute(select(User.id).where(User.phone == registration.parse_phone(phone)))
                .scalar()
            )
            if user_id is None:
                raise Refused("没有这个手机号的账号")
            sessions.disable(user_id)
    except ShopError as error:
        click.echo(error.message, err=True)
        sys.exit(2)
    click.echo("closed")
