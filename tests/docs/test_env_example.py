"""`.env.example` names every variable of the settings, once, with the default that the settings take."""

from __future__ import annotations

import base64
import re

import pytest

from dev.runner.process import ROOT
from shop.config import ConfigError, Settings

LINES = (ROOT / ".env.example").read_text("utf-8").splitlines()
SET = re.compile(r"(#?)([A-Z][A-Z_]*)=(.*)")
NAMED = [found.groups() for line in LINES if (found := SET.fullmatch(line))]
FIELDS = {name.upper(): field for name, field in Settings.model_fields.items()}
MADE_BY_HAND = {
    "SECRET_KEY": "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8",
    "FIELD_KEY": base64.urlsafe_b64encode(bytes(32)).decode(),
    "STRIPE_SECRET_KEY": "sk_live_0123456789ab",
    "STRIPE_WEBHOOK_SECRET": "whsec_0123456789ab",
}


def test_every_variable_is_named_once_and_no_other() -> None:
    names = [name for _, name, _ in NAMED]
    assert sorted(names) == sorted(FIELDS)


def test_needed_ones_are_open_and_the_others_show_their_default() -> None:
    for mark, name, value in NAMED:
        field = FIELDS[name]
        assert (mark == "") == field.is_required(), name
        if not field.is_required():
            default = str(field.default).lower() if field.annotation is bool else str(field.default)
            assert value == default, name


def test_every_variable_is_explained_above_it() -> None:
    explained = ""
    for line in LINES:
        if SET.fullmatch(line):
            assert explained, line
        elif line.startswith("# "):
            explained = line
        elif not line:
            explained = ""


def test_filled_in_it_starts_a_production_shop(monkeypatch: pytest.MonkeyPatch) -> None:
    _only(monkeypatch, {name: value for mark, name, value in NAMED if not mark} | MADE_BY_HAND)
    settings = Settings.load()
    assert settings.app_env == "production"
    assert settings.hosts == ["shop.example"]


@pytest.mark.parametrize("name", sorted(MADE_BY_HAND))
def test_as_it_comes_it_stops_the_start_with_a_sentence(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    filled = {known: value for mark, known, value in NAMED if not mark} | MADE_BY_HAND
    _only(monkeypatch, filled | {name: ""})
    with pytest.raises(ConfigError, match=f"{name} is not set: see .env.example"):
        Settings.load()


def _only(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
    for name in FIELDS:
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
