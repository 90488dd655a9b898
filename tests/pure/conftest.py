"""Hypothesis settings for the tests that need no database."""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("ci", max_examples=120, deadline=None, database=None, print_blob=True)
settings.register_profile("deep", parent=settings.get_profile("ci"), max_examples=5000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
