"""Modules that share something costly run in one xdist worker: all their tests, in the order of the file.

xdist's own groups (--dist loadgroup with the mark xdist_group) do nothing under pytest 9.2, whose node ids no longer take the
suffix that xdist gives them; so the controller's scheduler decides by the source of the module and of its folder's conftest.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

SHARING = ("live_shop", "xdist_group")


class Together(LoadScopeScheduling):
    """A module that shares is one portion of work; of all others every test is one."""

    def _split_scope(self, nodeid: str) -> str:
        module = nodeid.partition("::")[0]
        return module if shares(self.config.rootpath / module) else nodeid


@functools.cache
def shares(module: Path) -> bool:
    """Whether the module, or the conftest beside it, names one of SHARING."""
    sources = [module, module.with_name("conftest.py")]
    return any(word in source.read_text("utf-8") for source in sources if source.exists() for word in SHARING)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together | None:
    return Together(config, log) if config.getvalue("dist") == "loadgroup" else None
