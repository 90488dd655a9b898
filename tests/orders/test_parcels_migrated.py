"""What was dispatched before there were parcels: the migration makes each suborder's one waybill its first parcel."""

from __future__ import annotations

from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import text

from shop.audit.checks_parcels import CHECKS as PARCELS
from shop.audit.checks_stock import CHECKS as STOCK
from shop.audit.run import run_check
from shop.core.db import db, session

PARCELS_OF_ALL = """
    select h.suborder_id, h.seq, h.by, h.at, w.company, w.number, l.allocation_id, l.quantity
      from shipment h join waybill w on w.shipment_id = h.id join shipment_line l on l.shipment_id = h.id order by 1, 7
"""


def _rows(statement: str) -> list[tuple[object, ...]]:
    found = [tuple(row) for row in session().execute(text(statement))]
    session().rollback()
    return found


def _forget_what_came_later() -> None:
    """Tables of later migrations do not outlive the way down, and goods that were made of others would have no origin."""
    session().execute(text("set session_replication_role = replica"))
    made = "select lot_id from lot_part where receipt_id is null"
    for statement in (
        f"delete from stock_move where lot_id in ({made})",
        f"delete from lot where id in ({made})",
        "delete from lot_part where receipt_id is null",
    ):
        session().execute(text(statement))
    session().execute(text("set session_replication_role = origin"))


def test_old_waybills_become_first_parcels(town: Flask) -> None:
    with town.app_context():
        before = _rows(PARCELS_OF_ALL)
        session().execute(text(
            "update suborder s set express_company = w.company, express_number = w.number"
            " from shipment h join waybill w on w.shipment_id = h.id where h.suborder_id = s.id"
        ))  # fmt: skip
        _forget_what_came_later()
        # as the moves were written then
        session().execute(text("set session_replication_role = replica"))
        session().execute(text(
            "update stock_move m set source_type = 'lot_allocation', source_id = h.allocation_id"
            " from shipment_line h where m.source_type = 'shipment_line' and m.source_id = h.id"
        ))  # fmt: skip
        session().execute(text("set session_replication_role = origin"))
        session().commit()
        ours = ScriptDirectory("migrations").get_revision("0005")
        downgrade(revision=str(ours.down_revision))
        upgrade()
        db.session.remove()
        assert len(before) > 500
        assert _rows(PARCELS_OF_ALL) == before
        assert {
            check.code: run_check(check)["rows"] for check in (*PARCELS, *STOCK) if run_check(check)["count"]
        } == {}
        session().rollback()
