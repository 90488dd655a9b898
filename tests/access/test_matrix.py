"""Every route × every role × own and other cooperative. A route whose arguments are not listed here fails."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask, current_app
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.routing import Rule

from shop.accounts import guards
from shop.accounts.models import User
from shop.cooperatives.income import distribution, lifecycle, notices, runs
from shop.cooperatives.people.models import HouseholdToken
from shop.core.db import insert_rows, session, transaction
from shop.core.privacy import token_hash
from shop.orders.buying_models import GuestPass, InvoiceHeading
from tests.access.identities import OTHER_TOWN, ROLES, TOWN, browsers, make_user
from tests.support import provider_rows, review_rows

OWN = "dachuan"
OTHER = "tangjia"
# who gets past the guard of a view; everybody else is sent to sign in (anonymous) or told there is no such page
ALLOWED = {
    "public": set(ROLES),
    "provider": set(ROLES),
    "signed_in": set(ROLES) - {"anonymous"},
    "manager": {"manager"},
    "staff": {"staff"},
    "operator": {"operator"},
}
# views that need a body or a provider to answer well; their own tests cover that
LEADS_OUT = {"storefront.stripe_webhook"}
# argument of a route → the statement that finds a value in a cooperative; others have fixed values below
IDS = {
    "lot_id": "select l.id from lot l join cooperative c on c.id = l.cooperative_id"
    " where c.code = :coop order by l.id desc limit 1",
    "receipt_id": "select r.id from intake_receipt r join cooperative c on c.id = r.cooperative_id"
    " where c.code = :coop order by r.id desc limit 1",
    "product_id": "select p.id from product p join cooperative c on c.id = p.cooperative_id"
    " where c.code = :coop and p.published_at is not null order by p.id limit 1",
    "sku_id": "select s.id from sku s join cooperative c on c.id = s.cooperative_id"
    " where c.code = :coop order by s.id limit 1",
    "produce_id": "select p.id from produce p join cooperative c on c.id = p.cooperative_id"
    " where c.code = :coop order by p.id limit 1",
    "suborder_id": "select s.id from suborder s join cooperative c on c.id = s.cooperative_id"
    " where c.code = :coop and s.state = 'to_ship' order by s.id desc limit 1",
    "shipment_id": "select h.id from shipment h join cooperative c on c.id = h.cooperative_id"
    " where c.code = :coop order by h.id limit 1",
    "household_id": "select m.household_id from member m join cooperative c on c.id = m.cooperative_id"
    " where c.code = :coop order by m.id limit 1",
    "member_id": "select m.id from member m join cooperative c on c.id = m.cooperative_id"
    " where c.code = :coop order by m.id limit 1",
    "member_number": "select m.number from member m join cooperative c on c.id = m.cooperative_id"
    " where c.code = :coop order by m.id limit 1",
    "number": "select o.number from customer_order o join suborder s on s.order_id = o.id"
    " join cooperative c on c.id = s.cooperative_id"
    " where c.code = :coop and o.attributed_at is not null order by o.id limit 1",
    "trace_code": "select l.trace_code from lot l join cooperative c on c.id = l.cooperative_id"
    " where c.code = :coop"
    " and l.closed_at is not null order by l.id limit 1",
    "distribution_id": "select d.id from distribution d join cooperative c on c.id = d.cooperative_id"
    " where c.code = :coop and d.document is not null order by d.id desc limit 1",
    "objection_id": "select o.id from objection o join cooperative c on c.id = o.cooperative_id where c.code = :coop limit 1",
    "run_id": "select id from distribution_run order by id desc limit 1",
    "voucher_id": "select v.id from voucher v join cooperative c on c.id = v.cooperative_id"
    " where c.code = :coop order by v.id limit 1",
    "transaction_id": "select t.id from ledger_transaction t join cooperative c on c.id = t.cooperative_id"
    " where c.code = :coop order by t.id limit 1",
    "attachment_id": "select a.id from attachment a join cooperative c on c.id = a.cooperative_id"
    " where c.code = :coop order by a.id limit 1",
    "period": "select '2020-11' where :coop <> ''",
    "address_id": "select a.id from address a where :coop <> '' order by a.id limit 1",
    "heading_id": "select h.id from invoice_heading h where :coop <> '' order by h.id limit 1",
    "line_id": "select l.id from order_line l join cooperative c on c.id = l.cooperative_id"
    " where c.code = :coop order by l.id limit 1",
    "batch_id": "select b.id from payout_batch b join cooperative c on c.id = b.cooperative_id"
    " where c.code = :coop order by b.id limit 1",
    "request_id": "select r.id from return_request r join cooperative c on c.id = r.cooperative_id"
    " where c.code = :coop order by r.id desc limit 1",
    "cash_batch_id": "select b.id from payout_batch b join cooperative c on c.id = b.cooperative_id"
    " where c.code = :coop and b.method = 'cash' order by b.id limit 1",
    "layout_id": "select b.id from bank_layout b join cooperative c on c.id = b.cooperative_id where c.code = :coop limit 1",
    "connected_id": "select a.id from connected_account a join cooperative c on c.id = a.cooperative_id"
    " where c.code = :coop limit 1",
    "payee_id": "select p.id from payee_account p join cooperative c on c.id = p.cooperative_id"
    " where c.code = :coop order by p.id limit 1",
    "provider_payout_id": "select o.id from provider_payout o where :coop <> '' order by o.id desc limit 1",
    "bought_line_id": "select r.line_id from review r join cooperative c on c.id = r.cooperative_id where c.code = :coop limit 1",
    "own_review_id": "select r.id from review r join cooperative c on c.id = r.cooperative_id where c.code = :coop limit 1",
    "review_id": "select r.id from review r join cooperative c on c.id = r.cooperative_id where c.code = :coop limit 1",
    "review_picture_id": "select p.id from review_picture p join review r on r.id = p.review_id join cooperative c"
    " on c.id = r.cooperative_id where c.code = :coop limit 1",
    "bank_line_id": "select l.id from bank_statement_line l join cooperative c on c.id = l.cooperative_id"
    " where c.code = :coop order by l.id limit 1",
}
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
CONNECTED = """
    insert into connected_account (cooperative_id, account_ref, requested_by)
    select c.id, 'acct_' || c.code, (select min(id) from user_account) from cooperative c where c.code = :coop
"""
SLIP = "a-slip-for-the-matrix-and-no-one-else"
FIXED = {
    "statement": "balance",
    "how": "show",
    "step": "preview",
    "what": "convert",
    "act": "approve",
    "region": TOWN,
    "filename": "img/logo.svg",
    "page": "rules",
    "token": SLIP,
    "seq": 1,
}
# objects of a buyer: the matrix's buyer owns none, so a 404 is the right answer for him as well
OWNED_BY_BUYER = {"number", "address_id", "heading_id", "bought_line_id", "own_review_id"}


@dataclass(frozen=True)
class Route:
    """One rule and method, with the guard of its view."""

    rule: Rule
    method: str
    guard: str

    def __str__(self) -> str:
        return f"{self.method} {self.rule.rule}"


def routes(app: Flask) -> list[Route]:
    found = []
    for rule in app.url_map.iter_rules():
        if rule.endpoint == "static":
            continue
        guard = guards.needs(app.view_functions[rule.endpoint])
        methods = sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
        found += [Route(rule, method, guard) for method in methods]
    return sorted(found, key=str)


class Addresses:
    """Fills a rule with values of one cooperative."""

    def __init__(self, app: Flask) -> None:
        self.app = app

    def value(self, name: str, coop: str) -> Any:
        if name == "coop":
            return coop
        if name in FIXED:
            return FIXED[name]
        if name in {"code", "slug"}:
            return None
        if name not in IDS:
            pytest.fail(f"route argument <{name}> is not listed in the access matrix")
        return session().execute(text(IDS[name]), {"coop": coop}).scalar()

    def build(self, rule: Rule, coop: str, objects_of: str, region: str = TOWN) -> str:
        values = {name: self.value(name, objects_of) for name in rule.arguments}
        if "coop" in rule.arguments:
            values["coop"] = coop
        if "region" in rule.arguments:
            values["region"] = region
        if "code" in rule.arguments:
            values["code"] = {"places": OWN}.get(rule.endpoint, self._code(rule.endpoint))
        if "slug" in rule.arguments:
            values["slug"] = session().execute(text("select slug from category order by id limit 1")).scalar()
        missing = [name for name, value in values.items() if value is None]
        if missing:
            pytest.fail(f"no row for {missing} of {rule.rule} in the demo town")
        with self.app.test_request_context():
            adapter = self.app.url_map.bind("localhost")
            return adapter.build(rule.endpoint, values, method=next(iter(rule.methods or {"GET"})))

    def _code(self, endpoint: str) -> str:
        if "notice" in endpoint:
            return str(session().execute(text("select code from notice order by id limit 1")).scalar())
        if "village" in endpoint:
            return str(session().execute(text("select code from village order by id limit 1")).scalar())
        return OWN


@pytest.fixture
def distributed(town: Flask) -> Flask:
    """The demo town with a finished distribution run, so that its pages have rows."""
    live_through(town)
    return town


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
        for coop in (OWN, OTHER):
            _publish(coop)
            with transaction():
                session().execute(text(IN_CASH), {"coop": coop})
                session().execute(text(LAYOUT), {"coop": coop})
                session().execute(text(ASKED), {"coop": coop})
                session().execute(text(CONNECTED), {"coop": coop})
                session().execute(text(CERTIFICATE), {"coop": coop})
        with transaction():
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
        provider_rows.scene(ids)


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


def call(client: FlaskClient, method: str, address: str) -> Any:
    return client.open(address, method=method, data={} if method == "POST" else None)


def test_every_route_for_every_role(distributed: Flask) -> None:
    app = distributed
    made = browsers(app, OWN, OTHER)
    wrong = []
    with app.app_context():
        for route in routes(app):
            address = Addresses(app).build(route.rule, OWN, OWN)
            for role in ROLES:
                status = _probe(made[role], route, address)
                problem = _judge(route, role, status)
                if problem:
                    wrong.append(f"{route} as {role}: {status.status_code}, {problem}")
    assert not wrong, "\n".join(wrong)


def _probe(client: FlaskClient, route: Route, address: str) -> Any:
    if route.rule.endpoint in {"storefront.sign_out", "storefront.guest_enter"}:
        return call(client, "GET", address)  # would end or change the session the next probes need
    return call(client, route.method, address)


def _judge(route: Route, role: str, answer: Any) -> str:
    status = answer.status_code
    if status >= 500 and route.rule.endpoint != "storefront.ready":
        return "a server error"
    if route.rule.endpoint in {"storefront.sign_out"} | LEADS_OUT:
        return ""
    allowed = ALLOWED[route.guard]
    if not route.rule.arguments & {"coop", "region"}:  # the address that leads on to one's own
        allowed = allowed | {f"other_{name}" for name in allowed & {"manager", "staff"}}
    if role not in allowed:
        if role == "anonymous":
            led = status == 303 and "/signin" in answer.headers.get("Location", "")
            return "" if led else "not led to sign in"
        return "" if status == 404 else "let in"
    if route.method == "GET" and status == 404 and not (OWNED_BY_BUYER & route.rule.arguments):
        return "a page of one's own is missing"
    return ""


def test_another_cooperatives_objects_do_not_exist(distributed: Flask) -> None:
    """A manager under his own cooperative's address, with the ids of another: 404 or refused, and nothing changes."""
    app = distributed
    manager = browsers(app, OWN, OTHER)["manager"]
    wrong = []
    with app.app_context():
        before = _fingerprint()
        for route in routes(app):
            objects = route.rule.arguments & set(IDS) - {"period", "run_id", "member_number"}
            if route.guard != "manager" or "coop" not in route.rule.arguments or not objects:
                continue
            address = Addresses(app).build(route.rule, OWN, OTHER)
            status = call(manager, route.method, address).status_code
            if status != 404:
                wrong.append(f"{route}: {status}")
        session().rollback()
        assert not wrong, "\n".join(wrong)
        assert _fingerprint() == before


def test_another_towns_pages_do_not_exist(distributed: Flask) -> None:
    """Staff under another town's address, and another town's staff with this town's objects."""
    app = distributed
    made = browsers(app, OWN, OTHER)
    with app.app_context():
        for route in routes(app):
            if route.guard != "staff" or "region" not in route.rule.arguments:
                continue
            address = Addresses(app).build(route.rule, OWN, OWN, region=OTHER_TOWN)
            assert call(made["staff"], route.method, address).status_code == 404, str(route)
            if route.rule.arguments & {
                "distribution_id",
                "run_id",
                "number",
                "objection_id",
                "batch_id",
                "provider_payout_id",
                "review_id",
                "request_id",
            }:
                assert call(made["other_staff"], route.method, address).status_code == 404, str(route)


def _fingerprint() -> Any:
    tables = ("lot", "intake_receipt", "product", "sku", "suborder", "member", "lot_part", "ledger_entry")
    counts = ", ".join(
        f"(select count(*) || ':' || coalesce(sum(hashtext(t::text)), 0) from {t} t)" for t in tables
    )
    return session().execute(text(f"select {counts}")).one()


def test_every_view_has_a_guard(shared_town: Flask) -> None:
    assert all(route.guard for route in routes(shared_town))
