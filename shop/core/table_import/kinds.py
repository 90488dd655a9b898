"""The kinds of files that may be imported, by their code: the doors bring theirs when the app is made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from flask import Flask, current_app

from shop.core.table_import.kind import Kind


def register(app: Flask, kinds: Mapping[str, Kind]) -> None:
    """Called by a door's register()."""
    app.extensions.setdefault("import_kinds", {}).update(kinds)


def of(code: str) -> Kind:
    """The kind of a file that was taken in."""
    return cast(Kind, current_app.extensions["import_kinds"][code])
