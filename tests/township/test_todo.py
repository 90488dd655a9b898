"""待办: what waits for each duty, oldest first, with one link to where it is done; the number on the tab."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from shop.core import clock
from shop.core.db import session, transaction
from shop.core.kept import STORE
from shop.township import waiting
from tests.orders import market
from tests.support import town_builder as town
from tests.township.town_desk import Desk, staff

NAMES = {source.code: source.name for source in waiting.SOURCES}
APPROVERS = {"approve", "post", "return"}


def put(statement: str, **values: Any) -> None:
    with transaction():
        session().execute(text("set local session_replication_role = replica"))
        session().execute(text(statement), values)


def distribution(coop: int, ident: int, state: str, days: int) -> None:
    put(
        "insert into distribution (id, cooperative_id, year, state, outputs_sha256, created_at, computed_at)"
        " values (:i, :c, 2000 + :i, :s, 'x', now(), now() - make_interval(days => :d))",
        i=ident, c=coop, s=state, d=days,
    )  # fmt: skip


def notice(coop: int, ident: int, ends_in: int) -> None:
    ends = clock.today() + timedelta(days=ends_in)
    put(
        "insert into notice (cooperative_id, distribution_id, code, checksum, starts_on, ends_on, published_at)"
        " values (:c, :i, 'n' || :i, 'x', :a, :b, now() - interval '15 days')",
        c=coop, i=ident, a=ends - timedelta(days=15), b=ends,
    )  # fmt: skip


@pytest.fixture
def everything(app: Flask, db_session: Any) -> int:
    """One thing of every kind, and of each one that does not wait yet, or no longer. Returns the cooperative."""
    app.extensions.pop(STORE, None)
    stall = market.stall()
    coop, household = stall.coop.id, stall.parties[0].household_id
    order = market.paid(market.buyer(), {stall.sku_id: 1}).order_id
    for ident, (state, days) in enumerate(
        [
            ("draft", 9),
            ("previewed", 8),
            ("published", 30),
            ("published", 30),
            ("approved", 7),
            ("posted", 1),
        ],
        start=1,
    ):
        distribution(coop, ident, state, days)
    notice(coop, 3, -1)
    notice(coop, 4, 3)
    distribution(coop, 7, "published", 30)
    notice(coop, 7, 4)
    objection = (
        "insert into objection (cooperative_id, distribution_id, household_id, via, words, outcome, answered_at)"
        " values (:c, 4, :h, 'manager', :w, :o, :at)"
    )
    put(objection, c=coop, h=household, w="数目不对", o=None, at=None)
    put(objection, c=coop, h=household, w="答复过的", o="rejected", at=clock.now())
    for ident, state in enumerate(("called", "asked"), start=1):
        put(
            "insert into return_request (id, request_key, order_id, suborder_id, cooperative_id, kind, reason, asked_fen, state)"
            " select :i, 'r' || :i, o.id, s.id, :c, 'amount', 'other', 1, :s from customer_order o join suborder s"
            " on s.order_id = o.id where o.id = :o", i=ident, c=coop, s=state, o=order,
        )  # fmt: skip
    for ident, (method, state) in enumerate(
        (("transfer", "created"), ("stripe", "created"), ("cash", "succeeded")), start=1
    ):
        put(
            "insert into payment (id, order_id, method, key, amount_fen, state)"
            " values (100 + :i, :o, :m, 'p' || :i, 5, 'failed')",
            i=ident, o=order, m=method,
        )  # fmt: skip
        put(
            "insert into refund (payment_id, order_id, kind, key, amount_fen, state)"
            " values (100 + :i, :o, 'amount', 'f' || :i, 5, :s)",
            i=ident, o=order, s=state,
        )  # fmt: skip
    put(
        "insert into bank_statement_line (reference, booked_on, amount_fen)"
        " values ('L1', current_date, 100), ('L2', current_date, -5)"
    )
    put(
        "insert into provider_payout (provider_ref, amount_fen, state, made_at, arrives_on) values"
        " ('po_late', 5, 'paid', now(), :d), ('po_way', 5, 'in_transit', now(), :t)",
        d=clock.today() - timedelta(days=1), t=clock.today(),
    )  # fmt: skip
    for ident, (state, days) in enumerate((("draft", 4), ("draft", 2), ("approved", 4)), start=1):
        put(
            "insert into payout_batch (id, cooperative_id, number, source, settlement_id, total_fen, made_by, made_at, state,"
            " approved_by) values (:i, :c, 'F' || :i, 'settlement', 1, 5, 1, now() - make_interval(days => :d), :s,"
            " case :s when 'draft' then null else 2 end)",
            i=ident, c=coop, d=days, s=state,
        )  # fmt: skip
    payout = (
        "insert into payout (batch_id, cooperative_id, seq, household_id, settlement_line_id, amount_fen, state)"
        " values (:b, :c, :n, :h, :l, 5, :s)"
    )
    put(payout, b=3, c=coop, n=1, h=household, l=1, s="failed")
    put(payout, b=1, c=coop, n=2, h=household, l=2, s="failed")  # paid again since:
    put(payout, b=2, c=coop, n=3, h=household, l=2, s="waiting")
    for ident, days in enumerate((4, 2)):
        put(
            "insert into connected_account (cooperative_id, account_ref, requested_by, requested_at)"
            " values (:c, 'acct_' || :i, 1, now() - make_interval(days => :d))", c=coop, i=ident, d=days,
        )  # fmt: skip
    put("update customer_order set channel = 'assisted' where id = :o", o=order)
    put("insert into assisted_sale (order_id, entered_by) values (:o, 1)", o=order)
    for ident, (state, region) in enumerate(
        (("previewed", "420302100"), ("done", "420302100"), ("previewed", "420303100"))
    ):
        put(
            "insert into sheet_import (region_code, kind, file_name, file_sha256, body, state, rows_total, rows_good, rows_done,"
            " done_at, uploaded_by) values (:r, 'households', '表.xlsx', :i || 'a', 'x', :s, 1, 1,"
            " case :s when 'done' then 1 else 0 end, case :s when 'done' then now() end, 1)",
            r=region, i=str(ident), s=state,
        )  # fmt: skip
    put("insert into audit_result (started_at, clean, checks) values (now(), false, '[]')")
    return coop


def listed(desk: Desk, path: str = "/todo") -> list[str]:
    found = re.findall(r'<a class="drill" href="([^"]+)">([^<]+?)(?: · [^<]*)?</a>', desk.get(path))
    codes = {name: code for code, name in NAMES.items()}
    return [codes[name.strip()] for _href, name in found]


def test_every_duty_sees_what_waits_for_it(app: Flask, everything: int) -> None:
    clerk, approver, leader = staff(app, "clerk"), staff(app, "approver"), staff(app, "leader")
    mine = listed(clerk)
    assert sorted(mine) == sorted(set(NAMES) - APPROVERS), "one of each, and nothing that does not wait"
    assert sorted(listed(approver)) == sorted(NAMES)
    assert sorted(listed(leader)) == sorted(NAMES)
    assert mine[0] == "ending", "the oldest first: posted fifteen days ago"
    assert mine.index("check") < mine.index("publish") < mine.index("batch")
    for href in re.findall(r'class="drill" href="/town/\d+([^"]+)"', approver.get("/todo")):
        if "/distributions/" not in href and "/returns/" not in href and "/payouts/" not in href:
            approver.get(href.replace("&amp;", "&"))


def test_the_number_on_the_tab(app: Flask, everything: int) -> None:
    clerk, leader = staff(app, "clerk"), staff(app, "leader")
    total = len(NAMES) - len(APPROVERS)
    count = rf'待办</span> <span class="count">{total}<'
    assert re.search(count, clerk.get("/todo"))
    assert re.search(count, clerk.get("/charters"))
    assert '待办</span> <span class="count">' not in leader.get("/todo")
    put("update objection set outcome = 'rejected', answered_at = now() where outcome is null")
    app.extensions.pop(STORE, None)
    assert f'待办</span> <span class="count">{total - 1}<' in clerk.get("/charters")


def test_another_towns_work_and_an_empty_list(app: Flask, everything: int) -> None:
    put(
        "insert into region (code, name, level, parent_code) values ('420302999', '别的镇', 'township', '420302')"
    )
    other = staff(app, "approver", "420302999", "+8613700000068")
    assert listed(other) == ["audit"], (
        "the account at the provider and its bank lines are the region's that holds all"
    )
    put("insert into audit_result (started_at, clean, checks) values (now(), true, '[]')")
    page = other.get("/todo")
    assert "没有等着办的事" in page
    assert "售后待裁决" in page, "what would stand here is told"


def test_a_new_kind_of_work_is_one_row(app: Flask, db_session: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with transaction():
        town.cooperative("dachuan")
    more = waiting.Source(
        "more", "新的一种事", waiting.WORKERS, "sales", "",
        "select '', timestamptz '2020-01-01', 'X1', '', c.name from cooperative c",
    )  # fmt: skip
    monkeypatch.setattr(waiting, "SOURCES", (*waiting.SOURCES, more))
    monkeypatch.setitem(waiting._BY_CODE, "more", more)
    page = staff(app, "clerk").get("/todo")
    assert "新的一种事" in page
    assert "X1" in page
