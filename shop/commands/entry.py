"""The operator's door: every `flask` command of the shop."""

from __future__ import annotations

from flask import Flask

from shop.commands import audit, distribute, facts, receiving, region, seal, trace, user
from shop.commands.demo import commands as demo


def register(app: Flask) -> None:
    """Add the commands that need the settings and the database."""
    app.cli.add_command(audit.audit)
    app.cli.add_command(distribute.distribute)
    app.cli.add_command(facts.group)
    app.cli.add_command(receiving.receiving)
    app.cli.add_command(seal.seal)
    app.cli.add_command(trace.trace)
    app.cli.add_command(user.group)
    app.cli.add_command(region.region)
    app.cli.add_command(demo.group)


def register_without_settings(app: Flask) -> None:
    """Add what still works when the settings are incomplete: the dry computation."""
    app.cli.add_command(distribute.distribute)
