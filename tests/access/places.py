"""Every route, and an address of it: its arguments filled with objects of one cooperative."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from werkzeug.routing import Rule

from shop.accounts import guards
from shop.core.db import session
from tests.access.identities import TOWN

OWN = "dachuan"
OTHER = "tangjia"
# argument of a route → the statement that finds a value in a cooperative; others have fixed values below
IDS = {
    "lot_id": "select l.id from lot l join cooperative c on c.id = l.cooperative_id"
    " where c.code = :coop order by l.closed_at is null desc, l.id desc limit 1",
    "loss_id": "select x.id from stock_loss x join cooperative c on c.id = x.cooperative_id where c.code = :coop"
    " order by exists (select from attachment a where a.subject_type = 'stock_loss' and a.subject_id = x.id) desc, x.id limit 1",
    "count_id": "select x.id from stock_count x join cooperative c on c.id = x.cooperative_id where c.code = :coop limit 1",
    "recall_id": "select x.id from lot_recall x join cooperative c on c.id = x.cooperative_id where c.code = :coop limit 1",
    "transformation_id": "select t.id from transformation t join cooperative c on c.id = t.cooperative_id"
    " where c.code = :coop order by t.id limit 1",
    "receipt_id": "select r.id from intake_receipt r join cooperative c on c.id = r.cooperative_id"
    " where c.code = :coop order by r.id desc limit 1",
    "goods_picture_id": "select a.id from attachment a join cooperative c on c.id = a.cooperative_id"
    " where c.code = :coop and a.subject_type = 'intake_delivery' order by a.id limit 1",
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
    "entry_id": "select e.id from household_income_entry e join member m on m.household_id = e.household_id"
    " join cooperative c on c.id = m.cooperative_id where c.code = :coop order by e.id limit 1",
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
    "village": "select v.code from village v join cooperative c on c.village_id = v.id where c.code = :coop",
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
    "picture_id": "select p.id from product_picture p join cooperative c on c.id = p.cooperative_id"
    " where c.code = :coop order by p.id limit 1",
    "product_picture_id": "select p.id from product_picture p join cooperative c on c.id = p.cooperative_id"
    " where c.code = :coop and p.large_id is not null and p.seq is not null limit 1",
    "import_id": "select i.id from sheet_import i join cooperative c on c.id = i.cooperative_id where c.code = :coop"
    " and i.kind <> 'opening' limit 1",
    "opening_id": "select i.id from sheet_import i join cooperative c on c.id = i.cooperative_id"
    " where c.code = :coop and i.kind = 'opening' limit 1",
    "sheet_id": "select i.id from sheet_import i where i.region_code is not null and :coop <> '' limit 1",
    "grant_id": "select g.id from role_grant g join cooperative c on c.id = g.cooperative_id where c.code = :coop"
    " order by g.id desc limit 1",
    "assisted_id": "select a.order_id from assisted_sale a join suborder s on s.order_id = a.order_id join cooperative c"
    " on c.id = s.cooperative_id where c.code = :coop order by 1 limit 1",
    "contact_id": "select t.id from trade_contact t where :coop <> '' order by t.id limit 1",
    "notice_id": "select n.id from trade_notice n where :coop <> '' and n.state = 'open' order by n.id limit 1",
    "invitation_id": "select i.id from duty_invitation i join cooperative c on c.id = i.cooperative_id"
    " where c.code = :coop limit 1",
    "report_id": "select r.id from report r where :coop <> '' order by r.id limit 1",
    "staff_grant_id": "select g.id from role_grant g join cooperative c on c.code = :coop join village v on v.id = c.village_id"
    " where g.region_code = v.region_code order by g.id limit 1",
    "staff_invitation_id": "select i.id from duty_invitation i where :coop <> '' and i.region_code is not null limit 1",
    "bank_line_id": "select l.id from bank_statement_line l join cooperative c on c.id = l.cooperative_id"
    " where c.code = :coop order by l.id limit 1",
}
SLIP = "a-slip-for-the-matrix-and-no-one-else"
FIXED = {
    "statement": "balance",
    "sheet": "intake",
    "table": "sales",
    "report_form": "xlsx",
    "report_kind": "yearly",
    "listing": "receipts",
    "how": "show",
    "basis": "weight",
    "step": "preview",
    "what": "convert",
    "deed": "category",
    "act": "approve",
    "region": TOWN,
    "filename": "img/logo.svg",
    "page": "rules",
    "token": SLIP,
    "seq": 1,
    "mark": "0" * 64,
    "answer": "accept",
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
        if "capacity" in endpoint:
            return str(session().execute(text("select code from household order by id limit 1")).scalar())
        if "village" in endpoint:
            return str(session().execute(text("select code from village order by id limit 1")).scalar())
        return OWN
