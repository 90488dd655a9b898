"""What the READMEs and docs/ tell people to type, open and sign in with is there."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import click
import pytest
from flask import Flask

from dev.runner.process import ROOT
from shop.app import SCHEDULE
from shop.commands import audit, distribute, dry_distribution, facts, receiving, region, seal, trace, user
from shop.commands.demo import accounts
from shop.commands.demo import commands as demo
from shop.config import Settings
from shop.core.background import QUEUES

READMES = [ROOT / "README.md", ROOT / "README.zh-CN.md"]
PAGES = [*READMES, *sorted((ROOT / "docs").rglob("*.md"))]
COMMANDS: dict[str, click.Command] = {
    "audit": audit.audit,
    "demo": demo.group,
    "distribute": distribute.distribute,
    "facts": facts.group,
    "receiving": receiving.receiving,
    "region": region.region,
    "seal": seal.seal,
    "trace": trace.trace,
    "user": user.group,
}
TYPED = re.compile(r"\bflask (?:--app wsgi )?([a-z][^`\n#|&]*)")
CODE = re.compile(r"`[^`\n]+`|^ {4}.+$", re.MULTILINE)
LINK = re.compile(r"\]\(([^)#]+?)(?:#[^)]*)?\)|src=\"([^\"]+)\"")
PHONE = re.compile(r"138 0000 (\d{4})(?:(?:, |、)(\d{4}))?")
MOST_PICTURE_BYTES = 120_000


def code_of(page: Path) -> list[str]:
    return [found.strip("`").strip() for found in CODE.findall(page.read_text("utf-8"))]


def typed(page: Path) -> list[list[str]]:
    """The words after `flask` wherever a page shows a command."""
    return [shlex.split(found) for code in code_of(page) for found in TYPED.findall(code)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_flask_commands_and_their_options_exist(page: Path) -> None:
    for words in typed(page):
        if words[0] == "db":  # Flask-Migrate's
            continue
        command = COMMANDS[words[0]]
        if isinstance(command, click.Group) and len(words) > 1:
            command = command.commands[words[1]]
        known = {option for param in command.params for option in param.opts}
        assert {word for word in words if word.startswith("--")} <= known | {"--help"}, words


def test_the_pages_show_commands_at_all() -> None:
    assert {words[0] for page in PAGES for words in typed(page)} == {*COMMANDS, "db"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_make_targets_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {found for code in code_of(page) for found in re.findall(r"\bmake ([a-z]+)", code)}
    assert named <= targets


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_pictures_lead_somewhere(page: Path) -> None:
    for link, picture in LINK.findall(page.read_text("utf-8")):
        target = link or picture
        assert "://" in target or (page.parent / target).exists(), target


def test_pictures_are_few_and_light() -> None:
    pictures = sorted((ROOT / "docs").rglob("*.png"))
    assert len(pictures) <= 4
    assert [path.name for path in pictures if path.stat().st_size > MOST_PICTURE_BYTES] == []


@pytest.mark.parametrize("readme", READMES, ids=lambda page: page.name)
def test_demo_accounts_are_those_of_the_town(readme: Path, shared_town: Flask) -> None:
    with shared_town.app_context():
        table = accounts.accounts_table()
    there = set(re.findall(r"138 0000 (\d{4})", table))
    told = {last for found in PHONE.findall(readme.read_text("utf-8")) for last in found if last}
    assert told == there
    assert f"`{accounts.PASSWORD}`" in readme.read_text("utf-8")


def test_both_readmes_show_the_same_commands() -> None:
    english, chinese = (
        {
            re.sub(r"\s{2,}#.*|订单号|ORDER", "", code)
            for code in code_of(readme)
            if re.match(r"make|\.venv|flask", code)
        }
        for readme in READMES
    )
    assert english == chinese


def test_the_example_distribution_computes() -> None:
    status, text = dry_distribution.run(ROOT / "docs/example-distribution.json", as_json=True)
    outputs = json.loads(text)["outputs"]
    assert status == dry_distribution.DONE
    assert (outputs["reserve_fen"], outputs["distributable_fen"]) == (4_000_000, 36_000_000)
    assert (outputs["patronage_fen"], outputs["residual_fen"]) == (25_200_000, 10_800_000)


def test_operations_knows_every_variable_queue_and_scheduled_task() -> None:
    operations = (ROOT / "docs/operations.md").read_text("utf-8")
    wanted = [
        *(name.upper() for name in Settings.model_fields),
        *QUEUES,
        *(str(entry["task"]) for entry in SCHEDULE.values()),
    ]
    assert [name for name in wanted if f"`{name}`" not in operations] == []
