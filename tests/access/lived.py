"""What the demo town has to live through until every route has something to show."""

from __future__ import annotations

from flask import Flask, current_app
from sqlalchemy import text

from shop.accounts.models import User
from shop.assisted import goods, selling
from shop.catalog import hanging
from shop.catalog.photos import Photo
from shop.cooperatives.income import distribution, lifecycle, notices, runs
from shop.cooperatives.people.models import HouseholdToken
from shop.core import clock
from shop.core.db import insert_rows, session, transaction
from shop.core.privacy import seal, token_hash
from shop.orders.buying_models import GuestPass, InvoiceHeading
from tests.access.identities import TOWN, make_user
from tests.access.places import IDS, OTHER, OWN, SLIP
from tests.reporting import made
from tests.support import databases, loss_rows, provider_rows, review_rows
from tests.support.apps import build_with

ASKED = """
    insert into return_request (request_key, order_id, suborder_id, cooperative_id, kind, reason, asked_fen, due_at)
    select 'matrix-' || s.id, s.order_id, s.id, s.cooperative_id, 'amount', 'other', 1, now() from suborder s
    join cooperative c on c.id = s.cooperative_id where c.code = :coop and s.state = 'received' order by s.id limit 1
"""
IN_CASH = """
    insert into payout_batch (cooperative_id, number, source, method, settlement_id, state, total_fen, made_by, approved_by)
    select b.cooperative_id, b.number || '-C', b.source, 'cash', b.settlement_id, 'approved', 0, b.made_by, b.approved_by
    from payout_batch b join cooperative c on c.id = b.cooperative_id where c.code = :coop order by b.id limit 1
"""
LAYOUT = """
    insert into bank_layout (cooperative_id, name, kind, encoding, columns, made_by)
    select c.id, '本行', 'csv', 'gb18030', '[["账号","account"]]', (select min(id) from user_account)
    from cooperative c where c.code = :coop
"""
CERTIFICATE = """
    insert into attachment (cooperative_id, subject_type, subject_id, media_type, sha256, body)
    select l.cooperative_id, 'lot_certificate', l.id, 'image/webp', repeat('0', 64), 'a picture'
    from lot l join cooperative c on c.id = l.cooperative_id
    where c.code = :coop and l.closed_at is not null order by l.id limit 1
"""
DELIVERED = """
    insert into attachment (cooperative_id, subject_type, subject_id, media_type, sha256, body)
    select r.cooperative_id, 'intake_delivery', r.id, 'image/webp', repeat('0', 64), 'a picture'
    from intake_receipt r join cooperative c on c.id = r.cooperative_id where c.code = :coop order by r.id desc limit 1
"""
IMPORTED = """
    insert into sheet_import (cooperative_id, kind, file_name, file_sha256, body, marked, state, uploaded_by)
    select c.id, 'intake', '收货.xlsx', repeat('0', 64), :sealed, :sealed, 'previewed', (select min(id) from user_account)
    from cooperative c where c.code = :coop
"""
OPENING_IMPORTED = """
    insert into sheet_import (cooperative_id, kind, file_name, file_sha256, body, marked, state, uploaded_by, rows_total,
    rows_bad, held, problems) select c.id, 'opening', '期初.xlsx', repeat('0', 64), :sealed, :sealed, 'previewed',
    (select min(id) from user_account), 1, 1, true, '[{"number": 0, "column": "", "words": "借贷不平", "warns": false}]'
    from cooperative c where c.code = :coop
"""
REGISTER_IMPORTED = """
    insert into sheet_import (region_code, kind, file_name, file_sha256, body, marked, state, uploaded_by, rows_total, rows_bad,
    problems) select :region, 'households', '户.xlsx', repeat('0', 64), :sealed, :sealed, 'previewed', min(id), 1, 1,
    '[{"number": 2, "column": "村", "words": "本镇没有这个村", "warns": false}]' from user_account
"""
SEEN = """
    with r as (insert into reveal (region_code, kind, reason, households, made_by) select :region, 'household', '核对收款电话', 1,
    min(id) from user_account returning id) insert into reveal_household (reveal_id, household_id) select r.id, m.household_id
    from r, member m order by m.id limit 1
"""
INVITED = """
    insert into duty_invitation (cooperative_id, phone, duty, invited_by, expires_at)
    select c.id, '+8613700000091', 'stock', (select min(id) from user_account), now() + interval '7 days'
    from cooperative c where c.code = :coop
"""
INVITED_STAFF = """
    insert into duty_invitation (region_code, phone, duty, invited_by, expires_at)
    select :town, '+8613700000092', 'clerk', min(id), now() + interval '7 days' from user_account
"""
CONNECTED = """
    insert into connected_account (cooperative_id, account_ref, requested_by)
    select c.id, 'acct_' || c.code, (select min(id) from user_account) from cooperative c where c.code = :coop
"""

WORKED = """
    insert into transformation (cooperative_id, kind) select id, 'dry' from cooperative where code = :coop
"""
EARNED = """
    with e as (insert into household_income_entry (household_id, on_date, income_class, source_code, fen, evidence, request_key)
    select m.household_id, '2020-05-06', 'wage', 'work_local', 250000, :sealed, 'lived-' || c.code
    from member m join cooperative c on c.id = m.cooperative_id where c.code = :coop order by m.id limit 1 returning id)
    insert into attachment (subject_type, subject_id, media_type, sha256, body)
    select 'household_income_entry', id, 'image/webp', repeat('0', 64), 'a picture' from e
"""


def ensure() -> str:
    """Name of the template that holds the demo town after all this; the town's own template must be there."""
    databases.ensure_template(databases.LIVED, lambda url: build_with(url, live_through), base=databases.TOWN)
    return databases.LIVED


def live_through(app: Flask) -> None:
    """A finished distribution run, published and objected to, and a household's slip: what the route arguments above name."""
    with app.app_context():
        with transaction():
            run_id = runs.request_run(TOWN, 2020, None)
        for portion in runs.portions(run_id):
            with transaction():
                distribution.begin(*portion)
            with transaction():
                distribution.compute(*portion)
        with transaction():
            runs.close_finished(run_id)
        with transaction():
            session().execute(text(INVITED_STAFF), {"town": TOWN})
        for coop in (OWN, OTHER):
            _publish(coop)
            with transaction():
                session().execute(text(IN_CASH), {"coop": coop})
                session().execute(text(WORKED), {"coop": coop})
                session().execute(text(INVITED), {"coop": coop})
                session().execute(text(LAYOUT), {"coop": coop})
                session().execute(text(ASKED), {"coop": coop})
                session().execute(text(CONNECTED), {"coop": coop})
                session().execute(text(IMPORTED), {"coop": coop, "sealed": seal(b"x")})
                session().execute(text(OPENING_IMPORTED), {"coop": coop, "sealed": seal(b"x")})
                session().execute(text(EARNED), {"coop": coop, "sealed": seal("工资表".encode())})
                session().execute(text(CERTIFICATE), {"coop": coop})
                session().execute(text(DELIVERED), {"coop": coop})
        with transaction():
            session().execute(text(REGISTER_IMPORTED), {"region": TOWN, "sealed": seal(b"x")})
            session().execute(text(SEEN), {"region": TOWN})
            household = session().execute(text(IDS["household_id"]), {"coop": OWN}).scalar()
            insert_rows(HouseholdToken, [{"household_id": household, "token_hash": token_hash(SLIP)}])
            buyer = (
                session().execute(text("select id from user_account where phone = '+8613800000001'")).scalar()
            )
            insert_rows(InvoiceHeading, [{"user_id": buyer, "kind": "person", "title": "王小华"}])
            guest = make_guest()
            insert_rows(
                GuestPass, [{"user_id": guest, "token_hash": token_hash(SLIP), "phone": "+8613900000041"}]
            )
        ids = list(session().execute(text("select id from cooperative order by id")).scalars())
        session().rollback()
        for coop in (OWN, OTHER):
            review_rows.scene(coop)
            photograph(coop)
            loss_rows.scene(coop)
            sell_by_assistance(coop)
        provider_rows.scene(ids)
    made.made(app, "yearly", "2020")


def photograph(coop: str) -> None:
    """One on the cooperative's first product."""
    product = session().execute(text(IDS["product_id"]), {"coop": coop}).scalar_one()
    cooperative = session().execute(text("select id from cooperative where code = :coop"), {"coop": coop})
    cooperative_id = cooperative.scalar_one()
    session().rollback()
    with transaction():
        hanging.hang_photos(product, cooperative_id, [Photo(*review_rows.picture())], by=None)


def sell_by_assistance(coop: str) -> None:
    """A sale entered by staff whose money is still to come."""
    offered = goods.on_offer(TOWN, clock.today(), (coop,))
    by = session().execute(text("select min(id) from user_account")).scalar_one()
    session().rollback()
    sku = next(row.sku_id for row in offered if row.left > 1 and row.unit_kind == "g")
    with transaction():
        selling.enter(
            selling.Sale(
                region_code=TOWN, sku_id=sku, quantity=1, fen=1, sold_on=clock.today(), request_key=f"matrix-{coop}", by=by
            )
        )  # fmt: skip


def make_guest() -> int:
    """The nameless account of somebody who ordered without signing in."""
    return int(insert_rows(User, [{"phone": "guest:matrix", "name": "游客"}], "id")[0])


def _publish(coop: str) -> None:
    """Post the cooperative's draft and object to it, so that notices and objections exist."""
    head, household = (
        session()
        .execute(
            text(
                "select d.id, m.household_id from distribution d join cooperative c on c.id = d.cooperative_id"
                " join member m on m.cooperative_id = c.id where c.code = :coop and d.state = 'draft' limit 1"
            ),
            {"coop": coop},
        )
        .one()
    )
    session().rollback()
    maker = make_user(
        current_app._get_current_object(),  # type: ignore[attr-defined]
        "+8613900000031",
    )
    with transaction():
        lifecycle.preview(head, maker)
    with transaction():
        lifecycle.publish(head, maker, 15)
    with transaction():
        notices.object_to(head, household, "数目不对", "manager", maker)
