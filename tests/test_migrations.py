"""Migrations: up, no difference from the models, down to nothing, and up again."""

from __future__ import annotations

from contextlib import closing

import pytest
from flask_migrate import check, downgrade, upgrade
from sqlalchemy import text

from shop.core.db import db
from tests.support import databases
from tests.support.apps import TestApp, test_settings
from tests.support.services import started

LEFT_OVERS = """
    SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S')
     UNION ALL SELECT proname FROM pg_proc JOIN pg_namespace ON pg_namespace.oid = pronamespace
      WHERE nspname = 'public' AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')
"""


@pytest.mark.timeout(300)
def test_up_down_up() -> None:
    name = f"migrations_{databases.worker_name()}"
    url = databases.clone(name, "template1")
    settings = test_settings(url, 15, started().run_dir.path / "sms.log")
    with closing(TestApp(settings)) as test_app, test_app.app.app_context():
        upgrade()
        check()
        downgrade(revision="base")
        left = set(db.session.scalars(text(LEFT_OVERS)))
        db.session.rollback()
        upgrade()
    assert left <= {"alembic_version"}
